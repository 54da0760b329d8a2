"""Readers in other languages: what they get, when, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest

from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption
from assistant.core.errors import LanguageUnavailable
from assistant.core.language import ReaderLanguages
from assistant.core.rooms import Track
from assistant.ports.translation import LanguageGuess
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, clerks_of, running, stores_of
from tests.captions import a_caption
from tests.fakes import LevelTranscriber, ScriptedTextEngine, silence, speech, text_model
from tests.waiting import until


class Talk:
    """Says captions in a room, without audio."""

    def __init__(self, service: CaptionService, room: str = "council") -> None:
        self.service = service
        self.room = room
        self.at_seconds = 0.0

    async def caption(self, id_: str, text: str, *, stable: int, final: bool, **changes: object) -> Caption:
        """Publish a revision."""
        published = a_caption(
            0,
            text,
            **{
                "room": self.room,
                "id": id_,
                "stable": stable,
                "final": final,
                "participant": "alice",
                "speaker": "Alice",
                "lang": "en",
                "source_lang": "en",
                "start_seconds": self.at_seconds,
                "end_seconds": self.at_seconds + 1.0,
            }
            | changes,
        )
        room = await self.service.rooms.enter_to_speak(self.room)
        if not final:
            return await room.show_partial(published)
        await stores_of(self.service).transcripts.save_track(
            Track("s", self.room, published.participant, "Alice", "auto", 0.0)
        )
        self.at_seconds += 1.0
        return await room.append_final(published, session="s", durable_samples=0)

    async def grows(self, id_: str, text: str, **changes: object) -> Caption:
        """Show a partial of which all is promised."""
        return await self.caption(id_, text, stable=len(text), final=False, **changes)

    async def ends(self, id_: str, text: str, **changes: object) -> Caption:
        """Settle a final."""
        return await self.caption(id_, text, stable=len(text), final=True, **changes)


@asynccontextmanager
async def reading(
    service: CaptionService, lang: str, since: int | None = None, room: str = "council"
) -> AsyncIterator[list[Caption]]:
    """Collect what a reader gets."""
    feed = await service.readers.open_feed(room, ReaderLanguages.parse(lang), since)
    seen: list[Caption] = []

    async def collect() -> None:
        async for event in feed:
            if isinstance(event, Caption):
                seen.append(event)  # noqa: PERF401 - the list is read while it grows

    task = asyncio.create_task(collect())
    yield seen
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    feed.close()


def has(seen: Sequence[Caption], text: str) -> Callable[[], bool]:
    return lambda: any(caption.text == text for caption in seen)


async def all_came(talk: Talk, seen: list[Caption], lang: str = "fr") -> None:
    """Wait until a reader of a language has got all finals of it, and nothing more is to come.

    What is said then in that language is not translated, so it comes behind everything else.
    """
    await talk.service.rooms.transcript(talk.room, lang)
    last = await talk.ends("the end", "Fin.", participant="clerk", lang=lang, source_lang=lang)
    await until(lambda: any(caption.id == last.id for caption in seen), f"the end of what is read in {lang}")
    seen[:] = [caption for caption in seen if caption.id != last.id]


async def test_each_reader_gets_one_language(start_service: StartService) -> None:
    """As spoken, translated, or both; a translation names the revision that it translates."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    async with (
        reading(service, "source") as source,
        reading(service, "fr") as french,
        reading(service, "source,fr") as both,
    ):
        await talk.grows("c1", "We meet here today")
        final = await talk.ends("c1", "We meet here today.")
        await until(has(french, "We·fr meet·fr here·fr today·fr."))
        await until(has(both, "We·fr meet·fr here·fr today·fr."))
    assert [caption.lang for caption in source] == ["en", "en"]
    assert {caption.lang for caption in french} == {"fr"}
    assert {caption.lang for caption in both} == {"en", "fr"}
    partial, last = french[0], french[-1]
    assert (partial.text, partial.final) == ("We·fr meet·fr here·fr", False)
    assert last.final
    assert last.translation is not None
    assert last.translation.source_rev == final.rev
    assert last.seq > final.seq
    assert (last.id, last.speaker, last.start_seconds) == ("c1", "Alice", 0.0)


