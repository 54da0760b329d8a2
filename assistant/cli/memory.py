"""How this process uses memory: settings for a service that loads a large model once and then runs for weeks.

The allocator of glibc is made for programs with few threads and objects of similar sizes. Here many threads
take large blocks in turn, and without these settings each thread keeps a heap of its own, with holes.
Other C libraries and systems are left as they are.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_TRIM_BYTES = 1 << 25
_MMAP_BYTES = 1 << 23
"""Larger blocks come from the system and go back to it; at 1 MB page faults cost a tenth of all work."""
_ARENAS = 2
_COLLECT_AFTER_OBJECTS = 20_000


def prepare_libraries() -> None:
    """Set what numerical libraries read from the environment while they are imported; an operator's own wins.

    Recognitions run side by side, one thread each: a second thread for numpy's small products gains nothing
    and spins between them, at the cost of a fifth of all work. oneDNN keeps the last 1024 kernels that it
    made, one for each shape; windows have any length, so few come again, and they would hold 200 MB.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "4")


def prepare_memory() -> None:
    """Set the allocator for threads that share a model; call it before the first thread starts."""
    libc = _glibc()
    if libc is None:
        return
    libc.mallopt(_M_ARENA_MAX, _ARENAS)
    # By itself it grows with each large block that is freed, up to 32 MB; blocks below it leave holes.
    libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
    libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)


def settle_memory() -> None:
    """Stop looking for garbage in what was loaded, and give back what loading left over; takes a moment."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER_OBJECTS, 10, 10)
    give_back_memory()


def give_back_memory() -> None:
    """Give free memory back to the operating system, also from between blocks that are in use."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") and hasattr(libc, "mallopt") else None
