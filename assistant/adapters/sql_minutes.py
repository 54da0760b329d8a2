"""Minutes, agendas and numbered copies in the database of the transcripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant.adapters.sql_database import SqlDatabase, require_room
from assistant.adapters.sql_minutes_schema import (
    agendas,
    copies,
    level_changes,
    minutes,
    minutes_changes,
    to_copy,
    to_version,
    version_row,
)
from assistant.adapters.sql_schema import rooms, row_of
from assistant.core.errors import RevisionConflict
from assistant.core.minutes.document import Change, MinutesVersion
from assistant.ports.minutes import LevelChange, NumberedCopy


class SqlMinutesStore:
    """The `MinutesStore` on SQLAlchemy; the database is closed by whoever opened it."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def save_version(self, room: str, version: MinutesVersion, change: Change) -> None:
        """Store a version with the change that made it, in one transaction.

        Raises:
            RevisionConflict: The stored revision is not the one before; nothing is stored.
            RoomUnknown: The room does not exist (any more).
        """
        row = await asyncio.to_thread(version_row, room, version)
        async with self._database.transaction() as connection:
            await require_room(connection, room)
            if not await self._replace(connection, room, version, row):
                same = (minutes.c.room == room, minutes.c.number == version.number)
                raise RevisionConflict(
                    "Somebody else has changed these minutes meanwhile.",
                    revision=await _highest(connection, minutes.c.revision, *same),
                )
            await connection.execute(
                minutes_changes.insert().values(row_of(minutes_changes, change, room=room))
            )

    async def _replace(
        self, connection: AsyncConnection, room: str, version: MinutesVersion, row: dict[str, object]
    ) -> bool:
        """Write a version over the revision before it; return whether that is what was there."""
        if version.revision > 1:
            same = sa.and_(
                minutes.c.room == room,
                minutes.c.number == version.number,
                minutes.c.revision == version.revision - 1,
            )
            return bool((await connection.execute(minutes.update().where(same).values(row))).rowcount)
        insert = self._database.insert(minutes, row).on_conflict_do_nothing()
        return bool((await connection.execute(insert)).rowcount)

    async def version(self, room: str, number: int | None = None) -> MinutesVersion | None:
        """Return a version of a room's minutes, the newest one for None; None where there is none."""
        query = sa.select(minutes).where(minutes.c.room == room)
        if number is not None:
            query = query.where(minutes.c.number == number)
        rows = await self._database.fetch(query.order_by(minutes.c.number.desc()).limit(1))
        return await asyncio.to_thread(to_version, rows[0]) if rows else None

    async def versions(self, room: str) -> Sequence[MinutesVersion]:
        """Return all versions of a room's minutes, the oldest first."""
        query = sa.select(minutes).where(minutes.c.room == room).order_by(minutes.c.number)
        rows = await self._database.fetch(query)
        return await asyncio.to_thread(lambda: [to_version(row) for row in rows])

    async def changes(self, room: str, number: int, since: int = 0) -> Sequence[Change]:
        """Return the changes that made revisions after `since` of a version, the oldest first."""
        table = minutes_changes
        query = sa.select(table).where(
            table.c.room == room, table.c.version == number, table.c.revision > since
        )
        return [Change(*row[1:]) for row in await self._database.fetch(query.order_by(table.c.revision))]

    async def agenda(self, room: str) -> Sequence[str]:
        """Return the agenda that was given for a room, title by title; none where none was given."""
        rows = await self._database.fetch(sa.select(agendas.c.titles).where(agendas.c.room == room))
        return tuple(json.loads(rows[0][0])) if rows else ()

    async def set_agenda(self, room: str, titles: Sequence[str]) -> None:
        """Replace the agenda of a room; raises `RoomUnknown`."""
        row = {"room": room, "titles": json.dumps(list(titles), ensure_ascii=False)}
        async with self._database.transaction(deletes=True) as connection:
            await require_room(connection, room)
            await connection.execute(self._database.replace(agendas, row))

    async def add_copy(self, room: str, version: int, recipient: str, kind: str, at: float) -> NumberedCopy:
        """Count a copy that somebody gets, and return it with its number; raises `RoomUnknown`."""
        async with self._database.transaction() as connection:
            await require_room(connection, room)
            number = await _highest(connection, copies.c.number, copies.c.room == room) + 1
            copy = NumberedCopy(version, number, recipient, kind, at)
            await connection.execute(copies.insert().values(row_of(copies, copy, room=room)))
        return copy

    async def copies(self, room: str) -> Sequence[NumberedCopy]:
        """Return the copies that were given out, the first one first."""
        query = sa.select(copies).where(copies.c.room == room).order_by(copies.c.number)
        return [to_copy(row) for row in await self._database.fetch(query)]

    async def set_room_level(self, room: str, change: LevelChange) -> None:
        """Give a room another protection level and keep how that came; raises `RoomUnknown`."""
        async with self._database.transaction() as connection:
            await require_room(connection, room)
            number = await _highest(connection, level_changes.c.number, level_changes.c.room == room) + 1
            row = row_of(level_changes, change, room=room, number=number)
            await connection.execute(level_changes.insert().values(row))
            await connection.execute(rooms.update().where(rooms.c.name == room).values(level=change.after))

    async def level_changes(self, room: str) -> Sequence[LevelChange]:
        """Return how a room came to its protection level, the oldest change first."""
        query = sa.select(level_changes).where(level_changes.c.room == room).order_by(level_changes.c.number)
        return [LevelChange(*row[2:]) for row in await self._database.fetch(query)]


async def _highest(connection: AsyncConnection, column: sa.Column[int], *rows: sa.ColumnElement[bool]) -> int:
    """Return the highest number of a column in some rows; 0 where there are none."""
    highest = sa.select(sa.func.coalesce(sa.func.max(column), 0)).where(*rows)
    return int((await connection.execute(highest)).scalar_one())
