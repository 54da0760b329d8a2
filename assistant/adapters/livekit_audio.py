"""The audio of one LiveKit track, taken as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from livekit import rtc

from assistant.adapters.queued_tap import QueuedTap
from assistant.core.speech.audio import SAMPLE_RATE
from assistant.tasks.owner import TaskOwner

_FRAME_MS = 100
_KEPT_FRAMES = 600
"""A minute of audio, as a queued tap keeps."""


class FrameTap(QueuedTap):
    """The `AudioTap` of one LiveKit track; a task takes frames at once, whoever reads or not."""

    def __init__(self, unsubscribe: Callable[[], None]) -> None:
        super().__init__(unsubscribe)
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
            self.finish()

    def end(self) -> None:
        """Stop listening to the track; what has come can still be read."""
        self.detach(ended=True)
        super().end()

    async def _take(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(
            track, sample_rate=SAMPLE_RATE, num_channels=1, frame_size_ms=_FRAME_MS, capacity=_KEPT_FRAMES
        )
        try:
            async for event in stream:
                self.put(np.frombuffer(event.frame.data, dtype=np.int16).copy())
        finally:
            await stream.aclose()
