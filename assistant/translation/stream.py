"""One room in one language: its captions translated as they are said, and those of before.

Three tasks share the work, so that none waits for another at the desk: captions that have ended, in
the order in which they did; captions that grow, always in their newest revision; and captions of
the past. What grows may be skipped, finals never are.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from assistant.core.captions.caption import Caption, Problem, Rendering
from assistant.core.captions.events import (
    CaptionTranslated,
    NotEnded,
    NotRevised,
    Precondition,
    PreconditionFailed,
    RoomEvent,
    SpokenEvent,
    is_marked,
    revised,
)
from assistant.core.errors import (
    AssistantError,
    ReaderTooSlow,
    RoomUnknown,
    StoreUnavailable,
    TranslationFailed,
)
from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.live import Carried, LiveTranslation, RetranslationRules
from assistant.core.translation.routes import Route
from assistant.core.translation.terminology import Terminology
from assistant.ports.room_log import RoomLog, Subscription
from assistant.ports.storage import TranscriptStore
from assistant.ports.translation import TranslationKind
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff
from assistant.translation.translator import TranslationService

_log = structlog.get_logger(__name__)
_FOLLOWED_CAPTIONS = 200
_SURE_PROBABILITY = 0.99
_SAVING_SECONDS = 1.0
"""How long a translation that is shown waits for being stored, before the next is made."""
_STORE_PAUSES = Backoff(0.25, 1.0)


@dataclass(frozen=True, slots=True)
class _Told:
    """A speaker's last final, its translation, and what that left unfinished."""

    translation: Caption
    carried: Carried | None


