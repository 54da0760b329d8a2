"""WebSockets as uvicorn speaks them, within bounds: of messages, their pieces, and what is unread."""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from assistant.web.admission import Admission
from assistant.web.limits import Limits
from assistant.web.stalled_answers import StalledAnswers

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

_AUDIO_PATH = "/audio"
_MOST_READER_BYTES = 1 << 16
"""Above what readers may say, so that a message too large gets our error and not just a code."""
_MOST_PIECES = 4_096
_MOST_UNREAD_BYTES = 1 << 18
"""With so much unread, pings are not answered: they would only add to it."""
_GOODBYE_SECONDS = 5.0


class BoundedSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket, on the place that its connection had before."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        admission: Admission,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._admission = admission
        self._limits = limits
        self._answers: StalledAnswers | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection."""
        super().connection_made(transport)
        place = self._admission.place_of(self.transport)
        if place and place.client != place.peer:
            self.client = (place.client, 0)
        # Whoever reads nothing is let go by its conversation first, which tells it why.
        seconds = 2 * self._limits.answer_stall_seconds + _GOODBYE_SECONDS
        self._answers = StalledAnswers(
            self.transport, seconds=seconds, bytes_per_second=self._limits.min_upload_bytes_per_second
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place."""
        self._admission.close(self.transport)
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

    def handle_connect(self, event: Request) -> None:
        """Begin; only audio is large."""
        if not event.path.partition("?")[0].endswith(_AUDIO_PATH):
            self.conn.max_message_size = min(self.config.ws_max_size, _MOST_READER_BYTES)
        super().handle_connect(event)

    async def send(self, message: ASGISendEvent) -> None:
        """Send; a socket that was closed here makes room, however long its client takes to agree."""
        await super().send(message)
        place = self._admission.place_of(self.transport) if self.close_sent else None
        if place and place.doing != "waiting":
            self._admission.turn(place, "waiting")

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


def bounded(protocol: type[asyncio.Protocol], admission: Admission, limits: Limits) -> type[asyncio.Protocol]:
    """Return what makes connections of one of our protocols, in the form that uvicorn takes."""

    def made(**given: object) -> asyncio.Protocol:
        return protocol(admission=admission, limits=limits, **given)  # type: ignore[call-arg] # of ours

    return cast("type[asyncio.Protocol]", made)
