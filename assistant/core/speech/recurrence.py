"""What is said again and again in a row, found in the audio itself.

A recogniser loses count where the same word comes six times. The audio does not: what repeats looks alike in
the spectrum. So the time after which the spectrum comes back is looked for, then one copy is laid along the
audio, and wherever it fits somebody said it again. Where nothing fits clearly, nothing is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import SAMPLE_RATE, Span, Waveform, samples_of

_HOP_SAMPLES = 160
_WINDOW_SAMPLES = 400
_SPECTRUM_SAMPLES = 512
_BANDS = 24
_LOWEST_HERTZ, _HIGHEST_HERTZ = 120.0, 6800.0
_RANGE_DB = 50.0
_FRAMES_A_SECOND = SAMPLE_RATE // _HOP_SAMPLES

Pattern = NDArray[np.float32]
"""A spectrum in bands over time, shape `(frames, bands)`, without its local mean; 100 frames a second."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Something that is said several times in a row.

    Attributes:
        copies: When each of them is said, in order: from where the voice is weakest before it to where its
            sound ends, or the next one begins.
    """

    copies: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """From the first copy to the end of the last one."""
        return Span(self.copies[0].start_samples, self.copies[-1].end_samples)

    def first(self, copies: int) -> Span:
        """Return the stretch of so many copies, the first ones."""
        return Span(self.span.start_samples, self.copies[copies - 1].end_samples)

    @property
    def period_samples(self) -> int:
        """After how many samples it is usually said again."""
        starts = [copy.start_samples for copy in self.copies]
        return int(median(behind - before for before, behind in pairwise(starts)))


@dataclass(frozen=True, slots=True)
class RecurrenceRules:
    """When something counts as said again.

    Attributes:
        copies: At least so many copies in a row.
        shortest_seconds: Copies do not usually begin sooner than this after the one before,
        longest_seconds: and none later, unless it is silent in between.
        least_period: How alike three copies in a row are at least, 0..1, after a fixed time.
        shorter_period: A shorter time counts if it is no less alike than this less than the best one.
        alike: How well one copy fits at each place where it counts, 0..1.
        less_alike: So much less well than the median one a copy fits at most.
        spacing: Two copies are at least this share of the time apart after which they recur.
        other_voice: Between two copies there is at most this share of a copy of anything that is as loud.
        quieter_db: What is so much quieter than a copy is not as loud.
        tries: So many of the places that recur best are looked at.
        voice_share: A voice has at least this share of its power in the bands of voices: hum has less.
    """

    copies: int = 4
    shortest_seconds: float = 0.2
    longest_seconds: float = 1.6
    least_period: float = 0.5
    shorter_period: float = 0.12
    alike: float = 0.6
    less_alike: float = 0.15
    spacing: float = 0.6
    other_voice: float = 0.3
    quieter_db: float = 15.0
    tries: int = 6
    voice_share: float = 0.3


def recurrences(waveform: Waveform, rules: RecurrenceRules | None = None) -> list[Recurrence]:
    """Return what is said again and again in a row, in order.

    Args:
        waveform: An utterance.
        rules: What counts as said again.
    """
    rules = rules or RecurrenceRules()
    bands = _bands(waveform, rules)
    if len(bands) < rules.copies * rules.shortest_seconds * _FRAMES_A_SECOND:
        return []
    pattern, level = _without_local_mean(bands), _smooth(bands.max(axis=1))
    found: list[Recurrence] = []
    for first, period in _periods(pattern, rules):
        new = _recurrence(pattern, level, first, period, rules)
        if new is None or new.period_samples < samples_of(rules.shortest_seconds):
            continue
        if not any(new.span.overlaps(other.span) for other in found):
            found.append(new)
    return sorted(found, key=lambda each: each.span)


def _bands(waveform: Waveform, rules: RecurrenceRules) -> NDArray[np.float32]:
    """Return the level of each band in dB every 10 ms, no lower than 50 dB below the loudest.

    Of what is no voice there are none.
    """
    if len(waveform) < _WINDOW_SAMPLES:
        return np.zeros((0, _BANDS), dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(waveform, _WINDOW_SAMPLES)[::_HOP_SAMPLES]
    shape = np.hanning(_WINDOW_SAMPLES).astype(np.float32)
    power = np.abs(np.fft.rfft(windows * shape, _SPECTRUM_SAMPLES)) ** 2
    edges = np.geomspace(_LOWEST_HERTZ + 600.0, _HIGHEST_HERTZ + 600.0, _BANDS + 1) - 600.0
    bins = np.rint(edges * _SPECTRUM_SAMPLES / SAMPLE_RATE).astype(np.int64)
    summed = np.add.reduceat(power, bins, axis=1)[:, :_BANDS]
    if summed.sum() < rules.voice_share * power.sum():
        return np.zeros((0, _BANDS), dtype=np.float32)
    level = 10.0 * np.log10(summed + 1e-12)
    return np.asarray(np.maximum(level, level.max() - _RANGE_DB), dtype=np.float32)


def _smooth(level: NDArray[np.float32], frames: int = 5) -> NDArray[np.float32]:
    padded = np.pad(level, frames // 2, mode="edge")
    return np.convolve(padded, np.ones(frames, np.float32) / frames, mode="valid").astype(np.float32)


def _without_local_mean(bands: NDArray[np.float32], frames: int = _FRAMES_A_SECOND) -> Pattern:
    """Return the bands without what is the same for a second around: the room, the microphone, noise."""
    padded = np.pad(bands, ((frames // 2, frames - frames // 2), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0, dtype=np.float64)
    mean = (sums[frames:] - sums[:-frames]) / frames
    return np.asarray(bands - mean, dtype=np.float32)


def _periods(pattern: Pattern, rules: RecurrenceRules) -> list[tuple[int, int]]:
    """Return where something begins to recur most alike, and after how many frames; best first."""
    shortest, longest = (
        int(each * _FRAMES_A_SECOND) for each in (rules.shortest_seconds, rules.longest_seconds)
    )
    lags = range(shortest, min(longest, (len(pattern) - 1) // 3) + 1, 2)
    alike = np.full((len(lags), len(pattern)), -1.0)
    for index, lag in enumerate(lags):
        found = _alike(pattern, lag)
        alike[index, : len(found)] = found
    periods: list[tuple[int, int]] = []
    while len(periods) < rules.tries and alike.size and alike.max() >= rules.least_period:
        best, first = divmod(int(alike.argmax()), len(pattern))
        # Two copies recur as well as one does; the shortest time is that of one.
        start = max(0, first - lags[best])
        near = alike[: best + 1, start : first + lags[best] + 1]
        peaks = near.max(axis=1)
        least = peaks[best] - rules.shorter_period
        row = next(
            (n for n in range(1, best - 1) if peaks[n] >= max(least, peaks[n - 1], peaks[n + 1])), best
        )
        first = first if row == best else start + int(near[row].argmax())
        periods.append((first, lags[row]))
        alike[:, max(0, first - 3 * lags[row]) : first + 3 * lags[row]] = -1.0
    return periods


def _alike(pattern: Pattern, lag: int) -> NDArray[np.float64]:
    """Return how alike two copies from each frame on are to what comes so many frames later, -1..1."""
    frames = 2 * lag
    power = _sums((pattern**2).sum(axis=1), frames)
    product = _sums(np.einsum("ij,ij->i", pattern[:-lag], pattern[lag:]), frames)
    return np.asarray(product / np.sqrt(power[:-lag] * power[lag:] + 1e-6), dtype=np.float64)


def _sums(values: NDArray[np.float32], frames: int) -> NDArray[np.float64]:
    """Return the sum of so many values from each one on."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(sums[frames:] - sums[:-frames], dtype=np.float64)


