"""What follows every room that is in use: minutes, notices, translation by the recogniser, detectors."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Protocol

import structlog

from assistant.core.captions.events import RoomEvent
from assistant.core.errors import AssistantError, ReaderTooSlow
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
        self._tasks = TaskOwner()
        # The newest task of each follower in each room.
        self._following: dict[tuple[str, RoomFollower], asyncio.Task[None]] = {}

    def add(self, follower: RoomFollower) -> None:
        """Let somebody follow the rooms that are opened from now on."""
        self._followers.append(follower)

    async def attach(self, log: RoomLog) -> None:
        """Let everybody follow a room until its log is closed; what happens from here on is not missed."""
        for follower in self._followers:
            snapshot = await log.snapshot_and_subscribe(wanted=follower.wants)
            key = log.name, follower
            work = self._follow(follower, log, snapshot.subscription, self._following.get(key))
            self._following[key] = task = self._tasks.start(work, "room-follower")
            task.add_done_callback(partial(self._forget, key))

    async def close(self) -> None:
        """Stop following."""
        await self._tasks.close()

    def _forget(self, key: tuple[str, RoomFollower], task: asyncio.Task[None]) -> None:
        if self._following.get(key) is task:
            del self._following[key]

    async def _follow(
        self,
        follower: RoomFollower,
        log: RoomLog,
        subscription: Subscription,
        before: asyncio.Task[None] | None,
    ) -> None:
        try:
            if before:  # what an earlier log of the room told comes first
                await asyncio.wait([before])
            while True:
                try:
                    async for event in subscription:
                        await self._hand(follower, log.name, event)
                except ReaderTooSlow:
                    _log.error("follower_too_slow", room=log.name, follower=type(follower).__name__)
                    subscription = (await log.snapshot_and_subscribe(wanted=follower.wants)).subscription
                else:
                    return
        except AssistantError:  # the room was deleted, or its log closed
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
