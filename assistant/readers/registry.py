"""Who reads which room, in which language: opens feeds, and ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import structlog

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import CaptionEvent, RoomEvent, StatusChanged
from assistant.core.errors import AssistantError, RoomDeleted, ShuttingDown
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.ports.minutes import MinutesStore
from assistant.ports.room_log import Snapshot
from assistant.ports.storage import TranscriptStore
from assistant.readers.feed import CaptionFeed, Hello
from assistant.readers.public_view import PublicView, not_known
from assistant.rooms.registry import RoomRegistry
from assistant.rooms.room import RoomSession
from assistant.translation.room_translations import RoomTranslations

_log = structlog.get_logger(__name__)


class Readers:
    """All feeds of this process; a language is translated while it has one."""

    def __init__(self, rooms: RoomRegistry, store: TranscriptStore, minutes: MinutesStore) -> None:
        """Create a registry.

        Args:
            rooms: What can be read.
            store: Has what was said.
            minutes: Have what of it is withheld from the public.
        """
        self._rooms = rooms
        self._store = store
        self._minutes = minutes
        self._public: dict[str, PublicView] = {}
        self._public_door = asyncio.Lock()
        self._feeds: set[CaptionFeed] = set()

    @property
    def count(self) -> int:
        """How many feeds are open."""
        return len(self._feeds)

    async def open_feed(
        self,
        room: str,
        shown: ReaderLanguages | None = None,
        since: int | None = None,
        *,
        public: bool = False,
    ) -> CaptionFeed:
        """Return a reader's captions.

        Args:
            room: The room's name.
            shown: The languages to read; None for what was said, as it was said.
            since: The newest event the reader has seen; what came after it comes first.
            public: Whether what the newest minutes withhold is left out; what is marked later is taken back.

        Raises:
            RoomUnknown: There is no such room; reading makes none.
            SinceInFuture: The room has not come so far.
            LanguageUnavailable: Nothing can be translated into that language.
        """
        entered = await self._rooms.enter(room)
        view = await self._public_view(entered) if public else None
        translations = self._rooms.translations_of(entered.name)
        if translations is None:
            raise RoomDeleted("This room was deleted.")
        reading = _Reading(entered, translations, shown or ReaderLanguages(), since, view)
        with ExitStack() as undo:
            if lang := reading.shown.translation:
                await translations.open(lang)
                undo.callback(translations.release, lang)
            feed = await reading.open()
            self._feeds.add(feed)
            undo.callback(self._feeds.discard, feed)
            feed.on_close(undo.pop_all().close)
        return feed

    async def close(self) -> None:
        """Let all readers go."""
        self.let_go(ShuttingDown("The service is shutting down; reconnect."))
        await asyncio.gather(*(view.close() for view in self._public.values()))

    async def _public_view(self, room: RoomSession) -> PublicView:
        """Return what of a room readers of the public version see."""
        async with self._public_door:
            view = self._public.get(room.name)
            if view is None or view.log is not room.log:
                if view:  # of a room that was deleted
                    await view.close()
                view = PublicView(room.log, self._store, self._minutes, partial(self._ended, room.name))
                await view.start()
                self._public[room.name] = view
            return view

    def _ended(self, room: str, error: Exception | None) -> None:
        """Let readers of a public version go; they may come back once it is known what they may see."""
        self._public.pop(room, None)
        if error is None:  # the room was deleted, as its log tells them
            return
        code = error.code if isinstance(error, AssistantError) else type(error).__name__
        _log.warning("public_view_lost", room=room, code=code)
        self.let_go(not_known(), room=room, public_only=True)

    def let_go(self, why: AssistantError, *, room: str | None = None, public_only: bool = False) -> None:
        """End the feeds of one room, or all; with `public_only`, those of the public version."""
        for feed in set(self._feeds):
            if room in {None, feed.hello.room} and (feed.public or not public_only):
                self._feeds.discard(feed)
                feed.let_go(why)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one reader asked for.

    Attributes:
        room: The room.
        translations: The languages of the room.
        shown: The languages in which the reader sees the room.
        since: The newest event that the reader has seen; None: nothing of the past is asked for.
        public: The public version; None: the reader sees all.
    """

    room: RoomSession
    translations: RoomTranslations
    shown: ReaderLanguages
    since: int | None
    public: PublicView | None

    async def open(self) -> CaptionFeed:
        """Return the feed."""
        snapshot = await self.room.log.snapshot_and_subscribe(self.since, self._wanted)
        try:
            if self.public:
                await self.public.until(snapshot.seq)
            missed = await self._missed(snapshot)
        except BaseException:
            snapshot.subscription.close()
            raise
        hello = Hello(
            room=self.room.name,
            seq=snapshot.seq,
            shown=self.shown,
            languages=(SOURCE, *self.translations.languages),
            now_seconds=self.room.seconds_now,
            open_ids=tuple(
                caption.id for caption in snapshot.open if not (self.public and self.public.hides(caption))
            ),
        )
        return CaptionFeed(
            hello, missed, snapshot.status, snapshot.subscription, self._view, public=self.public
        )

    def _view(self, caption: Caption) -> Caption | None:
        """Return what is published as this reader sees it; None: not at all."""
        if self.public is None:
            return None if caption.public_only else self.translations.view(caption, self.shown)
        shown = self.public.show(caption)
        return self.translations.view(shown, self.shown) if shown else None

    def _wanted(self, event: RoomEvent) -> bool:
        if not isinstance(event, CaptionEvent):
            return isinstance(event, StatusChanged)
        if self.public is None:
            return self._view(event.caption) is not None
        # What is withheld is not known before the public version has come so far.
        return event.caption.public_only or self.translations.view(event.caption, self.shown) is not None

    async def _missed(self, snapshot: Snapshot) -> list[Caption]:
        """Return what grows, and all that came since an event, in the order of `seq`."""
        lang = self.shown.translation
        growing = [*snapshot.open, *(self.translations.growing(lang) if lang else ())]
        missed = [caption for caption in map(self._view, growing) if caption]
        if self.since is not None:
            missed = [caption for caption in missed if caption.seq > self.since]
            missed += await self._finals(snapshot.missed, self.since)
        # What came after the snapshot is in the subscription.
        so_far = [caption for caption in missed if caption.seq <= snapshot.seq]
        return sorted(so_far, key=lambda caption: caption.seq)

    async def _finals(self, finals: Sequence[Caption], since: int) -> list[Caption]:
        """Return finals since an event, each once in each language that the reader sees it in."""
        lang = self.shown.translation
        missed = await self.translations.missed(lang, since, finals) if lang else []
        if self.shown.source:
            spoken = {caption.id: caption for caption in finals}
            for mark in missed:
                before = spoken.get(mark.id)
                if not mark.is_translated and (before is None or mark.rev >= before.rev):
                    spoken[mark.id] = mark
            missed = [*(caption for caption in missed if caption.is_translated), *spoken.values()]
        if self.public is None:
            return missed
        amended = self.public.missed(since, missed)
        return [shown for one in amended if (shown := self._view(one) if one.public_only else one)]
