"""Where somebody speaks, however the audio arrives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.captioning.endpointing import Endpointer
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.core.speech.segmentation import SpeechEnded
from tests.fakes import LevelDetector, silence, speech

TALK = np.concatenate(
    [silence(1.0), speech(0, 3), silence(1.3), speech(3, 70), silence(0.9), speech(73, 1), silence(0.01)]
)


def heard(pcm: Pcm, *lengths: int) -> list[tuple[SpeechEnded, Pcm]]:
    """Return the utterances of samples that arrive in pieces of these lengths, again and again."""
    endpointer, found, start = Endpointer(LevelDetector()), [], 0
    while start < len(pcm):
        for length in lengths:
            found += endpointer.utterances(pcm[start : start + length])
            start += length
    return [*found, *endpointer.last_utterances()]


@settings(deadline=None)
@given(st.lists(st.integers(500, 12 * SAMPLE_RATE), min_size=1, max_size=5))
def test_the_lengths_of_pieces_do_not_matter(lengths: list[int]) -> None:
    """The same utterances come out, each with just its audio, also the one that the end ends."""
    whole = heard(TALK, len(TALK))
    pieces = heard(TALK, *lengths)
    assert [ended for ended, _ in pieces] == [ended for ended, _ in whole]
    assert len(pieces) == 4  # the long one is cut once
    padded = np.concatenate([TALK, silence(1.0)])
    for ended, pcm in pieces:
        assert np.array_equal(pcm, padded[ended.span.start_samples : ended.span.end_samples])


def test_only_what_may_still_be_needed_is_kept() -> None:
    """Of silence and of what has ended nothing stays but a moment; what goes on can be read."""
    endpointer = Endpointer(LevelDetector())
    endpointer.utterances(silence(60.0))
    endpointer.utterances(silence(1.0))
    assert endpointer.kept.length_samples <= SAMPLE_RATE
    endpointer.utterances(speech(0, 6))
    start = endpointer.segmenter.open_start_samples
    assert start is not None
    assert endpointer.kept.length_samples >= 3 * SAMPLE_RATE
    for _ in range(3):
        endpointer.utterances(silence(1.0))
    assert endpointer.segmenter.open_start_samples is None
    assert endpointer.kept.length_samples <= SAMPLE_RATE


@pytest.mark.parametrize("lacking", [0, 1, 511])
def test_the_last_frame_is_filled_up(lacking: int) -> None:
    """It tells what it lacks, so that a journal can have the same."""
    endpointer = Endpointer(LevelDetector())
    endpointer.whole_frames(silence(1.024)[: 2 * 512 - lacking])
    assert endpointer.lacking_samples == lacking
