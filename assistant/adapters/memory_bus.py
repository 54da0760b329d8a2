"""Carries captions from rooms to readers inside one process.

Publishing never waits: every subscription keeps its own short list of what its reader has not taken
yet. A caption that changes while it waits is replaced by the newer revision, which goes to the end
of the list: revisions are published in the order of `seq`, so readers receive them in that order.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable

from assistant.core.captions.caption import Caption
from assistant.core.errors import ReaderTooSlow

MAX_PENDING_CAPTIONS = 1000
"""How many different captions may wait for one reader: hours of talk, or a reader that is gone."""

_Key = tuple[str, str]


def _key(caption: Caption) -> _Key:
    """Name what a newer revision replaces: the utterance's caption as spoken, or one translation of it.

    The language of speech is no part of the name, because a partial may be taken for another language
    than the final that replaces it.
    """
    return caption.id, caption.rendering.lang if caption.rendering else ""


class MemoryCaptionBus:
    """The `CaptionBus` of one process; used from one event loop only."""

    def __init__(self, *, max_pending: int = MAX_PENDING_CAPTIONS) -> None:
        """Create a bus.

        Args:
            max_pending: How many captions may wait for a reader before it is let go.
        """
        self._max_pending = max_pending
        self._subscriptions: defaultdict[str, dict[MemorySubscription, None]] = defaultdict(dict)

    def publish(self, caption: Caption) -> None:
        """Hand a caption to all subscribers of its room; never blocks.

        Args:
            caption: Its `seq` is higher than that of everything published in the room before.
        """
        for subscription in tuple(self._subscriptions.get(caption.room, ())):
            subscription.offer(caption)

    def subscribe(self, room: str, wanted: Callable[[Caption], bool] | None = None) -> MemorySubscription:
        """Return a subscription that holds what is published from this moment on.

        Args:
            room: The room's name.
            wanted: Which captions; None for all.
        """
        subscription = MemorySubscription(self._max_pending, lambda gone: self._forget(room, gone), wanted)
        self._subscriptions[room][subscription] = None
        return subscription

    def readers(self, room: str | None = None) -> int:
        """Return how many subscriptions are open."""
        if room is None:
            return sum(len(subscriptions) for subscriptions in self._subscriptions.values())
        return len(self._subscriptions.get(room, ()))

    def _forget(self, room: str, subscription: MemorySubscription) -> None:
        subscriptions = self._subscriptions[room]
        subscriptions.pop(subscription, None)
        if not subscriptions:
            del self._subscriptions[room]


class MemorySubscription:
    """One reader's view of a room: an iterator for one task, holding a bounded number of captions."""

    def __init__(
        self,
        max_pending: int,
        on_end: Callable[[MemorySubscription], None],
        wanted: Callable[[Caption], bool] | None = None,
    ) -> None:
        """Create an open subscription.

        Args:
            max_pending: How many captions may wait before the reader counts as too slow.
            on_end: Called once, when nothing more is to be offered.
            wanted: Which captions are kept; None for all.
        """
        self._wanted = wanted
        self._max_pending = max_pending
        self._on_end = on_end
        self._pending: dict[_Key, Caption] = {}
        self._changed = asyncio.Event()
        self._ended = False
        self._too_slow = False

    def offer(self, caption: Caption) -> None:
        """Keep `caption` for the reader, in place of an older revision; never blocks."""
        if self._ended or (self._wanted and not self._wanted(caption)):
            return
        key = _key(caption)
        waiting = self._pending.get(key)
        if waiting is not None:
            if caption.rev < waiting.rev or (waiting.final and not caption.final):
                return
            del self._pending[key]
        elif len(self._pending) >= self._max_pending:
            self._too_slow = True
            self._end()
            return
        self._pending[key] = caption
        self._changed.set()

    def close(self) -> None:
        """Stop: what is pending is dropped and the iterator ends, even while somebody waits on it."""
        self._too_slow = False
        self._end()

    def __aiter__(self) -> AsyncIterator[Caption]:
        return self

    async def __anext__(self) -> Caption:
        """Return the caption that waits longest.

        Raises:
            ReaderTooSlow: Once, after more captions were pending than the bound allows.
            StopAsyncIteration: The subscription is over.
        """
        while not self._pending:
            if self._too_slow:
                self._too_slow = False
                raise ReaderTooSlow("Captions were not read fast enough; connect again to continue.")
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._pending.pop(next(iter(self._pending)))

    def _end(self) -> None:
        self._pending.clear()
        self._changed.set()
        if not self._ended:
            self._ended = True
            self._on_end(self)
