"""What was deleted leaves the files of a SQLite database as well.

`secure_delete` writes zeros over deleted rows, but copies of them stay elsewhere: in the write-ahead log
until that is truncated, and in the gaps of pages that rows were moved between. Only a VACUUM clears those. It
takes as long as the database is large, so of a large one it waits for a quiet moment.

`user_version` of the database says whether that is done, so the next start does what this one could not.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)

UNSCRUBBED = "PRAGMA user_version=0"
"""Belongs to each transaction that deletes something for good."""

SMALL_BYTES = 32 << 20
"""So small a database is rewritten within a second or so, whoever talks meanwhile."""

_SCRUBBED = "PRAGMA user_version=1"
_PATIENCE_SECONDS = 0.5
_COPIES = 3
"""So often a database has to fit into what is free: VACUUM writes it twice, and as much stays for audio."""


def mark_new(connection: sqlite3.Connection) -> None:
    """Note that a database has nothing in it that was deleted."""
    connection.execute(_SCRUBBED)


def is_scrubbed(path: Path) -> bool:
    """Return whether nothing deleted is left in the pages of a database; blocks."""
    with closing(_connect(path)) as connection:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0])


def scrub(path: Path, *, rewrite: bool) -> bool:
    """Empty the write-ahead log, with `rewrite` clear the gaps of all pages before; blocks.

    Nobody may write meanwhile. Returns whether it was done; it is not while somebody reads for long, or where
    the disk has no room for the copies.
    """
    try:
        with closing(_connect(path)) as connection:
            rewritten = not rewrite or _rewritten(connection, path)
            # Also of a rewriting that failed, which leaves its log as long as it came.
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        _log.warning("deleted_data_remains", error=type(error).__name__)
        return False
    return rewritten and not busy


def _rewritten(connection: sqlite3.Connection, path: Path) -> bool:
    """Clear the gaps of all pages; return whether that was done."""
    try:
        free_bytes = shutil.disk_usage(path.parent).free
        if free_bytes < _COPIES * size_bytes(path):
            # To try it would take the last of the disk from those who talk, and fail.
            _log.warning("deleted_data_remains", reason="the disk has no room for copies of the database")
            return False
        connection.execute("VACUUM")
        connection.execute(_SCRUBBED)
    except (sqlite3.Error, OSError) as error:
        _log.warning("deleted_data_remains", error=type(error).__name__)
        return False
    return True


def size_bytes(path: Path) -> int:
    """Return the size of a database without its log; 0 where it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)
    connection.execute("PRAGMA secure_delete=ON")
    return connection
