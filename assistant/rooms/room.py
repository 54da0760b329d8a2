"""A room that is in use: numbers its events, keeps its promises, remembers what is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from assistant.core.captions.caption import Caption, check_successor
from assistant.core.captions.lateness import ON_TIME, Lateness, Status
from assistant.core.errors import CaptionUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.rooms import Room
from assistant.core.speech.audio import Waveform
from assistant.core.speech.context import MeetingContext
from assistant.ports.room_log import CaptionBus
from assistant.ports.storage import TranscriptStore
from assistant.ports.system import Clock

_RESERVED_AT_ONCE = 1000

ReadAudio = Callable[[], Awaitable[Waveform]]
"""Reads the audio of a final back; to be called before the final counts as done with."""

Publish = Callable[[], Awaitable[None]]
"""Publishes what is still to come of a change."""


class RoomSession:
    """One room in this process.

    All events of a room pass through one lock, so that readers see `seq` grow and a final is in
    the store before anyone sees it. `context` is what a final of this room is told beforehand.
    `heard_seconds` is how far the room has come already, in its own time. `follow` is called with each
    revision of a caption as it was said, `hear` with finals and what reads their audio, `review` with
    what clerks changed, before anybody sees it; what that returns is called when everybody has.
    """

    def __init__(
        self,
        room: Room,
        store: TranscriptStore,
        bus: CaptionBus,
        clock: Clock,
        house_glossary: Glossary | None = None,
        *,
        heard_seconds: float = 0.0,
    ) -> None:
        self.name = room.name
        self._own_glossary = Glossary(room.glossary)
        self._house_glossary = house_glossary or Glossary()
        self.context = MeetingContext(self._own_glossary.followed_by(self._house_glossary))
        self.status: Status = ON_TIME
        self.lateness = Lateness()
        self.status_changed = asyncio.Event()
        self.lock = asyncio.Lock()
        self.open_captions: dict[str, Caption] = {}
        self.follow: Callable[[Caption], None] = _unfollowed
        self.hear: Callable[[Caption, ReadAudio], Awaitable[None]] = _unheard
        self.review: Callable[[Sequence[Caption]], Awaitable[Publish]] = _unreviewed
        self._store = store
        self._bus = bus
        self._clock = clock
        # What a crashed process may have handed out is never used again.
        self.seq = room.seq_reserved
        self._reserved = room.seq_reserved
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

    async def show(self, draft: Caption) -> Caption:
        """Publish a partial revision, numbered."""
        async with self.lock:
            caption = await self._numbered(draft)
            before = self.open_captions.get(caption.id)
            if before:
                check_successor(before, caption)
            self.open_captions[caption.id] = caption
            self._publish(caption)
            return caption

    async def settle(self, final: Caption, *, session: str, settled_samples: int) -> Caption:
        """Store a final or refined revision, then publish it, numbered."""
        async with self.lock:
            caption = await self._numbered(final)
            before = self.open_captions.get(caption.id)
            if before:
                check_successor(before, caption)
            await self._store.append(caption, session=session, settled_samples=settled_samples)
            self.open_captions.pop(caption.id, None)
            self._remember(caption, sure=self.context.is_sure(caption.words))
            self._publish(caption)
            return caption

    async def edit(
        self, ids: Sequence[str], change: Callable[[Sequence[Caption]], list[Caption]]
    ) -> list[Caption]:
        """Change finals as a clerk wants, all or none, and publish them.

        Args:
            ids: Of the captions that are changed.
            change: Makes them, and new ones, of the captions as they are.

        Raises:
            CaptionUnknown: No final of this room has one of the ids.
        """
        async with self.lock:
            found = await self._store.captions_by_id(self.name, ids)
            for id_ in ids:
                if id_ not in found:
                    raise CaptionUnknown(f"The room has no finished caption {id_}.")
            before = [found[id_] for id_ in ids]
            edited = [await self._numbered(caption) for caption in change(before)]
            await self._store.edit(edited)
            follow_up = await self.review(edited)
            for caption in edited:
                self._remember(caption, sure=True)
                self._publish(caption)
            await follow_up()
            return edited

    async def render(self, translation: Caption, unless: Callable[[], bool]) -> Caption | None:
        """Publish a translation, numbered, unless that holds when its turn has come; then return None.

        It can be made again, so nobody waits until it is stored.

        What is shown as it was said is no revision of its own: it keeps that of the caption.
        """
        async with self.lock:
            if unless():
                return None
            caption = await self._numbered(translation)
            if translation.rendering and translation.rendering.problem:
                caption = replace(caption, rev=translation.rev)
            self._bus.publish(caption)
            return caption

    async def publish_amendment(self, caption: Caption) -> Caption:
        """Publish what is for readers of the public version alone, numbered; called under the lock."""
        published = await self._numbered(caption)
        self._bus.publish(published)
        return published

    @property
    def glossary(self) -> Glossary:
        """The names and terms that hold here, those of the room first."""
        return self.context.glossary

    async def set_glossary(self, glossary: Glossary) -> None:
        """Store the room's own glossary, and use it from the next final on.

        Raises:
            RoomUnknown: The room was deleted.
        """
        async with self.lock:
            await self._store.set_glossary(self.name, glossary.terms)
            self._own_glossary = glossary
            self.use_house_glossary(self._house_glossary)

    def use_house_glossary(self, glossary: Glossary) -> None:
        """Let the terms of the organisation follow those of the room, from the next final on."""
        self._house_glossary = glossary
        self.context.glossary = self._own_glossary.followed_by(glossary)

    def tell(self, status: Status) -> None:
        """Let readers know how late captions are."""
        if status != self.status:
            self.status = status
            self.status_changed.set()
            self.status_changed = asyncio.Event()

    def _publish(self, caption: Caption) -> None:
        self._bus.publish(caption)
        self.follow(caption)

    def _remember(self, caption: Caption, *, sure: bool) -> None:
        self.context.said(
            caption.id,
            caption.participant,
            caption.source_lang,
            caption.text,
            at_seconds=caption.end_seconds,
            sure=sure,
        )

    async def _numbered(self, caption: Caption) -> Caption:
        following = self.seq + 1
        if following >= self._reserved:
            # Only what is reserved on disk is handed out, also if that fails at first.
            await self._store.reserve_seq(self.name, following + _RESERVED_AT_ONCE)
            self._reserved = following + _RESERVED_AT_ONCE
        self.seq = following
        return replace(caption, seq=self.seq, rev=self.seq)


async def _unheard(caption: Caption, read: ReadAudio) -> None:
    """Take a final whose audio nobody needs any more."""
    del caption, read


async def _unreviewed(edited: Sequence[Caption]) -> Publish:
    """Take what clerks changed where nobody reads the public version."""
    del edited
    return _nothing


async def _nothing() -> None:
    """Publish nothing more."""


def _unfollowed(caption: Caption) -> None:
    """Take a caption that nobody translates."""
    del caption
