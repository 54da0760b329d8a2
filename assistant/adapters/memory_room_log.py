"""The log of a room inside one process, over the store.

Appending never waits for readers: every subscription keeps its own short list of what its reader has not
taken yet. A caption that changes while it waits is replaced by the newer revision, which goes to the end of
the list: events are published in the order of `seq`, so readers receive them in that order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from assistant.core.captions.caption import Caption, RevisionRefused, check_final_successor, check_successor
from assistant.core.captions.events import (
    CaptionEdited,
    CaptionEvent,
    FinalAppended,
    MinutesSaved,
    NotEnded,
    NotRevised,
    NumberedEvent,
    PartialShown,
    Precondition,
    PreconditionFailed,
    PublicVersionAmended,
    RoomEvent,
    RoomRemoved,
    SpokenEvent,
    StatusChanged,
    ToldEvent,
    numbered,
    seq_of,
)
from assistant.core.captions.lateness import ON_TIME, Status
from assistant.core.errors import ReaderTooSlow, RoomUnknown, SinceInFuture, StoreUnavailable
from assistant.core.rooms import Room
from assistant.ports.minutes import MinutesStore
from assistant.ports.room_log import Snapshot, Wanted
from assistant.ports.storage import TranscriptStore

MAX_PENDING_EVENTS = 1000
"""How many different events may wait for one reader: hours of talk, or a reader that is gone."""

_RESERVED_AT_ONCE = 1000

_Key = tuple[str, ...]


class MemoryRoomLog:
    """The `RoomLog` of a process that has the room to itself; used from one event loop only."""

    def __init__(
        self,
        room: Room,
        store: TranscriptStore,
        minutes: MinutesStore,
        *,
        revisions: Mapping[str, int],
        max_pending: int = MAX_PENDING_EVENTS,
    ) -> None:
        """Go on with a room as it is stored.

        Args:
            room: Says which numbers may have been handed out.
            store: Keeps finals and edits.
            minutes: Keeps minutes.
            revisions: The latest revision of each caption that is stored.
            max_pending: How many events may wait for a reader before it is let go.
        """
        self.name = room.name
        self._store = store
        self._minutes = minutes
        self._max_pending = max_pending
        # Held from the moment an event has its number until everybody is told of it: whoever looks at the
        # room meanwhile would miss it, and a later event would overtake it.
        self._lock = asyncio.Lock()
        # What a crashed process may have handed out is never used again.
        self._seq = room.seq_reserved
        self._reserved = room.seq_reserved
        self._open: dict[str, Caption] = {}
        # Of every caption that has ended, also before this process, so that neither a precondition nor a
        # promise asks the store while everybody waits for the lock. It grows with the transcript and no
        # faster: a name and a number for each, about 200 bytes, less than a megabyte for a day of talk.
        self._revisions = dict(revisions)
        # Those of them that nothing but an edit may follow. What a process before this one has stored is not
        # refined any more either, as its audio is not read again.
        self._improved = set(revisions)
        self._status: Status = ON_TIME
        self._removed = False
        self._closed = False
        self._subscriptions: list[MemorySubscription] = []

    @classmethod
    async def open(
        cls,
        room: Room,
        store: TranscriptStore,
        minutes: MinutesStore,
        *,
        max_pending: int = MAX_PENDING_EVENTS,
    ) -> Self:
        """Go on with a room whose captions are in the store."""
        revisions = await store.revisions(room.name)
        return cls(room, store, minutes, revisions=revisions, max_pending=max_pending)

    async def append(
        self, events: Sequence[RoomEvent], preconditions: Sequence[Precondition] = ()
    ) -> Sequence[int]:
        """Number events, keep those that are kept, and tell everybody of them: of all, or of none."""
        async with self._lock:
            self._check_goes_on()
            self._check(preconditions)
            done = [
                event if isinstance(event, ToldEvent) else await self._numbered(event) for event in events
            ]
            for event in done:
                self._check_promises(event)
            await keep(self.name, done, self._store, self._minutes)
            for event in done:
                self._note(event)
                self._publish(event)
            return [seq_of(event) for event in done]

    def tell(self, event: ToldEvent) -> None:
        """Tell everybody how things stand now; never blocks."""
        if not (self._removed or self._closed):
            self._note(event)
            self._publish(event)

    async def snapshot_and_subscribe(
        self, since: int | None = None, wanted: Wanted | None = None
    ) -> Snapshot:
        """Return the room as it is, with a subscription to what follows; nothing falls between the two."""
        async with self._lock:
            self._check_goes_on()
            seq, open_, status = self._seq, tuple(self._open.values()), self._status
            if since is not None and since > seq:
                raise SinceInFuture(f"This room has come to {seq}, not to {since}. Connect without since.")
            subscription = MemorySubscription(self._max_pending, self._subscriptions.remove, wanted, seq)
            self._subscriptions.append(subscription)
        missed: tuple[Caption, ...] = ()
        if since is not None:
            try:
                # Read outside the lock, which would hold captions up: what is newer is in the subscription.
                stored = await self._store.captions(self.name, since=since)
            except BaseException:
                subscription.close()
                raise
            missed = tuple(caption for caption in stored if caption.seq <= seq)
        return Snapshot(seq, open_, missed, status, subscription)

    async def position(self) -> int:
        """Return the number of the newest event."""
        async with self._lock:
            return self._seq

    def close(self) -> None:
        """Append nothing more here; whoever is subscribed gets what waits, and then the end."""
        self._closed = True
        for subscription in tuple(self._subscriptions):
            subscription.end()

    # --- inside -------------------------------------------------------------------------------------

    def _check_goes_on(self) -> None:
        if self._removed:
            raise RoomUnknown(f"There is no room {self.name}.")
        if self._closed:
            raise StoreUnavailable("This room is being opened anew; try again in a moment.")

    def _check(self, preconditions: Sequence[Precondition]) -> None:
        for each in preconditions:
            match each:
                case NotRevised(id_, rev):
                    grows = self._open.get(id_)
                    holds = (grows.rev if grows else self._revisions.get(id_, rev)) <= rev
                case NotEnded(id_):
                    holds = id_ in self._open
            if not holds:
                raise PreconditionFailed(each)

    async def _numbered(self, event: NumberedEvent) -> NumberedEvent:
        following = self._seq + 1
        if following >= self._reserved:
            # Only what is reserved on disk is handed out, also if that fails at first.
            await self._store.reserve_seq(self.name, following + _RESERVED_AT_ONCE)
            self._reserved = following + _RESERVED_AT_ONCE
        self._seq = following
        return numbered(event, following)

    def _check_promises(self, event: RoomEvent) -> None:
        if not isinstance(event, SpokenEvent):
            return  # translations depend on what they translate, and promise nothing by themselves
        caption = event.caption
        if caption.id in self._revisions:
            check_final_successor(caption, improved=caption.id in self._improved)
        elif before := self._open.get(caption.id):
            if isinstance(event, CaptionEdited):
                raise RevisionRefused("a caption that grows cannot be edited yet")
            check_successor(before, caption)

    def _note(self, event: RoomEvent) -> None:
        match event:
            case PartialShown(caption):
                self._open[caption.id] = caption
            case FinalAppended(caption):
                self._open.pop(caption.id, None)
                self._revisions[caption.id] = caption.rev
                if caption.refined:
                    self._improved.add(caption.id)
            case CaptionEdited(caption):
                self._revisions[caption.id] = caption.rev
                self._improved.add(caption.id)
            case StatusChanged(status):
                self._status = status
            case RoomRemoved():
                self._removed = True
            case _:
                pass

    def _publish(self, event: RoomEvent) -> None:
        key = key_of(event)
        for subscription in tuple(self._subscriptions):
            subscription.offer(event, key)


async def keep(room: str, events: Sequence[RoomEvent], store: TranscriptStore, minutes: MinutesStore) -> None:
    """Store what is to survive of events; each kind has its own transaction, so there may be only one."""
    edits = [event.caption for event in events if isinstance(event, CaptionEdited)]
    single = [event for event in events if isinstance(event, FinalAppended | MinutesSaved | RoomRemoved)]
    if len(single) + bool(edits) > 1:
        raise ValueError("these events are not stored in one transaction")
    if edits:
        await store.edit(edits)
    for event in single:
        match event:
            case FinalAppended(caption, session, durable_samples):
                await store.append(caption, session=session, durable_samples=durable_samples)
            case MinutesSaved(version, change):
                await minutes.save_version(room, version, change)
            case RoomRemoved():
                await store.delete_room(room)


class MemorySubscription:
    """What one reader has not taken yet: an iterator for one task, holding a bounded number of events."""

    def __init__(
        self,
        max_pending: int,
        on_end: Callable[[MemorySubscription], None],
        wanted: Wanted | None = None,
        seq: int = 0,
    ) -> None:
        """Create an open subscription.

        Args:
            max_pending: How many events may wait before the reader counts as too slow.
            on_end: Called once, when nothing more is to be offered.
            wanted: Which events are kept; None for all.
            seq: The newest event before the first that is offered.
        """
        self._wanted = wanted
        self._max_pending = max_pending
        self._on_end = on_end
        self._pending: dict[_Key, RoomEvent] = {}
        self._changed = asyncio.Event()
        self._ended = False
        self._too_slow = False
        # The newest event that was offered, and up to which of them nothing is left to do. Before the reader
        # has asked for an event, and from taking one to asking for the next, it has something in hand; what
        # is dropped because the subscription ends is never done.
        self._offered = self._done = seq
        self._in_hand = True
        self._dropped = False
        self._moved = asyncio.Event()

    def offer(self, event: RoomEvent, key: _Key) -> None:
        """Keep an event for the reader, in place of what it overtakes, which has its key; never blocks."""
        if self._ended:
            return
        last = isinstance(event, RoomRemoved)
        self._offered = max(self._offered, seq_of(event))
        waiting = self._pending.get(key)
        if self._wanted and not last and not self._wanted(event):
            self._advance()
        elif waiting is None and len(self._pending) >= self._max_pending:
            self._too_slow = True
            self._drop()
        elif waiting is None or not _overtaken(waiting, event):
            self._pending.pop(key, None)
            self._pending[key] = event
            self._changed.set()
            if last:
                self.end()

    async def until(self, seq: int) -> bool:
        """Wait until the reader is done with everything up to a number; False where it never will be."""
        while self._done < seq and not self._dropped:
            self._moved.clear()
            await self._moved.wait()
        return self._done >= seq

    def close(self) -> None:
        """Stop: what is pending is dropped and the iterator ends, even while somebody waits on it."""
        self._too_slow = False
        self._drop()

    def __aiter__(self) -> MemorySubscription:
        return self

    async def __anext__(self) -> RoomEvent:
        """Return the event that waits longest.

        Raises:
            ReaderTooSlow: Once, after more events were pending than the bound allows.
            StopAsyncIteration: The subscription is over.
        """
        self._in_hand = False
        self._advance()
        while not self._pending:
            if self._too_slow:
                self._too_slow = False
                raise ReaderTooSlow("Captions were not read fast enough; connect again to continue.")
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        self._in_hand = True
        return self._pending.pop(next(iter(self._pending)))

    def _advance(self) -> None:
        """Note how far the reader has come, unless it has an event in hand."""
        if not self._in_hand and not self._dropped:
            waiting = next((seq for seq in map(seq_of, self._pending.values()) if seq), 0)
            self._done = waiting - 1 if waiting else self._offered
            self._moved.set()

    def _drop(self) -> None:
        self._dropped = True
        self._moved.set()
        self._pending.clear()
        self.end()

    def end(self) -> None:
        """Take nothing more; the iterator ends behind what is pending."""
        self._changed.set()
        if not self._ended:
            self._ended = True
            self._on_end(self)


def key_of(event: RoomEvent) -> _Key:
    """Name what a newer event replaces: a caption as it was said, one translation of it, a kind of news.

    The language of speech is no part of the name, because a partial may be taken for another language
    than the final that replaces it. What readers of the public version alone are shown is named apart: a
    revision that they are not shown must not take the place of what withdraws an earlier one. What was done
    to minutes is not overtaken by what was done since to another version of them, nor by another status:
    that something was published is always told.
    """
    if isinstance(event, MinutesSaved):
        return "minutes", str(event.version.number), event.version.status
    if isinstance(event, ToldEvent | RoomRemoved):
        return (type(event).__name__,)
    kind = "public" if isinstance(event, PublicVersionAmended) else "caption"
    return kind, event.caption.id, event.caption.target


def _overtaken(waiting: RoomEvent, event: RoomEvent) -> bool:
    """Whether an event is older than what waits in its place: a partial after its final is nothing new.

    To readers of the public version it is, as a partial that was withdrawn has become a final for them.
    """
    if isinstance(event, CaptionEvent) and isinstance(waiting, CaptionEvent):
        if isinstance(event, PublicVersionAmended):
            return False
        before, after = waiting.caption, event.caption
        return after.rev < before.rev or (before.final and not after.final)
    return False
