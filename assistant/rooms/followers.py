"""What follows every room that is in use: minutes, notices, translation by the recogniser, detectors."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from assistant.core.captions.events import RoomEvent
from assistant.core.errors import ReaderTooSlow, RoomUnknown
from assistant.ports.room_log import RoomLog, Subscription
from assistant.tasks.owner import TaskOwner

_log = structlog.get_logger(__name__)


class RoomFollower(Protocol):
    """Somebody who learns what happens in every room, from the moment on at which it is in use."""

    def wants(self, event: RoomEvent) -> bool:
        """Return whether an event matters here."""

    async def take(self, room: str, event: RoomEvent) -> None:
        """Take an event; the next one of the room comes when this returns."""


class Followers:
    """Brings the events of each room to each follower, in order; one that fails misses what it failed at."""

    def __init__(self) -> None:
        self._followers: list[RoomFollower] = []
        self._following: dict[str, TaskOwner] = {}

    def add(self, follower: RoomFollower) -> None:
        """Let somebody follow the rooms that are opened from now on."""
        self._followers.append(follower)

    async def attach(self, log: RoomLog) -> None:
        """Let everybody follow a room; nothing that happens once this returns is missed."""
        # Those of rooms that were deleted have ended by themselves.
        self._following = {name: tasks for name, tasks in self._following.items() if tasks}
        for follower in self._followers:
            snapshot = await log.snapshot_and_subscribe(wanted=follower.wants)
            tasks = self._following.setdefault(log.name, TaskOwner())
            tasks.start(self._follow(follower, log, snapshot.subscription), "room-follower")

    async def detach(self, room: str) -> None:
        """Stop following a room."""
        if tasks := self._following.pop(room, None):
            await tasks.close()

    async def close(self) -> None:
        """Stop following."""
        await asyncio.gather(*(tasks.close() for tasks in self._following.values()))

    async def _follow(self, follower: RoomFollower, log: RoomLog, subscription: Subscription) -> None:
        try:
            while True:
                try:
                    async for event in subscription:
                        await self._hand(follower, log.name, event)
                except ReaderTooSlow:
                    _log.error("follower_too_slow", room=log.name, follower=type(follower).__name__)
                    subscription = (await log.snapshot_and_subscribe(wanted=follower.wants)).subscription
                else:
                    return
        except RoomUnknown:
            return
        finally:
            subscription.close()

    async def _hand(self, follower: RoomFollower, room: str, event: RoomEvent) -> None:
        try:
            await follower.take(room, event)
        except Exception as error:  # noqa: BLE001 - what follows is followed, whatever this one was
            _log.exception(
                "follower_failed", room=room, follower=type(follower).__name__, error=type(error).__name__
            )