@dataclass(slots=True)
class _Followed:
    """A caption on its way: what is shown of it, its newest revision, and the final that it continues."""

    live: LiveTranslation
    newest: Caption
    before: _Told | None
    translated: str = ""
    ended: bool = False


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
        desk: TranslationService,
        store: TranscriptStore,
        glossary: Callable[[], Glossary],
    ) -> None:
        """Begin to work; nothing is followed before `start`.

        Args:
            log: Of the room.
            lang: BCP-47 primary subtag.
            desk: Translates.
            store: Has the finals, and keeps their translations.
            glossary: Returns the terms that hold in the room.
        """
        self.lang = lang
        self.shown: dict[str, Caption] = {}
        self.begins_seq: int | None = None
        self._log = log
        self._glossary = glossary
        self._desk = desk
        self._store = store
        self._rules = RetranslationRules()
        self._finals: dict[str, Caption] = {}
        self._partials: dict[str, Caption] = {}
        self._past: deque[Caption] = deque()
        self._followed: OrderedDict[str, _Followed] = OrderedDict()
        self._told: dict[TranslationKind, dict[str, _Told]] = {"final": {}, "history": {}}
        # Revisions of finals: that of the past which is being translated, and those that are.
        self._working: dict[str, int] = {}
        self._rendered: dict[str, int] = {}
        self._filling = asyncio.Lock()
        self._saving = TaskOwner()
        self._changed = asyncio.Event()
        self._terms: tuple[Glossary, dict[str, Terminology]] | None = None
        self._closed = False
        self._tasks = TaskOwner()
        for take in (self._final, self._partial, self._of_the_past):
            self._tasks.start(self._work(take), f"translate-{lang}")
        self._tasks.start(desk.warm(), f"translate-{lang}")

    async def start(self) -> None:
        """Follow the room from here on, and ask for what was said before."""
        snapshot = await self._log.snapshot_and_subscribe(wanted=_is_spoken)
        if self._closed:
            snapshot.subscription.close()
            return
        self.begins_seq = snapshot.seq
        for caption in snapshot.open:
            self._offer(caption)
        self._tasks.start(self._follow_log(snapshot.subscription), f"translate-{self.lang}")
        await self.fill()

    async def close(self) -> None:
        """Stop; what was not translated is when somebody opens the language again."""
        self._closed = True
        await self._tasks.close()
        await self._saving.wait()
        # Whoever waits for the rest waits no longer.
        self._finals.clear()
        self._past.clear()
        self._wake()

    def route(self, source: str) -> Route | None:
        """Return how text in `source` gets into this language."""
        return self._desk.routes.route(source, self.lang)

    async def fill(self) -> None:
        """Ask for a translation of every final that has none yet, the newest first."""
        async with self._filling:
            done = {
                caption.id: caption.rendering.source_rev
                for caption in await self._store.translations(self._log.name, self.lang)
                if caption.rendering
            }
            captions = await self._store.captions(self._log.name)
            done |= self._rendered
            waiting = self._unsettled()
            missing = [
                caption
                for caption in captions
                if done.get(caption.id, -1) < caption.rev
                and caption.id not in waiting
                and self._translatable(caption)
            ]
            chains = reversed(_chains(missing, self._rules))
            self._past.extend(caption for chain in chains for caption in chain)
            self._wake()

    async def settled(self) -> None:
        """Wait until every final that was asked for before has been tried."""
        asked = self._unsettled()
        while asked & self._unsettled():
            await self._changed.wait()

    async def spoken(self, caption: Caption, text: str) -> None:
        """Publish what the recogniser made of the speech of a final; empty where it made nothing."""
        newest = await self._store.caption(self._log.name, caption.id)
        if newest is None or newest.rev != caption.rev:
            return  # somebody has corrected it meanwhile
        if text:
            await self._publish(caption, text, Rendering(self.lang, caption.rev, how="speech"))
        else:
            await self._show_untranslated(caption)

    # --- what is said ------------------------------------------------------------------------------

    async def _follow_log(self, subscription: Subscription) -> None:
        try:
            while True:
                try:
                    async for event in subscription:
                        if isinstance(event, SpokenEvent):
                            self._offer(event.caption)
                except ReaderTooSlow:  # what was missed is of the past by now
                    subscription = (await self._log.snapshot_and_subscribe(wanted=_is_spoken)).subscription
                    await self.fill()
                else:
                    return
        except RoomUnknown:
            return
        finally:
            subscription.close()

    def _offer(self, caption: Caption) -> None:
        """Take a new revision of a caption as it was said; never blocks."""
        followed = self._followed.get(caption.id)
        if followed:
            followed.newest = caption
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
            try:
                found = await step()
                failures = 0
            except StoreUnavailable as error:  # what it was about is still there
                _log.warning("translation_waits", lang=self.lang, code=error.code)
                failures += 1
                await asyncio.sleep(_STORE_PAUSES.pause_seconds(failures))
                found = True
            except AssistantError as error:
                # It is tried again when somebody opens the language anew.
                _log.warning("translation_lost", lang=self.lang, code=error.code)
                found = True
            except Exception as error:  # noqa: BLE001 - one bad text must not end a language
                _log.warning("translation_lost", lang=self.lang, error=type(error).__name__)
                found = True
            if found:
                self._wake()
            else:
                await changed.wait()

    async def _final(self) -> bool:
        if not self._finals:
            return False
        caption = next(iter(self._finals.values()))
        if caption.rev in {self._working.get(caption.id), self._rendered.get(caption.id)}:
            self._done_with(caption)  # it was found in the store before the log told of it
            return True
        try:
            await self._translate_final(caption, "final")
        except StoreUnavailable:
            raise  # it could not be numbered: it is translated again
        except Exception:
            try:
                if self._rendered.get(caption.id) != caption.rev:  # else it is only not stored
                    await self._show_untranslated(caption)
            finally:
                self._done_with(caption)
            raise
        except BaseException:
            self._done_with(caption)
            raise
        self._done_with(caption)
        return True

    def _done_with(self, caption: Caption) -> None:
        if self._finals.get(caption.id) is caption:  # else a better revision came meanwhile
            del self._finals[caption.id]

    async def _of_the_past(self) -> bool:
        if not self._past:
            return False
        caption = self._past.popleft()
        if caption.id not in self._finals and self._rendered.get(caption.id, -1) < caption.rev:
            self._working[caption.id] = caption.rev
            try:
                await self._translate_final(caption, "history")
            except StoreUnavailable:
                self._past.appendleft(caption)
                raise
            finally:
                del self._working[caption.id]
        return True

    async def _partial(self) -> bool:
        # The last sentence of a speaker may go on in this caption, so it is translated first.
        unsettled = {caption.participant for caption in self._finals.values()}
        ready = [caption for caption in self._partials.values() if caption.participant not in unsettled]
        if not ready:
            return False
        del self._partials[ready[0].id]
        await self._translate_partial(ready[0])
        return True

    # --- one caption -----------------------------------------------------------------------------

    async def _translate_partial(self, caption: Caption) -> None:
        if caption.source_lang == self.lang:
            return
        route = self.route(caption.source_lang)
        if route is None:
            return
        followed = self._follow(caption, "final")
        text = caption.text[: caption.stable]
        if text == followed.translated:
            return
        followed.translated = text
        live = followed.live
        plan = live.plan(self._desk.split(caption.source_lang, live.unsettled(text)), final=False)
        if not plan.sentences:
            return
        terms = self._terminology(caption.source_lang)
        try:
            parts = await self._desk.translate(plan.sentences, route, terms, "partial")
        except TranslationFailed:
            if caption.id not in self.shown:  # else what was promised stays
                await self._show_untranslated(caption)
            return
        if followed.newest.final:
            return
        shown = live.take(plan, parts)
        rendering = Rendering(self.lang, caption.rev, route.via)
        translation = replace(
            caption, lang=self.lang, text=shown.text, stable=shown.stable, rendering=rendering
        )
        published = await self._publish_if(translation, NotEnded(caption.id))
        if published:
            self.shown[caption.id] = published

    async def _translate_final(self, caption: Caption, kind: TranslationKind) -> None:
        if not self._translatable(caption):
            self._forget(caption)
            self.shown.pop(caption.id, None)
            return
        source = await self._language_of(caption)
        route = self.route(source)
        if route is None:
            # In the reader's language already, whatever the recogniser took it for.
            self._forget(caption)
            await self._publish(caption, caption.text, Rendering(self.lang, caption.rev))
            return
        followed = self._begin(caption, kind) if kind == "history" else self._follow(caption, kind)
        if followed.ended or not followed.live.begun:
            # Its first words may have come before the end of the sentence that they belong to; and what
            # is corrected is translated anew, without changing the caption before once more.
            improved = followed.ended and followed.before is None
            followed = self._begin(caption, kind)
            if improved:
                followed.before = None
            if kind == "final":
                self._followed[caption.id] = followed
        followed.ended = True
        live = followed.live
        plan = live.plan(self._desk.split(source, live.unsettled(caption.text)), final=True)
        try:
            parts = await self._desk.translate(plan.sentences, route, self._terminology(source), kind)
        except TranslationFailed:
            await self._show_untranslated(caption)
            return
        text = live.take(plan, parts).text
        translation = await self._publish(caption, text, Rendering(self.lang, caption.rev, route.via))
        if translation is None:
            return
        if live.before and followed.before:
            before, followed.before = followed.before, None
            await self._improve(before, live.before)
        last = self._told[kind].get(caption.participant)
        if last is None or last.translation.start_seconds <= caption.start_seconds:
            self._told[kind][caption.participant] = _Told(translation, live.unfinished())

    async def _improve(self, before: _Told, better: str) -> None:
        """Publish the caption before once more: its last sentence went on, and is translated as one."""
        translation, carried = before.translation, before.carried
        rendering = translation.rendering
        if carried is None or rendering is None or not translation.text.endswith(carried.translation):
            return
        if self._rendered.get(translation.id) != rendering.source_rev:
            return  # it says something else by now
        text = translation.text.removesuffix(carried.translation) + better
        await self._publish(replace(translation, refined=True), text, rendering)

    async def _publish(self, caption: Caption, text: str, rendering: Rendering) -> Caption | None:
        translation = replace(
            caption, lang=self.lang, text=text, stable=len(text), words=(), rendering=rendering
        )
        published = await self._publish_if(translation, NotRevised(caption.id, rendering.source_rev))
        if published is None:
            return None
        self.shown[caption.id] = published
        self._rendered[caption.id] = rendering.source_rev
        # What has begun to be written is written, also if the language is closed meanwhile.
        saving = self._saving.start(self._save(published), f"translate-{self.lang}")
        # A store that is away holds up no reader.
        done, _ = await asyncio.wait({saving}, timeout=_SAVING_SECONDS)
        for saved in done:
            saved.result()
        return published

    async def _publish_if(self, translation: Caption, precondition: Precondition) -> Caption | None:
        """Publish a translation, unless what it renders has changed when its turn has come."""
        try:
            (seq,) = await self._log.append([CaptionTranslated(translation)], [precondition])
        except PreconditionFailed:
            return None
        return replace(translation, seq=seq) if is_marked(translation) else revised(translation, seq)

    async def _save(self, translation: Caption) -> None:
        failures = 0
        while self.shown.get(translation.id) is translation:  # else a newer one is stored instead
            try:
                await self._store.save_translation(translation)
            except StoreUnavailable as error:
                _log.warning("translation_not_stored", lang=self.lang, code=error.code)
                if self._closed:  # it can be made again
                    break
                failures += 1
                await asyncio.sleep(_STORE_PAUSES.pause_seconds(failures))
            else:
                break
        if self.shown.get(translation.id) is translation:
            del self.shown[translation.id]

    async def _show_untranslated(self, caption: Caption) -> None:
        """Show a caption whose translation failed as it was said."""
        unchanged = NotRevised(caption.id, caption.rev) if caption.final else NotEnded(caption.id)
        published = await self._publish_if(untranslated(caption, self.lang, "failed"), unchanged)
        if published is None:
            return
        self.shown[caption.id] = published
        failed = [id_ for id_, shown in self.shown.items() if shown.final and is_marked(shown)]
        for id_ in failed[:-_FOLLOWED_CAPTIONS]:
            del self.shown[id_]

    # --- what is known of a caption ----------------------------------------------------------------

    def _translatable(self, caption: Caption) -> bool:
        # What was no speech goes from every page by itself.
        return (
            caption.source_lang != self.lang
            and bool(caption.text.strip())
            and self.route(caption.source_lang) is not None
        )

    async def _language_of(self, caption: Caption) -> str:
        """Return what a final is written in: the recogniser may have been told, or taken it for, another."""
        try:
            guess = await self._desk.identify(caption.text)
        except TranslationFailed:
            return caption.source_lang
        if guess is None or guess.probability < _SURE_PROBABILITY:
            return caption.source_lang
        known = guess.language == self.lang or self.route(guess.language) is not None
        return guess.language if known else caption.source_lang

    def _follow(self, caption: Caption, kind: TranslationKind) -> _Followed:
        followed = self._followed.get(caption.id)
        if followed is None:
            followed = self._followed[caption.id] = self._begin(caption, kind)
            while len(self._followed) > _FOLLOWED_CAPTIONS:
                self._followed.popitem(last=False)
        return followed

    def _begin(self, caption: Caption, kind: TranslationKind) -> _Followed:
        """Begin a translation, with what the speaker's last caption left unfinished just before."""
        told = self._told[kind].get(caption.participant)
        before = None
        if told and told.translation.source_lang == caption.source_lang and told.translation.id != caption.id:
            pause_seconds = caption.start_seconds - told.translation.end_seconds
            between = any(
                other.newest.participant == caption.participant
                and not other.newest.final
                and other.newest.start_seconds < caption.start_seconds
                for other in self._followed.values()
            )
            near = abs(pause_seconds) <= self._rules.joined_seconds
            before = told if near and not between else None
        live = LiveTranslation(self.lang, before.carried if before else None, self._rules)
        return _Followed(live, caption, before)

    def _forget(self, caption: Caption) -> None:
        self._followed.pop(caption.id, None)
        for told in self._told.values():
            told.pop(caption.participant, None)

    def _terminology(self, source: str) -> Terminology:
        glossary = self._glossary()
        if self._terms is None or self._terms[0] is not glossary:
            self._terms = (glossary, {})
        terms = self._terms[1]
        if source not in terms:
            terms[source] = Terminology(glossary, source, self.lang)
        return terms[source]

    def _unsettled(self) -> set[str]:
        return {*self._finals, *self._working, *(caption.id for caption in self._past)}

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


def untranslated(caption: Caption, lang: str, problem: Problem = "no_route") -> Caption:
    """Return a caption as a reader of `lang` gets it where it is not translated."""
    return replace(caption, rendering=Rendering(lang, caption.rev, problem=problem))
