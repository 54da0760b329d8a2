"""Links for readers in the database of the transcripts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from assistant.adapters.sql_database import SqlDatabase, require_room
from assistant.adapters.sql_schema import links, row_of
from assistant.core.identity.links import LinkRecord


class SqlLinkStore:
    """The `LinkStore` on SQLAlchemy; the database is closed by whoever opened it."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def add_link(self, link: LinkRecord, now: float) -> None:
        """Store a link, and forget those of its room that have expired; raises `RoomUnknown`."""
        async with self._database.transaction() as connection:
            await require_room(connection, link.room)
            gone = sa.and_(links.c.room == link.room, links.c.expires_at <= now)
            await connection.execute(links.delete().where(gone))
            await connection.execute(links.insert().values(row_of(links, link)))

    async def link(self, id_: str) -> LinkRecord | None:
        """Return a link, or None."""
        rows = await self._database.fetch(sa.select(links).where(links.c.id == id_))
        return LinkRecord(*rows[0]) if rows else None

    async def links(self, room: str, now: float) -> Sequence[LinkRecord]:
        """Return the links to a room that have not expired, the newest first."""
        valid = sa.select(links).where(links.c.room == room, links.c.expires_at > now)
        return [
            LinkRecord(*row)
            for row in await self._database.fetch(valid.order_by(links.c.created_at.desc(), links.c.id))
        ]

    async def revoke_link(self, room: str, id_: str) -> bool:
        """Forget a link of a room; return whether there was one."""
        async with self._database.transaction() as connection:
            mine = sa.and_(links.c.room == room, links.c.id == id_)
            return bool((await connection.execute(links.delete().where(mine))).rowcount)
