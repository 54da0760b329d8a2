"""Listeners and attendance on real SQLite files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_meetings import SqlMeetingStore
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.errors import StoreUnavailable
from assistant.core.meetings.attendance import Stay
from assistant.core.meetings.meeting import ListenerRecord
from assistant.core.rooms import Room

RECORD = ListenerRecord("Réunion 7", "reunion-7", "dispatch", 1_700_000_000.25, ("ana", "Zoë"))
STAY = Stay("r", "ana", "Ana", 1_700_000_000.125, 1_700_000_010.5)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'transcripts.db'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[SqlDatabase]:
    """A database with one room."""
    database = await SqlDatabase.open(url)
    await SqlTranscriptStore(database).create_room(Room("r", "Weekly", 1_700_000_000.0))
    yield database
    await database.close()


@pytest.fixture
def store(database: SqlDatabase) -> SqlMeetingStore:
    return SqlMeetingStore(database)


async def test_a_listener_outlives_the_process(
    store: SqlMeetingStore, database: SqlDatabase, url: str
) -> None:
    """With everything that is known of it, until its meeting is over."""
    await store.save_listener(RECORD)
    await database.close()
    again = await SqlDatabase.open(url)
    assert await SqlMeetingStore(again).listeners() == [RECORD]
    await SqlMeetingStore(again).close_listener(RECORD.meeting)
    assert await SqlMeetingStore(again).listeners() == []
    await SqlMeetingStore(again).close_listener(RECORD.meeting)
    await again.close()


async def test_a_listener_is_kept_once(store: SqlMeetingStore) -> None:
    """What is known of it is replaced; the oldest comes first."""
    older = replace(RECORD, meeting="older", opened_at=1.0, opted_out=())
    await store.save_listener(RECORD)
    await store.save_listener(older)
    changed = replace(RECORD, door="api", opted_out=("bob",))
    await store.save_listener(changed)
    assert await store.listeners() == [older, changed]


async def test_a_stay_is_kept_once(store: SqlMeetingStore) -> None:
    """By room, participant and arrival; a later arrival is another stay."""
    left = replace(STAY, name="Ana Souza", seen_at=STAY.arrived_at + 60.0, left_at=STAY.arrived_at + 60.0)
    later = replace(STAY, arrived_at=STAY.arrived_at + 100.0, seen_at=STAY.arrived_at + 100.0)
    for stay in (STAY, later, left):
        await store.save_stay(stay)
    assert await store.stays("r") == [left, later]
    assert await store.stays("r", open_only=True) == [later]
    assert await store.stays("other") == []


async def test_who_has_not_left_is_seen(store: SqlMeetingStore, database: SqlDatabase) -> None:
    """In that room only; who left stays where they were last seen."""
    await SqlTranscriptStore(database).create_room(Room("other", "Other", 1.0))
    left = replace(STAY, participant="bob", left_at=STAY.seen_at)
    elsewhere = replace(STAY, room="other")
    for stay in (STAY, left, elsewhere):
        await store.save_stay(stay)
    await store.see("r", 1_700_000_099.0)
    assert await store.stays("r") == [replace(STAY, seen_at=1_700_000_099.0), left]
    assert await store.stays("other") == [elsewhere]


async def test_with_a_room_its_attendance_is_deleted(store: SqlMeetingStore, database: SqlDatabase) -> None:
    """And nothing of it can be written afterwards."""
    await store.save_stay(STAY)
    await SqlTranscriptStore(database).delete_room("r")
    assert await store.stays("r") == []
    with pytest.raises(StoreUnavailable):
        await store.save_stay(STAY)


async def test_a_closed_database_is_unavailable(store: SqlMeetingStore, database: SqlDatabase) -> None:
    """Whatever is asked of it."""
    await database.close()
    for call in (
        store.save_listener(RECORD),
        store.listeners(),
        store.close_listener("x"),
        store.save_stay(STAY),
        store.stays("r"),
        store.see("r", 1.0),
    ):
        with pytest.raises(StoreUnavailable):
            await call
