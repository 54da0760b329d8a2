"""Captions out as server-sent events: `GET /v1/rooms/{room}/captions/events`.

The messages are those of the WebSocket, one per event. A caption's event id is its `seq`, so that a
browser's EventSource resumes by itself after a broken connection.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import Status
from assistant.core.errors import AssistantError
from assistant.core.identity.reader_tokens import ReaderGrant
from assistant.readers.feed import CaptionFeed
from assistant.tasks.owner import TaskOwner
from assistant.web.bounds import MOST_SEQ
from assistant.web.captions_out import ReaderQuery, reader_too_slow, reading_through, upcoming_events
from assistant.web.messages import ErrorMessage, HelloMessage, Message, message_of
from assistant.web.reader_scope import reader_of
from assistant.web.services import Services, services_of
from assistant.web.sockets import Upcoming
from assistant.web.streams import UNBUFFERED

_log = structlog.get_logger(__name__)

_Events = Upcoming[Caption | Status | None]
_RETRY_MS = 2_000
_HEARTBEAT = ": still here\n\n"

_PARAMETERS: dict[str, object] = {
    "parameters": [
        {"in": "path", "name": "room", "required": True, "schema": {"type": "string"}},
        {"in": "query", "name": "lang", "schema": {"type": "string"}},
        {"in": "query", "name": "since", "schema": {"type": "integer", "minimum": 0, "maximum": MOST_SEQ}},
        {"in": "header", "name": "Last-Event-ID", "schema": {"type": "string"}},
    ]
}


def caption_events_router() -> APIRouter:
    """Return the route of captions as events."""
    router = APIRouter()

    @router.get(
        "/v1/rooms/{room}/captions/events",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}}},
        openapi_extra=_PARAMETERS,
    )
    async def events(room: str, request: Request) -> Response:
        """Stream a room's captions; parameters as on the WebSocket (`lang`, `since`)."""
        services = services_of(request)
        grant = reader_of(request)
        resumed = request.headers.get("last-event-id")
        query = ReaderQuery.parse(room, request.query_params, resumed, public=grant is not None)
        return EventStream(await query.open(services.captions), services, grant)

    return router


class EventStream(Response):
    """A response that lasts as long as its feed and its reader."""

    media_type = "text/event-stream"

    def __init__(self, feed: CaptionFeed, services: Services, grant: ReaderGrant | None) -> None:
        super().__init__(headers=UNBUFFERED)
        del self.headers["content-length"]
        self._feed = feed
        self._services = services
        self._grant = grant
        self._stall_seconds = services.settings.reader_stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until one side ends."""
        del scope
        async with TaskOwner() as tasks, upcoming_events(self._feed) as events:
            left = tasks.start(_until_gone(receive), "events-reader-left", awaited=True)
            with self._services.lifetime.connection():
                await self._run(send, events, left)

    async def _run(self, send: Send, events: _Events, left: asyncio.Task[None]) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._write(send, f"retry: {_RETRY_MS}\n" + _event(HelloMessage.of(self._feed.hello)))
            let_go = partial(self._feed.let_go, at_once=True)
            try:
                async with reading_through(self._services.links, self._grant, let_go):
                    await self._relay(send, events, left)
            except AssistantError as error:
                await self._write(send, _event(ErrorMessage.of(error)))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            # What is stuck cannot be told anything: the connection is dropped, and resumed by id.
            _log.info("reader_let_go", reason=reader_too_slow(self._stall_seconds).code)
        except OSError:
            return  # the reader is gone

    async def _relay(self, send: Send, events: _Events, left: asyncio.Task[None]) -> None:
        heartbeat_seconds = self._services.settings.heartbeat_seconds
        while not left.done():
            waiting: set[asyncio.Task[Caption | Status | None] | asyncio.Task[None]] = {events.task, left}
            await asyncio.wait(waiting, timeout=heartbeat_seconds, return_when=asyncio.FIRST_COMPLETED)
            if not events.task.done():
                await self._write(send, _HEARTBEAT)
                continue
            event = events.take()
            if event is None:
                return
            seq = event.seq if isinstance(event, Caption) else None
            await self._write(send, _event(message_of(event), seq))

    async def _write(self, send: Send, text: str) -> None:
        async with asyncio.timeout(self._stall_seconds):
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(message: Message, seq: int | None = None) -> str:
    number = "" if seq is None else f"id: {seq}\n"
    return f"{number}data: {message.to_json()}\n\n"
