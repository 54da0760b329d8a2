"""Who follows rooms gets what it wants of each, in order, whatever it fails at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from assistant.core.captions.events import (
    DraftingFailed,
    DraftingProgressed,
    RoomEvent,
    RoomRemoved,
    ToldEvent,
    TranscriptCorrected,
)
from assistant.ports.room_log import RoomLog
from assistant.rooms.followers import Followers
from tests.caption_service import StartService
from tests.waiting import until


class Notes:
    """Notes the steps of drafts, and fails at one of them."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, RoomEvent]] = []
        self.removed = asyncio.Event()

    def wants(self, event: RoomEvent) -> bool:
        """Want news of drafts."""
        return isinstance(event, DraftingProgressed | DraftingFailed)

    async def take(self, room: str, event: RoomEvent) -> None:
        """Note an event, or fail."""
        if isinstance(event, RoomRemoved):
            self.removed.set()
            return
        self.taken.append((room, event))
        if event == DraftingFailed("scripted"):
            raise RuntimeError("scripted")


@pytest.fixture
async def followers() -> AsyncIterator[Followers]:
    followers = Followers()
    yield followers
    await followers.close()


@pytest.fixture
async def log(start_service: StartService) -> RoomLog:
    service = await start_service()
    return (await service.rooms.enter("council")).log


async def test_a_follower_gets_what_it_wants_until_the_room_is_gone(
    followers: Followers, log: RoomLog
) -> None:
    """From the moment on at which it was attached; one event that it fails at is not its last."""
    notes = Notes()
    followers.add(notes)
    log.tell(DraftingProgressed("early", 0.0))
    await followers.attach(log)
    log.tell(DraftingFailed("scripted"))
    log.tell(TranscriptCorrected())
    log.tell(DraftingProgressed("reading", 0.5))
    await log.append([RoomRemoved()])
    await until(notes.removed.is_set)
    assert notes.taken == [
        ("council", DraftingFailed("scripted")),
        ("council", DraftingProgressed("reading", 0.5)),
    ]


class SlowNotes(Notes):
    """Notes an event once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.may = asyncio.Event()

    async def take(self, room: str, event: RoomEvent) -> None:
        """Note an event, in time."""
        self.asked.set()
        await self.may.wait()
        await super().take(room, event)


async def test_what_waits_when_a_log_is_closed_is_taken_before_what_its_next_log_tells(
    start_service: StartService,
) -> None:
    """Whoever borrows the log of a room that is not in use waits for no follower; none misses anything."""
    service = await start_service()
    notes = SlowNotes()
    service.rooms.followers.add(notes)
    told: list[ToldEvent] = [
        DraftingProgressed("reading", 0.0),
        DraftingFailed("busy"),
        DraftingProgressed("anew", 0.5),
    ]
    async with service.rooms.log("council") as first:
        first.tell(told[0])
        first.tell(told[1])
    async with service.rooms.log("council") as second:
        second.tell(told[2])
    assert first is not second
    await notes.asked.wait()
    notes.may.set()
    await until(lambda: len(notes.taken) == len(told))
    assert notes.taken == [("council", event) for event in told]
