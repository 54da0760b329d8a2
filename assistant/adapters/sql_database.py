"""One SQL database, shared by the stores that keep their tables in it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assistant.adapters.sql_engine import WRITING, open_engine
from assistant.adapters.sql_schema import house, rooms
from assistant.adapters.sql_scrub import SMALL_BYTES, UNSCRUBBED, is_scrubbed, scrub, size_bytes
from assistant.core.disk_errors import reason_of
from assistant.core.errors import InvalidInput, RoomUnknown, StoreUnavailable, Unavailable

Rows = Sequence[Sequence[Any]]

_PROBE = "probe"
_ABOUT_ONE_STATEMENT = (DataError, IntegrityError, ProgrammingError)
"""What is wrong with what was asked for, and not with the database."""
_SQLITE_REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_BUSY": "another process writes to it",
    "SQLITE_READONLY": "the disk is read-only",
    "SQLITE_IOERR": "the disk fails",
    "SQLITE_CANTOPEN": "its files cannot be opened",
}


class SqlDatabase:
    """Transactions and queries; every write is one transaction, on disk when it returns."""

    def __init__(self, url: str) -> None:
        """Name a database; it is used from `start` on, and until then all uses raise `Unavailable`."""
        self._url = url
        self._started: AsyncEngine | None = None
        self._writer: AsyncEngine | None = None
        self.problem: StoreUnavailable | None = None
        """Why nothing could be stored when that was tried last; None while all is well."""
        self._closed = False
        self._uses = 0
        self._unused = asyncio.Event()
        self._file: Path | None = None
        self._written = self._deleted = False
        self._turn: AbstractAsyncContextManager[Any] = nullcontext()

    @classmethod
    async def open(cls, url: str) -> Self:
        """Return the database at `url`, started."""
        database = cls(url)
        await database.start()
        return database

    async def start(self) -> None:
        """Open the database, creating or migrating it as needed.

        Raises:
            StoreUnavailable: It cannot be used, or was written by a newer version of this program.
        """
        engine = self._started = await open_engine(self._url)
        self._writer = engine.execution_options(**{WRITING: True})
        if engine.dialect.name == "sqlite":
            # SQLite has one writer at a time and lets the others poll; queueing here is fair and quick.
            self._turn = asyncio.Lock()
            self._file = Path(engine.url.database or "")
            # Somebody else may have read it when it was to be scrubbed.
            self._deleted = not await asyncio.to_thread(is_scrubbed, self._file)

    @property
    def _engine(self) -> AsyncEngine:
        return _present(self._started)

    async def close(self) -> None:
        """Finish what runs, then let go of the database; later uses raise `StoreUnavailable`."""
        self._closed = True
        while self._uses:
            self._unused.clear()
            await self._unused.wait()
        if self._started:
            await self._started.dispose()

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
    async def transaction(self, *, deletes: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; it is committed at the end, or rolled back by an exception.

        With `deletes` it removes something for good: `scrub` takes that from the files, at once where it is
        called behind the transaction, else soon.
        """
        with self._usage():
            async with self._turn, _present(self._writer).connect() as connection:
                try:
                    async with connection.begin():
                        if deletes and self._file:
                            await connection.exec_driver_sql(UNSCRUBBED)
                            self._deleted = True
                        self._written = True
                        yield connection
                except DBAPIError as error:
                    if _outlasts(error):
                        await connection.invalidate(error)
                    raise
            self.problem = None

    async def probe(self) -> None:
        """Write something that nobody reads, to see whether a database that was away is back."""
        async with self.transaction() as connection:
            await connection.execute(self.replace(house, {"name": _PROBE, "value": secrets.token_hex(8)}))

    async def scrub(self, *, quiet: bool = False) -> None:
        """Take what was deleted from the files, where there is any; a database that serves itself does that.

        Args:
            quiet: Nobody talks: the moment for what takes long, and for what was replaced.
        """
        if self._file is None or self._closed or not (self._deleted or (quiet and self._written)):
            return
        with self._usage():
            async with self._turn:
                rewrite = self._deleted and (quiet or size_bytes(self._file) <= SMALL_BYTES)
                done = await asyncio.to_thread(scrub, self._file, rewrite=rewrite)
                self._written = self._written and not done
                self._deleted = self._deleted and not (done and rewrite)

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
            told = StoreUnavailable(
                f"The transcript store cannot be used now; check the disk and the database{_because(error)}."
            )
            if not isinstance(error, _ABOUT_ONE_STATEMENT):
                self.problem = told
            raise told from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise InvalidInput("A number or a text is none that can be stored.") from error
        finally:
            self._uses -= 1
            self._unused.set()


async def require_room(connection: AsyncConnection, name: str) -> None:
    """Raise `RoomUnknown` unless there is a room of that name."""
    if (await connection.execute(sa.select(rooms.c.name).where(rooms.c.name == name))).first() is None:
        raise RoomUnknown("There is no such room.")


def _sqlite_name(error: BaseException) -> str:
    """Return SQLite's name of an error without its details; empty for other errors."""
    origin: BaseException | None = error
    while origin is not None:
        name = getattr(origin, "sqlite_errorname", "")
        if name:
            return "_".join(str(name).split("_")[:2])
        origin = getattr(origin, "orig", None) or origin.__cause__
    return ""


def _because(error: SQLAlchemyError | OSError) -> str:
    reason = reason_of(error) if isinstance(error, OSError) else _SQLITE_REASONS.get(_sqlite_name(error))
    return f" ({reason})" if reason else ""


def _outlasts(error: DBAPIError) -> bool:
    """Whether a connection keeps its error: one that was opened read-only never writes again."""
    return _sqlite_name(error) in {"SQLITE_READONLY", "SQLITE_IOERR"}


def _present(engine: AsyncEngine | None) -> AsyncEngine:
    if engine is None:
        raise Unavailable("The service is starting; try again in a moment.")
    return engine
