"""One SQL database, shared by the stores that keep their tables in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assistant.adapters.sql_engine import WRITING, open_engine
from assistant.adapters.sql_schema import rooms
from assistant.core.errors import InvalidInput, RoomUnknown, StoreUnavailable

Rows = Sequence[Sequence[Any]]


class SqlDatabase:
    """Transactions and queries; every write is one transaction, on disk when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use a database that `open_engine` has opened; `open` does both.

        Args:
            engine: Its schema is the newest one.
        """
        self._engine = engine
        self._writer = engine.execution_options(**{WRITING: True})
        self._closed = False
        self._uses = 0
        self._unused = asyncio.Event()
        # SQLite has one writer at a time and lets the others poll; queueing here is fair and quick.
        self._turn: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the database at `url`, creating or migrating it as needed.

        Raises:
            StoreUnavailable: It cannot be used, or was written by a newer version of this program.
        """
        return cls(await open_engine(url))

    async def close(self) -> None:
        """Finish what runs, then let go of the database; later uses raise `StoreUnavailable`."""
        self._closed = True
        while self._uses:
            self._unused.clear()
            await self._unused.wait()
        await self._engine.dispose()

    def insert(
        self, table: sa.Table, row: Mapping[str, Any] | None = None
    ) -> sqlite.Insert | postgresql.Insert:
        """Return an insert that can say what happens on conflict, in the words of the database.

        Without a row it is for those that it is executed with.
        """
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        return insert(table) if row is None else insert(table).values(row)

    def replace(self, table: sa.Table, row: Mapping[str, Any]) -> sqlite.Insert | postgresql.Insert:
        """Return an insert that replaces the row of the same primary key."""
        keys = [column.name for column in table.primary_key.columns]
        changed = {name: value for name, value in row.items() if name not in keys}
        return self.insert(table, row).on_conflict_do_update(index_elements=keys, set_=changed)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; it is committed at the end, or rolled back by an exception."""
        with self._usage():
            async with self._turn, self._writer.begin() as connection:
                yield connection

    async def fetch(self, query: sa.Select[Any]) -> Rows:
        """Return the rows of a query."""
        async with self.reading() as connection:
            return list(await connection.execute(query))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection to read from."""
        with self._usage():
            async with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def _usage(self) -> Iterator[None]:
        """Count one use of the database, and report its errors as `StoreUnavailable`."""
        if self._closed:
            raise StoreUnavailable("The transcript store is closed.")
        self._uses += 1
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(
                "The transcript store cannot be used now; check the disk and the database."
            ) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise InvalidInput("A number or a text is none that can be stored.") from error
        finally:
            self._uses -= 1
            self._unused.set()


async def require_room(connection: AsyncConnection, name: str) -> None:
    """Raise `RoomUnknown` unless there is a room of that name."""
    if (await connection.execute(sa.select(rooms.c.name).where(rooms.c.name == name))).first() is None:
        raise RoomUnknown("There is no such room.")
