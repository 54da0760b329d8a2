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


def test_the_sleep_of_the_machine_counts() -> None:
    """On Linux the monotonic clock is the one that goes on while the machine is suspended."""
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= SystemClock().monotonic() <= time.clock_gettime(time.CLOCK_BOOTTIME)
