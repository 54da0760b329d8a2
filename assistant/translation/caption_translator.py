"""Translates the captions of one room into one language, each revision as it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.core.captions.caption import Caption, Translation
from assistant.core.errors import TranslationFailed
from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.live import Carried, LiveTranslation, RetranslationRules
from assistant.core.translation.routes import Route
from assistant.core.translation.terminology import Terminology
from assistant.ports.translation import TranslationKind
from assistant.translation.publisher import MOST_FOLLOWED_CAPTIONS, TranslationPublisher
from assistant.translation.translator import TranslationService

_SURE_PROBABILITY = 0.99
"""How sure the identification of a language must be to overrule the recogniser's."""

_MOST_SPEAKERS = 100


@dataclass(frozen=True, slots=True)
class _LastFinal:
    """The translation of a speaker's last final, and the sentence that it left unfinished."""

    translation: Caption
    carried: Carried | None


@dataclass(slots=True)
class _Followed:
    """A caption whose revisions are translated.

    Attributes:
        live: What is shown of its translation.
        newest: Its newest revision.
        before: The final whose last sentence it may continue; None where that was improved already.
        text: The stable text that was translated last.
        ended: Whether its final was translated.
    """

    live: LiveTranslation
    newest: Caption
    before: _LastFinal | None
    text: str = ""
    ended: bool = False


