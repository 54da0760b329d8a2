"""What of a room may be read by whoever has no more than a link: nothing that is marked as confidential.

The view changes while people read: a clerk marks a passage that everybody has seen already. Then it
publishes what has changed for these readers, numbered like every other event of the room, so that whoever was
away for a moment learns of it as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import (
    CaptionEdited,
    FinalAppended,
    MinutesSaved,
    PartialShown,
    PublicVersionAmended,
    RoomEvent,
    ToldEvent,
    revised,
    seq_of,
)
from assistant.core.errors import StoreUnavailable
from assistant.core.minutes.redaction import NameMask, Redaction
from assistant.ports.minutes import MinutesStore
from assistant.ports.room_log import RoomLog, Subscription
from assistant.ports.storage import TranscriptStore
from assistant.tasks.owner import TaskOwner

_Key = tuple[str, str]


class PublicView:
    """One room as readers of the public version see it.

    It follows the room's log, and its readers follow it: none is shown an event before the view has come so
    far, so that what is marked at one moment is withheld from that moment on.

    Attributes:
        log: Of the room.
    """

    def __init__(
        self,
        log: RoomLog,
        store: TranscriptStore,
        minutes: MinutesStore,
        ended: Callable[[Exception | None], None],
    ) -> None:
        """Create a view that knows nothing before `start`.

        Args:
            log: Of the room.
            store: Has what was said.
            minutes: Has what of it is marked.
            ended: Called once when the room is gone, or with the error for which nobody knows any more what
                these readers may see.
        """
        self.log = log
        self._store = store
        self._minutes = minutes
        self._tell_ended = ended
        self._redaction = Redaction()
        self._mask = NameMask(())
        self._open: dict[str, Caption] = {}
        # How far the log was followed, and the newest final that the redaction was read with.
        self._seq = 0
        self._read_seq = 0
        self._advanced = asyncio.Condition()
        self._lost = False
        self._tasks = TaskOwner()
        # What was published for these readers alone, the latest of each caption in each language; and the
        # revision that a caption has for them since.
        self._amendments: dict[_Key, Caption] = {}
        self._revised: dict[str, int] = {}

    async def start(self) -> None:
        """Read what is withheld now, and follow the room from here on."""
        snapshot = await self.log.snapshot_and_subscribe(
            wanted=lambda event: not isinstance(event, ToldEvent)
        )
        try:
            self._seq = snapshot.seq
            self._open = {caption.id: caption for caption in snapshot.open}
            captions = await self._read()
            self._use(await self._load(captions))
        except BaseException:
            snapshot.subscription.close()
            raise
        self._tasks.start(self._follow(snapshot.subscription), "public-view")

    async def close(self) -> None:
        """Stop following the room."""
        await self._tasks.close()

    async def until(self, seq: int) -> None:
        """Wait until the view has come so far that an event can be shown.

        Raises:
            StoreUnavailable: It is not known any more what these readers may see.
        """
        async with self._advanced:
            await self._advanced.wait_for(lambda: self._lost or self._seq >= seq)
        if self._lost:
            raise not_known()

    def show(self, caption: Caption) -> Caption | None:
        """Return a caption or a translation as these readers see it; None where it is withheld."""
        if caption.public_only:
            return caption
        if self._redaction.hides(caption):
            return None
        shown = self._mask.masked(caption)
        revised = self._revised.get(caption.id, 0)
        translation = shown.translation
        if translation and translation.source_rev < revised:
            shown = replace(shown, translation=replace(translation, source_rev=revised))
        return shown if shown.is_translated or shown.rev >= revised else replace(shown, rev=revised)

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

    async def _follow(self, subscription: Subscription) -> None:
        lost: Exception | None = None
        try:
            async for event in subscription:
                await self._take(event)
                async with self._advanced:
                    self._seq = seq_of(event)
                    self._advanced.notify_all()
        except Exception as error:  # noqa: BLE001 - whatever failed, nothing that is marked may be shown
            lost = error
        finally:
            subscription.close()
        if lost:
            async with self._advanced:
                self._lost = True
                self._advanced.notify_all()
        self._tell_ended(lost)

    async def _take(self, event: RoomEvent) -> None:
        match event:
            case PartialShown(caption):
                self._open[caption.id] = caption
            case FinalAppended(caption):
                self._open.pop(caption.id, None)
            case CaptionEdited(caption):
                # Of captions that are edited together one is enough: they were stored together.
                if caption.seq > self._read_seq and self._redaction != Redaction():
                    await self._refresh(caption.seq)
            case MinutesSaved(seq=seq):
                await self._refresh(seq)
            case _:
                pass

    async def _refresh(self, at: int) -> None:
        """Withhold from readers what the newest minutes mark, show what they no longer do."""
        captions = await self._read()
        await self._amend(await self._change(await self._load(captions), captions, at))

    async def _read(self) -> Sequence[Caption]:
        captions = await self._store.captions(self.log.name)
        self._read_seq = max((caption.seq for caption in captions), default=0)
        return captions

    async def _load(self, finals: Sequence[Caption]) -> Redaction:
        """Return what the newest minutes of the room withhold of finals; nothing where there are none."""
        newest = await self._minutes.version(self.log.name)
        if newest is None:
            return Redaction()
        return await asyncio.to_thread(Redaction.of, newest.minutes, finals)

    def _use(self, redaction: Redaction) -> None:
        if redaction.names != self._redaction.names:
            self._mask = NameMask(redaction.names)  # else the one that is there remembers texts
        self._redaction = redaction

    async def _change(self, redaction: Redaction, finals: Sequence[Caption], at: int) -> list[Caption]:
        """Use a redaction, and return what is other for readers by it.

        Args:
            redaction: The new one.
            finals: All that are stored.
            at: The event from which on it holds: readers are shown that one and those after it by it anyway.
        """
        if redaction == self._redaction:
            return []
        translations = [
            translation
            for lang in await self._store.translated_languages(self.log.name)
            for translation in await self._store.translations(self.log.name, lang)
        ]
        spoken = {caption.id: caption for caption in finals if caption.text}
        growing = [caption for id_, caption in self._open.items() if id_ not in spoken]
        captions = [*spoken.values(), *growing, *translations]
        before, mask = {_key(one): self.show(one) for one in captions}, self._mask
        self._use(redaction)
        amended = []
        for caption in captions:
            was, now = before[_key(caption)], self.show(caption)
            if now is None:
                if was is not None and caption.translation is None:
                    amended.append(_withdrawn(caption))
            elif caption.seq < at and (was is None or mask.hide(caption.text) != now.text):
                amended.append(now)
        return amended

    async def _amend(self, captions: Sequence[Caption]) -> None:
        """Publish captions for these readers alone, and then those translations that follow them."""
        for translated in (False, True):
            batch = [
                replace(self._translating_newest(caption), public_only=True)
                for caption in captions
                if (caption.translation is not None) is translated
            ]
            if not batch:
                continue
            seqs = await self.log.append([PublicVersionAmended(caption) for caption in batch])
            for published in map(revised, batch, seqs):
                if published.translation is None:
                    self._revised[published.id] = published.rev
                key = _key(published)
                self._amendments.pop(key, None)
                self._amendments[key] = published

    def _translating_newest(self, caption: Caption) -> Caption:
        """Return a translation as one of the revision that the caption has for these readers."""
        translation = caption.translation
        if translation is None:
            return caption
        newest = max(translation.source_rev, self._revised.get(caption.id, 0))
        return replace(caption, translation=replace(translation, source_rev=newest))


def not_known() -> StoreUnavailable:
    """Return why readers of the public version are let go where nobody can say what it is."""
    return StoreUnavailable("What is public of this room is not known now; connect again in a moment.")


def _withdrawn(caption: Caption) -> Caption:
    """Return what takes a caption from a page, in all languages, and tells nothing else of it."""
    return replace(
        caption,
        participant="",
        speaker="",
        text="",
        stable=0,
        confident=None,
        words=(),
        final=True,
        start_seconds=0.0,
        end_seconds=0.0,
    )


def _key(caption: Caption) -> _Key:
    return caption.id, caption.target
