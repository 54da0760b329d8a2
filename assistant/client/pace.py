"""Real time as a schedule: each sample has its moment, so that delays don't add up."""

from __future__ import annotations

import asyncio

from assistant.core.speech.audio import SAMPLE_RATE


class Pace:
    """Says when a sample is due; one pace may be shared by many streams.

    Attributes:
        began_at: Event loop time of sample 0.
    """

    def __init__(self, began_at: float, *, speed: float = 1.0) -> None:
        self.began_at = began_at
        self._speed = speed

    def moment_of(self, offset_samples: int) -> float:
        """Return the event loop time at which a microphone would have heard up to `offset_samples`."""
        return self.began_at + offset_samples / SAMPLE_RATE / self._speed

    async def reach(self, offset_samples: int) -> float:
        """Wait for the moment of `offset_samples`; return by how many seconds it is late."""
        wait_seconds = self.moment_of(offset_samples) - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, wait_seconds))
        return max(0.0, -wait_seconds)

    def postpone(self, seconds: float) -> None:
        """Move everything that is to come."""
        self.began_at += seconds
