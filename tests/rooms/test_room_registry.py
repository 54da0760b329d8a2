"""What the registry of rooms keeps when several come for the same room at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock
from assistant.core.errors import RoomUnknown, StoreUnavailable
from assistant.core.rooms import Room
from assistant.ports.room_log import RoomLog, Snapshot, Wanted
from assistant.rooms.service import CaptionService
from tests.caption_service import open_service, stores_of
from tests.fakes import CountingTelemetry, LevelTranscriber


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
