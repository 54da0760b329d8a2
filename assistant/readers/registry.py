"""Who reads which room, in which language: opens feeds, and ends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import CaptionEvent, RoomEvent, StatusChanged
from assistant.core.errors import AssistantError
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.ports.room_log import Snapshot
from assistant.readers.feed import CaptionFeed, Hello
from assistant.readers.public_view import PublicView
from assistant.rooms.room import RoomSession
from assistant.translation.room_translations import RoomTranslations


class Readers:
    """All feeds of this process; a language is translated while it has one."""

    def __init__(self) -> None:
        self._feeds: dict[str, set[CaptionFeed]] = {}

    @property
    def count(self) -> int:
        """How many feeds are open."""
        return sum(map(len, self._feeds.values()))

    async def open(
        self,
        room: RoomSession,
        translations: RoomTranslations,
        shown: ReaderLanguages,
        since: int | None,
        public: PublicView | None = None,
    ) -> CaptionFeed:
        """Return a feed of a room, of its public version where that is given; raises as `MeetingHub.read`."""
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
        translated = [caption for caption in missed if caption.rendering and not caption.rendering.problem]
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
