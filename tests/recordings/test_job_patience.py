"""For how long the end of a job is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.core.jobs import MOST_DELIVERIES
from assistant.recordings.jobs import JobRules

HOUR_SECONDS = 3600.0
PAUSES = JobRules(Path()).pauses


def patience_seconds(draw: Callable[[float, float], float]) -> float:
    """Return how long all pauses take together."""
    pauses = replace(PAUSES, uniform=draw)
    return sum(pauses.pause_seconds(failures) for failures in range(1, MOST_DELIVERIES))


def test_the_end_of_a_job_is_told_for_about_three_hours() -> None:
    """On average; whatever chance brings, for more than two hours and less than five."""
    assert patience_seconds(lambda low, high: (low + high) / 2) == pytest.approx(3 * HOUR_SECONDS, rel=0.1)
    assert patience_seconds(lambda low, _: low) > 2 * HOUR_SECONDS
    assert patience_seconds(lambda _, high: high) < 5 * HOUR_SECONDS
