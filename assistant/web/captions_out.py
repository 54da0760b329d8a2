"""Captions out over a WebSocket: `WS /v1/rooms/{room}/captions`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, WebSocket

from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import Status
from assistant.core.errors import AssistantError, FrameTooLarge, InvalidInput, MessageInvalid, ReaderTooSlow
from assistant.core.identity.reader_tokens import ReaderGrant
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.core.rooms import check_room_name
from assistant.readers.feed import CaptionFeed
from assistant.readers.links import LetGo, ReaderLinks
from assistant.service.caption_service import CaptionService
from assistant.web.messages import HelloMessage, LanguageMessage, Message, message_of, parse_message
from assistant.web.reader_scope import reader_of
from assistant.web.services import services_of
from assistant.web.sockets import Upcoming, end_socket, receive, send, serve_socket

_MAX_MESSAGE_BYTES = 4_096
_MAX_SEQ_DIGITS = 15


@dataclass(frozen=True, slots=True)
class ReaderQuery:
    """What a reader asks for, and may read.

    Attributes:
        room: The room's name.
        shown: The languages to read.
        since: The newest event that the reader has seen; None for a new one.
        public: Whether no more than the public version may be read.
    """

    room: str
    shown: ReaderLanguages
    since: int | None
    public: bool = False

    @classmethod
    def parse(
        cls, room: str, query: Mapping[str, str], resumed: str | None = None, *, public: bool
    ) -> ReaderQuery:
        """Return the checked query.

        Args:
            room: The room's name as it stands in the address.
            query: The parameters of the address.
            resumed: The last event id of a broken stream, which beats `since`.
            public: Whether no more than the public version may be read.
        """
        return cls(
            room=check_room_name(room),
            shown=ReaderLanguages.parse(query.get("lang") or SOURCE),
            since=_parse_since(resumed or query.get("since") or ""),
            public=public,
        )

    async def open(self, service: CaptionService) -> CaptionFeed:
        """Return the captions that were asked for."""
        return await service.readers.open_feed(self.room, self.shown, self.since, public=self.public)

    def switched(self, message: LanguageMessage) -> ReaderQuery:
        """Return what a reader asks for who chooses another language: everything in it."""
        shown = ReaderLanguages.parse(message.lang)
        return ReaderQuery(self.room, shown, message.since, self.public)


def captions_router() -> APIRouter:
    """Return the route of captions out."""
    router = APIRouter()

    # A room name that holds a slash reaches the check as well, so that it gets a proper error.
    @router.websocket("/v1/rooms/{room:path}/captions")
    async def captions(socket: WebSocket, room: str) -> None:
        async def converse(socket: WebSocket) -> None:
            services = services_of(socket)
            grant = reader_of(socket)
            query = ReaderQuery.parse(room, socket.query_params, public=grant is not None)
            stall_seconds = services.settings.reader_stall_seconds
            conversation = ReaderConversation(socket, services.captions, query, stall_seconds)
            try:
                async with reading_through(services.links, grant, conversation.let_go):
                    await conversation.run()
            except ReaderTooSlow as error:
                # It may wake up and read on; then it should learn what happened.
                await end_socket(socket, error, patience_seconds=stall_seconds)

        await serve_socket(socket, converse)

    return router


class ReaderConversation:
    """One reader, from `hello` to its end."""

    def __init__(
        self, socket: WebSocket, service: CaptionService, query: ReaderQuery, stall_seconds: float
    ) -> None:
        self._socket = socket
        self._service = service
        self._query = query
        self._stall_seconds = stall_seconds
        self._feed: CaptionFeed | None = None
        self._over: AssistantError | None = None

    def let_go(self, why: AssistantError) -> None:
        """End the conversation: `run` raises `why`."""
        self._over = why
        if self._feed:
            self._feed.let_go(why, at_once=True)

    async def run(self) -> None:
        """Send captions until the reader leaves or is let go.

        Each language has a feed of its own, so one that is switched to begins as a new reader's does.
        """
        feed = await self._query.open(self._service)
        inbox = Upcoming(partial(receive, self._socket), "socket-receive")
        try:
            while True:
                switched = await self._relay(feed, inbox)
                if switched is None:
                    return
                feed = switched
        finally:
            await inbox.close()

    async def _relay(self, feed: CaptionFeed, inbox: Upcoming[bytes | str]) -> CaptionFeed | None:
        """Send what a feed has; return the one that the reader switches to, None at the end."""
        self._feed = feed
        async with upcoming_events(feed) as events:
            if self._over:
                raise self._over
            await self._send(HelloMessage.of(feed.hello))
            while True:
                await asyncio.wait({inbox.task, events.task}, return_when=asyncio.FIRST_COMPLETED)
                if inbox.task.done():
                    self._query = self._query.switched(_wanted_language(inbox.take()))
                    return await self._query.open(self._service)
                if events.task.done():
                    event = events.take()
                    if event is None:
                        return None
                    await self._send(message_of(event))

    async def _send(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._stall_seconds):
                await send(self._socket, message)
        except TimeoutError as error:
            raise reader_too_slow(self._stall_seconds) from error


@asynccontextmanager
async def upcoming_events(feed: CaptionFeed) -> AsyncIterator[Upcoming[Caption | Status | None]]:
    """Lend the next event of a feed, None at its end; leaves the feed when the block ends."""
    events: AsyncIterator[Caption | Status] = aiter(feed)

    async def following() -> Caption | Status | None:
        return await anext(events, None)

    upcoming = Upcoming(following, "caption-feed")
    try:
        yield upcoming
    finally:
        await upcoming.close()
        if isinstance(events, AsyncGenerator):
            await events.aclose()
        feed.close()


@asynccontextmanager
async def reading_through(
    links: ReaderLinks, grant: ReaderGrant | None, let_go: LetGo
) -> AsyncIterator[None]:
    """Call `let_go` when the link that somebody reads through is taken back, until the block ends.

    Raises:
        TokenInvalid: It was taken back already, after the request came in.
    """
    if grant is None:
        yield
        return
    with links.reading(grant, let_go):
        await links.check(grant)
        yield


def reader_too_slow(stall_seconds: float) -> ReaderTooSlow:
    """Return what a reader learns that took nothing for so long."""
    return ReaderTooSlow(f"Nothing was taken for {stall_seconds:g} seconds; connect again with since.")


def _wanted_language(frame: bytes | str) -> LanguageMessage:
    if isinstance(frame, bytes):
        raise MessageInvalid("Readers send text frames only.")
    if len(frame) > _MAX_MESSAGE_BYTES:
        raise FrameTooLarge(f"A reader's message may have at most {_MAX_MESSAGE_BYTES} bytes.")
    return parse_message(LanguageMessage, frame)


def _parse_since(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_SEQ_DIGITS):
        raise InvalidInput("The parameter since must be the seq of an event.")
    return int(text)
