"""The captions of a room as they come, through broken connections."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from assistant.client.connection import Attempts, Endpoint, Retry, dial
from assistant.client.errors import ContractBroken
from assistant.client.messages import CaptionEvent, Hello, StatusEvent, parse_message
from assistant.core.errors import AssistantError, RoomUnknown

ReaderEvent = Hello | CaptionEvent | StatusEvent


class CaptionReader:
    """Reads a room's captions.

    Nothing is buffered beyond a few frames of the connection: a reader that is slow makes the service
    skip forward to the latest revision of each caption.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        room: str,
        *,
        lang: str = "source",
        since: int | None = None,
        retry: Retry | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._room = room
        self._lang = lang
        self._since = since
        self._attempts = Attempts(retry or Retry())

    @property
    def since(self) -> int | None:
        """Where the next connection continues: everything up to this `seq` has been yielded."""
        return self._since

    async def events(self) -> AsyncGenerator[ReaderEvent]:
        """Yield events without end; each connection begins with a `Hello`.

        After a broken connection the next one continues behind what was read. An event may come
        twice then; a caption's `rev` tells. Close the iterator (`contextlib.aclosing`) to leave.

        A room that is not there (yet) is waited for, as long as a service would be.

        Raises:
            AssistantError: The service refuses, or cannot be reached.
        """
        while True:
            try:
                async with (
                    await dial(self._endpoint, self._url()) as socket,
                    aclosing(self._read(socket)) as events,
                ):
                    async for event in events:
                        yield event
                broken: Exception = ConnectionError("The service closed the connection.")
            except (ConnectionClosed, OSError) as error:
                broken = error
            except AssistantError as error:
                if not error.retryable and not isinstance(error, RoomUnknown):
                    raise
                broken = error
            await self._attempts.failed(broken)

    def _url(self) -> str:
        parameters = {"lang": self._lang}
        if self._since is not None:
            parameters["since"] = str(self._since)
        return self._endpoint.socket_url("rooms", self._room, "captions", **parameters)

    async def _read(self, socket: ClientConnection) -> AsyncGenerator[ReaderEvent]:
        hello: Hello | None = None
        async for frame in socket:
            event = parse_message(frame)
            self._attempts.succeeded()
            if isinstance(event, Hello):
                hello = event
            elif hello is None:
                raise ContractBroken("The service did not begin with a hello.")
            if isinstance(event, (Hello, CaptionEvent, StatusEvent)):
                yield event
            # What came before the hello's seq is caught up in no certain order; the first event
            # behind it shows that all of that has been read.
            if isinstance(event, CaptionEvent) and event.seq > hello.seq:
                self._since = max(self._since or 0, event.seq)
