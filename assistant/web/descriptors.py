"""How many files this process may have open; every connection is one of them."""

from __future__ import annotations

import contextlib
from pathlib import Path

try:
    import resource
except ImportError:  # Windows, where nothing is limited this way
    resource = None  # type: ignore[assignment]

_ENOUGH = 65_536
"""More connections than one process serves."""


def raise_descriptor_limit() -> None:
    """Allow this process as many as it may allow itself; systems begin with 1,024 for old programs' sake."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_descriptors() -> int:
    """Return how many files this process has open; 0 where the system does not tell."""
    folder = Path("/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd")
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def most_descriptors() -> int:
    """Return how many files this process may have open."""
    if resource is None:
        return _ENOUGH
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _ENOUGH if soft == resource.RLIM_INFINITY else min(soft, _ENOUGH)
