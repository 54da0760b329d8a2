"""A finished recording in another language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.core.captions.caption import Caption
from assistant.core.errors import LanguageUnavailable
from assistant.core.translation.routes import RouteTable
from assistant.recordings.translation import translate_recording
from assistant.translation.translator import TranslationService
from tests.captions import a_caption
from tests.fakes import (
    CountingTelemetry,
    ManualClock,
    ScriptedTextEngine,
    no_reply,
    split_at_dots,
    text_model,
)


def translations(engine: ScriptedTextEngine) -> TranslationService:
    return TranslationService(
        engine, RouteTable(engine.models), split_at_dots, CountingTelemetry(), ManualClock(), replies=no_reply
    )


def captions(*texts: str, lang: str = "en") -> list[Caption]:
    return [
        a_caption(n, text, lang=lang, source_lang=lang, start_seconds=float(n), end_seconds=n + 0.5)
        for n, text in enumerate(texts, 1)
    ]


async def test_every_caption_is_translated_and_sentences_stay_whole() -> None:
    """A sentence in two captions is translated as one; times stay those of the speech."""
    done: list[float] = []
    engine = ScriptedTextEngine()
    found = await translate_recording(
        captions("Hello. We meet because", "it rains."), translations(engine), "fr", progress=done.append
    )
    assert [caption.text for caption in found] == ["Hello·fr. We·fr meet·fr because·fr", "it·fr rains·fr."]
    assert ("en-fr", ("We meet because it rains.",)) in engine.asked
    assert [caption.start_seconds for caption in found] == [1.0, 2.0]
    assert all(caption.lang == "fr" and not caption.words for caption in found)
    assert done[-1] == 1.0


async def test_recordings_say_where_a_translation_is_rough() -> None:
    """As captions do."""
    engine = ScriptedTextEngine(models=[replace(text_model("en", "fr"), rough=True)])
    (found,) = await translate_recording(captions("Hello."), translations(engine), "fr")
    assert found.translation is not None
    assert found.translation.rough


async def test_what_cannot_be_translated_stays_and_is_marked() -> None:
    """Captions in the language itself stay unmarked."""
    spoken = [*captions("Hello."), *captions("Kaixo.", lang="eu"), *captions("Bonjour.", lang="fr")]
    found = await translate_recording(spoken, translations(ScriptedTextEngine()), "fr")
    assert [caption.text for caption in found] == ["Hello·fr.", "Kaixo.", "Bonjour."]
    assert [caption.translation and caption.translation.problem for caption in found] == [
        "",
        "no_route",
        None,
    ]


async def test_a_recording_that_nothing_of_can_be_translated() -> None:
    """Is told before work begins, with the languages that can be had."""
    with pytest.raises(LanguageUnavailable, match="eu to fr"):
        await translate_recording(captions("Kaixo.", lang="eu"), translations(ScriptedTextEngine()), "fr")
    assert await translate_recording([], translations(ScriptedTextEngine()), "fr") == []
    same = [replace(caption, lang="fr", source_lang="fr") for caption in captions("Bonjour.")]
    assert await translate_recording(same, translations(ScriptedTextEngine()), "fr") == same


async def test_words_in_another_language_than_was_spoken_are_not_translated() -> None:
    """They mean nothing: they are marked."""
    invented = replace(captions("Olá.", lang="pt")[0], source_lang="en")
    found = await translate_recording(
        [invented, *captions("Hello.")], translations(ScriptedTextEngine()), "fr"
    )
    assert [caption.text for caption in found] == ["Olá.", "Hello·fr."]
    assert found[0].translation is not None
    assert found[0].translation.problem == "other_language"
