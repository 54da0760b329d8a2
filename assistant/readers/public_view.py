"""What of a room may be read by whoever has no more than a link: nothing that is marked as confidential.

The view changes while people read: a clerk marks a passage that everybody has seen already. Then it
publishes what has changed for these readers, numbered like every other event of the room, so that whoever was
away for a moment learns of it as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from assistant.core.captions.caption import Caption
from assistant.core.minutes.redaction import NameMask, Redaction
from assistant.ports.storage import TranscriptStore
from assistant.rooms.room import Publish, RoomSession

LoadRedaction = Callable[[], Awaitable[Redaction]]
"""Returns what the newest minutes of the room withhold, of all that is in the store."""

_Key = tuple[str, str]


class PublicView:
    """One room as readers of the public version see it."""

    def __init__(self, room: RoomSession, store: TranscriptStore, load: LoadRedaction) -> None:
        self._room = room
        self._store = store
        self._load = load
        self._redaction = Redaction()
        self._mask = NameMask(())
        self._edits = 0
        self._refreshing = asyncio.Lock()
        # What was published for these readers alone, the latest of each caption in each language; and the
        # revision that a caption has for them since.
        self._amendments: dict[_Key, Caption] = {}
        self._revised: dict[str, int] = {}
        room.review = self._review

    async def refresh(self) -> None:
        """Follow the newest minutes: withhold from readers what is marked now, show what no longer is."""
        async with self._refreshing:
            while True:
                # Read outside the room's lock, which would hold captions up.
                edits, redaction = self._edits, await self._load()
                async with self._room.lock:
                    if edits == self._edits:
                        await self._amend(await self._change(redaction))
                        return

    def show(self, caption: Caption) -> Caption | None:
        """Return a caption or a translation as these readers see it; None: not at all."""
        if caption.public_only:
            return caption
        if self._redaction.hides(caption):
            return None
        shown = self._mask.masked(caption)
        revised = self._revised.get(caption.id, 0)
        rendering = shown.rendering
        if rendering and rendering.source_rev < revised:
            shown = replace(shown, rendering=replace(rendering, source_rev=revised))
        translated = rendering is not None and not rendering.problem
        return shown if translated or shown.rev >= revised else replace(shown, rev=revised)

    def hides(self, caption: Caption) -> bool:
        """Return whether these readers are not shown a caption."""
        return self._redaction.hides(caption)

    def missed(self, since: int, captions: Sequence[Caption]) -> list[Caption]:
        """Return captions as these readers see them, and what was changed for them since an event.

        Args:
            since: The newest event that a reader has seen; 0: nothing, so that nothing is withdrawn.
            captions: What everybody else has missed.
        """
        missed = {_key(caption): caption for caption in map(self.show, captions) if caption}
        for key, amended in self._amendments.items():
            known = missed.get(key)
            if amended.seq > since and (since or amended.text) and (not known or known.seq < amended.seq):
                missed[key] = amended
        return list(missed.values())

    async def _review(self, edited: Sequence[Caption]) -> Publish:
        """Take what clerks changed into account before anybody sees it; called under the room's lock."""
        self._edits += 1
        changed: list[Caption] = []
        if self._redaction != Redaction():
            changed = await self._change(await self._load(), frozenset(caption.id for caption in edited))
        return partial(self._amend, changed)

    async def _change(self, redaction: Redaction, edited: frozenset[str] = frozenset()) -> list[Caption]:
        """Use a redaction, and return what is other for readers by it; called under the room's lock.

        Args:
            redaction: The new one.
            edited: Captions that are published anyway at once, unless they are withheld now.
        """
        if redaction == self._redaction:
            return []
        captions = [caption for caption in await self._store.captions(self._room.name) if caption.text]
        captions += self._room.open_captions.values()
        translations = [
            translation
            for lang in await self._store.translated_languages(self._room.name)
            for translation in await self._store.translations(self._room.name, lang)
        ]
        before, mask = {_key(one): self.show(one) for one in [*captions, *translations]}, self._mask
        if redaction.names != self._redaction.names:
            self._mask = NameMask(redaction.names)  # else the one that is there remembers texts
        self._redaction = redaction
        amended = []
        for caption in [*captions, *translations]:
            was, now = before[_key(caption)], self.show(caption)
            if now is None:
                if was is not None and caption.rendering is None:
                    amended.append(_withdrawn(caption))
            elif caption.id not in edited and (was is None or mask.hide(caption.text) != now.text):
                amended.append(now)
        return amended

    async def _amend(self, captions: Sequence[Caption]) -> None:
        """Publish captions for these readers alone; called under the room's lock."""
        for caption in captions:
            rendering = caption.rendering
            if rendering:
                revised = max(rendering.source_rev, self._revised.get(caption.id, 0))
                rendering = replace(rendering, source_rev=revised)
            amended = replace(caption, rendering=rendering, public_only=True)
            published = await self._room.publish_amendment(amended)
            if published.rendering is None:
                self._revised[caption.id] = published.rev
            key = _key(published)
            self._amendments.pop(key, None)
            self._amendments[key] = published


def _withdrawn(caption: Caption) -> Caption:
    """Return what takes a caption from a page, in all languages, and tells nothing else of it."""
    return replace(
        caption,
        participant="",
        speaker="",
        text="",
        stable=0,
        sure=None,
        words=(),
        final=True,
        start_seconds=0.0,
        end_seconds=0.0,
    )


def _key(caption: Caption) -> _Key:
    return caption.id, caption.rendering.lang if caption.rendering else ""
