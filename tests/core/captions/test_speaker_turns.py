"""Captions split where the speaker changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.captions.caption import Caption
from assistant.core.captions.speaker_turns import SpokenTurn, split_by_turns
from assistant.core.speech.audio import SAMPLE_RATE, Span
from assistant.core.speech.hypothesis import Word
from tests.captions import a_caption


def caption(words: int, start_seconds: float = 10.0) -> Caption:
    """Return a caption with a word each second."""
    said = tuple(
        Word(f" w{number}", Span(number * SAMPLE_RATE, (number + 1) * SAMPLE_RATE), 0.9)
        for number in range(words)
    )
    text = "".join(word.text for word in said).strip()
    end_seconds = start_seconds + words
    return a_caption(1, text, id="c", start_seconds=start_seconds, end_seconds=end_seconds, words=said)


def test_a_caption_is_split_where_the_speaker_changes() -> None:
    """Each part has its speaker, its own times and ids, and the words between turns go to the nearest one."""
    turns = (SpokenTurn("Ana", 10.0, 12.1), SpokenTurn("Bruno", 13.9, 20.0))
    first, second = split_by_turns(caption(6), turns)
    assert (first.speaker, first.text, first.start_seconds, first.end_seconds) == (
        "Ana",
        "w0 w1 w2",
        10.0,
        13.0,
    )
    assert (second.speaker, second.text, second.start_seconds, second.end_seconds) == (
        "Bruno",
        "w3 w4 w5",
        13.0,
        16.0,
    )
    assert second.words[0].span == Span(0, SAMPLE_RATE)
    assert first.id != second.id


def test_without_turns_or_words_nothing_is_split() -> None:
    whole = caption(3)
    assert split_by_turns(whole, ()) == [whole]


@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0, 30), st.floats(0, 5)), min_size=1, max_size=8),
)
def test_no_word_is_lost(words: int, given_turns: list[tuple[str, float, float]]) -> None:
    """Put together, the parts are the caption, in order."""
    turns = [SpokenTurn(who, start, start + length) for who, start, length in given_turns]
    parts = split_by_turns(caption(words), turns)
    assert " ".join(part.text for part in parts) == caption(words).text
    starts = [part.start_seconds for part in parts]
    assert starts == sorted(starts)
    assert len({part.id for part in parts}) == len(parts)
