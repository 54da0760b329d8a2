"""The audio of one track on its way from a platform to whoever reads it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from assistant.core.speech.audio import Pcm, joined, samples_of

_MOST_SAMPLES = samples_of(60.0)
"""How much audio may wait: more than anything but a broken disk keeps waiting."""


class QueuedTap:
    """The `AudioTap` of a platform that brings audio by itself: it never waits, the oldest is dropped."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        """Create an open tap; `on_end` is called once, when its reader listens no more."""
        self._on_end = on_end
        self._pieces: deque[Pcm] = deque()
        self._kept_samples = 0
        self._lost_samples = 0
        self._ended = False
        self._stir = asyncio.Event()

    def put(self, pcm: Pcm) -> None:
        """Take audio (mono, 16 kHz) that has come."""
        self._pieces.append(pcm)
        self._kept_samples += len(pcm)
        while self._kept_samples > _MOST_SAMPLES:
            dropped = len(self._pieces.popleft())
            self._kept_samples -= dropped
            self._lost_samples += dropped
        self._stir.set()

    def finish(self) -> None:
        """Nothing more comes; what has come can still be read."""
        self._ended = True
        self._stir.set()

    async def read(self) -> Pcm | None:
        """Wait for audio and return all that has come (mono, 16 kHz); None at the end."""
        while not self._pieces:
            if self._ended:
                return None
            self._stir.clear()
            await self._stir.wait()
        pcm = joined(list(self._pieces))
        self._forget()
        return pcm

    def take_lost(self) -> int:
        """Return how many samples had to be dropped since the last call, because nobody read."""
        lost, self._lost_samples = self._lost_samples, 0
        return lost

    def end(self) -> None:
        """Stop listening to the track; what has come can still be read."""
        self.finish()
        # Once: somebody may be listening to the track anew by now.
        on_end, self._on_end = self._on_end, lambda: None
        on_end()

    def close(self) -> None:
        """Stop listening to the track and forget what has not been read."""
        self._forget()
        self.end()

    def _forget(self) -> None:
        self._pieces.clear()
        self._kept_samples = 0
