"""Ports for what a test starts, and may start again: nobody else takes them in between.

The kernel hands out ports from 32768 on to every connection and to whoever asks for any; so a port from there
that was free a moment ago may be gone. Ports below are only taken by name.
"""

from __future__ import annotations

import random
import socket

_FIRST, _BEHIND = 12_000, 32_000
_given: set[tuple[int, int]] = set()


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """Return a port of this machine on which nobody listens, never the same twice in one process."""
    for port in random.sample(range(_FIRST, _BEHIND), _BEHIND - _FIRST):
        if (kind, port) not in _given and _is_free(kind, port):
            _given.add((kind, port))
            return port
    raise AssertionError("no port is free")


def _is_free(kind: int, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as taken:
        try:
            taken.bind(("", port))
        except OSError:
            return False
        return True
