"""Drafts follow what clerks correct in the transcript."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from assistant.core.captions.events import RoomEvent, TranscriptCorrected
from assistant.tasks.owner import TaskOwner


class CorrectionFollower:
    """Has the draft of a room made anew once nobody has corrected its captions for a while.

    Args:
        redraft: Makes the draft of a room anew.
        quiet_seconds: How long nothing else has to be corrected.
    """

    def __init__(self, redraft: Callable[[str], Awaitable[None]], quiet_seconds: float) -> None:
        self._redraft = redraft
        self._quiet_seconds = quiet_seconds
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._tasks = TaskOwner()

    async def close(self) -> None:
        """Stop; what was corrected last is followed by the next draft that is made."""
        await self._tasks.close()

    def wants(self, event: RoomEvent) -> bool:
        """Return whether an event changes what minutes rest on."""
        return isinstance(event, TranscriptCorrected)

    async def take(self, room: str, event: RoomEvent) -> None:
        """Take note that a clerk corrected captions of a room."""
        if not self.wants(event):
            return
        waiting = self._waiting.pop(room, None)
        if waiting:
            waiting.cancel()
        self._waiting[room] = self._tasks.start(self._follow(room), "minutes-follow")

    async def _follow(self, room: str) -> None:
        await asyncio.sleep(self._quiet_seconds)
        # From here on a further correction starts a round of its own, after this one.
        del self._waiting[room]
        await self._redraft(room)
