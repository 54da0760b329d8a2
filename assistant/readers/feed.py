"""What one reader of a room gets: what was missed, compacted, then everything as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import Status
from assistant.core.errors import AssistantError
from assistant.core.language import ReaderLanguages
from assistant.ports.room_log import CaptionSubscription
from assistant.rooms.room import RoomSession


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
    """One reader's captions, each as `view` shows it, of the public version or whole; iterate it once."""

    def __init__(
        self,
        room: RoomSession,
        subscription: CaptionSubscription,
        hello: Hello,
        missed: list[Caption],
        view: Callable[[Caption], Caption | None],
        *,
        public: bool = False,
    ) -> None:
        self.hello = hello
        self.public = public
        self._view = view
        self._room = room
        self._subscription = subscription
        self._missed = missed
        self._let_go: asyncio.Future[AssistantError] = asyncio.get_running_loop().create_future()
        self._at_once = False
        self._closed: Callable[[], None] | None = None

    def on_close(self, call: Callable[[], None]) -> None:
        """Call this once when the feed ends."""
        self._closed = call

    def let_go(self, why: AssistantError, *, at_once: bool = False) -> None:
        """End the feed: its iterator raises `why`, with `at_once` before what was published already."""
        self._at_once |= at_once
        if not self._let_go.done():
            self._let_go.set_result(why)

    def close(self) -> None:
        """Stop; the iterator ends."""
        self._subscription.close()
        closed, self._closed = self._closed, None
        if closed:
            closed()

    async def __aiter__(self) -> AsyncIterator[Caption | Status]:
        """Yield what was missed in the order of `seq`, then what happens; ends by raising why."""
        for caption in self._missed:
            self._check_at_once()
            yield caption
        self._missed = []
        if self._room.status.degraded:
            yield self._room.status
        captions = aiter(self._subscription)
        upcoming = asyncio.ensure_future(_following(captions))
        changed = asyncio.ensure_future(self._room.status_changed.wait())
        try:
            while True:
                sources: set[asyncio.Future[Any]] = {upcoming, changed, self._let_go}
                await asyncio.wait(sources, return_when=asyncio.FIRST_COMPLETED)
                self._check_at_once()
                if changed.done():
                    changed = asyncio.ensure_future(self._room.status_changed.wait())
                    yield self._room.status
                if upcoming.done():
                    try:
                        caption = upcoming.result()
                    except StopAsyncIteration:
                        return
                    upcoming = asyncio.ensure_future(_following(captions))
                    shown = self._view(caption)
                    if shown and caption.seq > self.hello.seq:
                        yield shown
                elif self._let_go.done():  # what was published before is delivered first
                    raise self._let_go.result()
        finally:
            upcoming.cancel()
            changed.cancel()
            self.close()

    def _check_at_once(self) -> None:
        if self._at_once and self._let_go.done():
            raise self._let_go.result()


async def _following(captions: AsyncIterator[Caption]) -> Caption:
    return await anext(captions)
