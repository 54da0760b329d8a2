"""One of the processes in which documents are made and files are read.

    python -m assistant.engines.pooled_worker MEMORY_BYTES CPU_SECONDS RESULT_BYTES

A request is a length of eight bytes and a pickled pair: what is to be called, and whether it is given
something with which it tells how far it is. An answer is `HEADER` and a pickled value: any number of
those that are told, then one with the result or the error. What is called is ours; only its arguments
come from outside.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import resource
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assistant.core.errors import WorkTooLarge
from assistant.engines.child_side import be_nice, die_with_parent, serve_standard_input

LENGTH = struct.Struct("!Q")
HEADER = struct.Struct("!c?Q")
"""The head of an answer: its kind, whether the process ends after it, and the length of what follows."""

TOLD, RESULT, ERROR = b"t", b"r", b"e"

TOO_LARGE = "This takes more time or memory than one document may take here; ask for less at a time."

_NICENESS = 19
_MOST_FILES = 64
_KEPT_SHARE = 0.5
"""A process that has ever had more of its memory ends, since libraries keep what they once had."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take.

    Attributes:
        memory_bytes: How much data it may hold in memory.
        cpu_seconds: How long it may compute.
        result_bytes: How large its result may be.
    """

    memory_bytes: int
    cpu_seconds: int
    result_bytes: int


def serve(requests: IO[bytes], answers: IO[bytes], limits: Limits) -> None:
    """Do what is asked for until nobody asks any more, or too much memory was used."""

    def answer(kind: bytes, value: object, *, last: bool = False) -> None:
        body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if len(body) > limits.result_bytes:
            kind, body = ERROR, pickle.dumps(WorkTooLarge(TOO_LARGE))
        answers.write(HEADER.pack(kind, last, len(body)))
        answers.write(body)
        answers.flush()

    while head := requests.read(LENGTH.size):
        _limit_cpu(limits.cpu_seconds)
        try:
            kind, value = _done(requests.read(*LENGTH.unpack(head)), lambda *values: answer(TOLD, values))
            last = _used_bytes() > _KEPT_SHARE * limits.memory_bytes
            answer(kind, value, last=last)
        except (MemoryError, RecursionError):
            value, last = None, True
            answer(ERROR, WorkTooLarge(TOO_LARGE), last=True)
        if last:
            return
        del value
        gc.collect()


def _done(request: bytes, tell: Callable[..., None]) -> tuple[bytes, object]:
    try:
        work, tells = pickle.loads(request)  # noqa: S301 - the service that started this process wrote it
        return RESULT, work(tell) if tells else work()
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - raised again where the work was asked for
        return ERROR, _portable(error)


def _portable(error: Exception) -> Exception:
    """Return an error that survives the way: itself, or one that tells its kind."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - just made
    except Exception:  # noqa: BLE001 - whatever it is, it cannot be sent
        return RuntimeError(f"The work failed ({type(error).__name__}).")
    return error if type(copy) is type(error) else RuntimeError(f"The work failed ({type(error).__name__}).")


def _used_bytes() -> int:
    """Return the most memory that this process ever had."""
    # What getrusage tells begins with the memory of the parent, from before this program was loaded.
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def _limit_cpu(seconds: int) -> None:
    """Let the system end this process when it has computed so much longer."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + seconds)


def _limit(what: int, value: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(what, (value, resource.getrlimit(what)[1]))


def _go_last() -> None:
    """Compute, and use the disk, only where nobody else wants to."""
    be_nice(_NICENESS)
    idle: Any = getattr(os, "SCHED_IDLE", None)
    if idle is not None:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, idle, os.sched_param(0))


def main() -> None:
    """Serve standard input."""
    limits = Limits(*map(int, sys.argv[1:4]))
    die_with_parent()
    _go_last()
    _limit(resource.RLIMIT_DATA, limits.memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _MOST_FILES)
    serve_standard_input(lambda requests, answers: serve(requests, answers, limits))


if __name__ == "__main__":
    main()
