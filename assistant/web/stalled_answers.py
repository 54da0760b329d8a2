"""Connections on top of uvicorn's: one whose other end does not take what is sent to it is ended."""

from __future__ import annotations

import asyncio

from assistant.web.admission import Admission
from assistant.web.limits import Limits


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


class WatchedConnection(asyncio.Protocol):
    """What all our connections do on top of uvicorn's: they free their place, and do not stall for ever.

    Attributes:
        admission: Counts the connections of the server.
        limits: How much one caller may have.
    """

    admission: Admission
    limits: Limits
    transport: asyncio.Transport
    _answers: StalledAnswers | None = None

    def watch(self, seconds: float) -> None:
        """Let the client go that takes too little of its answers in so long."""
        self._answers = StalledAnswers(
            self.transport, seconds=seconds, bytes_per_second=self.limits.min_upload_bytes_per_second
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place."""
        self.admission.close(self.transport)
        if self._answers:
            self._answers.resumed()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More waits for the client than is held for it."""
        super().pause_writing()
        if self._answers:
            self._answers.paused()

    def resume_writing(self) -> None:
        """The client has taken it."""
        super().resume_writing()
        if self._answers:
            self._answers.resumed()


def bounded(
    protocol: type[WatchedConnection], admission: Admission, limits: Limits
) -> type[WatchedConnection]:
    """Return a protocol for the connections of one server."""
    made: type[WatchedConnection] = type(protocol.__name__, (protocol,), {})
    made.admission, made.limits = admission, limits
    return made
