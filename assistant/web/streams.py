"""Responses that are written as they come about, and let go of what they hold however they end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Headers by which nobody on the way keeps a stream, or holds it back."""


class OwningStream(StreamingResponse):
    """What a generator yields, which is closed when its reader leaves, before or while it is read.

    Starlette by itself leaves a generator to the garbage collector, and one that was never begun does not
    run at all: not even its `finally`.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[str, None] | AsyncGenerator[bytes, None],
        kept: AsyncExitStack | None = None,
        media_type: str = "text/event-stream",
    ) -> None:
        """Write pieces as they come about.

        Args:
            pieces: What is written.
            kept: What is held until the last piece is written, or until the reader left.
            media_type: What they are; server-sent events unless said otherwise.
        """
        super().__init__(pieces, media_type=media_type, headers=UNBUFFERED)
        self._pieces = pieces
        self._kept = kept or AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write until the pieces end or the reader leaves, then close."""
        async with self._kept, aclosing(self._pieces):
            await super().__call__(scope, receive, send)
