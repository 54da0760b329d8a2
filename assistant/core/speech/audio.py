"""Audio as the domain sees it: mono samples at 16 kHz, counted in integers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples a second everywhere inside; edges convert."""

FRAME_SAMPLES = 512
"""Samples of one voice-activity frame (32 ms), the size Silero was trained on."""

Pcm = NDArray[np.int16]
"""Mono audio at 16 kHz, shape `(samples,)`, full range -32768..32767."""

Waveform = NDArray[np.float32]
"""Mono audio at 16 kHz, shape `(samples,)`, range -1..1."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one track.

    Attributes:
        start_samples: The first sample that belongs to it.
        end_samples: The sample behind the last one that belongs to it.
    """

    start_samples: int
    end_samples: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_samples <= self.end_samples:
            raise ValueError(f"not a span: {self.start_samples}..{self.end_samples}")

    @property
    def length_samples(self) -> int:
        """How many samples the span covers."""
        return self.end_samples - self.start_samples

    @property
    def length_seconds(self) -> float:
        """How long the span lasts."""
        return self.length_samples / SAMPLE_RATE

    def moved(self, by_samples: int) -> Span:
        """Return the span so many samples later, or earlier; what would lie before sample 0 is cut off."""
        return Span(max(0, self.start_samples + by_samples), max(0, self.end_samples + by_samples))

    def overlaps(self, other: Span) -> bool:
        """Whether the two have a sample in common."""
        return self.start_samples < other.end_samples and self.end_samples > other.start_samples

    def cut_to(self, bounds: Span) -> Span:
        """Return what of the span lies within bounds; without any, an empty span at their nearer end."""
        start, end = (
            min(max(at, bounds.start_samples), bounds.end_samples)
            for at in (self.start_samples, self.end_samples)
        )
        return Span(start, end)


def samples_of(seconds: float) -> int:
    """Return the number of samples in `seconds`, rounded to the nearest."""
    return round(seconds * SAMPLE_RATE)


def seconds_of(samples: int) -> float:
    """Return how many seconds `samples` last."""
    return samples / SAMPLE_RATE


def to_waveform(pcm: Pcm) -> Waveform:
    """Return 16-bit samples as float32 in -1..1."""
    return pcm.astype(np.float32) / np.float32(32768.0)


def to_pcm(waveform: Waveform) -> Pcm:
    """Return float32 samples in -1..1 as 16-bit, clipped."""
    scaled = np.clip(waveform * np.float32(32768.0), -32768, 32767)
    return np.asarray(np.rint(scaled), dtype=np.int16)


def joined(pieces: Sequence[Pcm]) -> Pcm:
    """Return pieces that follow each other as one array; a single piece is not copied."""
    if len(pieces) == 1:
        return pieces[0]
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)


class AudioWindow:
    """The newest stretch of a track, kept in memory."""

    def __init__(self, start_samples: int = 0) -> None:
        self.start_samples = start_samples
        self.end_samples = start_samples
        self._pieces: deque[Pcm] = deque()

    def append(self, pcm: Pcm) -> None:
        """Add the samples that follow."""
        self._pieces.append(pcm)
        self.end_samples += len(pcm)

    def drop_before(self, samples: int) -> None:
        """Let go of whole pieces that end at or before this sample."""
        while self._pieces and self.start_samples + len(self._pieces[0]) <= samples:
            self.start_samples += len(self._pieces.popleft())

    def slice(self, span: Span) -> Pcm:
        """Return the samples of `span`; raises ValueError where they are not kept."""
        if span.start_samples < self.start_samples or span.end_samples > self.end_samples:
            raise ValueError(f"{span} is outside {self.start_samples}..{self.end_samples}")
        pieces: list[Pcm] = []
        at_samples = self.start_samples
        for piece in self._pieces:
            if at_samples >= span.end_samples:
                break
            first = max(0, span.start_samples - at_samples)
            pieces.append(piece[first : span.end_samples - at_samples])
            at_samples += len(piece)
        return joined(pieces)

    def padded(self, start_samples: int, end_samples: int) -> Waveform:
        """Return what was heard from one sample to another, with silence where nothing is kept.

        Args:
            start_samples: The first one; it may be negative.
            end_samples: Behind the last one; it may be yet to come.
        """
        waveform = np.zeros(end_samples - start_samples, dtype=np.float32)
        first, last = max(start_samples, self.start_samples), min(end_samples, self.end_samples)
        if first < last:
            heard = to_waveform(self.slice(Span(first, last)))
            waveform[first - start_samples : last - start_samples] = heard
        return waveform
