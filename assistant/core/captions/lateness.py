"""How far captions are behind."""

from __future__ import annotations

import math
from dataclasses import dataclass

LATE_SECONDS = 3.0
"""Captions that are later than this count as degraded."""

_ON_TIME_SECONDS = 2.0
_FALL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Status:
    """What readers are told when captions run late.

    Attributes:
        behind_seconds: The age of the oldest speech that no caption shows.
        degraded: Whether that is more than usual.
    """

    behind_seconds: float
    degraded: bool


ON_TIME = Status(0.0, degraded=False)


class Lateness:
    """Follows one room: tells of a delay at once, and of its end when it has really ended.

    The age of the oldest speech without a caption is a saw: it grows for as long as a caption takes and
    drops when that comes. Readers are told of the height, not of the teeth.
    """

    def __init__(self) -> None:
        self._behind_seconds = 0.0
        self._seen_seconds = -math.inf
        self._degraded = False

    def observe(self, behind_seconds: float, now_seconds: float) -> Status:
        """Note how far captions are behind now (monotonic time); return what readers are told."""
        faded = self._behind_seconds * math.exp(-(now_seconds - self._seen_seconds) / _FALL_SECONDS)
        self._seen_seconds = now_seconds
        self._behind_seconds = max(behind_seconds, faded)
        self._degraded = self._behind_seconds >= (_ON_TIME_SECONDS if self._degraded else LATE_SECONDS)
        return Status(round(self._behind_seconds), degraded=True) if self._degraded else ON_TIME
