"""Tells clerks who have a room's minutes open what has happened to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Literal

EventKind = Literal["minutes", "drafting", "captions"]


@dataclass(frozen=True, slots=True)
class MinutesEvent:
    """Something happened; of each kind only the latest matters.

    Attributes:
        kind: To the minutes, to a draft in the making, or to the captions.
        values: For JSON.
    """

    kind: EventKind
    values: dict[str, object] = field(default_factory=dict)


class Watchers:
    """Everybody who watches the minutes of a room; who is slow misses what is overtaken."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[_Watcher]] = {}

    def tell(self, room: str, event: MinutesEvent) -> None:
        """Hand an event to all who watch a room; never blocks."""
        for watcher in self._waiting.get(room, ()):
            watcher.pending[event.kind] = event
            watcher.wake.set()

    async def watch(self, room: str) -> AsyncGenerator[MinutesEvent]:
        """Yield events of a room from now on."""
        watcher = _Watcher()
        self._waiting.setdefault(room, []).append(watcher)
        try:
            while True:
                await watcher.wake.wait()
                watcher.wake.clear()
                events, watcher.pending = list(watcher.pending.values()), {}
                for event in events:
                    yield event
        finally:
            self._waiting[room].remove(watcher)
            if not self._waiting[room]:
                del self._waiting[room]


@dataclass(slots=True)
class _Watcher:
    pending: dict[EventKind, MinutesEvent] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
