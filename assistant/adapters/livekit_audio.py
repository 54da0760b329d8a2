"""The audio of one LiveKit track, taken as it comes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np
from livekit import rtc

from assistant.core.speech.audio import SAMPLE_RATE, Pcm, joined
from assistant.tasks.owner import TaskOwner

_FRAME_MS = 100
_KEPT_FRAMES = 600
"""A minute of audio: longer than anything but a broken disk keeps it waiting."""


class FrameTap:
    """The `AudioTap` of one LiveKit track; a task takes frames at once, whoever reads or not."""

    def __init__(self, unsubscribe: Callable[[], None]) -> None:
        self._unsubscribe = unsubscribe
        self._frames: deque[Pcm] = deque()
        self._lost_samples = 0
        self._ended = False
        self._stir = asyncio.Event()
        self._tasks = TaskOwner()
        self._task: asyncio.Task[None] | None = None

    @property
    def attached(self) -> bool:
        """Whether frames are taken; the library may end a stream while the track is still there."""
        return self._task is not None and not self._task.done()

    def attach(self, track: rtc.Track) -> None:
        """Take frames of a track that has begun to arrive."""
        self.detach(ended=False)
        self._task = self._tasks.start(self._take(track), "audio-tap")

    def detach(self, *, ended: bool) -> None:
        """Take no more frames for now, or for good."""
        task, self._task = self._task, None
        if task:
            task.cancel()
        if ended:
            self._ended = True
            self._stir.set()

    def end(self) -> None:
        """Stop listening to the track; what has come can still be read."""
        self.detach(ended=True)
        # Once: somebody may be listening to the track anew by now.
        unsubscribe, self._unsubscribe = self._unsubscribe, lambda: None
        unsubscribe()

    async def read(self) -> Pcm | None:
        """Wait for audio and return all that has come (mono, 16 kHz); None at the end."""
        while not self._frames:
            if self._ended:
                return None
            self._stir.clear()
            await self._stir.wait()
        frames = list(self._frames)
        self._frames.clear()
        return joined(frames)

    def take_lost(self) -> int:
        """Return how many samples had to be dropped since the last call, because nobody read."""
        lost, self._lost_samples = self._lost_samples, 0
        return lost

    def close(self) -> None:
        """Stop listening to the track and forget what has not been read."""
        self._frames.clear()
        self.end()

    async def _take(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(
            track, sample_rate=SAMPLE_RATE, num_channels=1, frame_size_ms=_FRAME_MS, capacity=_KEPT_FRAMES
        )
        try:
            async for event in stream:
                if len(self._frames) >= _KEPT_FRAMES:
                    self._lost_samples += len(self._frames.popleft())
                self._frames.append(np.frombuffer(event.frame.data, dtype=np.int16).copy())
                self._stir.set()
        finally:
            await stream.aclose()
