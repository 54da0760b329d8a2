"""What repeats in the audio is found there, however often, and nothing else is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from assistant.core.speech.audio import SAMPLE_RATE, samples_of
from assistant.core.speech.recurrence import recurrences
from tests.core.speech.repeated_audio import AGAINST, FOR, SEVEN, ZERO, Sounds, spoken


@pytest.mark.parametrize("times", [4, 5, 6, 9, 14])
@pytest.mark.parametrize("rest_seconds", [0.03, 0.15, 0.4])
@pytest.mark.parametrize("word", [FOR, ZERO])
def test_copies_are_counted(times: int, rest_seconds: float, word: Sounds) -> None:
    """With whatever rest between them, none of them the same samples, some said faster than others."""
    waveform = spoken([SEVEN, *[word] * times, AGAINST, SEVEN], rest_seconds=rest_seconds, pace=0.08)
    (found,) = recurrences(waveform)
    assert len(found.copies) == times
    for before, behind in pairwise(found.copies):
        assert before.start_samples < before.end_samples <= behind.start_samples


def test_two_votes_are_counted_apart() -> None:
    """For, for, for, for, for, against, against, against, against."""
    found = recurrences(spoken([SEVEN, *[FOR] * 5, *[AGAINST] * 4, ZERO]))
    assert [len(each.copies) for each in found] == [5, 4]


@pytest.mark.parametrize(
    "words",
    [
        [SEVEN, FOR, ZERO, AGAINST, ZERO, FOR, SEVEN],
        [FOR, FOR, SEVEN, ZERO, FOR, AGAINST, FOR, ZERO],
        [SEVEN, ZERO, ZERO, ZERO, AGAINST],
    ],
)
def test_where_nothing_is_said_four_times_in_a_row_nothing_is_found(words: list[Sounds]) -> None:
    """Also where a word comes back later."""
    assert recurrences(spoken(words)) == []


def test_silence_noise_and_what_is_too_short_repeat_nothing() -> None:
    """Whatever the level."""
    random = np.random.default_rng(5)
    noise = random.standard_normal(8 * SAMPLE_RATE).astype(np.float32)
    for waveform in (noise * 0.1, noise * 0.0, noise[: samples_of(0.5)], noise[:100], noise[:0]):
        assert recurrences(waveform) == []


def test_sounds_that_come_back_eight_times_a_second_are_no_words() -> None:
    """That is the voice itself, or a machine; at most two of them together pass for one."""
    click = ((1500.0, 0.06),)
    found = recurrences(spoken([SEVEN, *[click] * 8, ZERO], rest_seconds=0.06))
    assert all(each.period_samples >= samples_of(0.2) for each in found)
