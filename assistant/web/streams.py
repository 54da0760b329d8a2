"""Responses that are written as they come about, and let go of what they hold however they end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class OwningStream(StreamingResponse):
    """Server-sent events of a generator, which is closed when its reader leaves, before or while it is read.

    Starlette by itself leaves a generator to the garbage collector, and one that was never begun does not
    run at all: not even its `finally`.
    """

    def __init__(self, events: AsyncGenerator[str, None], kept: AsyncExitStack | None = None) -> None:
        """Write events.

        Args:
            events: What is written.
            kept: What is held until the last event is written, or until the reader left.
        """
        super().__init__(events, media_type="text/event-stream", headers=_HEADERS)
        self._events = events
        self._kept = kept or AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write events until they end or the reader leaves, then close."""
        async with self._kept, aclosing(self._events):
            await super().__call__(scope, receive, send)
