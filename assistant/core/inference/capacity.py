"""How much work talking people make, and how many of them a machine can carry.

Each person who talks costs partials, one a step, and one second of finals a second. Several partials of
one call share decoding steps, so a further partial costs less than the first. Everything here counts
seconds of a worker (a thread, or a GPU), as they were measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

WIDEST_STEP_SECONDS = 2.0
"""Captions that change less often than this no longer feel live."""

_CAPACITY_SHARE = 0.9
"""Work above this share of the machine leaves nothing for the unevenness of speech."""

_MOST_TALKERS = 1000
_OUTLIER = 3.0
_PARTIAL_WEIGHT = 0.1
_FINAL_WEIGHT = 0.1
_RISE_SECONDS = 5.0
_FALL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Costs:
    """What recognitions cost on this machine, in seconds of a worker.

    Attributes:
        partial_seconds: One partial alone.
        final_share: Finals, for each second of their audio.
        further_share: A further partial in the same call, as a share of the first: 1 without a gain.
    """

    partial_seconds: float
    final_share: float
    further_share: float = 1.0

    def call_seconds(self, partials: float) -> float:
        """Return how long one call with so many partials (at least one) takes."""
        return self.partial_seconds * (1.0 + (partials - 1.0) * self.further_share)

    def round_seconds(self, talkers: float, *, batch: int) -> float:
        """Return how long one worker needs for one partial of each of its `talkers`."""
        partials = min(float(batch), max(1.0, talkers))
        return talkers / partials * self.call_seconds(partials)

    def talkers(self, *, workers: int, batch: int) -> int:
        """Return how many people may talk at the same time without pause, at least one."""
        for count in range(1, _MOST_TALKERS):
            each = (count + 1) / workers
            partials_share = self.round_seconds(each, batch=batch) / WIDEST_STEP_SECONDS
            if partials_share + each * self.final_share > _CAPACITY_SHARE:
                return count
        return _MOST_TALKERS


class CostMeter:
    """Follows what recognitions cost; one that took unusually long hardly counts.

    Args:
        initial: What was measured before; None: nothing is known until something ran.
    """

    def __init__(self, initial: Costs | None = None) -> None:
        self._further_share = initial.further_share if initial else 1.0
        self._partial_seconds = initial.partial_seconds if initial else None
        self._final_share = initial.final_share if initial else None
        self._final_audio_seconds = 0.0

    @property
    def costs(self) -> Costs | None:
        """The average; None before anything was measured."""
        if self._partial_seconds is None and self._final_share is None:
            return None
        return Costs(self._partial_seconds or 0.0, self._final_share or 0.0, self._further_share)

    def partials_ran(self, count: int, seconds: float) -> None:
        """Note that one call with `count` partials took so long."""
        alone = seconds / replace(Costs(1.0, 0.0), further_share=self._further_share).call_seconds(count)
        self._partial_seconds = _followed(
            self._partial_seconds, alone, 1.0 - (1.0 - _PARTIAL_WEIGHT) ** count
        )

    def finals_ran(self, audio_seconds: float, seconds: float) -> None:
        """Note that one call took so long for finals of so much audio; longer audio weighs more."""
        if audio_seconds <= 0:
            return
        usual = self._final_audio_seconds or audio_seconds
        weight = _FINAL_WEIGHT * min(3.0, audio_seconds / usual)
        self._final_audio_seconds = usual + _FINAL_WEIGHT * (audio_seconds - usual)
        self._final_share = _followed(self._final_share, seconds / audio_seconds, weight)


class TalkingAverage:
    """How many people talk, smoothed: pauses for breath hardly lower it, a new voice soon counts."""

    def __init__(self) -> None:
        self.value = 0.0
        self._seen_seconds: float | None = None

    def observe(self, talking: int, now_seconds: float) -> float:
        """Note how many people talk now (monotonic time); return the average."""
        elapsed = 0.0 if self._seen_seconds is None else max(0.0, now_seconds - self._seen_seconds)
        self._seen_seconds = now_seconds
        constant = _RISE_SECONDS if talking > self.value else _FALL_SECONDS
        self.value += (talking - self.value) * (1.0 - math.exp(-elapsed / constant))
        return self.value


def _followed(average: float | None, value: float, weight: float) -> float:
    if average is None:
        return value
    return average + weight * (min(value, _OUTLIER * average + 1e-6) - average)
