"""Writes a backup of a data directory, whether the service runs on it or not."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from assistant import __version__
from assistant.adapters.data_folder import flush_directory
from assistant.adapters.sql_snapshot import check_snapshot, take_snapshot
from assistant.backup.archive import DATABASE, BackupWriter, Contents, writing
from assistant.core.errors import BackupFailed, StoreUnavailable
from assistant.weights.manifest import length_bytes
from assistant.weights.progress import Progress, Silent

_WORK = ".assistant-backup-"
_STALE_SECONDS = 60.0
_MARGIN_BYTES = 64 << 20
"""How much stays free beyond what the backup takes: the service may write to the same disk."""
_SAMPLE_BYTES = 2
_MOST_LOOKS = 100
"""How often the end of one record may move while it is looked at; it moves once for each final."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a backup is made of.

    Attributes:
        journal_dir: Audio that is not captioned yet, or is kept.
        database: The SQLite file of the transcripts; None where they are in another database.
        database_kind: `sqlite`, or the other one's name.
        glossary: The file of terms for all rooms, where one is set.
        levels: The file of protection levels, where one is set.
        weights_dir: Installed weights; None: they are left out.
    """

    journal_dir: Path
    database: Path | None
    database_kind: str = "sqlite"
    glossary: Path | None = None
    levels: Path | None = None
    weights_dir: Path | None = None


def create_backup(sources: Sources, target: Path, progress: Progress | None = None) -> Contents:
    """Write a backup to the new file `target`, which only its owner can read; return what is in it.

    The file has its name only when it is whole and on disk.

    Raises:
        BackupFailed: There is a file of that name, too little space, or something cannot be read or written.
    """
    progress = progress or Silent()
    try:
        _check_target(sources, target)
        with _work_directory(target.parent) as work, (work / "backup").open("xb") as file:
            (work / "backup").chmod(0o600)
            contents = _write(sources, file, work, progress)
            file.flush()
            os.fsync(file.fileno())
            _publish(work / "backup", target)
    except (OSError, StoreUnavailable) as error:
        reason = error.message if isinstance(error, StoreUnavailable) else error.strerror or "I/O error"
        raise BackupFailed(f"The backup {target} cannot be written: {reason.removesuffix('.')}.") from error
    return contents


def _write(sources: Sources, file: IO[bytes], work: Path, progress: Progress) -> Contents:
    began = datetime.now(UTC).isoformat(timespec="seconds")
    contents = Contents(__version__, began, sources.database_kind)
    with writing(file, contents) as writer:
        # The order is what makes the backup whole: see the package.
        progress.begin("audio journal", None)
        _add_journal(writer, sources.journal_dir)
        if sources.database is not None and sources.database.exists():
            progress.begin("transcripts", None)
            snapshot = work / "transcripts.db"
            take_snapshot(sources.database, snapshot)
            check_snapshot(snapshot)
            writer.add_file(DATABASE, snapshot)
        for place, path in (("glossary", sources.glossary), ("levels", sources.levels)):
            if path is not None:
                writer.add_bytes(f"{place}/{path.name}", path.read_bytes())
        if sources.weights_dir is not None:
            progress.begin("weights", None)
            for path in _files_below(sources.weights_dir):
                writer.add_file(f"models/{path.relative_to(sources.weights_dir).as_posix()}", path)
    return contents


def _add_journal(writer: BackupWriter, journal_dir: Path) -> None:
    for folder in _entries(journal_dir):
        if folder.is_dir():
            _add_record(writer, folder)


def _add_record(writer: BackupWriter, folder: Path) -> None:
    """Add the segments of one record, from the last to the first.

    While they are read the service may take away what is captioned: whole segments, or the head of the last
    one, whose rest it then writes anew under another name. So a last segment that vanished is looked for
    again: only one that was open in our hands, or is not there any more, has been dealt with. Earlier ones
    vanish for good, and only when the database has all of them.
    """
    added: set[str] = set()
    for _ in range(_MOST_LOOKS):
        names = [name for name in _segments(folder) if name not in added]
        if not names:
            return
        last_vanished = False
        for name in reversed(names):
            try:
                content = (folder / name).read_bytes()
            except FileNotFoundError:
                last_vanished = last_vanished or name == names[-1]
                continue
            # It may be appended to just now; half a sample is none.
            whole = len(content) - len(content) % _SAMPLE_BYTES
            writer.add_bytes(f"journal/{folder.name}/{name}", content[:whole])
            added.add(name)
        if not last_vanished:
            return
    raise BackupFailed("A record of audio changes faster than it can be copied; try again.")


def _segments(folder: Path) -> list[str]:
    return [path.name for path in _entries(folder) if path.suffix == ".pcm"]


def _files_below(directory: Path) -> Iterator[Path]:
    """Yield the files that are there, in order, but none that is hidden, of work in progress, or a link."""
    for path in _entries(directory):
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files_below(path)
        elif path.is_file():
            yield path


def _entries(directory: Path) -> list[Path]:
    """Return what is in a directory, in order; nothing where it has vanished."""
    try:
        return sorted(directory.iterdir())
    except FileNotFoundError:
        return []


def _check_target(sources: Sources, target: Path) -> None:
    if os.path.lexists(target):
        raise BackupFailed(f"There is a file {target} already; a backup is never written over another.")
    database_bytes = 0
    if sources.database is not None:
        parts = [sources.database, sources.database.with_name(sources.database.name + "-wal")]
        database_bytes = sum(part.stat().st_size for part in parts if part.exists())
    directories = [directory for directory in (sources.journal_dir, sources.weights_dir) if directory]
    others_bytes = sum(length_bytes(path) for directory in directories for path in _files_below(directory))
    # The database is there twice for a moment: as a snapshot, and in the archive.
    needed_bytes = 2 * database_bytes + others_bytes + _MARGIN_BYTES
    free_bytes = shutil.disk_usage(target.parent).free
    if free_bytes < needed_bytes:
        raise BackupFailed(
            f"The backup needs up to {needed_bytes / 1e6:.0f} MB in {target.parent.absolute()};"
            f" {free_bytes / 1e6:.0f} MB are free."
        )


@contextmanager
def _work_directory(parent: Path) -> Iterator[Path]:
    """Give a private directory beside the backup; what a killed backup left there is cleared away."""
    for left in parent.glob(f"{_WORK}*"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS and _nobody_works_in(left):
            shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=_WORK, dir=parent))
    try:
        with FileLock(work / "lock"):
            yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _nobody_works_in(work: Path) -> bool:
    try:
        with FileLock(work / "lock", timeout=0):
            return True
    except (Timeout, OSError):
        return False


def _publish(whole: Path, target: Path) -> None:
    """Give a finished file its name, unless another has got it meanwhile."""
    try:
        os.link(whole, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        whole.replace(target)
    flush_directory(target.parent)
