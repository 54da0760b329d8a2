"""The clock of this machine."""

from __future__ import annotations

import time


class SystemClock:
    """The `Clock` that the running service uses."""

    def now(self) -> float:
        """Return POSIX seconds (wall clock, may jump)."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.monotonic()
