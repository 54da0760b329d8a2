"""What of a room may be read by whoever has no more than a link: nothing that is marked as confidential.

The view changes while people read: a clerk marks a passage that everybody has seen already. Then it
publishes what has changed for these readers, numbered like every other event of the room, so that whoever was
away for a moment learns of it as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import (
    CaptionEdited,
    CaptionEvent,
    FinalAppended,
    MinutesSaved,
    NotRevised,
    PartialShown,
    PreconditionFailed,
    PublicVersionAmended,
    RoomEvent,
    ToldEvent,
    revised,
)
from assistant.core.errors import StoreUnavailable
from assistant.core.minutes.redaction import NameMask, Redaction
from assistant.ports.minutes import MinutesStore
from assistant.ports.room_log import RoomLog, Subscription
from assistant.ports.storage import TranscriptStore
from assistant.tasks.owner import TaskOwner

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Amendment:
    """What readers are to be shown of a caption.

    Attributes:
        caption: The caption as they are shown it.
        rev: The revision of the caption, as it was said, that this was made of.
    """

    caption: Caption
    rev: int


class PublicView:
    """One room as readers of the public version see it.

    It follows the room's log, and its readers follow it: none is shown an event before the view has come so
    far, so that what is marked at one moment is withheld from that moment on.

    Attributes:
        log: What happens in the room.
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
            log: What happens in the room.
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
        # Captions whose newest revision is withheld, those that readers may have on their pages, and the
        # number of the event that took one from there last.
        self._withheld: set[str] = set()
        self._shown: set[str] = set()
        self._withdrawn: dict[str, int] = {}
        # The newest final that the redaction was read with.
        self._read_seq = 0
        self._subscription: Subscription
        self._lost = False
        self._tasks = TaskOwner()
        # What was published for these readers alone, the latest of each caption in each language; and of
        # which revision of the caption the newest was made, and which one that is for them.
        self._amendments: dict[_Key, Caption] = {}
        self._revised: dict[str, tuple[int, int]] = {}

    async def start(self) -> None:
        """Read what is withheld now, and follow the room from here on."""
        snapshot = await self.log.snapshot_and_subscribe(
            wanted=lambda event: not isinstance(event, ToldEvent | PublicVersionAmended)
        )
        try:
            self._open = {caption.id: caption for caption in snapshot.open}
            captions = await self._read()
            self._use(await self._load(captions), captions)
            # Whoever came in an earlier process may have them.
            self._shown = {caption.id for caption in captions if not self.hides(caption)}
        except BaseException:
            snapshot.subscription.close()
            raise
        self._subscription = snapshot.subscription
        self._tasks.start(self._follow(), "public-view")

    async def close(self) -> None:
        """Stop following the room."""
        await self._tasks.close()

    async def until(self, seq: int) -> None:
        """Wait until the view has come so far that an event can be shown.

        Raises:
            StoreUnavailable: It is not known any more what these readers may see.
        """
        if not await self._subscription.until(seq) or self._lost:
            raise not_known()

    def show(self, caption: Caption) -> Caption | None:
        """Return a caption or a translation as these readers see it; None where it is withheld."""
        if caption.public_only and not caption.text:
            return caption
        # Also of what was published for them alone: it may have been marked since.
        if self.hides(caption):
            return None
        self._shown.add(caption.id)
        shown = self._mask.masked(caption)
        translation = shown.translation
        if translation is None:
            return shown
        # Translations, and what is shown in place of one, are of the revision that these readers know.
        rev = self._known_rev(caption.id, translation.source_rev)
        shown = replace(shown, translation=replace(translation, source_rev=rev))
        return shown if shown.is_translated else replace(shown, rev=self._known_rev(caption.id, shown.rev))

    def _known_rev(self, caption_id: str, rev: int) -> int:
        """Return the revision that a revision of a caption is for these readers."""
        made_of, since = self._revised.get(caption_id, (0, 0))
        return since if rev == made_of else rev

    def hides(self, caption: Caption) -> bool:
        """Return whether these readers are not shown a caption."""
        return caption.id in self._withheld or self._redaction.hides(caption)

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

    async def _follow(self) -> None:
        lost: Exception | None = None
        try:
            async for event in self._subscription:
                await self._take(event)
        except Exception as error:  # noqa: BLE001 - whatever failed, nothing that is marked may be shown
            lost = error
        finally:
            # Said before those who wait are woken.
            self._lost = lost is not None
            self._subscription.close()
        self._tell_ended(lost)

    async def _take(self, event: RoomEvent) -> None:
        match event:
            case PartialShown(caption):
                self._open[caption.id] = caption
            case FinalAppended(caption):
                self._open.pop(caption.id, None)
                self._forget_words(caption)
            case CaptionEdited(caption):
                self._forget_words(caption)
                # Of captions that are edited together one is enough: they were stored together.
                if caption.seq > self._read_seq and self._redaction != Redaction():
                    await self._refresh(caption.seq)
            case MinutesSaved(seq=seq):
                await self._refresh(seq)
            case _:
                pass
        if isinstance(event, CaptionEvent):
            await self._reconsider(event.caption)

    async def _reconsider(self, caption: Caption) -> None:
        """Withdraw a caption that became withheld; bring back one that is not, but was withdrawn since."""
        translation = caption.translation
        if translation is None:
            self._note_withheld([caption])
        shown = self.show(caption)
        if shown is None:
            if translation is None and caption.id in self._shown:
                await self._amend([_Amendment(_withdrawn(caption), caption.rev)])
        elif shown.text and caption.seq < self._withdrawn.get(caption.id, 0):
            await self._amend([_Amendment(shown, translation.source_rev if translation else caption.rev)])

    def _forget_words(self, caption: Caption) -> None:
        """Show nothing any more of what was published of a caption that was emptied since."""
        if not caption.text:
            gone = [key for key, one in self._amendments.items() if key[0] == caption.id and one.text]
            for key in gone:
                del self._amendments[key]

    async def _refresh(self, at: int) -> None:
        """Withhold from readers what the newest minutes mark, show what they no longer do."""
        captions = await self._read()
        await self._amend(await self._change(await self._load(captions), captions, at))

    async def _read(self) -> Sequence[Caption]:
        captions = await self._store.captions(self.log.name)
        self._read_seq = max((caption.seq for caption in captions), default=0)
        return captions

    async def _load(self, finals: Sequence[Caption]) -> Redaction:
        """Return what the newest minutes of the room withhold of finals; nothing before there are any."""
        newest = await self._minutes.version(self.log.name)
        if newest is None:
            return self._redaction  # minutes that were there are gone with their room only
        return await asyncio.to_thread(Redaction.of, newest.minutes, finals)

    def _use(self, redaction: Redaction, captions: Iterable[Caption]) -> None:
        """Show captions, which are all as they were said, by a redaction from now on."""
        if redaction.names != self._redaction.names:
            self._mask = NameMask(redaction.names)  # else the one that is there remembers texts
        self._redaction = redaction
        self._note_withheld(captions)

    def _note_withheld(self, captions: Iterable[Caption]) -> None:
        for caption in captions:
            if self._redaction.hides(caption):
                self._withheld.add(caption.id)
            else:
                self._withheld.discard(caption.id)

    async def _change(self, redaction: Redaction, finals: Sequence[Caption], at: int) -> list[_Amendment]:
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
        # What was said is of the state before the translations were read: where it has changed since, both
        # are of an old revision.
        spoken = {caption.id: caption for caption in finals}
        growing = [caption for id_, caption in self._open.items() if id_ not in spoken]
        captions = [*spoken.values(), *growing, *translations]
        before, mask = {_key(one): self.show(one) for one in captions}, self._mask
        self._use(redaction, [*spoken.values(), *growing])
        amended = []
        for caption in captions:
            was, now, translation = before[_key(caption)], self.show(caption), caption.translation
            said = spoken.get(caption.id, caption)
            if now is None:
                # Emptied ones as well: whoever was away has their words still, and is not told of the edit.
                if translation is None and caption.id in self._shown:
                    amended.append(_Amendment(_withdrawn(caption), caption.rev))
            elif not now.text:
                pass
            elif was is None and translation and translation.source_rev != said.rev:
                pass  # the words were corrected while they were withheld: the translation comes anew
            elif caption.seq < at and (was is None or mask.hide(caption.text) != now.text):
                amended.append(_Amendment(now, said.rev))
        return amended

    async def _amend(self, amendments: Sequence[_Amendment]) -> None:
        """Publish captions for these readers alone, and then those translations that follow them.

        What was revised since it was read is left out. Its newer revision is in the log behind the event that
        is taken now, and no reader is shown it before the view has come there: it is shown by what holds now,
        and what it changes of that is published then. What withdraws a caption has no words that could be
        old, and depends on nothing; where the newer revision is not withheld, it is brought back then.
        """
        for translated in (False, True):
            batch = [one for one in amendments if (one.caption.translation is not None) is translated]
            while batch:
                captions = [self._for_readers(one.caption) for one in batch]
                unchanged = [NotRevised(one.caption.id, one.rev) for one in batch if one.caption.text]
                try:
                    seqs = await self.log.append([*map(PublicVersionAmended, captions)], unchanged)
                except PreconditionFailed as failed:
                    batch = [one for one in batch if one.caption.id != failed.precondition.caption_id]
                    continue
                for amendment, published in zip(batch, map(revised, captions, seqs), strict=True):
                    if published.translation is None:
                        self._revised[published.id] = amendment.rev, published.rev
                    if not published.text:
                        self._withdrawn[published.id] = published.seq
                        self._shown.discard(published.id)
                    self._amendments.pop(_key(published), None)
                    self._amendments[_key(published)] = published
                break

    def _for_readers(self, caption: Caption) -> Caption:
        """Return what is published for these readers alone; a translation is of the revision they know."""
        if translation := caption.translation:
            rev = self._known_rev(caption.id, translation.source_rev)
            caption = replace(caption, translation=replace(translation, source_rev=rev))
        return replace(caption, public_only=True)


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
