"""The clock of this machine."""

from __future__ import annotations

import time

from assistant.adapters.system_clock import SystemClock


def test_clock_reads_wall_and_monotonic_time() -> None:
    """`now` lies between two readings of POSIX time, and `monotonic` never goes back."""
    clock = SystemClock()
    before = time.time()
    assert before <= clock.now() <= time.time()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)
