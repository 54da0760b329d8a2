"""One queue for all translations of all rooms.

The text engine does one thing at a time, so what is asked for waits here: captions that have ended
first, then those that still grow, then what somebody asks of the past. A sentence that was translated
lately is not translated again.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

from assistant.core.errors import LanguageUnavailable, TranslationFailed
from assistant.core.translation.fidelity import Fidelity
from assistant.core.translation.masking import Masked, legible
from assistant.core.translation.replies import stock_reply
from assistant.core.translation.routes import Route, RouteTable
from assistant.core.translation.terminology import Terminology
from assistant.ports.system import Clock, Telemetry
from assistant.ports.translation import LanguageGuess, SentenceSplitter, TextEngine, TranslationKind

REMEMBERED_SENTENCES = 20_000
_RANKS: dict[TranslationKind, int] = {"final": 0, "partial": 1, "history": 2}
_LEAST_LETTERS = 40
_TURN_CHARACTERS = 1000
"""So many characters are translated in one turn, which takes about a second; then the next turn is given."""
_REMEMBERED_GUESSES = 200
_Key = tuple[str, str]
StockReplies = Callable[[str, str, str], str | None]
"""Returns the translation of a sentence from a language (second) into another; None where it is not known."""


class TranslationService:
    """Translates sentences along routes, keeping the terms of a glossary.

    Args:
        engine: What runs the models.
        routes: Which ways there are between languages.
        split: Cuts texts into sentences.
        telemetry: What is told of each translation.
        clock: Times them.
        remembered: How many sentences are kept with their translation.
        replies: What is known without a model.
    """

    def __init__(
        self,
        engine: TextEngine,
        routes: RouteTable,
        split: SentenceSplitter,
        telemetry: Telemetry,
        clock: Clock,
        *,
        remembered: int = REMEMBERED_SENTENCES,
        replies: StockReplies = stock_reply,
    ) -> None:
        self.routes = routes
        self.split = split
        self._engine = engine
        self._telemetry = telemetry
        self._clock = clock
        self._remembered = remembered
        self._replies = replies
        self._known: OrderedDict[_Key, str] = OrderedDict()
        # Every language asks of the same final.
        self._guesses: OrderedDict[str, LanguageGuess | None] = OrderedDict()
        self._fidelities: dict[tuple[str, ...], Fidelity] = {}
        self._gate = _Gate()

    def check_targets(self, languages: Iterable[str]) -> None:
        """Raise `LanguageUnavailable` if nothing can be translated into one of the languages."""
        for lang in languages:
            if lang not in self.routes.targets:
                offered = ", ".join(self.routes.targets) or "none"
                raise LanguageUnavailable(
                    f"Nothing can be translated into “{lang}” with the models that are installed; "
                    f"into these it can: {offered}."
                )

    async def translate(
        self, sentences: Sequence[str], route: Route, terminology: Terminology, kind: TranslationKind
    ) -> list[str]:
        """Return the translation of each sentence, with terms as the glossary wants them where possible.

        Raises:
            TranslationFailed: The engine cannot translate, or not so that a sentence says what was said.
        """
        done = await self.translate_each(sentences, route, terminology, kind)
        whole = [translation for translation in done if translation is not None]
        if len(whole) < len(done):
            raise TranslationFailed("A sentence did not come through whole.")
        return whole

    async def translate_each(
        self, sentences: Sequence[str], route: Route, terminology: Terminology, kind: TranslationKind
    ) -> list[str | None]:
        """Return as `translate` does, but None for each sentence that did not come through whole."""
        began_seconds = self._clock.monotonic()
        fidelity = await self._fidelity(route)
        done: list[str | None] = []
        ways: dict[int, Iterator[Masked]] = {}
        firsts: dict[int, Masked] = {}
        said = [legible(sentence) for sentence in sentences]
        for number, sentence in enumerate(said):
            terms = terminology.places(sentence)
            ways[number] = fidelity.wordings(sentence, terms, terminology.names(sentence))
            first = next(ways[number])
            reply = self._replies(sentence, fidelity.source, fidelity.target) if not terms else None
            done.append(sentences[number] if first.bare and not terms else reply)
            if done[number] is None:
                firsts[number] = first
        # Most sentences come through at once, so the first wordings of all go in one call.
        texts = [terminology.attempts(first.attempt.text)[0].text for first in firsts.values()]
        answers = await self._along(route, texts, kind)
        for (number, first), answer in zip(firsts.items(), answers, strict=True):
            for wording in (first, *ways[number]):
                # Of the second wording, which is seldom needed, the first answer is yet to be had.
                text = await self._worded(
                    wording, terminology, route, kind, answer if wording is first else None
                )
                text = fidelity.unstuttered(said[number], text)
                if fidelity.holds(said[number], wording.kept, text):
                    done[number] = text
                    break
        self._telemetry.translated(kind, len(done), self._clock.monotonic() - began_seconds)
        return done

    async def translate_texts(
        self, texts: Sequence[Sequence[str]], route: Route, terminology: Terminology, kind: TranslationKind
    ) -> list[list[str | None]]:
        """Return as `translate_each` does for texts that are cut into sentences, all of them in one call."""
        done = iter(
            await self.translate_each(
                [sentence for text in texts for sentence in text], route, terminology, kind
            )
        )
        return [[next(done) for _ in text] for text in texts]

    async def identify(self, text: str) -> LanguageGuess | None:
        """Return the language that a text is written in; None for a text that is too short to be sure."""
        if sum(character.isalpha() for character in text) < _LEAST_LETTERS:
            return None
        if text not in self._guesses:
            async with self._gate.turn(_RANKS["final"]):
                if text not in self._guesses:  # nobody else has asked meanwhile
                    self._guesses[text] = await self._engine.identify(text)
            while len(self._guesses) > _REMEMBERED_GUESSES:
                self._guesses.popitem(last=False)
        return self._guesses.get(text)

    async def warm(self) -> None:
        """Let the engine start before the first caption comes."""
        try:
            await self._engine.identify("")
        except TranslationFailed:
            return  # whoever translates learns of it then

    async def close(self) -> None:
        """Let go of the engine."""
        await self._engine.close()

    async def _worded(
        self,
        wording: Masked,
        terminology: Terminology,
        route: Route,
        kind: TranslationKind,
        first: str | None,
    ) -> str:
        """Return the translation of one wording, with the terms of a glossary as far as they can be had."""
        masked = wording.attempt
        plain, *others = terminology.attempts(masked.text)
        best = plain.restored(
            first if first is not None else (await self._along(route, [plain.text], kind))[0]
        )
        lost = terminology.missing(masked.text, best)
        missing = lost, lost
        for attempt in others:
            if not missing[0]:
                break
            other = attempt.restored((await self._along(route, [attempt.text], kind))[0])
            left = (
                terminology.missing(masked.text, other, inflected=False),
                terminology.missing(masked.text, other),
            )
            if left < missing:
                best, missing = other, left
        return masked.restored(best)

    async def _fidelity(self, route: Route) -> Fidelity:
        """Return what has to come through a route; its models are asked once for the letters they know."""
        names = tuple(leg.name for leg in route.legs)
        if names not in self._fidelities:
            known = [letters for name in names if (letters := await self._engine.letters(name))]
            letters = frozenset.intersection(*known) if known else frozenset()
            self._fidelities[names] = Fidelity(route.legs[0].source, route.legs[-1].target, letters)
        return self._fidelities[names]

    async def _along(self, route: Route, sentences: Sequence[str], kind: TranslationKind) -> list[str]:
        texts = list(sentences)
        for leg in route.legs:
            texts = await self._leg(leg.name, texts, kind)
        return texts

    async def _leg(self, model: str, texts: Sequence[str], kind: TranslationKind) -> list[str]:
        # Kept here as well: what many others ask for meanwhile must not push it out.
        found = {text: self._recall((model, text)) for text in texts}
        wanted = [text for text, translation in found.items() if translation is None]
        for turn in _turns(wanted):
            async with self._gate.turn(_RANKS[kind]):
                # Others have asked for the same leg meanwhile.
                found |= {text: self._recall((model, text)) for text in turn}
                unknown = [text for text in turn if found[text] is None]
                translations = await self._engine.translate(model, unknown) if unknown else []
            for text, translation in zip(unknown, translations, strict=True):
                found[text] = translation
                self._remember((model, text), translation)
        return [found[text] or "" for text in texts]

    def _recall(self, key: _Key) -> str | None:
        if key not in self._known:
            return None
        self._known.move_to_end(key)
        return self._known[key]

    def _remember(self, key: _Key, translation: str) -> None:
        self._known[key] = translation
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)


def _turns(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield texts in lists of about `_TURN_CHARACTERS`."""
    turn: list[str] = []
    length = 0
    for text in texts:
        turn.append(text)
        length += len(text)
        if length >= _TURN_CHARACTERS:
            yield turn
            turn, length = [], 0
    if turn:
        yield turn


class _Gate:
    """Lets through one at a time, the lowest rank first, and of one rank who waited longest."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._busy = False

    @asynccontextmanager
    async def turn(self, rank: int) -> AsyncIterator[None]:
        """Hold the gate."""
        await self._enter(rank)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, rank: int) -> None:
        if not self._busy:
            self._busy = True
            return
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._leave()  # the turn had come, and goes to the next
            raise

    def _leave(self) -> None:
        while self._waiting:
            _, _, following = heapq.heappop(self._waiting)
            if not following.done():
                following.set_result(None)
                return
        self._busy = False