async def test_what_is_in_the_readers_language_is_not_translated(start_service: StartService) -> None:
    """A mixed meeting: French comes as it was said, English in French."""
    engine = ScriptedTextEngine()
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr") as french:
        await talk.ends("c1", "Bonjour.", lang="fr", source_lang="fr")
        await talk.ends("c2", "Hello.")
        await until(has(french, "Hello·fr."))
    assert [(caption.id, caption.translation is None) for caption in french] == [("c1", True), ("c2", False)]
    assert engine.asked == [("en-fr", ("Hello.",))]


async def test_a_missing_route_is_said_and_never_an_empty_line(start_service: StartService) -> None:
    """Partials and finals come as they were said, marked, and so does what was said before."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    basque = {"lang": "eu", "source_lang": "eu"}
    async with reading(service, "fr") as french:
        await talk.grows("c1", "Kaixo guztioi", **basque)
        await until(has(french, "Kaixo guztioi"))
        await talk.ends("c1", "Kaixo guztioi.", **basque)
        await until(has(french, "Kaixo guztioi."))
    async with reading(service, "fr", since=0) as later:
        await until(has(later, "Kaixo guztioi."))
    for caption in (*french, *later):
        assert caption.translation is not None
        assert (caption.translation.problem, caption.lang) == ("no_route", "eu")


async def test_a_route_may_lead_through_another_language(start_service: StartService) -> None:
    """French to Portuguese goes through English, and the caption says so."""
    service = await start_service(text=ScriptedTextEngine())
    async with reading(service, "pt") as seen:
        await Talk(service).ends("c1", "Bonjour.", lang="fr", source_lang="fr")
        await until(has(seen, "Bonjour·en·pt."))
    assert seen[-1].translation is not None
    assert seen[-1].translation.via == ("en",)


async def test_captions_say_where_a_translation_is_rough(start_service: StartService) -> None:
    """While they grow and when they have ended, if a leg of their route is; also when they are read later."""
    models = [replace(text_model("fr", "en"), rough=True), text_model("en", "pt")]
    service = await start_service(text=ScriptedTextEngine(models=models))
    talk = Talk(service)
    french = {"lang": "fr", "source_lang": "fr"}
    async with reading(service, "pt") as seen:
        await talk.grows("c1", "Bonjour. Nous", **french)
        await until(has(seen, "Bonjour·en·pt."))
        await talk.ends("c1", "Bonjour. Nous.", **french)
        await until(has(seen, "Bonjour·en·pt. Nous·en·pt."))
        await talk.ends("c2", "Hello.", lang="en", source_lang="en")
        await until(has(seen, "Hello·pt."))
    told = {caption.id: caption.translation and caption.translation.rough for caption in seen}
    assert told == {"c1": True, "c2": False}
    assert all(c.translation and c.translation.rough for c in seen if c.id == "c1")
    async with reading(service, "pt", since=0) as later:
        await until(has(later, "Hello·pt."))
    assert {c.id: c.translation and c.translation.rough for c in later} == told
    kept = await service.rooms.transcript("council", "pt")
    assert {c.id: c.translation and c.translation.rough for c in kept} == told


async def test_many_readers_cost_one_translation(start_service: StartService) -> None:
    """Each revision is translated once for each language, however many read it; repeats cost nothing."""
    engine = ScriptedTextEngine()
    service = await start_service(text=engine)
    talk = Talk(service)
    async with (
        reading(service, "fr") as one,
        reading(service, "fr") as two,
        reading(service, "source,fr") as three,
    ):
        await talk.ends("c1", "Yes. Good morning.")
        for seen in (one, two, three):
            await until(has(seen, "Yes·fr. Good·fr morning·fr."))
        await talk.ends("c2", "Yes.")
        await until(has(one, "Yes·fr."))
    assert engine.asked == [("en-fr", ("Yes.", "Good morning."))]


async def test_nobody_reads_nothing_is_translated(start_service: StartService) -> None:
    """After the last reader of a language has left, and until another comes, who gets all of it."""
    engine = ScriptedTextEngine()
    service = await start_service(text=engine)
    talk = Talk(service)
    await talk.ends("c1", "Before.")
    async with reading(service, "fr") as seen:
        await until(has(seen, "Before·fr."))
    asked = len(engine.asked)
    await until(lambda: not running("translate-"))
    await talk.ends("c2", "Meanwhile.")
    assert not running("translate-"), "nobody is there who would"
    assert len(engine.asked) == asked
    async with reading(service, "fr", since=0) as again:
        await until(has(again, "Meanwhile·fr."))
    assert {caption.text for caption in again} == {"Before·fr.", "Meanwhile·fr."}


async def test_a_reader_who_comes_back_gets_what_was_missed(start_service: StartService) -> None:
    """With `since`, translations made meanwhile come first, once each."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    async with reading(service, "fr") as stays:
        async with reading(service, "fr") as seen:
            await talk.ends("c1", "One.")
            await until(has(seen, "One·fr."))
        last = seen[-1].seq
        await talk.ends("c2", "Two.")
        await talk.grows("c3", "Three four five six")
        await until(has(stays, "Three·fr four·fr five·fr"))
        async with reading(service, "fr", since=last) as again:
            await until(has(again, "Three·fr four·fr five·fr"))
    assert [caption.text for caption in again] == ["Two·fr.", "Three·fr four·fr five·fr"]


