"""Voice that a reading has no words for is found and read by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.hallucination_filter import VoiceEvidence, rejection
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.unread import Reading, UnreadRules, unread_in


def span(start_seconds: float, end_seconds: float) -> Span:
    return Span(samples_of(start_seconds), samples_of(end_seconds))


def spoken(text: str, start_seconds: float, word_seconds: float = 0.5) -> tuple[Word, ...]:
    """Return the words of a text, one each `word_seconds`."""
    return tuple(
        Word(
            f" {word}",
            span(start_seconds + index * word_seconds, start_seconds + (index + 1) * word_seconds),
            0.9,
        )
        for index, word in enumerate(text.split())
    )


def heard(words: tuple[Word, ...], seconds: float, *, log_probability: float = -0.2) -> Hypothesis:
    return Hypothesis(words, "fr", samples_of(seconds), mean_log_probability=log_probability)


def unread(words: tuple[Word, ...], voice: Sequence[Span], seconds: float) -> Span | None:
    return unread_in(words, voice, length_samples=samples_of(seconds))


def _the_same(answer: Hypothesis | None, _stretch: Span) -> Hypothesis | None:
    return answer


def read(
    first: Hypothesis, voice: Sequence[Span], answer: Callable[[Span], Hypothesis | None]
) -> tuple[Hypothesis, list[Span]]:
    """Read what is left; return what was said, and which stretches were asked for."""
    reading = Reading(first, voice, evidence=VoiceEvidence(10.0, 0.95))
    asked = []
    for stretch in reading.stretches():
        asked.append(stretch)
        if answered := answer(stretch):
            reading.add(answered, stretch.start_samples)
    return reading.hypothesis, asked


def test_a_text_that_ends_before_the_voice_does_leaves_the_rest_unread() -> None:
    """What lies behind the last word, without the silence at its edges."""
    assert unread(spoken("un deux trois", 0.0), [span(0.2, 8.0)], 8.5) == span(1.5, 8.0)


def test_a_text_that_begins_late_or_leaves_out_the_middle_does_so_too() -> None:
    """The first gap comes first."""
    words = spoken("un deux", 4.0) + spoken("trois quatre", 9.0)
    assert unread(words, [span(0.2, 10.0)], 10.0) == span(0.2, 4.0)
    assert unread(
        spoken("zéro", 0.0, 4.0)[:0] + spoken("un", 0.0) + words, [span(0.0, 0.5), span(4.0, 10.0)], 10.0
    ) == (span(5.0, 9.0))


def test_a_word_that_lasts_too_long_stands_for_others() -> None:
    """The first one ends where it was said, others begin there."""
    assert unread((Word(" un", span(0.0, 9.0), 0.9),), [span(0.1, 9.0)], 9.0) == span(0.1, 8.4)
    words = (*spoken("un", 0.0), Word(" deux", span(0.5, 9.0), 0.9))
    assert unread(words, [span(0.1, 9.0)], 9.0) == span(1.1, 9.0)


def test_silence_and_a_little_voice_are_not_unread() -> None:
    """Nobody speaks there, or no longer than a breath or a drawn-out word."""
    words = spoken("un deux trois", 0.0)
    assert unread(words, [span(0.0, 1.5)], 20.0) is None
    assert unread(words, [span(0.0, 2.9)], 20.0) is None
    assert unread(words, [span(0.0, 1.5), span(8.0, 9.0), span(12.0, 13.0)], 20.0) == span(8.0, 13.0)


def test_what_is_left_is_read_until_nothing_is() -> None:
    """Also where a second reading ends early; each is asked for a little more on both sides."""
    answers = iter(
        [heard(spoken("quatre cinq", 0.2), 7.0), heard(spoken("six sept huit neuf dix", 0.2, 1.0), 5.5)]
    )
    said, asked = read(heard(spoken("un deux trois", 0.0), 8.5), [span(0.2, 8.0)], lambda _: next(answers))
    assert said.text == "un deux trois quatre cinq six sept huit neuf dix"
    assert asked == [span(1.3, 8.2), span(2.3, 8.2)]
    assert [word.span.start_samples for word in said.words] == sorted(
        word.span.start_samples for word in said.words
    )


def test_words_left_out_in_the_middle_come_between_those_around_them() -> None:
    """In the order in which they were said."""
    words = spoken("un deux", 0.0) + spoken("cinq six", 5.0)
    voice = [span(0.1, 3.0), span(5.0, 6.0)]
    said, _ = read(heard(words, 6.5), voice, lambda _: heard(spoken("trois quatre", 1.0), 4.4))
    assert said.text == "un deux trois quatre cinq six"


def test_the_end_of_the_word_before_is_not_said_again() -> None:
    """A stretch is read with a little of what comes before it."""
    answer = heard(spoken("trois", 0.0, 0.3) + spoken("quatre cinq six sept huit", 0.3, 1.2), 6.9)
    said, _ = read(heard(spoken("un deux trois", 0.0), 8.5), [span(0.2, 8.0)], lambda _: answer)
    assert said.text == "un deux trois quatre cinq six sept huit"


def test_what_is_invented_over_it_is_left_out_and_the_rest_still_read() -> None:
    """Loops, guesses and the credits of subtitles, however sure the recogniser is of them."""
    first = heard(spoken("un deux trois", 0.0), 20.0)
    for invented in (
        heard(spoken("ah ah", 0.2), 5.0, log_probability=-2.0),
        heard(spoken("Merci d'avoir regardé cette vidéo", 0.2), 5.0),
        heard((), 5.0),
        None,
    ):
        said, asked = read(first, [span(0.2, 8.0)], partial(_the_same, invented))
        assert said == first
        assert len(asked) == 1
    answers = iter([None, heard(spoken("neuf dix", 0.2), 3.5)])
    words = spoken("un", 0.0) + spoken("huit", 8.0)
    said, _ = read(heard(words, 12.0), [span(0.0, 12.0)], lambda _: next(answers, None))
    assert said.text == "un huit neuf dix"


def test_a_long_utterance_that_came_to_nothing_is_read_in_two_parts() -> None:
    """Divided where the voice rests; one reading of both may be guesswork where each by itself is clear."""
    voice = [span(0.2, 4.5), span(5.1, 10.0)]
    guessed = heard(spoken("la la la la la la", 0.0), 10.2, log_probability=-2.0)
    answers = iter(
        [heard(spoken("un deux trois quatre", 0.2, 1.1), 4.8), heard(spoken("cinq six sept", 0.5, 1.5), 5.3)]
    )
    said, asked = read(guessed, voice, lambda _: next(answers))
    assert said.text == "un deux trois quatre cinq six sept"
    assert asked[0] == span(0.0, 5.0)


@pytest.mark.parametrize(
    ("again", "comes_to"),
    [
        ("zero one two nine zero call me", "the code is zero one two nine zero call me back"),
        ("zero one two call me", "the code is call me nine zero call me back"),
        ("", "the code is call me nine zero call me back"),
    ],
)
def test_words_that_stand_too_early_give_way_to_what_was_said_there(again: str, comes_to: str) -> None:
    """What leaves out the middle gives its time to words behind it; a reading that lacks words does not."""
    words = (*spoken("the code is call", 0.0), Word(" me", span(2.0, 9.0), 0.9), *spoken("back", 9.0))
    answers = iter([spoken("nine zero", 0.5, 0.9) + spoken("call me", 5.4), spoken(again, 0.3, 0.9)])
    said, asked = read(
        heard(words, 10.0), [span(0.1, 10.0)], lambda part: heard(next(answers, ()), part.length_seconds)
    )
    assert said.text == comes_to
    assert asked[1] == span(1.3, 9.2)


def test_a_phrase_that_is_said_again_and_again_does_not_give_way_to_itself() -> None:
    """It ends with itself wherever it is cut."""
    words = (*spoken("no no", 0.0), Word(" no", span(1.0, 9.0), 0.9), *spoken("yes", 9.0))
    said, asked = read(
        heard(words, 10.0), [span(0.1, 10.0)], lambda _: heard(spoken("no no no no", 0.2, 1.9), 7.8)
    )
    assert said.text == "no no no no no no no yes"
    assert len(asked) == 1


VOTES = [span(0.1, 0.9), *(span(1.0 + 0.7 * index, 1.4 + 0.7 * index) for index in range(6))]


def circling(text: str, loop_words: int, seconds: float = 6.0) -> Hypothesis:
    """Return a reading that goes round in circles in its last words."""
    return replace(heard(spoken(text, 0.0, 0.3), seconds), looped=True, loop_words=loop_words)


def test_what_was_read_in_circles_is_read_again_in_short_parts() -> None:
    """Divided where the voice rests, so that no word is torn; what stands before it stays."""
    said, asked = read(
        circling("vote is 4 4", 2),
        VOTES,
        lambda part: heard(spoken("for for", 0.1, 0.5), part.length_seconds),
    )
    assert said.text == "vote is" + " for for" * len(asked)
    assert not said.looped
    assert said.loop_words == 0
    assert (asked[0].start_samples, asked[-1].end_samples) == (samples_of(0.6), samples_of(6.0))
    assert all(before.end_samples == behind.start_samples for before, behind in pairwise(asked))
    assert all(part.length_seconds <= UnreadRules().part_seconds for part in asked)
    assert not any(
        voice.start_samples < part.end_samples < voice.end_samples for part in asked for voice in VOTES
    )


def test_a_part_that_is_read_in_circles_as_well_is_halved() -> None:
    """Until it is too short for that; then what followed the voice counts."""
    lengths = []

    def answer(part: Span) -> Hypothesis:
        lengths.append(part.length_seconds)
        return circling("for", 0, part.length_seconds)

    said, _ = read(circling("vote is 4 4", 2), VOTES, answer)
    assert set(said.text.split()) == {"vote", "is", "for"}
    assert max(lengths) <= UnreadRules().part_seconds
    assert sum(length < UnreadRules().least_part_seconds for length in lengths) >= 2


@pytest.mark.parametrize("text", ["vote is 4 4", "4 4"])
def test_a_loop_whose_parts_cannot_be_read_leaves_what_stands_before_it(text: str) -> None:
    """With what may have been said of it; by itself it is none."""
    first = circling(text, 2)
    said, _ = read(first, VOTES, lambda _: None)
    assert said == first
    assert rejection(said, VoiceEvidence(4.0, 0.95)) == (None if text.startswith("vote") else "looped")


def test_a_short_one_that_came_to_nothing_is_left_at_that() -> None:
    """A cough is not read three times."""
    nothing = heard((), 3.0)
    assert read(nothing, [span(0.1, 2.9)], lambda _: heard(spoken("un", 0.1), 1.0)) == (nothing, [])


def test_without_voice_activity_nothing_is_asked() -> None:
    """Nothing says that anybody spoke."""
    first = heard(spoken("un", 0.0), 20.0)
    assert read(first, [], lambda _: heard(spoken("deux", 0.1), 1.0)) == (first, [])


@given(
    gaps=st.lists(st.tuples(st.floats(0.05, 3.0), st.floats(0.05, 4.0)), max_size=12),
    answers=st.lists(st.tuples(st.integers(0, 6), st.floats(0.0, 2.0)), max_size=12),
)
def test_reading_ends_and_keeps_the_order(
    gaps: list[tuple[float, float]], answers: list[tuple[int, float]]
) -> None:
    """Whatever a recogniser answers: no word of the first reading goes, and stretches are bounded."""
    words: tuple[Word, ...] = ()
    at = 0.0
    for index, (gap, length) in enumerate(gaps):
        words += (Word(f" w{index}", span(at + gap, at + gap + length), 0.9),)
        at += gap + length
    answered = iter(answers)

    def answer(stretch: Span) -> Hypothesis:
        count, offset = next(answered, (3, 0.1))
        return heard(spoken(" ".join(f"a{index}" for index in range(count)), offset), stretch.length_seconds)

    first = heard(words, at + 5.0)
    said, asked = read(first, [span(0.0, at + 5.0)], answer)
    assert len(asked) <= UnreadRules().readings
    assert [word for word in said.words if word in words] == list(words)
    assert all(0 <= each.start_samples < each.end_samples <= first.audio_length for each in asked)
