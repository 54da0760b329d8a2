"""The server that runs the application: limits, quiet logs and a shutdown that loses nothing."""

from __future__ import annotations

import os
import signal
import socket
from math import ceil
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from assistant.web.admission import Admission
from assistant.web.descriptors import most_descriptors, open_descriptors
from assistant.web.http_protocol import BoundedHttpProtocol
from assistant.web.services import Services
from assistant.web.socket_protocol import BoundedSocketProtocol
from assistant.web.stalled_answers import bounded

_log = structlog.get_logger(__name__)

_MAX_MESSAGE_BYTES = 1 << 24
_GOODBYE_SECONDS = 2.0
_CLOSE_SECONDS = 5.0
_DEAF_PEER_MS = 60_000
_BACKLOG = 2_048
_IMPATIENT_SECONDS = 1.0


class CaptionServer(uvicorn.Server):
    """Closes the service first, so that open connections learn why they end and the last captions get out."""

    def __init__(self, app: FastAPI, *, host: str, port: int) -> None:
        self._services: Services = app.state.services
        self._asked_monotonic: float | None = None
        limit_bytes = self._services.settings.max_frame_bytes
        limits = self._services.settings.limits
        self.admission = app.state.admission = Admission(limits, most_descriptors())
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                lifespan="on",
                # Addresses may carry the token: requests are not logged, and what the server says goes
                # through the application's own log, which takes tokens out.
                access_log=False,
                log_config=None,
                server_header=False,
                # Above our own limit, so that a frame too large gets our error and not just a code.
                ws_max_size=max(_MAX_MESSAGE_BYTES, 2 * limit_bytes),
                ws_ping_interval=limits.socket_ping_seconds,
                # A speaker who is held back does not answer pings for a while.
                ws_ping_timeout=limits.socket_pong_seconds,
                # Audio does not get smaller, a compressor per reader costs memory, and a few bytes could
                # unpack to any number.
                ws_per_message_deflate=False,
                http=bounded(BoundedHttpProtocol, self.admission, limits),
                ws=bounded(BoundedSocketProtocol, self.admission, limits),
                timeout_keep_alive=ceil(limits.keep_alive_seconds),
                backlog=_BACKLOG,
                # Headers that tell of clients are read where it is known which proxies may write them.
                proxy_headers=False,
                timeout_graceful_shutdown=ceil(_CLOSE_SECONDS),
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to close at the first signal; at a second Ctrl-C, a while later, leave at once.

        All that is acknowledged is on disk. To cancel what still runs would only show where it was.
        """
        now = self._services.clock.monotonic()
        if self._asked_monotonic is None:
            self._asked_monotonic = now
        elif sig == signal.SIGINT and now - self._asked_monotonic >= _IMPATIENT_SECONDS:
            os._exit(128 + sig)
        elif sig == signal.SIGINT:
            return  # the same key press, passed on by another program as well
        super().handle_exit(sig, frame)

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the service and listen."""
        await super().startup(sockets)
        self.admission.reserve(open_descriptors())
        option: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only; connections inherit it
        if option is None:
            return
        for listener in [listener for server in self.servers for listener in server.sockets]:
            if listener.family in {socket.AF_INET, socket.AF_INET6}:
                # A peer that takes nothing for so long frees its socket and what was to be sent.
                listener.setsockopt(socket.IPPROTO_TCP, option, _DEAF_PEER_MS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish open utterances, let every connection go with a reason, and stop."""
        try:
            await self._services.lifetime.close()
        except Exception:  # noqa: BLE001 - the connections have to end all the same
            _log.exception("hub_close_failed")
        await self._services.lifetime.wait_idle(_GOODBYE_SECONDS)
        await super().shutdown(sockets)
