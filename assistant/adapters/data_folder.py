"""The data folder: for one service at a time, readable by its owner only, without the audio of dead uploads.

A second service would caption the same audio again, and sweep away what the first one works on. What only
reads, or only touches the weights, does not ask: it works beside a running service.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from assistant.core.errors import DataFolderInUse, StoreUnavailable

UPLOADS = "uploads"
"""The folder in it for recordings that are worked on."""

_log = structlog.get_logger(__name__)
_LOCK = "service.lock"
_MOST_LOCK_BYTES = 4096


@contextmanager
def claimed(folder: Path, address: str) -> Iterator[None]:
    """Make the data folder fit for a service, and keep others from it until the block ends.

    The lock belongs to this process, not to its children, and the system takes it back however the process
    ends. It holds between containers of one machine that share the folder as well.

    Args:
        folder: Is made where it does not exist.
        address: Where this service listens; others are told.

    Raises:
        DataFolderInUse: Another service has it.
        StoreUnavailable: It cannot be made or written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        close_to_others(folder)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    try:
        if _locked(lock, folder):
            _write(lock, {"pid": os.getpid(), "host": socket.gethostname(), "address": address})
            sweep_uploads(folder / UPLOADS)
        yield
        _write(lock, {})
    finally:
        os.close(lock)


def close_to_others(folder: Path) -> None:
    """Let nobody but its owner into a folder, or say in the log that others may look into it.

    A folder that has another purpose as well stays as it is: a home, and what everybody writes to.
    """
    mode = folder.stat().st_mode
    if not mode & 0o077:
        return
    if not mode & stat.S_ISVTX and folder.resolve() not in {Path.home(), Path("/")}:
        try:
            folder.chmod(0o700)
        except OSError:
            pass  # of another owner
        else:
            _log.info("data_folder_closed_to_others", was=oct(stat.S_IMODE(mode)))
            return
    _log.warning("data_folder_open_to_others", mode=oct(stat.S_IMODE(mode)), setting="ASSISTANT_DATA_DIR")


def sweep_uploads(folder: Path) -> None:
    """Delete the recordings that a killed process was working on; nobody waits for them any more."""
    left = list(folder.iterdir()) if folder.is_dir() else []
    for path in left:
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except OSError as error:
            _log.warning("audio_not_removed", error=type(error).__name__)
    if left:
        _log.info("uploads_swept", count=len(left))


def _locked(lock: int, folder: Path) -> bool:
    """Lock the data folder; return whether its file system can."""
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EAGAIN}:
            raise DataFolderInUse(
                f"The data folder {folder} is in use by another service ({_holder(lock)})."
                " Stop that one, or name another folder with --data-dir."
            ) from error
        _log.warning("data_folder_not_locked", reason=error.strerror)
        return False
    return True


def _holder(lock: int) -> str:
    """Return who has the lock, as far as they told."""
    try:
        told = json.loads(os.pread(lock, _MOST_LOCK_BYTES, 0))
        process = f"process {int(told['pid'])} at {told['address']}"
        host = str(told["host"])
    except (OSError, ValueError, KeyError, TypeError):
        return "it is just starting"
    return process if host == socket.gethostname() else f"{process}, on the host {host}"


def _write(lock: int, told: dict[str, object]) -> None:
    content = json.dumps(told).encode() if told else b""
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, content, 0)
    except OSError as error:  # a full disk; the lock holds all the same
        _log.warning("data_folder_lock_unnamed", error=type(error).__name__)


def flush_directory(path: Path) -> None:
    """Force the names in a directory to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
