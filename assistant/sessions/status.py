"""How far captions are behind."""

from __future__ import annotations

from dataclasses import dataclass

LATE_SECONDS = 3.0
"""Captions that are later than this count as degraded."""


@dataclass(frozen=True, slots=True)
class Status:
    """What readers are told when captions run late.

    Attributes:
        behind_seconds: How long the oldest audio without a caption has been waiting.
        degraded: Whether that is more than usual.
    """

    behind_seconds: float
    degraded: bool

    @classmethod
    def of(cls, behind_seconds: float) -> Status:
        """Return the status for a lag, rounded so that it does not change all the time."""
        return cls(round(behind_seconds), degraded=behind_seconds >= LATE_SECONDS)


ON_TIME = Status(0.0, degraded=False)
