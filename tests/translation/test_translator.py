"""The queue in front of the text engine."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from assistant.core.errors import TranslationFailed
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.translation.routes import Route, RouteTable
from assistant.core.translation.terminology import Attempt, Terminology
from assistant.ports.translation import TranslationKind
from assistant.translation.translator import TranslationService
from tests.fakes import CountingTelemetry, ManualClock, ScriptedTextEngine, split_at_dots
from tests.waiting import until

PLAIN = Terminology(Glossary(), "en", "fr")


def translations(engine: ScriptedTextEngine, remembered: int = 100) -> TranslationService:
    routes = RouteTable(engine.models)
    return TranslationService(
        engine, routes, split_at_dots, CountingTelemetry(), ManualClock(), remembered=remembered
    )


def route(translations: TranslationService, source: str = "en", target: str = "fr") -> Route:
    found = translations.routes.route(source, target)
    assert found is not None
    return found


async def test_finals_go_before_partials_and_those_before_history() -> None:
    """Of one kind, who asked first."""
    engine = ScriptedTextEngine(delay_seconds=0.01)
    queue = translations(engine)
    order: tuple[tuple[TranslationKind, str], ...] = (
        ("history", "first"),
        ("history", "h"),
        ("partial", "p1"),
        ("final", "f1"),
        ("partial", "p2"),
        ("final", "f2"),
    )
    asked = [queue.translate([text], route(queue), PLAIN, kind) for kind, text in order]
    await asyncio.gather(*asked)
    assert [sentences[0] for _, sentences in engine.asked] == ["first", "f1", "f2", "p1", "p2", "h"]


async def test_who_leaves_the_queue_holds_nobody_up() -> None:
    """A cancelled request gives its turn to the next, also in the moment in which it comes."""
    engine = ScriptedTextEngine(delay_seconds=0.01)
    queue = translations(engine)
    tasks = [
        asyncio.create_task(queue.translate([text], route(queue), PLAIN, "final")) for text in ("a", "b", "c")
    ]
    await until(lambda: engine.asked)
    tasks[1].cancel()
    tasks[0].cancel()
    assert await tasks[2] == ["c·fr"]
    assert await queue.translate(["d"], route(queue), PLAIN, "partial") == ["d·fr"]


async def test_a_failure_passes_the_turn_on() -> None:
    """The next sentence is translated all the same."""
    queue = translations(ScriptedTextEngine(failures={"a"}))
    with pytest.raises(Exception, match="scripted"):
        await queue.translate(["a"], route(queue), PLAIN, "final")
    assert await queue.translate(["b"], route(queue), PLAIN, "final") == ["b·fr"]


async def test_lately_translated_sentences_are_remembered() -> None:
    """Up to a number; the one that was not used for longest is forgotten first."""
    engine = ScriptedTextEngine()
    queue = translations(engine, remembered=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        await queue.translate([text], route(queue), PLAIN, "final")
    assert [sentences[0] for _, sentences in engine.asked] == ["a", "b", "c", "b"]


async def test_more_sentences_than_are_remembered() -> None:
    """A call has all its translations, whatever is forgotten meanwhile."""
    queue = translations(ScriptedTextEngine(), remembered=1)
    assert await queue.translate(["a", "b", "a"], route(queue), PLAIN, "final") == ["a·fr", "b·fr", "a·fr"]


@pytest.mark.parametrize("text", ["de\u0301ja\u0300 vu", "dé\xadjà\u200b vu\ufeff", "déjà\x00vu"])
async def test_models_read_composed_letters_and_nothing_that_is_unseen(text: str) -> None:
    """However a file was written; what needs no model comes back as it went in, and so do addresses."""
    engine = ScriptedTextEngine()
    queue = translations(engine)
    assert await queue.translate([text], route(queue), PLAIN, "final") == ["déjà·fr vu·fr"]
    assert await queue.translate(["\u200b12\xad"], route(queue), PLAIN, "final") == ["\u200b12\xad"]
    address = "https://ex.org/e\u0301"
    assert address in (await queue.translate([f"see {address} here"], route(queue), PLAIN, "final"))[0]


async def test_a_word_that_a_model_stutters_is_said_once() -> None:
    """Three or four times in a row; longer is a loop, and what was said so stays."""

    class Stutters(ScriptedTextEngine):
        """Says the last word of each text several times."""

        times = 3

        async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
            """Answer so."""
            await super().translate(model, sentences)
            return [" ".join([*text.split(), *text.split()[-1:] * (self.times - 1)]) for text in sentences]

    engine = Stutters()
    queue = translations(engine)
    assert await queue.translate(["we had"], route(queue), PLAIN, "final") == ["we had"]
    engine.times = 5
    with pytest.raises(TranslationFailed):
        await queue.translate(["they had"], route(queue), PLAIN, "final")


@dataclass
class Wants(Terminology):
    """A glossary that wants a term, and knows ways to get it."""

    term: str
    ways: tuple[str, ...]

    def attempts(self, sentence: str) -> tuple[Attempt, ...]:
        """Return the sentence and then the ways."""
        return tuple(
            Attempt(text, lambda answer: answer.replace("HOLDER·fr", self.term))
            for text in (sentence, *self.ways)
        )

    def places(self, sentence: str) -> list[tuple[int, int]]:
        """Know of no place: what stands for the term is not in the sentence."""
        del sentence
        return []

    def names(self, sentence: str) -> list[tuple[int, int]]:
        """Know of no name either."""
        return self.places(sentence)

    def missing(self, sentence: str, translation: str, *, inflected: bool = True) -> int:
        """Count 1 until the term is there."""
        del sentence, inflected
        return int(self.term not in translation)


async def test_terms_are_tried_for_until_they_are_there() -> None:
    """The first attempt that has them is taken, and no other is asked for after it."""
    engine = ScriptedTextEngine()
    queue = translations(engine)
    terms = Wants("mairie", ("the HOLDER", "never asked"))
    assert await queue.translate(["the town hall"], route(queue), terms, "final") == ["the·fr mairie"]
    assert [sentences[0] for _, sentences in engine.asked] == ["the town hall", "the HOLDER"]


async def test_terms_that_cannot_be_had_cost_no_words() -> None:
    """Where no attempt brings them, the plain translation stands."""
    queue = translations(ScriptedTextEngine())
    terms = Wants("mairie", ("x", "y"))
    assert await queue.translate(["the town hall"], route(queue), terms, "final") == [
        "the·fr town·fr hall·fr"
    ]


async def test_a_term_that_was_copied_with_a_slip_is_tried_again() -> None:
    """With an invented name, which takes its place."""
    minutes = Glossary((Term.of("minutes", language="en", translations={"fr": "procès-verbal"}),))
    terminology = Terminology(minutes, "en", "fr")
    queue = translations(ScriptedTextEngine(rewrite=lambda text: text.replace("procès", "procs")))
    assert await queue.translate(["Read the minutes."], route(queue), terminology, "final") == [
        "Read·fr the·fr procès-verbal·fr."
    ]


async def test_a_long_text_of_the_past_gives_way_to_what_is_said() -> None:
    """A transcript or minutes that somebody downloads are translated a little at a time."""
    engine = ScriptedTextEngine(delay_seconds=0.01)
    queue = translations(engine)
    past = [f"{number} " + "one two " * 30 for number in range(40)]
    translating = asyncio.create_task(queue.translate(past, route(queue), PLAIN, "history"))
    await until(lambda: engine.asked)
    await queue.translate(["said just now"], route(queue), PLAIN, "final")
    assert not translating.done()
    assert len(engine.asked) <= 3
    assert len(await translating) == len(past)


async def test_stock_answers_ask_no_model() -> None:
    """They come from a table, where no term of a glossary is in them."""
    engine = ScriptedTextEngine()
    queue = translations(engine)
    answers = await queue.translate(["Thank you, Ana.", "12 %"], route(queue), PLAIN, "final")
    assert answers == ["Merci, Ana.", "12 %"]
    assert [sentences for _, sentences in engine.asked if sentences] == []


async def test_what_the_models_cannot_read_is_not_given_to_them() -> None:
    """It comes back where it was."""
    engine = ScriptedTextEngine(known=frozenset(string.ascii_letters + " ."), rewrite=without_mark)
    queue = translations(engine)
    assert await queue.translate(["It is Nguyễn."], route(queue), PLAIN, "final") == ["It·fr is·fr Nguyễn."]
    assert engine.asked[-1][1] == ("It is Xylon.",)


async def test_what_does_not_come_through_is_tried_again_and_then_left() -> None:
    """The second time its figures do not go in; whoever wants each sentence gets the others."""
    engine = ScriptedTextEngine(rewrite=lambda text: text.replace("27", "29").replace("QX1", ""))
    queue = translations(engine)
    sentences = ["He has 27 cats.", "So be it."]
    assert await queue.translate_each(sentences, route(queue), PLAIN, "final") == [None, "So·fr be·fr it·fr."]
    assert [asked for _, asked in engine.asked] == [tuple(sentences), ("He has QX1 cats.",)]
    with pytest.raises(TranslationFailed):
        await queue.translate(sentences, route(queue), PLAIN, "final")


def without_mark(text: str) -> str:
    """Copy an invented name, as models do."""
    return text.replace("Xylon·fr", "Xylon")