async def test_history_comes_newest_first(start_service: StartService) -> None:
    """A new reader sees the end of the talk before its beginning."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    for number in range(4):
        await talk.ends(f"c{number}", f"Number {number}.")
        talk.at_seconds += 60
    async with reading(service, "fr") as seen:
        await until(lambda: len(seen) == 4)
    assert [caption.id for caption in seen] == ["c3", "c2", "c1", "c0"]
    assert [caption.seq for caption in seen] == sorted(caption.seq for caption in seen)


async def test_a_correction_is_translated(start_service: StartService) -> None:
    """A clerk's text reaches readers of every language, marked as edited, and their transcripts."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.ends("c1", "Hallo.")
        await until(has(seen, "Hallo·fr."))
        await clerks_of(service).correct("council", "c1", "Hello.")
        await until(has(seen, "Hello·fr."))
    assert seen[-1].edited
    assert [caption.text for caption in await service.rooms.transcript("council", "fr")] == ["Hello·fr."]


async def test_what_was_no_speech_goes_in_every_language(start_service: StartService) -> None:
    """A refined final without text removes the caption for readers of translations too."""
    service = await start_service(text=ScriptedTextEngine())
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.grows("c1", "Thanks for watching this")
        await until(has(seen, "Thanks·fr for·fr watching·fr"))
        await talk.ends("c1", "Thanks for watching this.")
        await until(has(seen, "Thanks·fr for·fr watching·fr this·fr."))
        await talk.ends("c1", "", refined=True)
        await until(has(seen, ""))
    assert seen[-1].final


async def test_a_failure_shows_what_was_said(start_service: StartService) -> None:
    """The reader gets the text as it was said, with a mark; the next reader brings another try."""
    engine = ScriptedTextEngine(failures={"Bad luck."})
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.ends("c1", "Bad luck.")
        await talk.ends("c2", "Good luck.")
        await until(has(seen, "Good·fr luck·fr."))
    assert seen[0].translation is not None
    assert (seen[0].text, seen[0].translation.problem) == ("Bad luck.", "failed")
    engine.failures.clear()
    async with reading(service, "fr", since=0) as again:
        await until(has(again, "Bad·fr luck·fr."))


async def test_a_transcript_is_translated_on_demand(start_service: StartService) -> None:
    """Nobody had read it in French; what has no route stays as it was said."""
    engine = ScriptedTextEngine()
    service = await start_service(text=engine)
    talk = Talk(service)
    await talk.ends("c1", "Hello.")
    await talk.ends("c2", "Kaixo.", lang="eu", source_lang="eu")
    await talk.ends("c3", "Bonjour.", lang="fr", source_lang="fr")
    captions = await service.rooms.transcript("council", "fr")
    assert [(caption.lang, caption.text) for caption in captions] == [
        ("fr", "Hello·fr."),
        ("eu", "Kaixo."),
        ("fr", "Bonjour."),
    ]
    assert await service.rooms.languages_read("council") == ["fr"]
    with pytest.raises(LanguageUnavailable):
        await service.rooms.transcript("council", "de")
    asked = len(engine.asked)
    await service.rooms.transcript("council", "fr")
    assert len(engine.asked) == asked


