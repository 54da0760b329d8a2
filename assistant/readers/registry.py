"""Who reads which room, in which language: opens feeds, and ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

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
from assistant.rooms.room import RoomSession
from assistant.translation.room_translations import RoomTranslations

_log = structlog.get_logger(__name__)


class ReadRooms(Protocol):
    """What readers need of the rooms."""

    async def enter(self, name: str) -> RoomSession:
        """Return a room in use; raises `RoomUnknown`."""

    def translations_of(self, room: str) -> RoomTranslations | None:
        """Return the languages of a room that is in use; None for any other."""


class Readers:
    """All feeds of this process; a language is translated while it has one."""

    def __init__(self, rooms: ReadRooms, store: TranscriptStore, minutes: MinutesStore) -> None:
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
        self._feeds: dict[str, set[CaptionFeed]] = {}

    @property
    def count(self) -> int:
        """How many feeds are open."""
        return sum(map(len, self._feeds.values()))

    async def read(
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
            shown: In which languages; None for what was said, as it was said.
            since: The newest event the reader has seen; what came after it comes first.
            public: Without what the newest minutes withhold; what is marked later goes from the page.

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
        return await self._open(entered, translations, shown or ReaderLanguages(), since, view)

    async def close(self) -> None:
        """Let all readers go."""
        self.let_go(ShuttingDown("The service is shutting down; reconnect."))
        await asyncio.gather(*(view.close() for view in self._public.values()))

    async def _public_view(self, room: RoomSession) -> PublicView:
        """Return what of a room readers of the public version see."""
        async with self._public_door:
            view = self._public.get(room.name)
            if view is not None and view.log is room.log:
                return view
            if view is not None:  # of a room that was deleted
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

    async def _open(
        self,
        room: RoomSession,
        translations: RoomTranslations,
        shown: ReaderLanguages,
        since: int | None,
        public: PublicView | None,
    ) -> CaptionFeed:
        if shown.translation:
            await translations.open(shown.translation)
        try:
            feed = await self._feed(room, translations, shown, since, public)
        except BaseException:
            if shown.translation:
                translations.release(shown.translation)
            raise
        self._feeds.setdefault(room.name, set()).add(feed)

        def closed() -> None:
            self._forget(room.name, feed)
            if shown.translation:
                translations.release(shown.translation)

        feed.on_close(closed)
        return feed

    def let_go(self, why: AssistantError, *, room: str | None = None, public_only: bool = False) -> None:
        """End the feeds of one room, or all; with `public_only`, those of the public version."""
        for name in list(self._feeds) if room is None else [room]:
            for feed in set(self._feeds.get(name, ())):
                if feed.public or not public_only:
                    self._forget(name, feed)
                    feed.let_go(why)

    def _forget(self, room: str, feed: CaptionFeed) -> None:
        feeds = self._feeds.get(room, set())
        feeds.discard(feed)
        if not feeds:
            self._feeds.pop(room, None)

    async def _feed(
        self,
        room: RoomSession,
        translations: RoomTranslations,
        shown: ReaderLanguages,
        since: int | None,
        public: PublicView | None,
    ) -> CaptionFeed:
        in_languages = translations.view(shown)
        view = _view(in_languages, public)

        def wanted(event: RoomEvent) -> bool:
            if not isinstance(event, CaptionEvent):
                return isinstance(event, StatusChanged)
            if public is None:
                return view(event.caption) is not None
            # What is withheld is not known before the public version has come so far.
            return event.caption.public_only or in_languages(event.caption) is not None

        snapshot = await room.log.snapshot_and_subscribe(since, wanted)
        try:
            if public:
                await public.until(snapshot.seq)
            missed = await self._missed(snapshot, translations, shown, since, view, public)
        except BaseException:
            snapshot.subscription.close()
            raise
        hello = Hello(
            room=room.name,
            seq=snapshot.seq,
            shown=shown,
            languages=(SOURCE, *translations.languages),
            now_seconds=room.seconds_now,
            open_ids=tuple(
                caption.id for caption in snapshot.open if public is None or not public.hides(caption)
            ),
        )
        # What came after the snapshot is in the subscription.
        so_far = [caption for caption in missed if caption.seq <= snapshot.seq]
        ordered = sorted(so_far, key=lambda caption: caption.seq)
        return CaptionFeed(hello, ordered, snapshot.status, snapshot.subscription, view, public=public)

    async def _missed(
        self,
        snapshot: Snapshot,
        translations: RoomTranslations,
        shown: ReaderLanguages,
        since: int | None,
        view: _View,
        public: PublicView | None,
    ) -> list[Caption]:
        """Return what grows, and all that came since an event, as this reader sees it."""
        missed = [caption for caption in map(view, snapshot.open) if caption]
        if shown.translation:
            growing = translations.growing(shown.translation)
            missed += [caption for caption in map(public.show, growing) if caption] if public else growing
        if since is None:
            return missed
        missed = [caption for caption in missed if caption.seq > since]
        finals = await self._finals(snapshot.missed, translations, shown, since)
        return missed + (_publicly_missed(finals, since, view, public) if public else finals)

    async def _finals(
        self,
        finals: Sequence[Caption],
        translations: RoomTranslations,
        shown: ReaderLanguages,
        since: int,
    ) -> list[Caption]:
        """Return finals since an event, each once in each language that the reader sees it in."""
        missed = await translations.missed(shown.translation, since, finals) if shown.translation else []
        if not shown.source:
            return missed
        translated = [caption for caption in missed if caption.is_translated]
        marked = {caption.id: caption for caption in missed if caption not in translated}
        spoken = {caption.id: caption for caption in finals}
        current = {
            id_: mark for id_, mark in marked.items() if id_ not in spoken or mark.rev >= spoken[id_].rev
        }
        return [*translated, *(spoken | current).values()]


_View = Callable[[Caption], Caption | None]


def _view(in_languages: _View, public: PublicView | None) -> _View:
    """Return how a reader sees what is published: in languages, and of the public version or whole."""

    def whole(caption: Caption) -> Caption | None:
        return None if caption.public_only else in_languages(caption)

    def withheld(caption: Caption) -> Caption | None:
        shown = public.show(caption) if public else None
        return in_languages(shown) if shown else None

    return whole if public is None else withheld


def _publicly_missed(finals: Sequence[Caption], since: int, view: _View, public: PublicView) -> list[Caption]:
    missed = public.missed(since, finals)
    return [shown for one in missed if (shown := view(one) if one.public_only else one)]
