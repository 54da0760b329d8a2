"""Growing captions as pieces that never change, for pages that only append."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.captions.append_only_chunks import AppendOnlyChunks
from assistant.core.captions.caption import Caption
from tests.captions import a_caption


def revision(
    text: str,
    stable: int | None = None,
    *,
    seq: int = 1,
    confident: int | None = None,
    end_seconds: float = 1.0,
    id_: str = "c",
    final: bool = False,
    edited: bool = False,
    refined: bool = False,
    improves: bool = False,
) -> Caption:
    """Return a partial of which so much is promised, or a final with `final=True`."""
    return a_caption(
        seq,
        text,
        id=id_,
        stable=len(text) if stable is None else stable,
        final=final,
        start_seconds=0.0,
        end_seconds=end_seconds,
        confident=confident,
        edited=edited,
        refined=refined,
        improves=improves,
    )


def pieces(*revisions: Caption) -> list[str]:
    """Return the texts of what the revisions add."""
    chunks = AppendOnlyChunks()
    return [piece.text for one in revisions for piece in chunks.take(one, one.end_seconds)]


WORDS = st.lists(st.text("abcdefgé'-", min_size=1, max_size=6), min_size=2, max_size=12)
CUTS = st.lists(st.tuples(st.integers(1, 90), st.text("xyz ", max_size=12)), max_size=8)


@given(words=WORDS, cuts=CUTS)
def test_pieces_are_the_words_of_the_final(words: list[str], cuts: list[tuple[int, str]]) -> None:
    """Without doubt, whatever is promised when, each word is sent once, in order, under a fresh id."""
    final = " ".join(words)
    chunks = AppendOnlyChunks()
    taken = []
    for seq, (stable, tail) in enumerate(sorted(cuts), 1):
        promised = final[:stable]
        within_word = len(promised) < len(final) and " " not in final[stable - 1 : stable + 1]
        guess = promised + (f"x{tail}" if within_word else f" {tail}")
        partial = revision(guess.rstrip(), min(len(promised), len(guess.rstrip())), seq=seq)
        taken += chunks.take(partial, 1.0)
    taken += chunks.take(revision(final, seq=99, final=True), 1.0)
    assert len({piece.id for piece in taken}) == len(taken)
    assert " ".join(piece.text for piece in taken).split() == words


def test_a_word_that_may_still_grow_waits() -> None:
    """Promised letters are not yet a promised word."""
    assert pieces(revision("the mayor will", 8), revision("the mayor will", 10)) == ["the", "mayor"]


def test_doubtful_words_wait_for_at_most_twelve_seconds() -> None:
    """They come earlier where a later revision is confident, later where nothing helps: each for itself."""
    text = "we meet at noon today"
    held = [
        revision(text, 15, confident=7, seq=1, end_seconds=1.0),
        revision(text, confident=7, seq=2, end_seconds=12.9),
        revision(text, confident=7, seq=3, end_seconds=13.0),
        revision(text, confident=7, seq=4, end_seconds=25.0),
    ]
    assert pieces(*held[:2]) == ["we meet"]
    assert pieces(*held[:3]) == ["we meet", "at noon"]
    assert pieces(*held) == ["we meet", "at noon", "today"]
    assert pieces(held[0], revision(text, confident=15, seq=2, end_seconds=2.0)) == ["we meet", "at noon"]


def test_what_was_held_back_is_taken_from_the_best_revision() -> None:
    """A final that will be improved adds nothing; its refined revision completes what was sent."""
    assert pieces(
        revision("the maire of Leon said", confident=3, seq=1),
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


@pytest.mark.parametrize("edited", [True, False])
def test_what_is_done_is_done(*, edited: bool) -> None:
    """Nothing follows a final, least of all a clerk's text."""
    after = revision("other words", seq=3, final=True, edited=edited, refined=not edited)
    assert pieces(revision("one two", seq=2, final=True), after, revision("one two three", seq=4)) == [
        "one two"
    ]


def test_what_was_no_speech_adds_nothing() -> None:
    """An empty final ends a caption without a piece."""
    assert pieces(revision("", final=True)) == []


def test_ids_are_new_after_a_restart() -> None:
    """A page drops an id that it has seen, so the rest of a caption needs one of its own."""
    (before,) = AppendOnlyChunks().take(revision("my fellow Americans", seq=4), 1.0)
    (after,) = AppendOnlyChunks().take(revision("my fellow Americans ask not", seq=9, final=True), 1.0)
    assert before.id != after.id


def sent(*revisions: Caption) -> list[tuple[str, str]]:
    """Return the ids and texts of what the revisions add."""
    chunks = AppendOnlyChunks()
    return [(piece.id, piece.text) for one in revisions for piece in chunks.take(one, one.end_seconds)]


def test_captions_of_two_people_grow_side_by_side() -> None:
    """Two people who talk at once get in the way of neither's pieces."""
    assert sent(
        revision("one two", 3, seq=1, id_="a"),
        replace(revision("eins zwei", 4, seq=2, id_="b"), participant="bruno"),
        revision("one two", seq=3, id_="a", final=True),
        replace(revision("eins zwei", seq=4, id_="b", final=True), participant="bruno"),
    ) == [("a.1.1", "one"), ("b.2.1", "eins"), ("a.3.2", "two"), ("b.4.2", "zwei")]


def test_what_one_person_says_stays_in_order() -> None:
    """The end of a caption comes before the next one begins, which is then as far as it has come."""
    assert sent(
        revision("one two", 3, seq=1, id_="a"),
        revision("three", 5, seq=2, id_="b", end_seconds=2.0),
        revision("three four", 10, seq=3, id_="b", end_seconds=3.0),
        revision("one too", seq=4, id_="a", final=True, improves=True),
        revision("one two", seq=5, id_="a", final=True, refined=True),
        revision("three four five", seq=6, id_="b", final=True, end_seconds=4.0),
    ) == [("a.1.1", "one"), ("a.5.2", "two"), ("b.3.1", "three four"), ("b.6.2", "five")]


def test_a_caption_that_never_ends_is_not_waited_for() -> None:
    """Longer than a sentence; its end may come out of order then."""
    assert sent(
        revision("one two", 3, seq=1, id_="a", end_seconds=1.0),
        revision("three", 5, seq=2, id_="b", end_seconds=5.0),
        revision("three four", 10, seq=3, id_="b", end_seconds=16.9),
        revision("three four", 10, seq=4, id_="b", end_seconds=17.0),
        revision("three four", seq=5, id_="b", end_seconds=17.5, final=True),
        revision("one two", seq=6, id_="a", final=True),
    ) == [("a.1.1", "one"), ("b.4.1", "three four"), ("a.6.2", "two")]
