"""Correcting, giving away, splitting, merging and replacing captions."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.captions.edits import MOST_CHARACTERS, corrected, given_to, merged, replacer, split
from assistant.core.errors import CaptionsApart, ParticipantInvalid, SplitInvalid, TextTooLong
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word
from tests.captions import a_caption

WORDS = (
    Word("Bonjour", Span(0, 8_000), 0.9),
    Word(" à", Span(8_000, 9_600), 0.9),
    Word(" tous.", Span(16_000, 24_000), 0.9),
)
CAPTION = a_caption(
    3,
    id="s.0",
    participant="roy",
    speaker="Mme Roy",
    start_seconds=10.0,
    end_seconds=11.5,
    words=WORDS,
)


def test_a_split_follows_the_words() -> None:
    """The second part begins when its first word was said; the words' times stay right."""
    first, second = split(CAPTION, 10)
    assert (first.text, second.text) == ("Bonjour à", "tous.")
    assert first.end_seconds == second.start_seconds == 11.0
    assert second.words == (Word(" tous.", Span(0, 8_000), 0.9),)
    assert (first.id, second.id, first.edited, second.edited) == ("s.0", "s.0~3", True, True)


def test_a_split_of_corrected_words_is_in_proportion() -> None:
    """Where the text is not what was recognised, characters tell the time."""
    first, second = split(corrected(CAPTION, "Salut les amis du conseil"), 12)
    assert first.end_seconds == second.start_seconds == pytest.approx(10.0 + 1.5 * 12 / 25)


@pytest.mark.parametrize("at", [0, 15, 99, -1])
def test_there_are_words_on_both_sides_of_a_split(at: int) -> None:
    """Else it is refused."""
    with pytest.raises(SplitInvalid):
        split(CAPTION, at)


def test_only_neighbours_of_one_speaker_are_merged() -> None:
    """Not in the wrong order, not across somebody else, not of two people; emptied ones do not count."""
    later = replace(CAPTION, id="s.1", seq=5, start_seconds=12.0, end_seconds=13.0, text="Merci.", words=())
    other = replace(later, participant="petit")
    between = replace(other, start_seconds=11.7)
    for one, two, said in (
        (later, CAPTION, ()),
        (CAPTION, other, ()),
        (CAPTION, CAPTION, ()),
        (CAPTION, later, (between,)),
    ):
        with pytest.raises(CaptionsApart):
            merged(one, two, said)
    joined, emptied = merged(CAPTION, later)
    assert (joined.text, joined.end_seconds, emptied.text) == ("Bonjour à tous. Merci.", 13.0, "")


@given(at=st.integers(1, 14))
def test_what_was_split_can_be_merged_again(at: int) -> None:
    """With the same words; spans do not overlap, and together they are as long as before."""
    try:
        first, second = split(CAPTION, at)
    except SplitInvalid:
        return
    assert CAPTION.start_seconds <= first.end_seconds <= second.start_seconds <= second.end_seconds
    joined, _ = merged(first, replace(second, seq=4))
    assert joined.text.replace(" ", "") == CAPTION.text.replace(" ", "")
    assert (joined.start_seconds, joined.end_seconds) == (CAPTION.start_seconds, CAPTION.end_seconds)
    assert [word.text for word in joined.words] == [word.text for word in WORDS]


def test_a_caption_is_given_to_somebody_else() -> None:
    """With a name that can be shown."""
    moved = given_to(CAPTION, "petit", " M. Petit ")
    assert (moved.participant, moved.speaker, moved.text) == ("petit", "M. Petit", CAPTION.text)
    with pytest.raises(ParticipantInvalid):
        given_to(CAPTION, "petit", "\n")


def test_replacing_knows_no_wildcards() -> None:
    """What is found and put is only text; words are whole unless asked otherwise."""
    assert replacer("a.c", r"\1", match_case=False, whole_words=True)("a.c abc A.C") == (r"\1 abc \1", 2)
    assert replacer("roi", "Roy", match_case=True, whole_words=True)("Le roi, roitelet, Roi") == (
        "Le Roy, roitelet, Roi",
        1,
    )
    assert replacer("roi", "Roy", match_case=False, whole_words=False)("roitelet")[0] == "Roytelet"


def test_a_caption_does_not_grow_beyond_bounds() -> None:
    """A text of 10,000 characters is taken; one more is refused, whether written, replaced or merged."""
    assert len(corrected(CAPTION, "x" * MOST_CHARACTERS).text) == MOST_CHARACTERS
    with pytest.raises(TextTooLong):
        corrected(CAPTION, "x" * (MOST_CHARACTERS + 1))
    write = replacer("a", "b" * 1_000, match_case=False, whole_words=False)
    assert len(write("a" * 10)[0]) == MOST_CHARACTERS
    with pytest.raises(TextTooLong):
        write("a" * 10 + "c")
    half = replace(CAPTION, text="x" * (MOST_CHARACTERS // 2), words=())
    other = replace(half, id="s.1", seq=5, start_seconds=12.0, end_seconds=13.0)
    with pytest.raises(TextTooLong):
        merged(half, other)
    assert merged(half, replace(other, text=other.text[1:]))[0].text


def test_a_long_caption_can_be_made_shorter_and_given_away() -> None:
    """What was longer before there was a bound is no reason to refuse a change that adds nothing."""
    long = replace(CAPTION, text="x" * (MOST_CHARACTERS + 500), words=())
    assert given_to(long, "petit", "M. Petit").text == long.text
    assert len(corrected(long, long.text[:-1]).text) == MOST_CHARACTERS + 499


def test_too_much_is_refused_before_it_is_made() -> None:
    """Ten megabytes are not written to learn that they are too many."""
    write = replacer("a", "b" * 1_000, match_case=False, whole_words=False)
    tracemalloc.start()
    try:
        with pytest.raises(TextTooLong):
            write("a" * MOST_CHARACTERS)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
