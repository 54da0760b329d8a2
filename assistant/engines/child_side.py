"""What processes that answer requests have in common, seen from inside."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_PR_SET_PDEATHSIG = 1


def serve_standard_input(serve: Callable[[BinaryIO, BinaryIO], None]) -> None:
    """Let `serve` read requests and write answers until there are no more; then end the process.

    Whoever stops the service stops all its processes; these are needed until the service is done, so
    signals are left to it. Their input ends whenever the one that started them is gone.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # What a library prints must not come between answers.
    with os.fdopen(os.dup(1), "wb") as answers, Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        with contextlib.suppress(BrokenPipeError):
            serve(sys.stdin.buffer, answers)
        # No destructors: nothing here outlives the process.
    os._exit(0)


def be_nice(niceness: int) -> None:
    """Let others go first, by so much."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(niceness)


def die_with_parent() -> None:
    """Let the system end this process when the thread that started it ends, where it can (Linux)."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
