"""Growing captions as pieces that never change, for pages that only append."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.captions import Caption
from assistant.core.stable_chunks import StableChunks


def revision(
    text: str,
    stable: int | None = None,
    *,
    seq: int = 1,
    sure: int | None = None,
    end_seconds: float = 1.0,
    id_: str = "c",
    **flags: bool,
) -> Caption:
    """Return a partial of which so much is promised, or a final with `final=True`."""
    return Caption(
        room="r",
        seq=seq,
        id=id_,
        rev=seq,
        participant="ana",
        speaker="Ana",
        lang="en",
        source_lang="en",
        text=text,
        stable=len(text) if stable is None else stable,
        final=flags.pop("final", False),
        start_seconds=0.0,
        end_seconds=end_seconds,
        sure=sure,
        **flags,
    )


def pieces(*revisions: Caption) -> list[str]:
    """Return the texts of what the revisions add."""
    chunks = StableChunks()
    return [taken[1] for taken in map(chunks.take, revisions) if taken]


WORDS = st.lists(st.text("abcdefgé'-", min_size=1, max_size=6), min_size=2, max_size=12)
CUTS = st.lists(st.tuples(st.integers(1, 90), st.text("xyz ", max_size=12)), max_size=8)


@given(words=WORDS, cuts=CUTS)
def test_pieces_are_the_words_of_the_final(words: list[str], cuts: list[tuple[int, str]]) -> None:
    """Without doubt, whatever is promised when, each word is sent once, in order, under a fresh id."""
    final = " ".join(words)
    chunks = StableChunks()
    taken = []
    for seq, (stable, tail) in enumerate(sorted(cuts), 1):
        promised = final[:stable]
        within_word = len(promised) < len(final) and " " not in final[stable - 1 : stable + 1]
        guess = promised + (f"x{tail}" if within_word else f" {tail}")
        taken.append(chunks.take(revision(guess.rstrip(), min(len(promised), len(guess.rstrip())), seq=seq)))
    taken.append(chunks.take(revision(final, seq=99, final=True)))
    sent = [piece for piece in taken if piece]
    assert len({id_ for id_, _ in sent}) == len(sent)
    assert " ".join(text for _, text in sent).split() == words


def test_a_word_that_may_still_grow_waits() -> None:
    """Promised letters are not yet a promised word."""
    assert pieces(revision("the mayor will", 8), revision("the mayor will", 10)) == ["the", "mayor"]


def test_doubtful_words_wait_for_at_most_eight_seconds() -> None:
    """They come earlier where a later revision is sure, later where nothing else helps."""
    text = "we meet at noon today"
    held = [
        revision(text, sure=7, seq=1, end_seconds=1.0),
        revision(text, sure=7, seq=2, end_seconds=8.9),
        revision(text, sure=7, seq=3, end_seconds=9.0),
    ]
    assert pieces(*held[:2]) == ["we meet"]
    assert pieces(*held) == ["we meet", "at noon today"]
    assert pieces(held[0], revision(text, sure=15, seq=2, end_seconds=2.0)) == ["we meet", "at noon"]


def test_what_was_held_back_is_taken_from_the_best_revision() -> None:
    """A final that will be improved adds nothing; its refined revision completes what was sent."""
    assert pieces(
        revision("the maire of Leon said", sure=3, seq=1),
        revision("the maire of Leon said no", seq=2, final=True, improves=True),
        revision("The mayor of Lyon said no.", seq=3, final=True, refined=True),
    ) == ["the", "mayor of Lyon said no."]


def test_a_final_goes_on_behind_what_fits_best() -> None:
    """Where the final words what was sent otherwise, nothing is sent twice that has a counterpart."""
    assert pieces(
        revision("the cat sat on the", seq=1), revision("The cat sits on the mat.", seq=2, final=True)
    ) == [
        "the cat sat on the",
        "mat.",
    ]


def test_a_script_without_spaces_is_continued_and_not_repeated() -> None:
    """Its caption is one word to whoever splits at spaces."""
    assert pieces(revision("会議を", seq=1), revision("会議を始めます。", seq=2, final=True)) == [
        "会議を",
        "始めます。",
    ]


@pytest.mark.parametrize("flag", ["edited", "refined"])
def test_what_is_done_is_done(flag: str) -> None:
    """Nothing follows a final, least of all a clerk's text."""
    after = revision("other words", seq=3, final=True, **{flag: True})
    assert pieces(revision("one two", seq=2, final=True), after, revision("one two three", seq=4)) == [
        "one two"
    ]


def test_what_was_no_speech_adds_nothing() -> None:
    """An empty final ends a caption without a piece."""
    assert pieces(revision("", final=True)) == []


def test_ids_are_new_after_a_restart() -> None:
    """A page drops an id that it has seen, so the rest of a caption needs one of its own."""
    before = StableChunks().take(revision("my fellow Americans", seq=4))
    after = StableChunks().take(revision("my fellow Americans ask not", seq=9, final=True))
    assert before
    assert after
    assert before[0] != after[0]


def test_captions_grow_side_by_side() -> None:
    """Two people who talk at once get in the way of neither's pieces."""
    chunks = StableChunks()
    took = [
        chunks.take(revision("one two", 3, seq=1, id_="a")),
        chunks.take(revision("eins zwei", 4, seq=2, id_="b")),
        chunks.take(revision("one two", seq=3, id_="a", final=True)),
        chunks.take(revision("eins zwei", seq=4, id_="b", final=True)),
    ]
    assert took == [("a.1", "one"), ("b.2", "eins"), ("a.3", "two"), ("b.4", "zwei")]
