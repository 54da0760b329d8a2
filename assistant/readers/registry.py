"""Who reads which room, in which language: opens feeds, and ends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.core.captions.caption import Caption
from assistant.core.errors import AssistantError, SinceInFuture
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.ports.room_log import CaptionBus
from assistant.ports.storage import TranscriptStore
from assistant.readers.feed import CaptionFeed, Hello
from assistant.readers.public_view import PublicView
from assistant.rooms.room import RoomSession
from assistant.translation.room_translations import RoomTranslations


class Readers:
    """All feeds of this process; a language is translated while it has one."""

    def __init__(self, bus: CaptionBus) -> None:
        self._bus = bus
        self._feeds: dict[str, set[CaptionFeed]] = {}

    async def open(
        self,
        room: RoomSession,
        translations: RoomTranslations,
        store: TranscriptStore,
        shown: ReaderLanguages,
        since: int | None,
        public: PublicView | None = None,
    ) -> CaptionFeed:
        """Return a feed of a room, of its public version where that is given; raises as `MeetingHub.read`."""
        if shown.translation:
            await translations.open(shown.translation, list(room.open_captions.values()))
        try:
            feed = await self._feed(room, translations, store, shown, since, public)
        except BaseException:
            if shown.translation:
                translations.release(shown.translation)
            raise
        self._feeds.setdefault(room.name, set()).add(feed)

        def closed() -> None:
            self._feeds.get(room.name, set()).discard(feed)
            if shown.translation:
                translations.release(shown.translation)

        feed.on_close(closed)
        return feed

    def let_go(self, why: AssistantError, *, room: str | None = None, public_only: bool = False) -> None:
        """End the feeds of one room, or all; with `public_only`, those of the public version."""
        for name in list(self._feeds) if room is None else [room]:
            for feed in set(self._feeds.get(name, ())):
                if feed.public or not public_only:
                    self._feeds[name].discard(feed)
                    feed.let_go(why)
            if not self._feeds.get(name):
                self._feeds.pop(name, None)

    async def _feed(
        self,
        room: RoomSession,
        translations: RoomTranslations,
        store: TranscriptStore,
        shown: ReaderLanguages,
        since: int | None,
        public: PublicView | None,
    ) -> CaptionFeed:
        # Nothing is published meanwhile, so what was missed and what will come fit together.
        async with room.lock:
            if since is not None and since > room.seq:
                raise SinceInFuture(
                    f"This room has come to {room.seq}, not to {since}. Connect without since."
                )
            view = _view(translations.view(shown), public)
            subscription = self._bus.subscribe(room.name, lambda caption: view(caption) is not None)
            missed = [caption for caption in map(view, room.open_captions.values()) if caption]
            if shown.translation:
                growing = translations.growing(shown.translation)
                missed += [caption for caption in map(public.show, growing) if caption] if public else growing
            if since is not None:
                missed = [caption for caption in missed if caption.seq > since]
                finals = await self._missed(room.name, translations, store, shown, since)
                missed += _publicly_missed(finals, since, view, public) if public else finals
            hello = Hello(
                room=room.name,
                seq=room.seq,
                shown=shown,
                languages=(SOURCE, *translations.languages),
                now_seconds=room.seconds_now,
                open_ids=tuple(
                    id_
                    for id_, caption in room.open_captions.items()
                    if public is None or not public.hides(caption)
                ),
            )
        ordered = sorted(missed, key=lambda caption: caption.seq)
        return CaptionFeed(room, subscription, hello, ordered, view, public=public is not None)

    async def _missed(
        self,
        room: str,
        translations: RoomTranslations,
        store: TranscriptStore,
        shown: ReaderLanguages,
        since: int,
    ) -> list[Caption]:
        """Return finals since an event, each once in each language that the reader sees it in."""
        missed = await translations.missed(shown.translation, since) if shown.translation else []
        if not shown.source:
            return missed
        translated = [caption for caption in missed if caption.rendering and not caption.rendering.problem]
        marked = {caption.id: caption for caption in missed if caption not in translated}
        spoken = {caption.id: caption for caption in await store.captions(room, since=since)}
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
