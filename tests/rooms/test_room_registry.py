"""What the registry of rooms keeps when several come for the same room at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock
from assistant.captioning.track_registry import Join
from assistant.core.captions.events import PartialShown, RoomRemoved
from assistant.core.errors import RoomDeleted, RoomUnknown, StoreUnavailable, Unavailable
from assistant.core.rooms import Room
from assistant.ports.room_log import RoomLog, Snapshot, Wanted
from assistant.service.caption_service import CaptionService
from tests.caption_service import journal_of, open_service, stores_of
from tests.captions import a_caption
from tests.fakes import CountingTelemetry, LevelTranscriber, speech
from tests.waiting import PATIENCE_SECONDS


class DistantLogs:
    """Opens logs that let nobody subscribe before `arrived`, as if they were across a network."""

    stores: SqlStores

    def __init__(self) -> None:
        self.opened: list[RoomLog] = []
        self.asked = asyncio.Event()
        self.arrived = asyncio.Event()
        self.failures = 0

    async def open(self, room: Room) -> RoomLog:
        """Return a log that nobody can subscribe to yet."""
        logs = self

        class DistantLog(MemoryRoomLog):
            async def snapshot_and_subscribe(
                self, since: int | None = None, wanted: Wanted | None = None
            ) -> Snapshot:
                """Wait, and then subscribe or fail."""
                logs.asked.set()
                await logs.arrived.wait()
                if logs.failures:
                    logs.failures -= 1
                    raise StoreUnavailable("The log is away.")
                return await super().snapshot_and_subscribe(since, wanted)

        self.opened.append(await DistantLog.open(room, self.stores.transcripts, self.stores.minutes))
        return self.opened[-1]


@pytest.fixture
def logs() -> DistantLogs:
    return DistantLogs()


@pytest.fixture
async def service(
    logs: DistantLogs, tmp_path: Path, telemetry: CountingTelemetry
) -> AsyncIterator[CaptionService]:
    """Captions over distant logs, with one room that nobody has entered."""
    service = await open_service(tmp_path, LevelTranscriber(), telemetry, SystemClock(), open_log=logs.open)
    logs.stores = stores_of(service)
    await service.rooms.create_room("council")
    yield service
    logs.arrived.set()
    await service.close()


async def test_who_enters_a_new_room_at_the_same_time_gets_the_same_one_with_all_its_followers(
    service: CaptionService, logs: DistantLogs
) -> None:
    """Its log is opened once, and nobody may say anything that those who follow it would miss."""

    async def enter() -> tuple[RoomLog, bool]:
        room = await service.rooms.enter("council")
        return room.log, logs.arrived.is_set()

    entering = [asyncio.create_task(enter()) for _ in range(2)]
    await logs.asked.wait()
    entering.append(asyncio.create_task(enter()))
    asyncio.get_running_loop().call_soon(logs.arrived.set)
    entered = await asyncio.gather(*entering)
    assert entered == [(logs.opened[0], True)] * 3
    assert len(logs.opened) == 1


async def test_a_room_that_is_still_opened_is_in_use_for_nobody(
    service: CaptionService, logs: DistantLogs
) -> None:
    """Who deletes it meanwhile waits until it is open, and then deletes all of it."""
    entering = asyncio.create_task(service.rooms.enter("council"))
    await logs.asked.wait()
    assert not service.rooms.in_use
    deleting = asyncio.create_task(service.delete_room("council"))
    asyncio.get_running_loop().call_soon(logs.arrived.set)
    entered = await entering
    await deleting
    assert not service.rooms.in_use
    with pytest.raises(RoomUnknown):
        await entered.log.snapshot_and_subscribe()
    with pytest.raises(RoomUnknown):
        await service.rooms.enter("council")


async def test_a_room_whose_log_could_not_be_opened_is_opened_anew(
    service: CaptionService, logs: DistantLogs
) -> None:
    """One failure is told to who came first; the next gets a room that is whole."""
    logs.failures = 1
    logs.arrived.set()
    with pytest.raises(StoreUnavailable):
        await service.rooms.enter("council")
    assert not service.rooms.in_use
    assert (await service.rooms.enter("council")).log is logs.opened[1]


async def test_terms_that_are_set_while_a_room_is_opened_are_used_in_it(
    service: CaptionService, logs: DistantLogs
) -> None:
    """Those of the room and those of the organisation."""
    entering = asyncio.create_task(service.rooms.enter("council"))
    await logs.asked.wait()
    await service.glossaries.set_of_room("council", ["DINUM"])
    await service.glossaries.set_of_organisation(["Visio"])
    logs.arrived.set()
    assert (await entering).glossary.spellings == ("DINUM", "Visio")


async def test_a_log_that_is_borrowed_is_that_of_the_room_and_goes_with_its_last_holder(
    service: CaptionService, logs: DistantLogs
) -> None:
    """There is never a second one beside it; a room that is in use keeps its own."""
    logs.arrived.set()
    rooms = service.rooms
    async with rooms.log("council"), rooms.log("council"):
        assert not rooms.in_use
    async with rooms.log("council") as borrowed:
        entered = await rooms.enter("council")
        assert entered.log is borrowed
    async with rooms.log("council") as again:
        assert again is borrowed
    assert again is logs.opened[-1]
    assert len(logs.opened) == 2
    with pytest.raises(RoomUnknown):
        async with rooms.log("elsewhere"):
            pass


async def test_the_next_log_of_a_room_numbers_on(service: CaptionService, logs: DistantLogs) -> None:
    """Whoever knows an event of the log before goes on from there."""
    logs.arrived.set()
    partial = PartialShown(a_caption(0, "Bonjour", room="council", final=False))
    async with service.rooms.log("council") as log:
        (known,) = await log.append([partial])
    async with service.rooms.log("council") as log:
        snapshot = await log.snapshot_and_subscribe(since=known)
        (following,) = await log.append([partial])
    assert known <= snapshot.seq < following


@pytest.mark.parametrize("failure", [StoreUnavailable("The disk is away."), RuntimeError("scripted")])
async def test_a_room_whose_deletion_fails_goes_on_with_one_new_log(
    service: CaptionService, logs: DistantLogs, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """Whoever reads, watches or still has the old one is told that it ended, whatever the failure was."""
    logs.arrived.set()
    old = (await service.rooms.enter("council")).log
    await old.append([PartialShown(a_caption(0, "Bonjour", room="council", final=False))])
    feed = await service.readers.open_feed("council")
    watched = (await old.snapshot_and_subscribe()).subscription

    async def fails(_: str) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(stores_of(service).transcripts, "delete_room", fails)
        with pytest.raises(type(failure)):
            await service.delete_room("council")
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(Unavailable):
            _ = [event async for event in feed]
        assert [event async for event in watched] == []
    with pytest.raises(StoreUnavailable):
        await old.append([RoomRemoved()])
    assert not service.rooms.in_use
    new = (await service.rooms.enter("council")).log
    assert (await new.snapshot_and_subscribe()).open == (), "whoever spoke is gone"
    assert logs.opened == [old, new]


@pytest.mark.parametrize("waits_for", ["registry", "store"])
async def test_who_wants_to_speak_in_a_room_that_is_being_deleted_is_heard_in_a_new_one(
    service: CaptionService, logs: DistantLogs, monkeypatch: pytest.MonkeyPatch, waits_for: str
) -> None:
    """However far the deletion has come; who spoke there before is told, and nothing of it stays."""
    logs.arrived.set()
    first = await service.tracks.connect(Join("council", "bob", "Bob"))
    store = stores_of(service).transcripts
    slow = service.rooms if waits_for == "registry" else store
    began, may, delete = asyncio.Event(), asyncio.Event(), slow.delete_room

    async def delete_slowly(name: str) -> None:
        began.set()
        await may.wait()
        await delete(name)

    monkeypatch.setattr(slow, "delete_room", delete_slowly)
    deleting = asyncio.create_task(service.delete_room("council"))
    await began.wait()
    joining = asyncio.create_task(service.tracks.connect(Join("council", "ana", "Ana")))
    elsewhere = await service.tracks.connect(Join("elsewhere", "eve", "Eve"))
    assert not may.is_set(), "whoever speaks elsewhere does not wait for it"
    asyncio.get_running_loop().call_later(0.1, may.set)  # long enough to get in where the door is open
    connection = await joining
    await deleting
    assert isinstance(await first.displaced(), RoomDeleted)
    await connection.send_audio(speech(0, 3))
    assert await connection.acknowledge() == len(speech(0, 3))
    assert [track.session for track in await store.tracks("council")] == [connection.session]
    assert list(service.tracks.connections) == [elsewhere.session, connection.session]
    assert journal_of(service).length_samples(first.session) == 0
    async with service.rooms.log("council") as log:
        assert log is (await service.rooms.enter("council")).log
        assert log is logs.opened[-1]
