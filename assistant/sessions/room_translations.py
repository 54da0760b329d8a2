"""The languages that one room is shown in, and for how long each is needed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from assistant.core.captions import Caption
from assistant.core.errors import LanguageUnavailable
from assistant.core.translation import Route
from assistant.ports import TranscriptStore
from assistant.sessions.translation_desk import TranslationDesk
from assistant.sessions.translation_stream import Renderer, TranslationStream, untranslated

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


def readable_languages(desk: TranslationDesk, *, by_speech: bool) -> list[Readable]:
    """Return all languages that something can be translated into."""
    targets = sorted({*desk.routes.targets, *([BY_SPEECH] if by_speech else [])})
    return [Readable(lang, desk.routes.into(lang), by_speech and lang == BY_SPEECH) for lang in targets]


class RoomTranslations:
    """Opens and closes the languages of a room.

    A language is open while somebody reads it, while its transcript is made, and for good where the
    room is always translated into it.

    Args:
        room: Publishes what was translated.
        desk: Translates.
        store: Has the finals, and keeps their translations.
        by_speech: Whether the recogniser can translate speech into English.
    """

    def __init__(
        self, room: Renderer, desk: TranslationDesk, store: TranscriptStore, *, by_speech: bool = False
    ) -> None:
        self._room = room
        self._desk = desk
        self._store = store
        self._by_speech = by_speech
        self._streams: dict[str, TranslationStream] = {}
        self._uses: Counter[str] = Counter()

    @property
    def languages(self) -> tuple[str, ...]:
        """What can be read here."""
        return tuple(readable.lang for readable in readable_languages(self._desk, by_speech=self._by_speech))

    def check(self, lang: str) -> str:
        """Return `lang`, or raise `LanguageUnavailable`."""
        if lang not in self.languages:
            offered = ", ".join(("source", *self.languages))
            raise LanguageUnavailable(f"This room cannot show “{lang}”; it shows {offered}.")
        return lang

    async def open(self, lang: str, growing: Iterable[Caption] = ()) -> TranslationStream:
        """Translate into `lang` from now on, and what was said before as well.

        Each call is one use, and ends with `release`.

        Args:
            lang: A language of `languages`.
            growing: Captions of utterances that are going on.

        Raises:
            LanguageUnavailable: The room cannot show it.
        """
        self.check(lang)
        self._uses[lang] += 1
        stream = self._streams.get(lang)
        if stream is None:
            by_speech = self._by_speech and lang == BY_SPEECH
            stream = TranslationStream(self._room, lang, self._desk, self._store, by_speech=by_speech)
            self._streams[lang] = stream
            for caption in growing:
                stream.offer(caption)
            await stream.fill()
        return stream

    async def release(self, lang: str) -> None:
        """End one use of a language; the last one closes it."""
        self._uses[lang] -= 1
        if self._uses[lang] <= 0:
            self._uses.pop(lang, None)
            stream = self._streams.pop(lang, None)
            if stream:
                await stream.close()

    def offer(self, caption: Caption) -> None:
        """Hand a revision of a caption as it was said to all languages that are open."""
        for stream in self._streams.values():
            stream.offer(caption)

    def wants_speech(self, source: str) -> bool:
        """Whether somebody waits for the recogniser's own translation of speech in `source`."""
        stream = self._streams.get(BY_SPEECH) if self._by_speech else None
        return stream is not None and source != BY_SPEECH and stream.route(source) is None

    async def spoken(self, caption: Caption, text: str) -> None:
        """Publish the recogniser's translation of a final."""
        stream = self._streams.get(BY_SPEECH)
        if stream:
            await stream.spoken(caption, text)

    def growing(self, lang: str) -> list[Caption]:
        """Return what readers of `lang` see of captions that have not ended."""
        return [caption for caption in self._streams[lang].shown.values() if not caption.final]

    async def missed(self, lang: str, since: int) -> list[Caption]:
        """Return finals that a reader of `lang` has not seen of what came after `since`, in no order.

        That are translations, captions said in that language, and those that cannot be translated.
        """
        stream = self._streams[lang]
        found = {
            caption.id: caption
            for caption in await self._store.translations(self._room.name, lang, since=since)
        }
        for caption in await self._store.captions(self._room.name, since=since):
            if caption.source_lang == lang or not caption.text:
                found[caption.id] = caption
            elif stream.route(caption.source_lang) is None and not _renders(found.get(caption.id), caption):
                found[caption.id] = self._untranslated(caption, lang)
        ended = {
            id_: caption for id_, caption in stream.shown.items() if caption.final and caption.seq > since
        }
        return list((found | ended).values())

    async def transcript(self, lang: str, captions: Sequence[Caption]) -> list[Caption]:
        """Return finals in `lang`, after translating those that are not yet.

        What cannot be translated is there as it was said.

        Raises:
            LanguageUnavailable: The room cannot show `lang`.
        """
        stream = await self.open(lang)
        try:
            await stream.fill()
            await stream.settled()
            done = {caption.id: caption for caption in await self._store.translations(self._room.name, lang)}
        finally:
            await self.release(lang)
        return [self._written(caption, done.get(caption.id), lang) for caption in captions]

    def _written(self, caption: Caption, translation: Caption | None, lang: str) -> Caption:
        if caption.source_lang == lang:
            return caption
        return translation if _renders(translation, caption) else self._untranslated(caption, lang)

    def _untranslated(self, caption: Caption, lang: str) -> Caption:
        """Return a final of the past as it was said, and why."""
        if self._desk.routes.route(caption.source_lang, lang):
            return untranslated(caption, lang, "failed")
        heard = self._by_speech and lang == BY_SPEECH
        return untranslated(caption, lang, "too_late" if heard else "no_route")

    async def close(self) -> None:
        """Close all languages."""
        streams = list(self._streams.values())
        self._streams.clear()
        self._uses.clear()
        await asyncio.gather(*(stream.close() for stream in streams))


def _renders(translation: Caption | None, caption: Caption) -> TypeGuard[Caption]:
    """Whether a translation is one of this revision of a caption."""
    rendering = translation.rendering if translation else None
    return rendering is not None and rendering.source_rev == caption.rev
