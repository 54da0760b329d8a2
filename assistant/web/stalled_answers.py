"""Ends a connection whose other end does not take what is sent to it."""

from __future__ import annotations

import asyncio


class StalledAnswers:
    """Watches what waits to be taken off one connection; whoever reads it slower than that is let go.

    The operating system ends connections that take nothing at all; a few bytes now and
    then would keep one for ever.
    """

    def __init__(self, transport: asyncio.Transport, *, seconds: float, bytes_per_second: float) -> None:
        """Watch `transport`: in each stretch of `seconds` so many bytes per second are to be taken."""
        self._transport = transport
        self._seconds = seconds
        self._least_bytes = max(1, int(seconds * bytes_per_second))
        self._left_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def paused(self) -> None:
        """Note that more waits than the transport likes to hold."""
        if self._timer is None:
            self._look()

    def resumed(self) -> None:
        """Note that it has been taken, or that the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._left_bytes = self._transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._check)

    def _check(self) -> None:
        self._timer = None
        if self._left_bytes - self._transport.get_write_buffer_size() < self._least_bytes:
            self._transport.abort()
        else:
            self._look()
