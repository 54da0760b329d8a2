"""Copies of an SQLite transcript store, made while the service writes to it, and what is asked of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from assistant.adapters.sql_engine import BUSY_SECONDS
from assistant.core.errors import StoreUnavailable

_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class OpenTrack:
    """A track that has not ended, as a store has it.

    Attributes:
        session: The id of the track.
        received_samples: How much of its audio was taken in.
        durable_samples: Up to which sample it is captioned, or known to be no speech.
    """

    session: str
    received_samples: int
    durable_samples: int


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database; None where the address is one of another kind.

    Raises:
        StoreUnavailable: It is no address of a database.
    """
    try:
        address = sa.make_url(url)
    except (SQLAlchemyError, ValueError) as error:
        raise StoreUnavailable("ASSISTANT_DATABASE_URL is no address of a database.") from error
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def take_snapshot(source: Path, target: Path) -> None:
    """Write what `source` holds at one moment into the new file `target`; writers go on meanwhile.

    What was deleted is not in it: pages that are free are left out.

    Raises:
        StoreUnavailable: The store cannot be read, or the copy not be written.
    """
    with _open(source, write=True) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def check_snapshot(path: Path) -> str:
    """Return the revision of the schema of a store, once it is known to be whole.

    Raises:
        StoreUnavailable: It is damaged, or was written by a newer version of this program.
    """
    with _open(path) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if found != "ok" or broken is not None:
            raise StoreUnavailable("The transcript database is damaged.")
        revision = str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    if revision not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise StoreUnavailable("The transcript database was written by a newer version of this program.")
    return revision


def sessions_in(path: Path) -> frozenset[str]:
    """Return the sessions of all tracks that a store knows."""
    with _open(path) as connection:
        return frozenset(str(row[0]) for row in connection.execute("SELECT session FROM tracks"))


def open_tracks_in(path: Path) -> list[OpenTrack]:
    """Return the tracks of a store that have not ended."""
    query = "SELECT session, received_samples, settled_samples FROM tracks WHERE NOT closed"
    with _open(path) as connection:
        return [OpenTrack(*row) for row in connection.execute(query)]


def lower_received(path: Path, session: str, received_samples: int) -> None:
    """Record that less of a track is there than its store says; nobody else may use the store."""
    with _open(path, write=True) as connection:
        connection.execute(
            "UPDATE tracks SET received_samples = ? WHERE session = ?", (received_samples, session)
        )
        connection.commit()


@contextmanager
def _open(path: Path, *, write: bool = False) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'rw' if write else 'ro'}", uri=True, timeout=BUSY_SECONDS
        )
        try:
            yield connection
        finally:
            connection.close()
    except (sqlite3.Error, TypeError) as error:
        # TypeError: a row that every store has is missing.
        raise StoreUnavailable(f"The transcript database cannot be copied or read ({error}).") from error
