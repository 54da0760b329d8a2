"""Voice activity with the real detectors on real recordings."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.core.speech.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from tests.conftest import Recordings


@pytest.fixture(scope="module")
def silero() -> SileroModel:
    """The network, shared as in the service."""
    return SileroModel()


def whole(pcm: Pcm) -> Pcm:
    return pcm[: len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES]


def test_speech_is_heard(silero: SileroModel, recordings: Recordings) -> None:
    """Most frames of a read sentence are speech."""
    heard = GatedVoiceDetector(silero).probabilities(whole(recordings["ljspeech-LJ001-0009"].pcm))
    assert np.mean(heard > 0.5) > 0.7


@pytest.mark.parametrize(
    "name", ["speechbrain-noise1-start", "speechbrain-noise2", "music-generated", "silence-10s"]
)
def test_noise_music_and_silence_are_not_speech(
    silero: SileroModel, recordings: Recordings, name: str
) -> None:
    """Nothing in them is taken for a voice."""
    heard = GatedVoiceDetector(silero).probabilities(whole(recordings[name].pcm))
    assert np.mean(heard > 0.5) < 0.01


def test_silence_never_reaches_the_network(recordings: Recordings) -> None:
    """A silent track costs the gate only."""

    class Untouchable(SileroModel):
        def __init__(self) -> None:
            pass

    heard = GatedVoiceDetector(Untouchable()).probabilities(whole(recordings["silence-10s"].pcm))
    assert not heard.any()


def test_a_voice_is_heard_the_same_after_a_muted_microphone(
    silero: SileroModel, recordings: Recordings
) -> None:
    """Digital silence, which is not even shown to the gate, changes nothing of what is heard behind it."""
    speech = whole(recordings["jfk"].pcm)
    muted = np.zeros(100 * FRAME_SAMPLES, np.int16)
    hiss = np.random.default_rng(1).integers(-2, 3, len(muted)).astype(np.int16)
    heard = [
        GatedVoiceDetector(silero).probabilities(np.concatenate([quiet, speech]))[100:]
        for quiet in (muted, hiss)
    ]
    detector = GatedVoiceDetector(silero)
    assert not detector.probabilities(muted).any()
    apart = detector.probabilities(speech)
    assert np.mean((heard[0] >= 0.5) != (apart >= 0.5)) < 0.01
    assert np.mean((heard[1] >= 0.5) != (apart >= 0.5)) < 0.02


@pytest.mark.parametrize("frames", [1, 3, 7])
def test_the_size_of_the_pieces_does_not_matter(
    silero: SileroModel, recordings: Recordings, frames: int
) -> None:
    """Frame by frame or all at once, the same is heard, also across a shut gate."""
    speech = whole(recordings["jfk"].pcm)
    pcm = np.concatenate(
        [speech, np.zeros(SAMPLE_RATE * 2 // FRAME_SAMPLES * FRAME_SAMPLES, np.int16), speech]
    )
    at_once = GatedVoiceDetector(silero).probabilities(pcm)
    detector = GatedVoiceDetector(silero)
    size = frames * FRAME_SAMPLES
    pieces = [detector.probabilities(pcm[start : start + size]) for start in range(0, len(pcm), size)]
    assert np.allclose(np.concatenate(pieces), at_once, atol=0.02)


def test_each_detector_hears_for_itself(silero: SileroModel, recordings: Recordings) -> None:
    """What one has heard before changes nothing for another of the same model."""
    pcm = whole(recordings["jfk"].pcm)
    first = GatedVoiceDetector(silero).probabilities(pcm)
    assert np.array_equal(GatedVoiceDetector(silero).probabilities(pcm), first)
