"""Voice activity with the real detectors on real recordings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.core.speech.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from tests.conftest import Recordings

LEAD_FRAMES = 872
"""27.9 s: so long something else is heard. Silero starts afresh for the last time nearly 4 s before."""


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


def pink(samples: int) -> NDArray[np.float64]:
    """Return noise with as much power in each octave."""
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(size=samples))
    return np.asarray(np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), samples))


def fan(samples: int) -> NDArray[np.float64]:
    """Return a low rush with the hum of a motor."""
    seconds = np.arange(samples) / SAMPLE_RATE
    spectrum = np.fft.rfft(np.random.default_rng(4).normal(size=samples))
    rush = np.fft.irfft(
        spectrum / (1 + (np.arange(len(spectrum)) * SAMPLE_RATE / samples / 300) ** 1.5), samples
    )
    hum = sum(np.sin(2 * np.pi * 87 * number * seconds) / number for number in range(1, 6))
    return np.asarray(rush / np.std(rush) + hum / 2)


def dialling(samples: int) -> NDArray[np.float64]:
    """Return the tones of a telephone's key, 0.2 s of each half second."""
    seconds = np.arange(samples) / SAMPLE_RATE
    tones = np.sin(2 * np.pi * 770 * seconds) + np.sin(2 * np.pi * 1336 * seconds)
    return tones * (seconds % 0.5 < 0.2) + np.random.default_rng(5).normal(size=samples) * 0.01


def typing(samples: int) -> NDArray[np.float64]:
    """Return short clicks over hiss, about seven a second."""
    generator = np.random.default_rng(6)
    noise = generator.normal(size=samples)
    fading = np.exp(-np.arange(320) / 60)
    clicks = np.full(samples, 0.02)
    for start in generator.integers(0, samples - 320, samples // SAMPLE_RATE * 7):
        clicks[start : start + 320] += fading
    return np.asarray(noise * clicks)


def thuds(samples: int) -> NDArray[np.float64]:
    """Return dull knocks over hiss, about one a second."""
    generator = np.random.default_rng(7)
    noise = generator.normal(size=samples) * 0.02
    seconds = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    for start in generator.integers(0, samples - len(seconds), samples // SAMPLE_RATE):
        pitch = generator.uniform(70, 180)
        noise[start : start + len(seconds)] += np.sin(2 * np.pi * pitch * seconds) * np.exp(-18 * seconds)
    return noise


NOISES = {noise.__name__: noise for noise in (pink, fan, dialling, typing, thuds)}


def noisy(recordings: Recordings, noise: str, speech: Pcm, quieter_db: float) -> Pcm:
    """Return noise, and in the end speech over it that is so much louder."""
    samples = LEAD_FRAMES * FRAME_SAMPLES + len(speech)
    if noise in NOISES:
        mixed = NOISES[noise](samples)
    else:
        mixed = np.resize(recordings[noise].pcm, samples).astype(np.float64)
    mixed *= np.std(speech.astype(np.float64)) / np.std(mixed) / 10 ** (quieter_db / 20)
    mixed[LEAD_FRAMES * FRAME_SAMPLES :] += speech
    return np.asarray(np.clip(np.rint(mixed), -32768, 32767), dtype=np.int16)


@pytest.mark.parametrize("noise", [*NOISES, "music-generated", "speechbrain-noise2"])
@pytest.mark.parametrize("name", ["jfk", "fleurs-fr-002"])
def test_a_voice_is_heard_after_long_noise_and_music(
    silero: SileroModel, recordings: Recordings, noise: str, name: str
) -> None:
    """Half a minute without a voice makes nobody deaf: what half a second lets through is heard then.

    The noise is 5 dB quieter than the voice.
    """
    pcm = noisy(recordings, noise, whole(recordings[name].pcm[: 6 * SAMPLE_RATE]), quieter_db=5.0)
    after_long = GatedVoiceDetector(silero).probabilities(pcm)
    assert np.mean(after_long[: LEAD_FRAMES - 1] >= 0.5) < 0.01
    soon = (LEAD_FRAMES - 16) * FRAME_SAMPLES
    after_short = GatedVoiceDetector(silero).probabilities(pcm[soon:])[16:] >= 0.5
    missed = after_short & (after_long[LEAD_FRAMES:] < 0.3)
    assert missed.sum() <= 0.04 * after_short.sum()
    assert np.argmax(after_long[LEAD_FRAMES:] >= 0.5) <= np.argmax(after_short) + 10


def over_the_telephone(pcm: Pcm) -> NDArray[np.float64]:
    """Return what is left of a voice between 250 Hz and 3.5 kHz."""
    spectrum = np.fft.rfft(pcm)
    hertz = np.fft.rfftfreq(len(pcm), 1 / SAMPLE_RATE)
    spectrum[(hertz < 250) | (hertz > 3500)] = 0
    return np.asarray(np.fft.irfft(spectrum, len(pcm)))


def at_level(samples: NDArray[np.float64], db: float) -> Pcm:
    """Return samples at a root mean square in dB of full scale."""
    louder = samples * 32768 * 10 ** (db / 20) / np.std(samples)
    return np.asarray(np.clip(np.rint(louder), -32768, 32767), dtype=np.int16)


@pytest.mark.parametrize("db", [-10.0, -14.0, -18.0])
def test_a_loud_voice_over_the_telephone_is_heard(
    silero: SileroModel, recordings: Recordings, db: float
) -> None:
    """Its short stretches too: “ask”, a third of a second between two pauses."""
    pcm = whole(at_level(over_the_telephone(recordings["jfk"].pcm), db))
    heard = GatedVoiceDetector(silero).probabilities(pcm)
    assert np.mean(heard >= 0.5) >= 0.58
    assert np.mean(heard[103:117] >= 0.4) >= 0.9
    assert not (heard[144:158] >= 0.3).any()


@pytest.mark.parametrize("noise", [pink, fan, dialling, typing, thuds])
def test_loud_noise_is_no_voice(silero: SileroModel, noise: Callable[[int], NDArray[np.float64]]) -> None:
    """Loud enough to clip, it is not made a voice by being heard softer."""
    pcm = at_level(noise(LEAD_FRAMES * FRAME_SAMPLES), -12.0)
    assert np.mean(GatedVoiceDetector(silero).probabilities(pcm) >= 0.5) < 0.01


def test_long_noise_costs_a_quarter_more_than_hearing_it_once() -> None:
    """Silero starts afresh seldom enough: of noise that keeps the gate open it hears a quarter twice."""

    class Counting(SileroModel):
        frames = 0

        def run(
            self, frames: NDArray[np.float32], state: tuple[NDArray[np.float32], NDArray[np.float32]]
        ) -> tuple[NDArray[np.float32], tuple[NDArray[np.float32], NDArray[np.float32]]]:
            self.frames += len(frames)
            return super().run(frames, state)

    counting = Counting()
    noise = fan(LEAD_FRAMES * FRAME_SAMPLES)
    GatedVoiceDetector(counting).probabilities(np.asarray(noise / np.std(noise) * 1_000, dtype=np.int16))
    assert LEAD_FRAMES < counting.frames <= 1.3 * LEAD_FRAMES
