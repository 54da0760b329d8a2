"""The log of one room: the only way by which anybody learns what happened there, or says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import Precondition, RoomEvent, ToldEvent
from assistant.core.captions.lateness import Status

Wanted = Callable[[RoomEvent], bool]
"""Says which events a subscription holds."""


class Subscription(Protocol):
    """What happens in a room from some moment on, for one task; it never holds up those who append.

    Events come in the order of `seq`. Of a caption that changed while its reader was busy, and of what takes
    no number, only the latest comes, in its newest place.

    Raises:
        ReaderTooSlow: While iterating, once too much waits; the subscription is over then.
    """

    def __aiter__(self) -> AsyncIterator[RoomEvent]:
        """Yield events; end after `RoomRemoved`, or when the subscription or the log is closed."""

    async def until(self, seq: int) -> bool:
        """Wait until the task is done with everything up to a number; return False where it never will be.

        It is done with an event once it asks for the next one. What the subscription does not hold, as it is
        not wanted or was replaced, needs nothing of the task, so that this never waits for such an event.
        """

    def close(self) -> None:
        """Stop; what is pending is dropped and the iterator ends."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A room at one moment, and what happens from then on.

    Attributes:
        seq: The number of the newest event so far.
        open: The newest partials of the captions that grow.
        missed: The latest revision of each final whose `seq` is beyond what was asked for, up to `seq`.
        status: How late captions are.
        subscription: Holds every event after `seq`, and none before.
    """

    seq: int
    open: tuple[Caption, ...]
    missed: tuple[Caption, ...]
    status: Status
    subscription: Subscription


class RoomLog(Protocol):
    """What happened in a room, in order.

    Finals, edits, deletions and minutes are on disk before anybody sees them. Partials, translations and
    what takes no number live in memory.

    Raises:
        StoreUnavailable: From what is awaited, when the disk cannot be used, or once the log was closed;
            nothing is appended then.
        RoomUnknown: From what is awaited, once the room was deleted.
    """

    @property
    def name(self) -> str:
        """The room's name."""

    async def append(
        self, events: Sequence[RoomEvent], preconditions: Sequence[Precondition] = ()
    ) -> Sequence[int]:
        """Number events, keep those that are kept, and tell everybody of them: of all, or of none.

        Args:
            events: Captions in them have no number yet. What is stored of them is of one kind, and of finals
                it is one, so that one transaction holds it.
            preconditions: What has to hold when the turn of these events has come.

        Returns:
            The number of each event; 0 for those that take none.

        Raises:
            PreconditionFailed: One does not hold.
            RevisionRefused: A caption would take back what does not change any more: a partial its stable
                prefix, or a final otherwise than by one refined revision and by clerks; or a partial
                follows its final.
            SessionUnknown: The track of a final is not known in the room.
            RevisionConflict: Minutes were changed meanwhile.
        """

    def tell(self, event: ToldEvent) -> None:
        """Tell everybody who is subscribed how things stand now, without a number; never blocks."""

    async def snapshot_and_subscribe(
        self, since: int | None = None, wanted: Wanted | None = None
    ) -> Snapshot:
        """Return the room as it is, with a subscription to what follows; nothing falls between the two.

        Args:
            since: The newest event that is known, for what was missed; None: nothing is asked of the past.
            wanted: Which events the subscription holds; None for all.

        Raises:
            SinceInFuture: The room has not come so far.
        """

    async def position(self) -> int:
        """Return the number of the newest event."""

    def close(self) -> None:
        """Append nothing more here; whoever is subscribed gets what waits, and then the end.

        The room itself goes on: its log can be opened anew, and numbers its events behind these.
        """
