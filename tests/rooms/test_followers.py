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
    return await service.rooms.log("council")


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


async def test_who_is_detached_hears_no_more(followers: Followers, log: RoomLog) -> None:
    """Only of that room."""
    notes = Notes()
    followers.add(notes)
    await followers.attach(log)
    await followers.detach("elsewhere")
    log.tell(DraftingProgressed("reading", 0.0))
    await until(lambda: notes.taken)
    await followers.detach("council")
    await log.append([RoomRemoved()])
    assert not notes.removed.is_set()
