"""Listeners and attendance in the database of the transcripts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_schema import listener_row, listeners, row_of, stays, to_listener
from assistant.core.meetings.attendance import Stay
from assistant.core.meetings.meeting import ListenerRecord


class SqlMeetingStore:
    """The `MeetingStore` on SQLAlchemy; the database is closed by whoever opened it."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def save_listener(self, record: ListenerRecord) -> None:
        """Insert a listener, or replace all that is known of it."""
        async with self._database.transaction() as connection:
            await connection.execute(self._database.replace(listeners, listener_row(record)))

    async def listeners(self) -> Sequence[ListenerRecord]:
        """Return the listeners that were not closed, the oldest first."""
        query = sa.select(listeners).order_by(listeners.c.opened_at, listeners.c.meeting)
        return [to_listener(row) for row in await self._database.fetch(query)]

    async def close_listener(self, meeting: str) -> None:
        """Record that a meeting is over; unknown ones are no error."""
        async with self._database.transaction(deletes=True) as connection:
            await connection.execute(listeners.delete().where(listeners.c.meeting == meeting))

    async def save_stay(self, stay: Stay) -> None:
        """Insert a stay, or replace what is known of that one (room, participant, arrival)."""
        async with self._database.transaction() as connection:
            await connection.execute(self._database.replace(stays, row_of(stays, stay)))

    async def stays(self, room: str, *, open_only: bool = False) -> Sequence[Stay]:
        """Return the stays in a room by arrival; with `open_only`, of those who have not left."""
        query = sa.select(stays).where(stays.c.room == room)
        if open_only:
            query = query.where(stays.c.left_at.is_(None))
        ordered = query.order_by(stays.c.arrived_at, stays.c.participant)
        return [Stay(*row) for row in await self._database.fetch(ordered)]

    async def see(self, room: str, at: float) -> None:
        """Record that everybody who has not left a room was there at that POSIX time."""
        there = stays.update().where(stays.c.room == room, stays.c.left_at.is_(None))
        async with self._database.transaction() as connection:
            await connection.execute(there.values(seen_at=at))
