"""A folder for what is worked on, which leaves nothing behind, also on a disk that is full."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex

import structlog

from assistant.core.disk_errors import not_kept
from assistant.tasks.retries import Backoff

_log = structlog.get_logger(__name__)
_ATTEMPTS = 5
_PAUSES = Backoff(0.1, 0.4)


@asynccontextmanager
async def temporary_folder(parent: Path) -> AsyncIterator[Path]:
    """Make a folder in `parent`, for the owner only; it goes with all that is in it when the block ends.

    Whoever is cancelled while it is made or removed leaves nothing behind either.

    Raises:
        StoreUnavailable: It cannot be made.
    """
    folder = _Folder(parent / f"work-{token_hex(8)}")
    try:
        try:
            await asyncio.to_thread(folder.make)
        except OSError as error:
            raise not_kept("A recording", error) from error
        yield folder.path
    finally:
        # Shielded: what a cancelled task had asked of a thread that has not begun would never be done.
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, folder.remove))


class _Folder:
    """One folder, whose removal and making may come in any order from two threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._gone = False

    def make(self) -> None:
        with self._lock:
            if not self._gone:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self.path.mkdir(mode=0o700)

    def remove(self) -> None:
        with self._lock:
            self._gone = True
            _remove(self.path)


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
