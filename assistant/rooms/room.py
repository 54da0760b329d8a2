"""A room that is in use: its clock, what was said in it, its glossary; what happens is in its log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import (
    CaptionEdited,
    FinalAppended,
    NotRevised,
    PartialShown,
    PreconditionFailed,
    StatusChanged,
    TranscriptCorrected,
    revised,
)
from assistant.core.captions.lateness import ON_TIME, Lateness
from assistant.core.errors import CaptionUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.rooms import Room
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.spoken_language import SpokenLanguages
from assistant.ports.room_log import RoomLog
from assistant.ports.storage import TranscriptStore
from assistant.ports.system import Clock


class RoomSession:
    """One room in this process.

    Attributes:
        log: What happens in the room, and how it is told.
        context: What a final of this room is told beforehand.
        own_glossary: The names and terms of the room itself, without those of the organisation.
        spoken: The languages that are spoken in the room, as far as is known.
    """

    def __init__(
        self,
        room: Room,
        log: RoomLog,
        store: TranscriptStore,
        clock: Clock,
        *,
        heard_seconds: float = 0.0,
        spoken: SpokenLanguages | None = None,
    ) -> None:
        """Go on with a room as it is stored, without terms until it is given some.

        Args:
            room: The room as it is stored.
            log: What happens in the room.
            store: Has what was said.
            clock: Times the room.
            heard_seconds: How far the room has come, in its own time.
            spoken: The languages that are spoken in the room; None where nothing is known of them.
        """
        self.name = room.name
        self.log = log
        self.context = MeetingContext()
        self.own_glossary = Glossary()
        self.spoken = spoken or SpokenLanguages()
        self._status = ON_TIME
        self._lateness = Lateness()
        self._store = store
        self._clock = clock
        self._began_monotonic: float | None = None
        if room.began_at is not None:
            # The wall clock may have been set back since.
            self._began_monotonic = clock.monotonic() - max(heard_seconds, clock.now() - room.began_at)

    async def begin(self) -> None:
        """Start the room's clock with its first audio."""
        if self._began_monotonic is None:
            now, monotonic = self._clock.now(), self._clock.monotonic()
            await self._store.begin_room(self.name, now)
            if self._began_monotonic is None:  # else somebody else began it meanwhile
                self._began_monotonic = monotonic

    @property
    def seconds_now(self) -> float:
        """Seconds since the room began; 0 before that."""
        return 0.0 if self._began_monotonic is None else self._clock.monotonic() - self._began_monotonic

    async def show_partial(self, partial: Caption) -> Caption:
        """Publish a revision of a caption that still grows; return it with its number."""
        (seq,) = await self.log.append([PartialShown(partial)])
        return revised(partial, seq)

    async def append_final(self, final: Caption, *, session: str, durable_samples: int) -> Caption:
        """Store a final or refined revision, then publish it; return it with its number."""
        (seq,) = await self.log.append([FinalAppended(final, session, durable_samples)])
        # Nothing is awaited in between: what was said is remembered in the order of `seq`.
        self._remember(final, confident=self.context.is_confident(final.words))
        return revised(final, seq)

    async def edit(
        self, ids: Sequence[str], change: Callable[[Sequence[Caption]], list[Caption]]
    ) -> list[Caption]:
        """Change finals as a clerk wants, all or none, and publish them.

        Args:
            ids: The ids of the captions that are changed.
            change: Makes them, and new ones, of the captions as they are; it is asked again where
                somebody else changed one meanwhile.

        Raises:
            CaptionUnknown: No final of this room has one of the ids.
        """
        while True:
            found = await self._store.captions_by_id(self.name, ids)
            for id_ in ids:
                if id_ not in found:
                    raise CaptionUnknown(f"The room has no finished caption {id_}.")
            edited = change([found[id_] for id_ in ids])
            unchanged = [NotRevised(id_, found[id_].rev) for id_ in ids]
            try:
                seqs = await self.log.append([*map(CaptionEdited, edited), TranscriptCorrected()], unchanged)
            except PreconditionFailed:
                continue
            for caption in edited:
                self._remember(caption, confident=True)
            return [revised(caption, seq) for caption, seq in zip(edited, seqs, strict=False)]

    @property
    def glossary(self) -> Glossary:
        """The names and terms that hold here, those of the room first."""
        return self.context.glossary

    def use_glossaries(self, own: Glossary, shared: Glossary) -> None:
        """Use the terms of the room, and then those of all rooms, from the next final on."""
        self.own_glossary = own
        self.context.glossary = own.followed_by(shared)

    def observe_lateness(self, behind_seconds: float, now_seconds: float) -> None:
        """Let readers know how late captions are (monotonic time), where that is news."""
        status = self._lateness.observe(behind_seconds, now_seconds)
        if status != self._status:
            self._status = status
            self.log.tell(StatusChanged(status))

    def _remember(self, caption: Caption, *, confident: bool) -> None:
        self.context.said(
            caption.id,
            caption.participant,
            caption.source_lang,
            caption.text,
            at_seconds=caption.end_seconds,
            confident=confident,
        )
