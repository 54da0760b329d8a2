"""Opens a database for the transcript store: address, file, connection settings, migrations."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from assistant.adapters.sql_scrub import is_scrubbed, mark_new, scrub
from assistant.core.errors import StoreUnavailable
from assistant.tasks.retries import Backoff

WRITING = "assistant_writing"
"""Execution option of an engine whose transactions write."""

BUSY_SECONDS = 10.0
"""How long a writer waits for another process that writes the same SQLite file."""

_PAUSES = Backoff(0.02, 0.1)
_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x6D656574
"""The advisory lock under which one PostgreSQL client at a time migrates; any constant number."""


async def open_engine(url: str) -> AsyncEngine:
    """Return an engine for the database at `url`, created if need be and migrated to the newest schema.

    Args:
        url: A SQLAlchemy URL; a scheme without a driver gets the asynchronous one.

    Raises:
        StoreUnavailable: The address is unusable, the database cannot be opened, is damaged, or was
            written by a newer version of this program.
    """
    engine: AsyncEngine | None = None
    try:
        address = _parse(url)
        if address.get_backend_name() == "sqlite":
            await asyncio.to_thread(_prepare_file, _sqlite_path(address))
        engine = _create_engine(address)
        async with engine.execution_options(**{WRITING: True}).begin() as connection:
            await connection.run_sync(_migrate)
        if address.get_backend_name() == "sqlite":
            await asyncio.to_thread(_scrub_rest, _sqlite_path(address))
    except BaseException as error:
        if engine is not None:
            await engine.dispose()
        if isinstance(error, (SQLAlchemyError, CommandError, OSError, sqlite3.Error)):
            raise StoreUnavailable(
                "The transcript database cannot be opened; check that it is in reach, undamaged and writable."
            ) from error
        raise
    return engine


def _parse(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
        address = address.set(drivername=_ASYNC_DRIVERS.get(address.drivername, address.drivername))
        address.get_dialect().import_dbapi()
    except ImportError as error:
        raise StoreUnavailable(f"The driver of {address.drivername} databases is not installed.") from error
    except (SQLAlchemyError, ValueError) as error:
        raise StoreUnavailable(
            "The database address must look like sqlite:////folder/transcripts.db or postgresql://host/name."
        ) from error
    return address


def _sqlite_path(address: sa.URL) -> Path:
    if not address.database or address.database == ":memory:" or address.database.startswith("file:"):
        raise StoreUnavailable("A SQLite transcript store must be a file, named by its plain path.")
    return Path(address.database)


def _prepare_file(path: Path) -> None:
    """Create the file, readable by its owner only, and switch it to write-ahead logging, for good.

    SQLite does not wait its turn for that switch, so several processes that start at once try again.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for suffix in ("", "-wal", "-shm"):
        _close_to_others(path.with_name(path.name + suffix))
    new = not path.stat().st_size
    deadline = time.monotonic() + BUSY_SECONDS
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    failures = 0
    try:
        while True:
            try:
                if new:
                    mark_new(connection)
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                failures += 1
                time.sleep(_PAUSES.pause_seconds(failures))
            else:
                return
    finally:
        connection.close()


def _close_to_others(path: Path) -> None:
    """Let only its owner read a file; one of another owner stays as it is."""
    with suppress(OSError):
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def _scrub_rest(path: Path) -> None:
    """Take from the files what a process before this one deleted there and had no time to clear."""
    scrub(path, rewrite=not is_scrubbed(path))


def _create_engine(address: sa.URL) -> AsyncEngine:
    if address.get_backend_name() != "sqlite":
        return create_async_engine(address, pool_pre_ping=True, hide_parameters=True)
    # The driver's own transaction handling starts writing transactions late, where two processes
    # that both read first can only fail; without it, the `begin` event below says how they start.
    engine = create_async_engine(
        address,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        hide_parameters=True,  # they are what people said
    )
    sa.event.listen(engine.sync_engine, "connect", _set_pragmas)
    sa.event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")  # what was committed survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten; see `sql_scrub`
    cursor.execute("PRAGMA temp_store=MEMORY")  # no sorted captions in a temporary folder
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _migrate(connection: sa.Connection) -> None:
    """Bring the schema to the newest revision, inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = MigrationContext.configure(connection).get_current_heads()
    if not known.issuperset(present):
        raise StoreUnavailable(
            "The transcript database was written by a newer version of this program; "
            "start that version, or name another database."
        )
    command.upgrade(config, "head")