async def test_a_room_may_always_be_translated(start_service: StartService) -> None:
    """Into its own languages and the house's, without a reader; after a restart what lacks is caught up."""
    engine = ScriptedTextEngine(failures={"Two."})
    service = await start_service(rooms=(), text=engine, translate_to=("pt",))
    await service.rooms.create_room("council", languages=["fr"])
    talk = Talk(service)
    await talk.ends("c1", "One.")
    await talk.ends("c2", "Two.")
    for lang in ("fr", "pt"):
        await until(partial(stored, service, lang, 1))
    assert await service.rooms.languages_read("council") == ["fr", "pt"]
    await service.close()
    again = await start_service(rooms=(), text=ScriptedTextEngine(), translate_to=("pt",))
    await again.rooms.enter_to_speak("council")
    for lang in ("fr", "pt"):
        texts = await until(partial(stored, again, lang, 2))
        assert texts == [f"One·{lang}.", f"Two·{lang}."]


async def stored(service: CaptionService, lang: str, count: int) -> list[str]:
    """Return the translations that are on disk, once they are so many."""
    texts = [caption.text for caption in await stores_of(service).transcripts.translations("council", lang)]
    return texts if len(texts) >= count else []


async def test_under_load_partials_are_skipped_and_finals_are_not(start_service: StartService) -> None:
    """A slow engine translates the newest partial only, and every final."""
    engine = ScriptedTextEngine(delay_seconds=0.05)
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        for number in range(4):
            words = ""
            for word in range(12):
                words += f" w{word}"
                await talk.grows(f"c{number}", words.strip())
                await asyncio.sleep(0.005)
            await talk.ends(f"c{number}", f"{words.strip()} {number}.")
        await until(lambda: sum(caption.final for caption in seen) == 4)
    said = " ".join(f"w{word}·fr" for word in range(12))
    assert [caption.text for caption in seen if caption.final] == [f"{said} {n}·fr." for n in range(4)]
    assert len(engine.asked) < 30


async def test_a_sentence_in_two_captions_reads_as_one(start_service: StartService) -> None:
    """The second caption is translated with the first, whose last words may change once for that."""
    engine = ScriptedTextEngine(
        rewrite=lambda text: text.replace("not·fr go·fr", "leave·fr no·fr") if "you" in text else text
    )
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.ends("c1", "Today we do not go")
        await until(has(seen, "Today·fr we·fr do·fr not·fr go·fr"))
        await talk.ends("c2", "without you.")
        await until(lambda: seen[-1].refined)
    assert ("en-fr", ("Today we do not go without you.",)) in engine.asked
    assert [(caption.id, caption.text) for caption in seen[1:]] == [
        ("c2", "without·fr you·fr."),
        ("c1", "Today·fr we·fr do·fr leave·fr no·fr"),
    ]


async def test_other_speakers_do_not_finish_a_sentence(start_service: StartService) -> None:
    """Only the same speaker goes on, in the same language and soon."""
    engine = ScriptedTextEngine()
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr") as seen:
        await talk.ends("c1", "I think that")
        await talk.ends("c2", "No way.", participant="bob")
        await until(has(seen, "No·fr way·fr."))
        talk.at_seconds += 60
        await talk.ends("c3", "another day.")
        await until(has(seen, "another·fr day·fr."))
    assert ("en-fr", ("another day.",)) in engine.asked


async def test_text_in_another_language_than_the_recogniser_took_it_for(start_service: StartService) -> None:
    """What is written in the reader's language stays; what is surely another goes through its own route."""
    french = "Nous avons décidé de reporter la réunion de la semaine prochaine."
    engine = ScriptedTextEngine(languages={french: LanguageGuess("fr", 0.999)})
    service = await start_service(text=engine)
    async with reading(service, "fr") as seen, reading(service, "pt") as portuguese:
        await Talk(service).ends("c1", french)
        await until(has(seen, french))
        await until(lambda: bool(portuguese))
    assert portuguese[-1].translation is not None
    assert portuguese[-1].translation.via == ("en",)
    assert ("en-fr", (french,)) not in engine.asked


async def test_a_language_that_cannot_be_told_is_what_the_recogniser_says(
    start_service: StartService,
) -> None:
    """A broken identifier costs no translation."""
    english = "We have decided to put off the meeting of the next week."
    service = await start_service(text=ScriptedTextEngine(unidentified={english}))
    async with reading(service, "fr") as seen:
        await Talk(service).ends("c1", english)
        await until(lambda: bool(seen) and seen[-1].final)
    assert seen[-1].text.startswith("We·fr have·fr")


async def test_a_reader_of_a_language_that_nothing_leads_to(start_service: StartService) -> None:
    """Is told so, with the languages that there are."""
    service = await start_service(text=ScriptedTextEngine(models=[text_model("en", "fr")]))
    with pytest.raises(LanguageUnavailable, match="source, fr"):
        await service.readers.open_feed("council", ReaderLanguages.parse("de"))
    with pytest.raises(LanguageUnavailable):
        await service.rooms.create_room("other", languages=["de"])


