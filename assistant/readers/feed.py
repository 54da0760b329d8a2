"""What one reader of a room gets: what was missed, compacted, then everything as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import CaptionEvent, RoomEvent, RoomRemoved, StatusChanged, seq_of
from assistant.core.captions.lateness import Status
from assistant.core.errors import AssistantError, RoomDeleted
from assistant.core.language import ReaderLanguages
from assistant.ports.room_log import Subscription
from assistant.readers.public_view import PublicView


@dataclass(frozen=True, slots=True)
class Hello:
    """What a reader learns first.

    Attributes:
        room: The room's name.
        seq: The newest event so far.
        shown: What this reader asked for.
        languages: What can be shown; `source` is always among them.
        now_seconds: Seconds since the room began.
        open_ids: Captions of utterances that are going on; older partials have ended.
    """

    room: str
    seq: int
    shown: ReaderLanguages
    languages: tuple[str, ...]
    now_seconds: float
    open_ids: tuple[str, ...]


class CaptionFeed:
    """One reader's captions: what was missed, and then what happens; iterate it once.

    Attributes:
        hello: What the reader learns first.
        public: The public version, of which the reader sees no more; None: the reader sees all.
    """

    def __init__(
        self,
        hello: Hello,
        missed: Sequence[Caption],
        status: Status,
        subscription: Subscription,
        view: Callable[[Caption], Caption | None],
        *,
        public: PublicView | None = None,
    ) -> None:
        """Create a feed of a subscription.

        Args:
            hello: What the reader learns first.
            missed: What comes first, in the order of `seq`.
            status: How late captions are.
            subscription: What happens from then on; the feed closes it.
            view: Returns a caption as the reader sees it, or None where it is not shown.
            public: The public version, if the reader sees no more than that.
        """
        self.hello = hello
        self.public = public
        self._view = view
        self._status = status
        self._subscription = subscription
        self._missed = missed
        self._let_go: asyncio.Future[AssistantError] = asyncio.get_running_loop().create_future()
        self._at_once = False
        self._closed: Callable[[], None] = lambda: None

    def on_close(self, call: Callable[[], None]) -> None:
        """Call this when the feed ends, and perhaps again; it has to do nothing then."""
        self._closed = call

    def let_go(self, why: AssistantError, *, at_once: bool = False) -> None:
        """Let the iterator raise `why` behind what was published already, or `at_once` before it."""
        self._at_once |= at_once
        if not self._let_go.done():
            self._let_go.set_result(why)

    def close(self) -> None:
        """Stop; the iterator ends."""
        self._subscription.close()
        self._closed()

    async def __aiter__(self) -> AsyncIterator[Caption | Status]:
        """Yield what was missed in the order of `seq`, then what happens.

        Raises:
            AssistantError: Why the feed was let go.
            RoomDeleted: The room was deleted.
            ReaderTooSlow: Too much waits for the reader.
        """
        for caption in self._missed:
            self._check_at_once()
            yield caption
        self._missed = ()
        if self._status.degraded:
            yield self._status
        events = aiter(self._subscription)
        upcoming = asyncio.ensure_future(self._following(events))
        try:
            while True:
                sources: set[asyncio.Future[Any]] = {upcoming, self._let_go}
                await asyncio.wait(sources, return_when=asyncio.FIRST_COMPLETED)
                self._check_at_once()
                if upcoming.done():
                    try:
                        event = upcoming.result()
                    except StopAsyncIteration:
                        if self._let_go.done():  # the log was closed, and this says why
                            raise self._let_go.result() from None
                        return
                    upcoming = asyncio.ensure_future(self._following(events))
                    shown = self._shown(event)
                    if shown:
                        yield shown
                else:  # what was published before is delivered first
                    raise self._let_go.result()
        finally:
            upcoming.cancel()
            self.close()

    async def _following(self, events: AsyncIterator[RoomEvent]) -> RoomEvent:
        event = await anext(events)
        if self.public:
            # Clerks may have marked or changed something before it, which decides how it is shown.
            await self.public.until(seq_of(event))
        return event

    def _shown(self, event: RoomEvent) -> Caption | Status | None:
        if isinstance(event, RoomRemoved):
            raise RoomDeleted("This room was deleted.")
        if isinstance(event, StatusChanged):
            return event.status
        return self._view(event.caption) if isinstance(event, CaptionEvent) else None

    def _check_at_once(self) -> None:
        if self._at_once and self._let_go.done():
            raise self._let_go.result()
