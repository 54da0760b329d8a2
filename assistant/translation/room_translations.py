"""The languages that one room is shown in, and for how long each is needed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from assistant.core.captions.caption import Caption, Problem, untranslated
from assistant.core.errors import LanguageUnavailable, RoomDeleted
from assistant.core.glossary.glossary import Glossary
from assistant.core.language import ReaderLanguages
from assistant.core.translation.routes import Route, RouteTable
from assistant.ports.room_log import RoomLog
from assistant.ports.storage import TranscriptStore
from assistant.tasks.owner import TaskOwner
from assistant.translation.publisher import SavingRules
from assistant.translation.stream import TranslationStream
from assistant.translation.translator import TranslationService

LINGER_SECONDS = 20.0
BY_SPEECH = "en"
"""The one language that Whisper translates speech into."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A language that can be read, and the ways into it.

    Attributes:
        lang: BCP-47 primary subtag.
        routes: By the language that is spoken.
        by_speech: Whether the recogniser translates what has no route.
    """

    lang: str
    routes: Mapping[str, Route]
    by_speech: bool


def readable_languages(service: TranslationService, *, by_speech: bool) -> list[Readable]:
    """Return all languages that something can be translated into."""
    targets = sorted({*service.routes.targets, *([BY_SPEECH] if by_speech else [])})
    return [Readable(lang, service.routes.into(lang), by_speech and lang == BY_SPEECH) for lang in targets]


def unreachable(
    languages: Iterable[str], routes: RouteTable, *, by_speech: Collection[str]
) -> tuple[str, ...]:
    """Return those languages that nothing leads to.

    Args:
        languages: Are wanted.
        routes: The ways that there are.
        by_speech: Languages into which the recogniser translates; rooms use `BY_SPEECH` only.
    """
    reached = {*routes.targets, *({BY_SPEECH} & {*by_speech})}
    return tuple(lang for lang in languages if lang not in reached)


class RoomTranslations:
    """Opens and closes the languages of a room.

    A language is open while somebody reads it, while its transcript is made, and for good where the
    room is always translated into it.

    Args:
        log: What happens in the room.
        service: Translates.
        store: Has the finals, and keeps their translations.
        glossary: Returns the terms that hold in the room.
        by_speech: Whether the recogniser can translate speech into English.
        linger_seconds: A language stays open for so long after its last use, so that who comes back,
            as after a broken connection, finds it as it was.
        saving: How translations get into the store.
    """

    def __init__(
        self,
        log: RoomLog,
        service: TranslationService,
        store: TranscriptStore,
        glossary: Callable[[], Glossary],
        *,
        by_speech: bool = False,
        linger_seconds: float = LINGER_SECONDS,
        saving: SavingRules | None = None,
    ) -> None:
        self._log = log
        self._glossary = glossary
        self._service = service
        self._store = store
        self._by_speech = by_speech
        self._linger_seconds = linger_seconds
        self._saving = saving or SavingRules()
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._tasks = TaskOwner()
        self._streams: dict[str, TranslationStream] = {}
        self._uses: Counter[str] = Counter()
        self._expected: set[str] = set()

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages that the room can be read in."""
        return tuple(
            readable.lang for readable in readable_languages(self._service, by_speech=self._by_speech)
        )

    def check(self, lang: str) -> str:
        """Return `lang`, or raise `LanguageUnavailable`."""
        if lang not in self.languages:
            offered = ", ".join(("source", *self.languages))
            raise LanguageUnavailable(f"This room cannot show “{lang}”; it shows {offered}.")
        return lang

    async def open(self, lang: str) -> TranslationStream:
        """Translate into `lang` from now on, and what was said before as well.

        Each call is one use, and ends with `release`.

        Args:
            lang: A language of `languages`.

        Raises:
            LanguageUnavailable: The room cannot show it.
        """
        self.check(lang)
        self._uses[lang] += 1
        if closing := self._closing.pop(lang, None):
            closing.cancel()
        stream = self._streams.get(lang)
        if stream is None:
            stream = TranslationStream(
                self._log, lang, self._service, self._store, self._glossary, self._saving
            )
            self._streams[lang] = stream
            try:
                await stream.start()
            except BaseException:
                self.release(lang)
                raise
        return stream

    def release(self, lang: str) -> None:
        """End one use of a language, which is closed some time after its last use."""
        self._uses[lang] -= 1
        if self._uses[lang] <= 0 and lang in self._streams:
            self._closing[lang] = self._tasks.start(self._close_later(lang), f"translate-{lang}")

    async def _close_later(self, lang: str) -> None:
        await asyncio.sleep(self._linger_seconds)
        # Forgotten before anything is awaited: whoever opens the language from here on opens a new stream.
        del self._closing[lang], self._uses[lang]
        stream = self._streams.pop(lang)
        await stream.close()

    def view(self, caption: Caption, shown: ReaderLanguages) -> Caption | None:
        """Return a published caption or translation as a reader sees it; None where it is not shown."""
        lang = shown.translation
        if caption.target:
            return caption if caption.target == lang else None
        # What was no speech goes from every page.
        gone = caption.final and not caption.text
        plain = gone or (caption.source_lang == lang and not caption.in_other_language)
        if not plain and lang and self._lacks_way(caption, lang):
            return untranslated(caption, lang, self._reason(caption, lang))
        return caption if plain or shown.source else None

    def wants_speech(self, source: str) -> bool:
        """Return whether somebody waits for the recogniser's translation of finals in a language."""
        return self._by_speech and BY_SPEECH in self._streams and self._lacks_route(source, BY_SPEECH)

    def expect(self, caption: Caption) -> bool:
        """Return whether somebody waits for the recogniser's translation of a final, and expect it then."""
        stream = self._streams.get(BY_SPEECH)
        if stream is None or stream.begins_seq is None or stream.begins_seq >= caption.seq:
            return False
        if not caption.text or caption.in_other_language or not self.wants_speech(caption.source_lang):
            return False
        self._expected.add(caption.id)
        return True

    async def publish_from_speech(self, caption: Caption, text: str) -> None:
        """Publish the recogniser's translation of a final; an empty text means that it failed."""
        self._expected.discard(caption.id)
        if stream := self._streams.get(BY_SPEECH):
            await stream.publish_from_speech(caption, text)

    def growing(self, lang: str) -> list[Caption]:
        """Return the translations into `lang` of the captions that still grow, as readers see them now.

        Raises:
            RoomDeleted: The languages of the room are closed.
        """
        stream = self._streams.get(lang)
        if stream is None:
            raise RoomDeleted("This room was deleted.")
        return [caption for caption in stream.shown.values() if not caption.final]

    async def missed(self, lang: str, since: int, finals: Sequence[Caption]) -> list[Caption]:
        """Return the finals that a reader of `lang` has missed since an event, in no order.

        They are translations, captions that were said in that language, and captions as they were said where
        nothing translates them, with the reason.

        Args:
            lang: What the reader reads.
            since: The newest event that the reader has seen.
            finals: The latest revision of each final since.
        """
        stream = self._streams[lang]
        # Looked at first: what is stored meanwhile is in one of them.
        on_their_way = {id_: caption for id_, caption in stream.shown.items() if caption.final}
        stored = await self._store.translations(self._log.name, lang)
        known = {caption.id: caption for caption in stored} | on_their_way
        found = {id_: caption for id_, caption in known.items() if caption.seq > since}
        for caption in finals:
            if not caption.text or (caption.source_lang == lang and not caption.in_other_language):
                found[caption.id] = caption
            elif self._lacks_way(caption, lang) and not _translates(known.get(caption.id), caption):
                found[caption.id] = self._untranslated(caption, lang)
        return list(found.values())

    async def transcript(self, lang: str, captions: Sequence[Caption]) -> list[Caption]:
        """Return finals in `lang`, after translating those that are not yet.

        What cannot be translated is there as it was said.

        Raises:
            LanguageUnavailable: The room cannot show `lang`.
        """
        stream = await self.open(lang)
        try:
            await stream.fill()
            await stream.wait_for_finals()
            done = {caption.id: caption for caption in await self._store.translations(self._log.name, lang)}
            newest = {caption.id: caption for caption in await self._store.captions(self._log.name)}
        finally:
            self.release(lang)
        captions = [newest.get(caption.id, caption) for caption in captions]
        return [self._written(caption, done.get(caption.id), lang) for caption in captions]

    def _written(self, caption: Caption, translation: Caption | None, lang: str) -> Caption:
        if caption.source_lang == lang and not caption.in_other_language:
            return caption
        return translation if _translates(translation, caption) else self._untranslated(caption, lang)

    def _untranslated(self, caption: Caption, lang: str) -> Caption:
        """Return a final of the past as it was said, and why."""
        nowhere = self._lacks_way(caption, lang)
        return untranslated(caption, lang, self._reason(caption, lang, past=True) if nowhere else "failed")

    def _reason(self, caption: Caption, lang: str, *, past: bool = False) -> Problem:
        """Return why a caption is not translated that no text model leads from."""
        if caption.in_other_language:
            return "other_language"
        if not self._by_speech or lang != BY_SPEECH:
            return "no_route"
        gone = caption.edited or (past and caption.final and caption.id not in self._expected)
        return "too_late" if gone else "follows"

    def _lacks_way(self, caption: Caption, lang: str) -> bool:
        """Whether no text model can make sense of a caption in a language."""
        return caption.in_other_language or self._lacks_route(caption.source_lang, lang)

    def _lacks_route(self, source: str, lang: str) -> bool:
        return source != lang and self._service.routes.route(source, lang) is None

    async def close(self) -> None:
        """Close all languages."""
        streams = list(self._streams.values())
        self._streams.clear()
        self._closing.clear()
        await asyncio.gather(
            self._tasks.close(), *(stream.close() for stream in streams), return_exceptions=True
        )


def _translates(translation: Caption | None, caption: Caption) -> TypeGuard[Caption]:
    """Whether a translation is one of this revision of a caption."""
    made = translation.translation if translation else None
    return made is not None and made.source_rev == caption.rev