def _recurrence(
    pattern: Pattern, level: NDArray[np.float32], first: int, period: int, rules: RecurrenceRules
) -> Recurrence | None:
    """Return what is said again about every `period` frames about `first`; None if too few copies fit."""
    # A copy begins where the voice is weakest.
    second = first + period
    start = max(0, second + int(level[second - period // 2 : second + period // 2].argmin()) - period // 2)
    length = _sounding(level[start : start + period], rules)
    template = pattern[start : start + length]
    places: list[int] = []
    for _ in range(2):
        fits = _fits(pattern, template)
        peaks = _peaks(fits, int(rules.spacing * period), rules.alike)
        alike = _row(peaks, level, start, length, rules)
        least = np.median(fits[alike]) - rules.less_alike if alike else 0.0
        places = _row([peak for peak in peaks if fits[peak] >= least], level, start, length, rules)
        if len(places) < rules.copies:
            return None
        template = np.mean([pattern[place : place + length] for place in places], axis=0)
    ends = [min(place + length, behind) for place, behind in pairwise([*places, len(pattern)])]
    return Recurrence(
        tuple(Span(begin * _HOP_SAMPLES, end * _HOP_SAMPLES) for begin, end in zip(places, ends, strict=True))
    )


def _sounding(level: NDArray[np.float32], rules: RecurrenceRules) -> int:
    """Return how many of the frames there are up to the last one that is not quiet."""
    loud = np.flatnonzero(level >= level.max() - rules.quieter_db)
    return int(loud[-1]) + 1


def _fits(pattern: Pattern, template: Pattern) -> NDArray[np.float64]:
    """Return how well the template fits from each frame on, -1..1."""
    length = len(template)
    product = sum(
        np.correlate(pattern[:, band], template[:, band], mode="valid") for band in range(pattern.shape[1])
    )
    own = _sums((pattern**2).sum(axis=1), length)
    return np.asarray(product / np.sqrt(own * float((template**2).sum()) + 1e-6), dtype=np.float64)


def _peaks(fits: NDArray[np.float64], spacing: int, least: float) -> list[int]:
    """Return the frames where the template fits best, in order, no two closer than `spacing`."""
    left = fits.copy()
    found: list[int] = []
    while len(left) and left.max() >= least:
        at = int(left.argmax())
        found.append(at)
        left[max(0, at - spacing) : at + spacing + 1] = -1.0
    return sorted(found)


def _row(
    peaks: Sequence[int], level: NDArray[np.float32], start: int, length: int, rules: RecurrenceRules
) -> list[int]:
    """Return the peaks around `start` between which nothing else is said."""
    if not peaks:
        return []
    seed = min(range(len(peaks)), key=lambda index: abs(peaks[index] - start))
    least = float(np.median([level[peak : peak + length].max() for peak in peaks])) - rules.quieter_db

    def joined(before: int, behind: int) -> bool:
        between = level[peaks[before] + length : peaks[behind]]
        return int((between >= least).sum()) <= rules.other_voice * length

    first = last = seed
    while first and joined(first - 1, first):
        first -= 1
    while last + 1 < len(peaks) and joined(last, last + 1):
        last += 1
    return list(peaks[first : last + 1])
