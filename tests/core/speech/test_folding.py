"""Most copies are taken out before Whisper reads, and are back in what it wrote."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.folding import counted, folded, recounted, with_copies
from assistant.core.speech.hypothesis import Hypothesis, Word, text_of
from assistant.core.speech.recurrence import Recurrence, RecurrenceRules, recurrences
from tests.core.speech.repeated_audio import AGAINST, FOR, SEVEN, ZERO, spoken
from tests.core.speech.words import hypothesis_of, timed_words

WAVEFORM = spoken([SEVEN, *[FOR] * 9, AGAINST])


def copies(count: int, *, since: float = 1.0) -> Recurrence:
    """Return so many copies of 0.4 s with 0.2 s between them."""
    starts = [samples_of(since + 0.6 * index) for index in range(count)]
    spans = tuple(Span(start, start + samples_of(0.4)) for start in starts)
    return Recurrence(spans)


def read(text: str, *, copy_seconds: float = 0.6) -> tuple[Word, ...]:
    """Return “vote” for one second, copies, and what is behind them."""
    words = text.split()
    seconds = [1.0, *[copy_seconds] * (len(words) - 2), 0.5]
    return timed_words([(f" {word}", 0.9, each) for word, each in zip(words, seconds, strict=True)])


def test_three_copies_are_left_to_read() -> None:
    """What is around them stays as it is."""
    fold = folded(WAVEFORM)
    assert fold is not None
    (each,) = fold.recurrences
    period = each.period_samples
    assert len(WAVEFORM) - len(fold.waveform) == pytest.approx((len(each.copies) - 3) * period, rel=0.1)
    assert (fold.waveform[: samples_of(0.5)] == WAVEFORM[: samples_of(0.5)]).all()
    assert (fold.waveform[-samples_of(0.4) :] == WAVEFORM[-samples_of(0.4) :]).all()
    assert fold.length_samples == len(WAVEFORM)


def test_what_was_taken_out_is_put_back() -> None:
    """As often as it was said, at its times, and what is behind moves to its own."""
    fold = folded(WAVEFORM)
    assert fold is not None
    (each,) = fold.recurrences
    heard = hypothesis_of("ten for for for against")
    start, period = each.span.start_samples, each.period_samples
    edges = [0, *(start + period * index for index in range(4)), len(fold.waveform)]
    words = tuple(
        replace(word, span=Span(*edge)) for word, edge in zip(heard.words, pairwise(edges), strict=True)
    )
    whole = fold.unfolded(replace(heard, words=words))
    assert whole is not None
    assert whole.text == "ten " + "for " * len(each.copies) + "against"
    assert len(each.copies) in (8, 9)
    assert whole.audio_length == len(WAVEFORM)
    assert [word.span for word in whole.words[1:-1]] == list(each.copies)
    assert whole.words[-1].span.end_samples == len(WAVEFORM)
    assert fold.unfolded(replace(heard, words=words, looped=True)) is None
    assert fold.unfolded(hypothesis_of("ten for against")) is None


def test_where_somebody_speaks_moves_with_the_audio() -> None:
    """Voice in what was taken out is no longer there."""
    fold = folded(WAVEFORM)
    assert fold is not None
    voice = fold.voice([Span(0, len(WAVEFORM))])
    assert sum(span.length_samples for span in voice) == len(fold.waveform)
    assert voice[-1].end_samples == len(fold.waveform)


def test_where_nothing_repeats_nothing_is_taken_out() -> None:
    """Three copies are read well."""
    assert folded(spoken([SEVEN, ZERO, ZERO, ZERO, AGAINST])) is None


@pytest.mark.parametrize("count", [2, 3, 5, 6])
def test_the_audio_counts_whatever_was_read(count: int) -> None:
    """Two too few, or one too many that takes no time outside them."""
    words = read("vote " + "for, " * count + "against", copy_seconds=6 * 0.6 / count)
    counted = recounted(words, copies(6))
    assert counted is not None
    assert text_of(counted) == "vote " + "for, " * 6 + "against"
    starts = [word.span.start_samples for word in counted]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("said", "count", "expected"),
    [
        (copies(5, since=1.6), 6, 6),
        (copies(5), 6, 6),
        (copies(5, since=1.5), 5, 5),
        (copies(4, since=1.6), 6, 6),
        (copies(6), 7, 6),
    ],
)
def test_a_copy_at_the_edge_that_sounds_unlike_the_others_counts(
    said: Recurrence, count: int, expected: int
) -> None:
    """Where the text has it, and the audio has room for it or something like it."""
    length = 3.6 / count if count > expected else 0.6
    counted = recounted(read("vote " + "for " * count + "against", copy_seconds=length), said)
    assert counted is not None
    assert text_of(counted).split().count("for") == expected


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("is 000 twelve", "is 000000 twelve"),
        ("is 0 00, twelve", "is 0 0 0 0 00, twelve"),
        ("said no-no-no, never", "said no-no-no-no-no-no, never"),
        ("said Nonono never", "said Nononononono never"),
        ("said yes sir, yes sir. never", "said yes sir, yes sir, yes sir, yes sir, yes sir, yes sir. never"),
    ],
)
def test_copies_are_counted_however_they_are_written(text: str, counted: str) -> None:
    """In one word, with marks between them or none, or several words each."""
    words = text.split()
    seconds = [1.0, *[3.6 / (len(words) - 2)] * (len(words) - 2), 0.5]
    heard = timed_words([(f" {word}", 0.9, each) for word, each in zip(words, seconds, strict=True)])
    found = recounted(heard, copies(6))
    assert found is not None
    assert text_of(found).casefold() == counted.casefold()


def test_other_words_are_never_counted() -> None:
    """Where the text does not repeat, or does elsewhere, it stands as it is."""
    assert recounted(read("vote one two three against"), copies(6)) is None
    late = timed_words([(" vote", 0.9, 5.5), (" no", 0.9, 0.3), (" no", 0.9, 0.3)])
    assert recounted(late, copies(6)) is None


@pytest.mark.parametrize(
    "numbers", ["20 21 22 23 24 25", "W9 W10 W11 W12", "1999 2000 2001", "mama papa mama"]
)
def test_numbers_that_sound_alike_repeat_nothing(numbers: str) -> None:
    """Whoever counts says nearly the same again and again; digits within a number are no copies."""
    words = numbers.split()
    seconds = [1.0, *[3.6 / len(words)] * len(words), 0.5]
    heard = timed_words(
        [(f" {word}", 0.9, each) for word, each in zip(["from", *words, "on"], seconds, strict=True)]
    )
    assert recounted(heard, copies(6), expected=3) is None


def test_hum_is_no_voice_that_repeats() -> None:
    """What has most of its power below the voice is none, as regular as it is."""
    steps = np.repeat(np.linspace(0.03, 0.4, 12, dtype=np.float32), samples_of(0.5))
    assert recurrences(steps) == []


def test_copies_that_were_read_by_themselves_take_the_place_of_what_was_read_there() -> None:
    """Words that begin before or end behind them stay."""
    words = timed_words(
        [(" Le", 0.9, 0.3), (" mot.", 0.9, 2.0), (" hm", 0.9, 0.5), (" La", 0.9, 3.0), (" motion", 0.9, 0.5)]
    )
    said = copies(6)
    spoken_copies = [Word(" pour", span, 0.9) for span in said.copies]
    kept = with_copies(words, spoken_copies, said)
    assert text_of(kept) == "Le mot. " + "pour " * 6 + "La motion"
    assert all(before.span.end_samples <= behind.span.start_samples for before, behind in pairwise(kept))


@pytest.mark.parametrize("times", [3, 5, 9])
@pytest.mark.parametrize("written", [4, 6, 12])
@pytest.mark.parametrize("kept", [0, 3])
def test_a_partial_says_as_many_as_the_audio_has_so_far(times: int, written: int, kept: int) -> None:
    """Promised copies are among them; where it never ended it still promises nothing."""
    waveform = spoken([SEVEN, *[FOR] * times])
    (each,) = recurrences(waveform, RecurrenceRules(copies=3))
    start, end = each.span.start_samples, each.span.end_samples
    edges = [0, *(start + (end - start) * index // written for index in range(written + 1))]
    heard = [
        Word(text, Span(*edge), 0.9)
        for text, edge in zip([" ten", *[" for,"] * written], pairwise(edges), strict=True)
    ]
    looped = Hypothesis(tuple(heard), "en", len(waveform), looped=True, loop_words=written)
    told = counted(looped, waveform, kept=kept)
    assert told is not None
    assert told.text == "ten" + " for," * times
    assert (told.looped, told.loop_words) == (True, 0)


def test_a_partial_that_does_not_repeat_stands() -> None:
    """Nothing is looked for in its audio."""
    assert counted(hypothesis_of("ten for for against"), WAVEFORM) is None
    assert counted(hypothesis_of("for for for for against"), spoken([SEVEN, ZERO, AGAINST])) is None
