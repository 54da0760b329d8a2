"""Rooms that a worker is sent to, and that note what they are told."""

from __future__ import annotations

import asyncio

from assistant.core.errors import ListenerUnknown


class ScriptedRooms:
    """What a worker is told to listen to, written down.

    Attributes:
        power: Whether there is power for one more meeting.
        moments_without_power: So often the next answers are that there is none.
        dispatches: Every meeting that it was sent to.
    """

    def __init__(self) -> None:
        self.power = True
        self.moments_without_power = 0
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.listening: dict[str, asyncio.Event] = {}
        self.dispatches: list[str] = []
        self.left: list[str] = []

    def listens(self, meeting: str) -> bool:
        """Return whether it was dispatched and not left."""
        return meeting in self.listening

    def has_power(self) -> bool:
        """Return what was scripted."""
        if self.moments_without_power:
            self.moments_without_power -= 1
            return False
        return self.power

    async def dispatched(self, meeting: str) -> None:
        """Listen, once the gate is open."""
        self.dispatches.append(meeting)
        await self.gate.wait()
        if self.fault:
            raise self.fault
        self.listening.setdefault(meeting, asyncio.Event())

    async def leave(self, meeting: str) -> None:
        """Listen no more."""
        self.left.append(meeting)
        if meeting not in self.listening:
            raise ListenerUnknown("scripted")
        self.end(meeting)

    def end(self, meeting: str) -> None:
        """Let a meeting be over."""
        self.listening.pop(meeting).set()

    async def over(self, meeting: str) -> None:
        """Wait until it is."""
        if meeting in self.listening:
            await self.listening[meeting].wait()
