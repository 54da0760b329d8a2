"""Captions out over a WebSocket: `WS /v1/rooms/{room}/captions`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, WebSocket

from assistant.core.captions import Caption
from assistant.core.errors import FrameTooLarge, InvalidInput, MessageInvalid, ReaderTooSlow
from assistant.core.language import SOURCE, parse_shown_language
from assistant.core.rooms import check_room_name
from assistant.sessions.feed import CaptionFeed
from assistant.sessions.hub import MeetingHub
from assistant.sessions.status import Status
from assistant.web.messages import HelloMessage, LanguageMessage, Message, message_of, parse_message
from assistant.web.services import services_of
from assistant.web.sockets import Inbox, cancel, end_socket, send, serve_socket

_MAX_MESSAGE_BYTES = 4_096
_MAX_SEQ_DIGITS = 15


@dataclass(frozen=True, slots=True)
class ReaderQuery:
    """What a reader asks for; `since` is the newest event it has seen."""

    room: str
    lang: str
    since: int | None

    @classmethod
    def parse(cls, room: str, query: Mapping[str, str], resumed: str | None = None) -> ReaderQuery:
        """Return the checked query; `resumed`, the last event id of a broken stream, beats `since`."""
        return cls(
            room=check_room_name(room),
            lang=parse_shown_language(query.get("lang") or SOURCE),
            since=_parse_since(resumed or query.get("since") or ""),
        )

    async def open(self, hub: MeetingHub) -> CaptionFeed:
        """Return the captions that were asked for."""
        return await hub.read(self.room, self.lang, self.since)


def captions_router() -> APIRouter:
    """Return the route of captions out."""
    router = APIRouter()

    # A room name that holds a slash reaches the check as well, so that it gets a proper error.
    @router.websocket("/v1/rooms/{room:path}/captions")
    async def captions(socket: WebSocket, room: str) -> None:
        async def converse(socket: WebSocket) -> None:
            services = services_of(socket)
            feed = await ReaderQuery.parse(room, socket.query_params).open(services.hub)
            stall_seconds = services.settings.reader_stall_seconds
            try:
                await ReaderConversation(socket, feed, stall_seconds).run()
            except ReaderTooSlow as error:
                # It may wake up and read on; then it should learn what happened.
                feed.close()
                await end_socket(socket, error, patience_seconds=stall_seconds)

        await serve_socket(socket, converse)

    return router


class ReaderConversation:
    """One reader, from `hello` to its end."""

    def __init__(self, socket: WebSocket, feed: CaptionFeed, stall_seconds: float) -> None:
        self._socket = socket
        self._feed = feed
        self._stall_seconds = stall_seconds
        self._inbox = Inbox(socket)
        self._events = UpcomingEvents(feed)

    async def run(self) -> None:
        """Send captions until the reader leaves or is let go."""
        try:
            await self._send(HelloMessage.of(self._feed.hello))
            while await self._step():
                pass
        finally:
            await self._inbox.close()
            await self._events.close()

    async def _step(self) -> bool:
        waiting = {self._inbox.task, self._events.task}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if self._inbox.task.done():
            await self._feed.switch(_wanted_language(self._inbox.take()))
        if self._events.task.done():
            event = self._events.take()
            if event is None:
                return False
            await self._send(message_of(event))
        return True

    async def _send(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._stall_seconds):
                await send(self._socket, message)
        except TimeoutError as error:
            raise reader_too_slow(self._stall_seconds) from error


class UpcomingEvents:
    """The next event of a feed, to be waited for beside other things without being lost."""

    def __init__(self, feed: CaptionFeed) -> None:
        self._feed = feed
        self._events: AsyncIterator[Caption | Status] = aiter(feed)
        self._task: asyncio.Task[Caption | Status | None] | None = None

    @property
    def task(self) -> asyncio.Task[Caption | Status | None]:
        """The task that gets the next event, or None at the end; the same until `take` was called."""
        if self._task is None:
            self._task = asyncio.create_task(self._next(), name="caption-feed")
        return self._task

    def take(self) -> Caption | Status | None:
        """Return the event that `task` got; raises why, when the hub let the reader go."""
        event, self._task = self.task.result(), None
        return event

    async def close(self) -> None:
        """Leave the feed."""
        await cancel(self._task)
        if isinstance(self._events, AsyncGenerator):
            await self._events.aclose()
        self._feed.close()

    async def _next(self) -> Caption | Status | None:
        return await anext(self._events, None)


def reader_too_slow(stall_seconds: float) -> ReaderTooSlow:
    """Return what a reader learns that took nothing for so long."""
    return ReaderTooSlow(f"Nothing was taken for {stall_seconds:g} seconds; connect again with since.")


def _wanted_language(frame: bytes | str) -> str:
    if isinstance(frame, bytes):
        raise MessageInvalid("Readers send text frames only.")
    if len(frame) > _MAX_MESSAGE_BYTES:
        raise FrameTooLarge(f"A reader's message may have at most {_MAX_MESSAGE_BYTES} bytes.")
    return parse_shown_language(parse_message(LanguageMessage, frame).lang)


def _parse_since(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_SEQ_DIGITS):
        raise InvalidInput("The parameter since must be the seq of an event.")
    return int(text)
