"""Who reads which room, in which language: opens feeds, and ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from assistant.core.captions import Caption
from assistant.core.errors import AssistantError, SinceInFuture
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.ports import CaptionBus, TranscriptStore
from assistant.sessions.feed import CaptionFeed, Hello
from assistant.sessions.room import RoomSession
from assistant.sessions.room_translations import RoomTranslations


class Readers:
    """All feeds of this process; a language is translated while it has one."""

    def __init__(self, bus: CaptionBus) -> None:
        self._bus = bus
        self._feeds: dict[str, set[CaptionFeed]] = {}
        self._releasing: set[asyncio.Task[None]] = set()

    async def open(
        self,
        room: RoomSession,
        translations: RoomTranslations,
        store: TranscriptStore,
        shown: ReaderLanguages,
        since: int | None,
    ) -> CaptionFeed:
        """Return a feed of a room; raises as `MeetingHub.read` does."""
        if shown.translation:
            await translations.open(shown.translation, list(room.open_captions.values()))
        try:
            feed = await self._feed(room, translations, store, shown, since)
        except BaseException:
            self._release(translations, shown)
            raise
        self._feeds.setdefault(room.name, set()).add(feed)

        def closed() -> None:
            self._feeds.get(room.name, set()).discard(feed)
            self._release(translations, shown)

        feed.on_close(closed)
        return feed

    def let_go(self, why: AssistantError, *, room: str | None = None) -> None:
        """End the feeds of one room, or all."""
        for name in list(self._feeds) if room is None else [room]:
            for feed in self._feeds.pop(name, set()):
                feed.let_go(why)

    async def _feed(
        self,
        room: RoomSession,
        translations: RoomTranslations,
        store: TranscriptStore,
        shown: ReaderLanguages,
        since: int | None,
    ) -> CaptionFeed:
        # Nothing is published meanwhile, so what was missed and what will come fit together.
        async with room.lock:
            if since is not None and since > room.seq:
                raise SinceInFuture(
                    f"This room has come to {room.seq}, not to {since}. Connect without since."
                )
            wanted = wanted_by(shown)
            subscription = self._bus.subscribe(room.name, wanted)
            missed = [*room.open_captions.values()]
            if shown.translation:
                missed += translations.growing(shown.translation)
            if since is not None:
                missed = [caption for caption in missed if caption.seq > since]
                if shown.source:
                    missed += await store.captions(room.name, since=since)
                if shown.translation:
                    missed += await translations.missed(shown.translation, since)
            hello = Hello(
                room=room.name,
                seq=room.seq,
                shown=shown,
                languages=(SOURCE, *translations.languages),
                now_seconds=room.seconds_now,
                open_ids=tuple(room.open_captions),
            )
        newest = {(caption.id, caption.rendering is None): caption for caption in filter(wanted, missed)}
        return CaptionFeed(
            room, subscription, hello, sorted(newest.values(), key=lambda caption: caption.seq)
        )

    def _release(self, translations: RoomTranslations, shown: ReaderLanguages) -> None:
        """End a reader's use of a language, in a task of its own: a closing feed waits for nothing."""
        if shown.translation:
            task = asyncio.create_task(translations.release(shown.translation))
            self._releasing.add(task)
            task.add_done_callback(self._releasing.discard)


def wanted_by(shown: ReaderLanguages) -> Callable[[Caption], bool]:
    """Return which captions a reader gets."""

    def wanted(caption: Caption) -> bool:
        if caption.rendering:
            return caption.rendering.lang == shown.translation
        # What was no speech goes from every page.
        return (
            shown.source or caption.source_lang == shown.translation or (caption.final and not caption.text)
        )

    return wanted
