"""WebSockets as uvicorn speaks them, within bounds: of messages, their pieces, and what is unread."""

from __future__ import annotations

from asyncio.transports import BaseTransport
from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from assistant.web.stalled_answers import WatchedConnection

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

_AUDIO_PATH = "/audio"
_MOST_READER_BYTES = 1 << 16
"""More than readers may say, so that a message too large gets our error and not just a code."""
_MOST_PIECES = 4_096
_MOST_UNREAD_BYTES = 1 << 18
"""A client with more than that unread gets no answers to its pings, which would only add to it."""
_GOODBYE_SECONDS = 5.0


class BoundedSocketProtocol(WatchedConnection, WebSocketsSansIOProtocol):
    """One WebSocket, on the place that its connection had before."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection."""
        super().connection_made(transport)
        place = self.admission.place_of(self.transport)
        if place and place.client != place.peer:
            self.client = (place.client, 0)
        # Whoever reads nothing is let go by its conversation first, which tells it why.
        self.watch(2 * self.limits.answer_stall_seconds + _GOODBYE_SECONDS)

    def handle_connect(self, event: Request) -> None:
        """Begin; only audio is large."""
        if not event.path.partition("?")[0].endswith(_AUDIO_PATH):
            self.conn.max_message_size = min(self.config.ws_max_size, _MOST_READER_BYTES)
        super().handle_connect(event)

    async def send(self, message: ASGISendEvent) -> None:
        """Send; a socket that was closed here makes room, however long its client takes to agree."""
        await super().send(message)
        place = self.admission.place_of(self.transport) if self.close_sent else None
        if place and place.doing != "waiting":
            self.admission.turn(place, "waiting")

    def handle_ping(self) -> None:
        """Answer, unless the client reads none of the answers."""
        if self.transport.get_write_buffer_size() > _MOST_UNREAD_BYTES:
            self.conn.data_to_send()
            return
        super().handle_ping()

    def handle_cont(self, event: Frame) -> None:
        """Put a message together, of so many pieces at most; empty ones would cost nothing to send."""
        if len(self.frames) >= _MOST_PIECES:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, f"A message has at most {_MOST_PIECES} pieces.")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_parser_exception(self) -> None:
        """End a connection that broke the protocol, also before it was one."""
        if self.conn.close_sent is None:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            return
        super().handle_parser_exception()
