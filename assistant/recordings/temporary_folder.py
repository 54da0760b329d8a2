"""A folder for what is worked on, which leaves nothing behind, also on a disk that is full."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from assistant.core.disk_errors import not_kept
from assistant.tasks.retries import Backoff

_log = structlog.get_logger(__name__)
_ATTEMPTS = 5
_PAUSES = Backoff(0.1, 0.4)


@asynccontextmanager
async def temporary_folder(parent: Path) -> AsyncIterator[Path]:
    """Make a folder in `parent`, for the owner only; it goes with all that is in it when the block ends.

    Raises:
        StoreUnavailable: It cannot be made.
    """
    try:
        folder = await asyncio.to_thread(_make, parent)
    except OSError as error:
        raise not_kept("A recording", error) from error
    try:
        yield folder
    finally:
        await asyncio.to_thread(_remove, folder)


def _make(parent: Path) -> Path:
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(dir=parent))


def _remove(folder: Path) -> None:
    # What somebody still holds open would keep its space: it is emptied before it is removed.
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            os.truncate(path, 0)
    for failures in range(1, _ATTEMPTS + 1):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError:  # too many files may be open for a moment
            time.sleep(_PAUSES.pause_seconds(failures))
        else:
            return
    _log.error("upload_not_removed")
