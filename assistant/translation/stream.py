"""One room in one language: its captions translated as they are said, and those of before.

Three tasks share the work, so that none of them waits for another: captions that have ended, in the order
in which they did; captions that grow, always in their newest revision; and captions of the past. What
grows may be skipped, finals never are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

from assistant.core.captions.caption import Caption, Translation
from assistant.core.captions.events import RoomEvent, SpokenEvent
from assistant.core.errors import AssistantError, ReaderTooSlow, RoomUnknown, StoreUnavailable
from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.live import RetranslationRules
from assistant.ports.room_log import RoomLog, Snapshot, Subscription
from assistant.ports.storage import TranscriptStore
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import keep_trying
from assistant.translation.caption_translator import CaptionTranslator
from assistant.translation.publisher import SavingRules, TranslationPublisher
from assistant.translation.translator import TranslationService

_log = structlog.get_logger(__name__)
T = TypeVar("T")


class TranslationStream:
    """Translates one room into `lang` while it is open.

    Attributes:
        lang: BCP-47 primary subtag.
        shown: What readers have seen and the store does not have, by caption: translations of what grows,
            finals on their way there, and those that failed.
        begins_seq: What comes after it is followed as it happens; None before the start.
    """

    def __init__(
        self,
        log: RoomLog,
        lang: str,
        service: TranslationService,
        store: TranscriptStore,
        glossary: Callable[[], Glossary],
        saving: SavingRules,
    ) -> None:
        """Begin to work; nothing is followed before `start`.

        Args:
            log: What happens in the room.
            lang: BCP-47 primary subtag.
            service: Translates.
            store: Has the finals, and keeps their translations.
            glossary: Returns the terms that hold in the room.
            saving: How translations get into the store.
        """
        self.lang = lang
        self.begins_seq: int | None = None
        self._log = log
        self._store = store
        self._rules = RetranslationRules()
        self._saving = saving
        self._publisher = TranslationPublisher(log, lang, store, saving)
        self.shown = self._publisher.shown
        self._translator = CaptionTranslator(self._publisher, service, glossary, self._rules)
        self._finals: dict[str, Caption] = {}
        self._partials: dict[str, Caption] = {}
        self._past: deque[Caption] = deque()
        # The final of the past that is being translated, and its revision.
        self._working: dict[str, int] = {}
        self._filling = asyncio.Lock()
        # Replaced whenever something changes: who took it before a look waits for what comes after.
        self._changed = asyncio.Event()
        self._closed = False
        self._tasks = TaskOwner()
        for step in (self._next_final, self._next_partial, self._next_of_the_past):
            self._start(self._work(step))
        self._start(service.warm())

    async def start(self) -> None:
        """Follow the room from here on, and ask for what was said before."""
        snapshot = await self._subscribe()
        if self._closed:
            snapshot.subscription.close()
            return
        self.begins_seq = snapshot.seq
        self._start(self._follow_log(snapshot.subscription))
        await self.fill()

    async def close(self) -> None:
        """Stop; what is left is translated when somebody opens the language again."""
        self._closed = True
        await self._tasks.close()
        await self._publisher.close()
        # Whoever waits for the rest waits no longer.
        self._finals.clear()
        self._past.clear()
        self._wake()

    async def fill(self) -> None:
        """Ask for a translation of every final that has none yet, the newest first."""
        async with self._filling:
            stored = await self._store.translations(self._log.name, self.lang)
            captions = await self._store.captions(self._log.name)
            done = {caption.id: caption.translation.source_rev for caption in stored if caption.translation}
            done |= self._publisher.translated_revs
            waiting = self._awaited()
            missing = [
                caption
                for caption in captions
                if done.get(caption.id, -1) < caption.rev
                and caption.id not in waiting
                and self._translator.can_translate(caption)
            ]
            for chain in reversed(_chains(missing, self._rules)):
                self._past.extend(chain)
            self._wake()

    async def wait_for_finals(self) -> None:
        """Wait until every final that was asked for before has been tried."""
        asked = self._awaited()
        while asked & self._awaited():
            await self._changed.wait()

    async def publish_from_speech(self, caption: Caption, text: str) -> None:
        """Publish the recogniser's translation of a final; an empty text shows the final as it was said."""
        newest = await self._store.caption(self._log.name, caption.id)
        if newest is None or newest.rev != caption.rev:
            return  # somebody has corrected it meanwhile
        if text:
            made = Translation(self.lang, caption.rev, how="speech")
            await self._publisher.publish_translation(caption, text, made)
        else:
            await self._publisher.publish_untranslated(caption)

    # --- what is said ------------------------------------------------------------------------------

    async def _follow_log(self, subscription: Subscription) -> None:
        try:
            while True:
                try:
                    async for event in subscription:
                        if isinstance(event, SpokenEvent):
                            self._offer(event.caption)
                except ReaderTooSlow:
                    subscription = (await self._patiently(self._subscribe)).subscription
                    # What was missed is of the past by now. It is asked for beside what is said from here on,
                    # which goes on also while the store is away.
                    self._start(self._patiently(self.fill))
                else:
                    return
        except RoomUnknown:
            return
        finally:
            subscription.close()

    async def _subscribe(self) -> Snapshot:
        """Follow what is said from here on, with what grows now."""
        snapshot = await self._log.snapshot_and_subscribe(wanted=_is_spoken)
        for caption in snapshot.open:
            self._offer(caption)
        return snapshot

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what keeps the language going, however long the store is away."""
        return await keep_trying(work, StoreUnavailable, self._saving.pauses, self._note_wait)

    def _note_wait(self, error: StoreUnavailable, _failures: int) -> None:
        _log.warning("translation_waits", lang=self.lang, code=error.code)

    def _offer(self, caption: Caption) -> None:
        """Take a new revision of a caption as it was said; never blocks."""
        self._translator.note_revision(caption)
        if caption.final:
            self._partials.pop(caption.id, None)
            self._finals[caption.id] = caption
        else:
            self._partials[caption.id] = caption
        self._wake()

    # --- the three tasks -------------------------------------------------------------------------

    async def _work(self, step: Callable[[], Awaitable[bool]]) -> None:
        failures = 0
        while True:
            # Taken before the look, so that no news is missed in between.
            changed = self._changed
            found = True
            try:
                found = await step()
                failures = 0
            except StoreUnavailable as error:  # what it was about is still there
                failures += 1
                self._note_wait(error, failures)
                await asyncio.sleep(self._saving.pauses.pause_seconds(failures))
            except AssistantError as error:
                # It is tried again when somebody opens the language anew.
                _log.warning("translation_lost", lang=self.lang, code=error.code)
            except Exception as error:  # noqa: BLE001 - one bad text must not end a language
                _log.warning("translation_lost", lang=self.lang, error=type(error).__name__)
            if found:
                self._wake()
            else:
                await changed.wait()

    async def _next_final(self) -> bool:
        if not self._finals:
            return False
        caption = next(iter(self._finals.values()))
        done = True
        try:
            # Else it was found in the store before the log told of it.
            if caption.rev not in {self._working.get(caption.id), self._translated_rev(caption)}:
                await self._translator.translate_final(caption, "final")
        except StoreUnavailable:
            done = False  # it could not be numbered: it is translated again
            raise
        except Exception:
            if self._translated_rev(caption) != caption.rev:  # else it is only not stored
                await self._publisher.publish_untranslated(caption)
            raise
        finally:
            if done and self._finals.get(caption.id) is caption:  # else a better revision came meanwhile
                del self._finals[caption.id]
        return True

    async def _next_of_the_past(self) -> bool:
        if not self._past:
            return False
        caption = self._past.popleft()
        if caption.id not in self._finals and self._translated_rev(caption) < caption.rev:
            self._working[caption.id] = caption.rev
            try:
                await self._translator.translate_final(caption, "history")
            except StoreUnavailable:
                self._past.appendleft(caption)
                raise
            finally:
                del self._working[caption.id]
        return True

    async def _next_partial(self) -> bool:
        # The last sentence of a speaker may go on in this caption, so it is translated first.
        ending = {caption.participant for caption in self._finals.values()}
        ready = next((one for one in self._partials.values() if one.participant not in ending), None)
        if ready is None:
            return False
        del self._partials[ready.id]
        await self._translator.translate_partial(ready)
        return True

    # --- inside ----------------------------------------------------------------------------------

    def _translated_rev(self, caption: Caption) -> int:
        return self._publisher.translated_revs.get(caption.id, -1)

    def _awaited(self) -> set[str]:
        return {*self._finals, *self._working, *(caption.id for caption in self._past)}

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(work, f"translate-{self.lang}")

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _chains(captions: list[Caption], rules: RetranslationRules) -> list[list[Caption]]:
    """Group captions in the order of their start by speakers who go on, so that sentences stay whole."""
    chains: list[list[Caption]] = []
    last: dict[str, list[Caption]] = {}
    for caption in captions:
        chain = last.get(caption.participant)
        if chain and caption.start_seconds - chain[-1].end_seconds <= rules.joined_seconds:
            chain.append(caption)
        else:
            chain = last[caption.participant] = [caption]
            chains.append(chain)
    return chains


def _is_spoken(event: RoomEvent) -> bool:
    return isinstance(event, SpokenEvent)
