"""Audio that says the same several times, made of bands of noise that pass for sounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.core.speech.audio import SAMPLE_RATE, Waveform, samples_of

FOR = ((300, 0.12), (900, 0.14))
"""A word: its sounds one after the other, as (hertz around which they are, seconds)."""
ZERO = ((4000, 0.1), (450, 0.1), (2500, 0.06), (700, 0.12))
SEVEN = ((3500, 0.1), (600, 0.12), (1500, 0.12))
AGAINST = ((700, 0.1), (1800, 0.15), (3800, 0.12), (1200, 0.05))
Sounds = Sequence[tuple[float, float]]


def said(sounds: Sounds, seed: int, *, pace: float = 1.0) -> Waveform:
    """Return a word, no two times the same samples; `pace` makes it longer."""
    random = np.random.default_rng(seed)
    parts = []
    for hertz, seconds in sounds:
        length = samples_of(seconds * pace)
        spectrum = np.fft.rfft(random.standard_normal(length))
        at = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
        part = np.fft.irfft(spectrum * np.exp(-(((at - hertz) / (0.3 * hertz)) ** 2)), length)
        parts.append(part / np.abs(part).max() * np.hanning(length + 2)[1:-1] ** 0.5)
    return np.concatenate(parts).astype(np.float32) * 0.3


def spoken(
    words: Sequence[Sounds], *, rest_seconds: float = 0.15, seed: int = 0, pace: float = 0.0
) -> Waveform:
    """Return words with a rest of about that length behind each, in soft noise.

    Each word is longer or shorter than usual by up to `pace` of its length.
    """
    random = np.random.default_rng(seed)
    parts = [np.zeros(samples_of(0.3), np.float32)]
    for index, word in enumerate(words):
        parts.append(said(word, seed * 100 + index, pace=random.uniform(1 - pace, 1 + pace)))
        parts.append(np.zeros(samples_of(rest_seconds * random.uniform(0.8, 1.2)), np.float32))
    waveform = np.concatenate(parts)
    return np.asarray(waveform + 0.0005 * random.standard_normal(len(waveform)), dtype=np.float32)