class CaptionTranslator:
    """Translates captions and hands them to a publisher.

    It follows captions over their revisions, and speakers from one caption to the next.
    """

    def __init__(
        self,
        publisher: TranslationPublisher,
        service: TranslationService,
        glossary: Callable[[], Glossary],
        rules: RetranslationRules,
    ) -> None:
        """Create a translator into the language of the publisher.

        Args:
            publisher: Publishes the translations.
            service: Translates sentences.
            glossary: Returns the terms that hold in the room.
            rules: How steady translations are, and when a sentence goes on in the next caption.
        """
        self.lang = publisher.lang
        self._publisher = publisher
        self._service = service
        self._glossary = glossary
        self._rules = rules
        # Who spoke lately, whose names may be said.
        self._speakers: dict[str, None] = {}
        self._followed: dict[str, _Followed] = {}
        self._last_finals: dict[TranslationKind, dict[str, _LastFinal]] = {"final": {}, "history": {}}

    def note_revision(self, caption: Caption) -> None:
        """Note the newest revision of a caption as it was said; a partial is not shown after its final."""
        if followed := self._followed.get(caption.id):
            followed.newest = caption

    def can_translate(self, caption: Caption) -> bool:
        """Return whether a caption has text in another language that a route leads from."""
        # What was no speech goes from every page by itself.
        sense = bool(caption.text.strip()) and not caption.in_other_language
        return sense and self._route(caption.source_lang) is not None

    async def translate_partial(self, caption: Caption) -> None:
        """Translate the stable text of a caption that grows, and publish what can be shown of it."""
        route = self._route(caption.source_lang)
        if route is None or caption.in_other_language:
            return
        followed = self._followed.get(caption.id) or self._follow(caption, self._begin(caption, "final"))
        text = caption.text[: caption.stable]
        if text == followed.text:
            return
        followed.text = text
        live = followed.live
        plan = live.plan(self._service.split(caption.source_lang, live.unstable(text)), final=False)
        if not plan.sentences:
            return
        terms = self._terms(caption, caption.source_lang)
        try:
            parts = await self._service.translate(plan.sentences, route, terms, "partial")
        except TranslationFailed:
            if caption.id not in self._publisher.shown:  # else what is stable stays
                await self._publisher.publish_untranslated(caption)
            return
        if not followed.newest.final:
            await self._publisher.publish_partial(caption, live.take(plan, parts), route)

    async def translate_final(self, caption: Caption, kind: TranslationKind) -> None:
        """Translate a final, publish it, and improve the caption before whose sentence goes on in it.

        Args:
            caption: A final or its newer revision, with the text as it was said.
            kind: `final` for what is said now, `history` for what was said before.

        Raises:
            StoreUnavailable: The translation could not be numbered.
        """
        if not self.can_translate(caption):
            self._forget(caption)
            self._publisher.shown.pop(caption.id, None)
            return
        source = await self._language_of(caption)
        route = self._route(source)
        if route is None:
            # In the reader's language already, whatever the recogniser took it for.
            self._forget(caption)
            await self._publish(caption, caption.text)
            return
        followed = self._followed_final(caption, kind)
        followed.ended = True
        live = followed.live
        plan = live.plan(self._service.split(source, live.unstable(caption.text)), final=True)
        terms = self._terms(caption, source)
        try:
            parts = await self._service.translate(plan.sentences, route, terms, kind)
        except TranslationFailed:
            await self._publisher.publish_untranslated(caption)
            return
        translation = await self._publish(caption, live.take(plan, parts).text, route)
        if translation is None:
            return
        if live.before and followed.before:
            before, followed.before = followed.before, None
            await self._improve(before, live.before)
        last = self._last_finals[kind].get(caption.participant)
        if last is None or last.translation.start_seconds <= caption.start_seconds:
            self._last_finals[kind][caption.participant] = _LastFinal(translation, live.unfinished())

    def _terms(self, caption: Caption, source: str) -> Terminology:
        """Return the terms that hold in the room, with the names of those who spoke in it lately."""
        if caption.speaker and caption.speaker not in self._speakers:
            self._speakers[caption.speaker] = None
            while len(self._speakers) > _MOST_SPEAKERS:
                del self._speakers[next(iter(self._speakers))]
        return Terminology.of(self._glossary(), source, self.lang, tuple(self._speakers))

    async def _publish(self, caption: Caption, text: str, route: Route | None = None) -> Caption | None:
        via, rough = (route.via, route.rough) if route else ((), False)
        made = Translation(self.lang, caption.rev, via, rough=rough)
        return await self._publisher.publish_translation(caption, text, made)

    async def _improve(self, before: _LastFinal, better: str) -> None:
        """Publish the caption before once more: its last sentence went on, and is translated as one."""
        shown, carried, made = before.translation, before.carried, before.translation.translation
        if carried is None or made is None or not shown.text.endswith(carried.translation):
            return
        if self._publisher.translated_revs.get(shown.id) != made.source_rev:
            return  # it says something else by now
        text = shown.text.removesuffix(carried.translation) + better
        await self._publisher.publish_translation(replace(shown, refined=True), text, made)

    def _followed_final(self, caption: Caption, kind: TranslationKind) -> _Followed:
        """Return what to go on with: what grew, where a sentence of it is translated, or else anew."""
        # Two tasks translate finals at a time: those of the past share nothing with what is said now.
        known = self._followed.get(caption.id) if kind == "final" else None
        if known and known.live.begun and not known.ended:
            return known
        # Its first words may have come before the end of the sentence that they belong to; and what is
        # corrected is translated anew, without changing the caption before once more.
        followed = self._begin(caption, kind)
        if known and known.ended and known.before is None:
            followed.before = None
        return self._follow(caption, followed) if kind == "final" else followed

    def _follow(self, caption: Caption, followed: _Followed) -> _Followed:
        self._followed[caption.id] = followed
        if len(self._followed) > MOST_FOLLOWED_CAPTIONS:
            del self._followed[next(iter(self._followed))]
        return followed

    def _begin(self, caption: Caption, kind: TranslationKind) -> _Followed:
        """Begin a translation, with what the speaker's last caption left unfinished just before."""
        last = self._last_finals[kind].get(caption.participant)
        before = None
        if last and last.translation.source_lang == caption.source_lang and last.translation.id != caption.id:
            pause_seconds = caption.start_seconds - last.translation.end_seconds
            between = any(
                other.newest.participant == caption.participant
                and not other.newest.final
                and other.newest.start_seconds < caption.start_seconds
                for other in self._followed.values()
            )
            near = abs(pause_seconds) <= self._rules.joined_seconds
            before = last if near and not between else None
        live = LiveTranslation(self.lang, before.carried if before else None, self._rules)
        return _Followed(live, caption, before)

    def _forget(self, caption: Caption) -> None:
        self._followed.pop(caption.id, None)
        for last in self._last_finals.values():
            last.pop(caption.participant, None)

    def _route(self, source: str) -> Route | None:
        return self._service.routes.route(source, self.lang)

    async def _language_of(self, caption: Caption) -> str:
        """Return what a final is written in: the recogniser may have been told, or taken it for, another."""
        try:
            guess = await self._service.identify(caption.text)
        except TranslationFailed:
            return caption.source_lang
        if guess is None or guess.probability < _SURE_PROBABILITY:
            return caption.source_lang
        known = guess.language == self.lang or self._route(guess.language) is not None
        return guess.language if known else caption.source_lang