async def test_deleting_a_room_ends_its_translations(start_service: StartService) -> None:
    """Nothing is translated or stored for a room that is gone."""
    engine = ScriptedTextEngine(delay_seconds=0.05)
    service = await start_service(text=engine)
    talk = Talk(service)
    async with reading(service, "fr"):
        await talk.ends("c1", "Hello.")
        await service.delete_room("council")
    assert not running("translate-")


async def test_speech_is_translated_as_it_is_heard(start_service: StartService) -> None:
    """From audio to a translated final, through the whole service."""
    engine = ScriptedTextEngine()
    service = await start_service(LevelTranscriber(), text=engine)
    async with reading(service, "fr") as seen:
        connection = await service.tracks.connect(Join("council", "alice", "Alice", language="en"))
        for piece in (speech(0, 6), silence(1.0)):
            for start in range(0, len(piece), 1_600):
                await connection.send_audio(piece[start : start + 1_600])
                await asyncio.sleep(0.005)
        await connection.stop()
        await until(lambda: bool(seen) and seen[-1].final)
    assert seen[-1].text == " ".join(f"W{n}·fr" for n in range(6))
    assert engine.closed is False
    await service.close()
    assert engine.closed


async def test_the_recogniser_translates_what_no_text_model_can(start_service: StartService) -> None:
    """Into English: the caption stands as it was said, marked, until the speech is translated."""
    transcriber = LevelTranscriber(rewrite=lambda text: text.replace("W", "w"), translates=True)
    service = await start_service(transcriber, text=ScriptedTextEngine(models=[text_model("en", "fr")]))
    async with reading(service, "en") as seen, reading(service, "fr") as french:
        connection = await service.tracks.connect(Join("council", "alice", "Alice", language="fr"))
        for piece in (speech(0, 4), silence(1.0)):
            await connection.send_audio(piece)
        await connection.stop()
        await until(
            lambda: bool(seen) and seen[-1].translation is not None and not seen[-1].translation.problem
        )
    translated = seen[-1]
    assert (translated.lang, translated.source_lang, translated.final) == ("en", "fr", True)
    assert translated.translation is not None
    assert translated.translation.how == "speech"
    marks = [caption.translation.problem for caption in seen[:-1] if caption.translation]
    assert set(marks) == {"follows"}
    assert {caption.lang for caption in french} == {"fr"}
    assert sum(request.translate for request in transcriber.requests) == 1
    assert [caption.lang for caption in await service.rooms.transcript("council", "en")] == ["en"]
    await clerks_of(service).correct("council", translated.id, "Tout autre chose.")
    async with reading(service, "en", since=0) as later:
        await until(lambda: bool(later))
    assert later[-1].translation is not None
    assert (later[-1].text, later[-1].translation.problem) == ("Tout autre chose.", "too_late")


async def test_speech_that_nobody_can_translate_any_more(start_service: StartService) -> None:
    """Finals from before the reader came are too late, and those it fails over have failed."""
    transcriber = LevelTranscriber(translates=True, mute_translations=True)
    service = await start_service(transcriber, text=ScriptedTextEngine())
    await Talk(service).ends("c1", "Kaixo.", lang="eu", source_lang="eu")
    async with reading(service, "en", since=0) as seen:
        connection = await service.tracks.connect(Join("council", "bob", "Bob", language="de"))
        for piece in (speech(0, 4), silence(1.0)):
            await connection.send_audio(piece)
        await connection.stop()
        await until(
            lambda: (
                bool(seen) and seen[-1].translation is not None and seen[-1].translation.problem == "failed"
            )
        )
    assert seen[0].translation is not None
    assert (seen[0].text, seen[0].translation.problem) == ("Kaixo.", "too_late")


async def test_a_mark_is_no_revision(start_service: StartService) -> None:
    """What comes as it was said is the caption itself, with its revision and its place among the events."""
    service = await start_service(text=ScriptedTextEngine())
    async with reading(service, "fr") as seen:
        spoken = await Talk(service).ends("c1", "Kaixo.", lang="eu", source_lang="eu")
        await until(lambda: bool(seen))
    assert (seen[0].rev, seen[0].seq) == (spoken.rev, spoken.seq)
