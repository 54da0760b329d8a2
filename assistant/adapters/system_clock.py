"""The clock of this machine, and its time zone."""

from __future__ import annotations

import os
import time
from zoneinfo import available_timezones


class SystemClock:
    """The `Clock` that the running service uses.

    Where the system has such a clock, monotonic time goes on while the machine sleeps. Else all that
    senders kept meanwhile would look like a file that is pushed in, and captions be dated too early.
    """

    def __init__(self) -> None:
        self._awake_or_asleep: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def now(self) -> float:
        """Return POSIX seconds (wall clock, may jump)."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.clock_gettime(self._awake_or_asleep)


def machine_timezone() -> str:
    """Return the IANA name of this machine's time zone; UTC where it does not say."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named:
        named = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return named if named in available_timezones() else "UTC"
