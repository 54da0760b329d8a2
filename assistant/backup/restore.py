"""Checks backups, and brings them back into a data directory on which no service runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.data_folder import flush_directory
from assistant.adapters.sql_snapshot import check_snapshot, lower_received, open_tracks_in, sessions_in
from assistant.backup.archive import DATABASE, Contents, read_through
from assistant.core.errors import BackupFailed, BackupInvalid, StoreUnavailable
from assistant.weights.progress import Progress, Silent

_STAGING = ".restoring-"
_ASIDE = "before-restore-"
_DATABASE_NAME = "transcripts.db"
_MODELS = "models"
_STAYS = frozenset({"lost+found"})

HoldAlone = Callable[[Path], AbstractContextManager[None]]
"""Keeps a data directory for this process; raises `DataFolderInUse` while another one does."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back.

    Attributes:
        contents: What the backup says of itself.
        aside: Where what was there before is now; None where nothing was.
    """

    contents: Contents
    aside: Path | None


def verify_backup(archive: Path, progress: Progress | None = None) -> Contents:
    """Return what a backup holds, once every hash and its database are known to be right.

    Raises:
        BackupInvalid: It is no backup, or is damaged.
        BackupFailed: It cannot be read, or there is no room for its database in the temporary directory.
    """
    progress = progress or Silent()
    try:
        progress.begin(f"checking {archive.name}", archive.stat().st_size)
        with tempfile.TemporaryDirectory(prefix="backup-") as folder:
            database = Path(folder) / _DATABASE_NAME
            contents = read_through(
                archive, lambda path: database if path == DATABASE else None, progress.reach
            )
            _check_database(database, contents, archive)
    except OSError as error:
        raise BackupFailed(f"The backup {archive} cannot be checked ({error.strerror}).") from error
    return contents


def restore_backup(
    archive: Path,
    data_dir: Path,
    hold_alone: HoldAlone,
    progress: Progress | None = None,
    *,
    force: bool = False,
) -> Restored:
    """Bring a backup back into `data_dir`; what it holds is checked before anything there is touched.

    Args:
        archive: The file.
        data_dir: Empty but for weights, or not there; or anything with `force`, and that is kept aside.
        hold_alone: Keeps others off `data_dir` meanwhile.
        progress: Is told what goes on.
        force: Whether `data_dir` may hold something.

    Raises:
        BackupInvalid: It is no backup, or is damaged.
        DataFolderInUse: A service runs there.
        BackupFailed: `data_dir` is not empty, or cannot be written.
    """
    progress = progress or Silent()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with hold_alone(data_dir):
            if _entries(data_dir) and not force:
                raise BackupFailed(
                    f"{data_dir} is not empty. Restore into another directory, or with --force, which keeps"
                    " what is there aside."
                )
            return _restore(archive, data_dir, progress)
    except OSError as error:
        raise BackupFailed(
            f"{archive.name} cannot be restored into {data_dir} ({error.strerror})."
        ) from error


def _restore(archive: Path, data_dir: Path, progress: Progress) -> Restored:
    size_bytes = archive.stat().st_size
    if shutil.disk_usage(data_dir).free < size_bytes:
        raise BackupFailed(f"{data_dir} has too little space for a backup of {size_bytes / 1e6:.0f} MB.")
    progress.begin(f"restoring {archive.name}", size_bytes)
    # Within the data directory: that may be the root of a volume, beside which there is nothing.
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=data_dir))
    try:
        contents = read_through(archive, lambda path: staging / _restored_path(path), progress.reach)
        database = staging / _DATABASE_NAME
        _check_database(database, contents, archive)
        if database.exists():
            agree(database, staging / "journal")
        aside = _put_aside(data_dir, staging)
        _move_in(staging, data_dir)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Restored(contents, aside)


def agree(database: Path, journal_dir: Path) -> None:
    """Let the copies of database and journal, made one after the other, agree on each track.

    What was said in rooms that were deleted while the backup was made is removed. Where a track was
    captioned further than its audio was copied, its record goes on from there, so that the next sample has
    the number that it should have; where more was received than was copied and captioned, it never was.
    """
    journal = FileAudioJournal(journal_dir)
    known = sessions_in(database)
    for folder in journal_dir.iterdir() if journal_dir.is_dir() else ():
        if folder.name not in known:
            shutil.rmtree(folder)
    for track in open_tracks_in(database):
        length_samples = journal.length_samples(track.session)
        if length_samples < track.durable_samples:
            journal.skip_to(track.session, track.durable_samples)
            length_samples = track.durable_samples
        if track.received_samples > length_samples:
            lower_received(database, track.session, length_samples)
    journal.close()


def _check_database(database: Path, contents: Contents, archive: Path) -> None:
    if not database.exists():
        if contents.database == "sqlite" and any(file.path.startswith("journal/") for file in contents.files):
            raise BackupInvalid(f"{archive.name} has audio, but no transcripts.")
        return
    try:
        check_snapshot(database)
    except StoreUnavailable as error:
        raise BackupInvalid(f"{archive.name} cannot be used: {error.message}") from error


def _restored_path(path: str) -> str:
    return _DATABASE_NAME if path == DATABASE else path


def _entries(data_dir: Path) -> list[Path]:
    """Return what is in the way: all but weights, locks and what an earlier restoration kept aside."""
    return [
        path
        for path in sorted(data_dir.iterdir())
        if path.name not in _STAYS | {_MODELS}
        and not path.name.startswith((_ASIDE, _STAGING))
        and not path.name.endswith("lock")
    ]


def _put_aside(data_dir: Path, staging: Path) -> Path | None:
    moved = _entries(data_dir)
    if (data_dir / _MODELS).is_dir() and (staging / _MODELS).is_dir():
        moved.append(data_dir / _MODELS)
    if not moved:
        return None
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = Path(tempfile.mkdtemp(prefix=f"{_ASIDE}{now}-", dir=data_dir))
    for path in moved:
        path.rename(aside / path.name)
    return aside


def _move_in(staging: Path, data_dir: Path) -> None:
    # The database last: without it nothing here looks like a whole data directory.
    for path in sorted(staging.iterdir(), key=lambda path: path.name == _DATABASE_NAME):
        path.rename(data_dir / path.name)
    flush_directory(data_dir)
