"""What readers are told of a delay."""

from __future__ import annotations

from itertools import pairwise

from assistant.core.captions.lateness import ON_TIME, Lateness


def test_usual_lags_are_no_delay() -> None:
    """Below three seconds readers are told nothing."""
    lateness = Lateness()
    assert all(lateness.observe(behind, float(at)) == ON_TIME for at, behind in enumerate([0.5, 2.9, 1.0]))


def test_a_delay_is_told_at_once_and_its_end_once() -> None:
    """A saw between two and eight seconds is one delay of about eight; seconds after it all is well."""
    lateness, told = Lateness(), []
    for second in range(60):
        behind = 2.0 + second % 7 if second < 40 else 0.0
        told.append(lateness.observe(behind, float(second)))
    assert told[6].behind_seconds == 8
    assert all(status.degraded for status in told[1:40])
    assert all(status.behind_seconds >= 4 for status in told[6:40])
    assert told[-1] == ON_TIME
    changes = [after.degraded for before, after in pairwise(told) if before.degraded != after.degraded]
    assert changes == [True, False]
    falling = [status.behind_seconds for status in told[40:]]
    assert falling == sorted(falling, reverse=True)
