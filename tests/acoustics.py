"""Voices in a room with two open microphones, and a recogniser that knows the words they can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm, Span, Waveform, to_pcm, to_waveform
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.ports.speech import TranscriberCapabilities, TranscriptionRequest

WORD_SECONDS = 0.4
_HEARD = 0.3
_ECHO_SECONDS = 0.4


def spoken(voice: str, word: int) -> Waveform:
    """Return a word in a voice; the same word has the same rhythm in all voices, and another sound."""
    samples = round(WORD_SECONDS * SAMPLE_RATE)
    rhythm = np.random.default_rng(word)
    syllables = np.interp(
        np.arange(samples), np.linspace(0, samples, 6), [0, *rhythm.uniform(0.3, 1.0, 4), 0]
    )
    sound = np.random.default_rng([word, *voice.encode()]).standard_normal(samples)
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    spectrum *= (hertz > 120) / (1 + (hertz / 1_500) ** 2)
    sound = np.fft.irfft(spectrum, samples)
    return np.asarray(0.1 * syllables * sound / np.sqrt(np.mean(sound**2)), dtype=np.float32)


def sentence(voice: str, words: Sequence[int]) -> Waveform:
    """Return words in a voice, one after the other."""
    return np.concatenate([spoken(voice, word) for word in words])


@dataclass
class TwoMicrophones:
    """Two microphones of one room; each has people who sit right before it.

    Attributes:
        crosstalk_db: How much softer a voice is at the other one.
        late_seconds: How much later than the first one's the second one's audio is.
        noise_db: The noise of each microphone, below a voice.
        seed: Of walls and noise.
    """

    crosstalk_db: float = -10.0
    late_seconds: float = 0.2
    noise_db: float = -35.0
    seed: int = 0
    heard: list[tuple[float, Waveform, int]] = field(default_factory=list)

    def say(self, at_seconds: float, waveform: Waveform, microphone: int) -> None:
        """Have something said before a microphone."""
        self.heard.append((at_seconds, waveform, microphone))

    def recordings(self, seconds: float) -> tuple[Pcm, Pcm]:
        """Return what both microphones recorded."""
        dice = np.random.default_rng(self.seed)
        samples = round(seconds * SAMPLE_RATE)
        tracks = [0.1 * 10 ** (self.noise_db / 20) * dice.standard_normal(samples) for _ in range(2)]
        walls = [[_walls(dice, near=near == far) for far in range(2)] for near in range(2)]
        for at_seconds, waveform, near in self.heard:
            for far in range(2):
                sound = np.convolve(waveform, walls[near][far])
                gain = 1.0 if near == far else 10 ** (self.crosstalk_db / 20)
                gain *= np.sqrt(np.sum(waveform**2) / np.sum(sound**2))
                late_seconds = self.late_seconds * far + (0.0 if near == far else 0.006)
                first = round((at_seconds + late_seconds) * SAMPLE_RATE)
                sound = sound[: samples - first]
                tracks[far][first : first + len(sound)] += gain * sound
        return to_pcm(tracks[0].astype(np.float32)), to_pcm(tracks[1].astype(np.float32))


def _walls(dice: np.random.Generator, *, near: bool) -> NDArray[np.float64]:
    """Return how a room answers a clap."""
    samples = round(_ECHO_SECONDS * SAMPLE_RATE)
    answer = dice.standard_normal(samples) * 10 ** (-3.0 * np.arange(samples) / samples)
    answer *= (0.25 if near else 0.8) / np.sqrt(np.sum(answer**2))
    answer[0] += 1.0
    return np.asarray(answer)


class LoudnessDetector:
    """Takes everything that is louder than the noise for speech."""

    def probabilities(self, pcm: Pcm) -> NDArray[np.float32]:
        """Return 0.98 for loud frames, 0 for the others."""
        frames = to_waveform(pcm).reshape(-1, FRAME_SAMPLES)
        loud = np.sqrt(np.mean(frames**2, axis=1)) > 0.005
        return np.where(loud, 0.98, 0.0).astype(np.float32)


@cache
def _pattern(voice: str, word: int, length: int) -> tuple[Waveform, NDArray[np.complex128]]:
    pattern = spoken(voice, word)
    return pattern, np.fft.rfft(pattern, length).conj()


@dataclass
class WordSpotter:
    """Reads the words of some voices, however soft and with whatever echo.

    Attributes:
        voices: Whose words it knows.
        words: How many words each of them can say.
        deaf_to: Words that it does not find where they are as loud as before their own microphone.
        requests: What it was asked.
    """

    voices: tuple[str, ...] = ("Ana", "Rui")
    words: int = 16
    deaf_to: frozenset[str] = frozenset()
    requests: list[TranscriptionRequest] = field(default_factory=list)

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """Two workers, one language."""
        return TranscriberCapabilities(
            "spotter", frozenset({"en"}), "cpu", "none", 29.0, 2, 1, forced_prefix=True, word_timestamps=True
        )

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return the words that are heard."""
        return self.transcribe_all([request])[0]

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return the words that are heard, for each request."""
        self.requests.extend(requests)
        return [self._read(request.waveform) for request in requests]

    def _read(self, waveform: Waveform) -> Hypothesis:
        samples = round(WORD_SECONDS * SAMPLE_RATE)
        found: list[tuple[int, str]] = []
        length = 1 << (len(waveform) + samples).bit_length()
        spectrum = np.fft.rfft(waveform, length)
        energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
        for voice in self.voices:
            for word in range(self.words):
                pattern, transform = _pattern(voice, word, length)
                match = np.fft.irfft(spectrum * transform, length)
                match = match[: max(0, len(waveform) - samples // 2)]
                ends = np.minimum(np.arange(len(match)) + samples, len(waveform))
                loudness = np.sqrt(energy[ends] - energy[: len(match)]) * np.sqrt(np.sum(pattern**2))
                likeness = np.abs(match) / (loudness + 0.02)
                while len(likeness) and likeness.max() > _HEARD:
                    at = int(np.argmax(likeness))
                    likeness[max(0, at - samples // 2) : at + samples // 2] = 0.0
                    loud = abs(match[at]) > 0.6 * np.sum(pattern**2)
                    if not (loud and f"{voice}{word}" in self.deaf_to):
                        found.append((at, f" {voice}{word}"))
        words = [
            Word(text, Span(at, min(at + samples, len(waveform))), 0.95, (1,)) for at, text in sorted(found)
        ]
        return Hypothesis(tuple(words), "en", len(waveform), mean_log_probability=-0.1)
