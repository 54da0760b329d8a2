"""HTTP as uvicorn speaks it, within bounds: of size, of time and of number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from assistant.core.errors import (
    AssistantError,
    HeadersTooLarge,
    InvalidInput,
    RequestTooSlow,
    TooManyConnections,
    UrlTooLong,
)
from assistant.web.admission import Place
from assistant.web.errors import error_response
from assistant.web.stalled_answers import WatchedConnection

_log = structlog.get_logger(__name__)

_READABLE_SECONDS = 2.0
"""How long a client that is not listened to any more may read its answer, before the connection is cut."""
_MOST_PIPELINED = 8
_MOST_HEADER_LINE_BYTES = 8_000
"""The longest header; the library for WebSockets refuses longer ones as well, and without words."""


class BoundedHttpProtocol(WatchedConnection, HttpToolsProtocol):
    """One connection.

    What comes in time and in size goes through uvicorn unchanged. Else the client is told why with the usual
    body of an error, and has a moment to read it before the connection ends.
    """

    _place: Place | None = None
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _body_bytes = 0
    _since_body_bytes = 0
    _in_head = True
    _in_body = False
    _refused = False  # nothing that still comes is read
    _close_after = False  # the client wants no further request, but is still sending this one
    _unwelcome: AssistantError | None = None  # what this request is answered with

    # --- the connection ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Give the connection its place, or say why there is none."""
        super().connection_made(transport)
        self.watch(self.limits.answer_stall_seconds)
        try:
            self._place = self.admission.open(transport)
        except AssistantError as error:
            self._refuse(error)
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place."""
        self._disarm()
        super().connection_lost(exc)

    # --- the request ---------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read on, unless the request is too large or was refused."""
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._deadline is None:
                self._await_head()
        elif self._in_body:
            self._body_bytes += len(data)
            self._since_body_bytes += len(data)
        super().data_received(data)
        if self._in_body and self._since_body_bytes > self.limits.max_header_bytes:
            self._refuse_trailers()
        most_bytes = self.limits.max_url_bytes + self.limits.max_header_bytes
        if self._in_head and self._head_bytes > most_bytes and not self.transport.is_closing():
            long = len(getattr(self, "url", b"")) > self.limits.max_url_bytes
            self._refuse(self._url_too_long() if long else self._headers_too_large())

    def on_message_begin(self) -> None:
        """The first byte of a request came."""
        super().on_message_begin()
        self._in_head, self._in_body, self._unwelcome = True, False, None

    def on_headers_complete(self) -> None:
        """All headers came: now it shows whose request it is, and whether it is too large."""
        self._in_head, self._head_bytes = False, 0
        self._disarm()
        self._unwelcome = self._fault()
        if self._place:
            self.admission.turn(self._place, "busy")
        if self._unwelcome is None or (self.parser.should_upgrade() and self._should_upgrade()):
            super().on_headers_complete()
        else:
            app, self.app = self.app, error_response(self._unwelcome)
            super().on_headers_complete()
            self.app = app
        self._in_body, self._body_bytes, self._since_body_bytes = True, 0, 0
        if self._place:
            if self._place.client != self._place.peer:
                self.scope["client"] = (self._place.client, 0)
                if (b"x-forwarded-proto", b"https") in self.headers:
                    self.scope["scheme"] = "https"
            # Until the whole body is here, this connection may have to make room for others.
            self.admission.turn(self._place, "sending")
        if self.cycle and not self.cycle.keep_alive:
            # uvicorn would cut the connection behind an early answer, and the client never read it.
            self._close_after = self.cycle.keep_alive = True
        self._arm(self.limits.request_head_seconds, self._check_pace)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, unless it comes behind the body, where nobody reads it."""
        if not self._in_body:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """More of the body came, which is counted where it is read."""
        self._since_body_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request came."""
        super().on_message_complete()
        self._in_body = False
        self._in_head, self._head_bytes = True, 0
        self._disarm()
        if self._close_after and self.cycle and not self.cycle.response_started:
            self._close_after = self.cycle.keep_alive = False  # all is as usual
        if self.cycle and self.cycle.response_complete:  # it was answered before its end
            self._rest()
            seconds = 0.0 if self._close_after else self.limits.keep_alive_seconds
            self._arm(seconds, self.timeout_keep_alive_handler)
        elif self._place:
            self.admission.turn(self._place, "busy")

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of this one."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._in_body:
            if self.cycle.response_complete:
                # What is sent though it was refused is taken off the connection, so that the answer is read.
                self._arm(self.limits.request_head_seconds, self.transport.abort)
        elif self._close_after:
            self.transport.close()
        elif self.cycle.response_complete:
            self._rest()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to the protocol of WebSockets, unless the request was too large."""
        self._disarm()
        if self._unwelcome:
            self._refuse(self._unwelcome)
            return
        if self._place:
            self.admission.turn(self._place, "busy")
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        del msg
        self._refuse(InvalidInput("This is no request of HTTP/1.1."))

    # --- inside --------------------------------------------------------------------------------------

    def _fault(self) -> AssistantError | None:
        """Return what is wrong with the head of a request."""
        if len(self.url) > self.limits.max_url_bytes:
            return self._url_too_long()
        query = self.url.partition(b"?")[2]
        if query.count(b"&") >= self.limits.max_query_parameters:
            return UrlTooLong(f"An address may have at most {self.limits.max_query_parameters} parameters.")
        sizes = [len(name) + len(value) for name, value in self.headers]
        if len(sizes) > self.limits.max_headers:
            return HeadersTooLarge(f"A request may have at most {self.limits.max_headers} headers.")
        if sum(sizes) > self.limits.max_header_bytes or max(sizes, default=0) > _MOST_HEADER_LINE_BYTES:
            return self._headers_too_large()
        if len(self.pipeline) >= _MOST_PIPELINED:
            return TooManyConnections("Wait for answers before you ask for more.")
        try:
            if self._place:
                self.admission.ask(self._place, self.headers)
        except AssistantError as error:
            return error
        return None

    def _url_too_long(self) -> AssistantError:
        return UrlTooLong(f"An address may have at most {self.limits.max_url_bytes} bytes.")

    def _headers_too_large(self) -> AssistantError:
        return HeadersTooLarge(
            f"The headers of a request may have at most {self.limits.max_header_bytes} bytes together,"
            f" and {_MOST_HEADER_LINE_BYTES} each."
        )

    def _rest(self) -> None:
        if self._place:
            self.admission.rest(self._place)

    def _await_head(self) -> None:
        self._arm(self.limits.request_head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        if not self._head_bytes:
            # Browsers connect before they know what for; an answer would be taken for that of their request.
            self.transport.abort()
            return
        seconds = self.limits.request_head_seconds
        self._refuse(RequestTooSlow(f"The headers of a request must come within {seconds:g} seconds."))

    def _check_pace(self) -> None:
        """Look whether enough of a body came since the last time; what we do not read does not count."""
        if not self._in_body:
            return
        pace = self.limits.min_upload_bytes_per_second
        late = self._body_bytes < pace * self.limits.request_head_seconds
        self._body_bytes = 0
        if not late or self.flow.read_paused:
            self._arm(self.limits.request_head_seconds, self._check_pace)
            return
        self._refuse(RequestTooSlow(f"A request must come at {pace} bytes per second or more."))

    def _refuse_trailers(self) -> None:
        """End what goes on behind a body, or between its pieces, and is none of it."""
        if self.cycle and self.cycle.response_started:
            self.transport.abort()
        else:
            self._refuse(self._headers_too_large())

    def _refuse(self, error: AssistantError) -> None:
        """Say why nothing more is read, and end the connection when that could be read."""
        self._refused = True
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle and cycle.response_started and not cycle.response_complete:
            self.transport.abort()  # in the middle of an answer there is no place for another
            return
        if cycle:
            cycle.disconnected = True
            cycle.message_event.set()
        _log.info("request_refused", code=error.code)
        response = error_response(error)
        lines = [STATUS_LINE[response.status_code]]
        lines += [name + b": " + value + b"\r\n" for name, value in response.raw_headers]
        self.transport.write(b"".join([*lines, b"connection: close\r\n\r\n", bytes(response.body)]))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self._place:
            self.admission.turn(self._place, "waiting")
        self._arm(_READABLE_SECONDS, self.transport.abort)

    def _arm(self, seconds: float, then: Callable[[], None]) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, then)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
