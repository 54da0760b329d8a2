"""In which language live speech is shown: first words, pinned languages, and changes while somebody talks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from assistant.captioning.connection import TrackConnection
from assistant.captioning.second_pass import SecondPass
from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption
from assistant.core.errors import LanguageUnavailable, RoomUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.language import ReaderLanguages
from assistant.core.speech.audio import Pcm, Span, samples_of
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.hallucination_filter import VoiceEvidence
from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.speech.segmentation import SpeechEnded
from assistant.core.speech.spoken_language import LanguageChooser, LanguageMemory
from assistant.ports.speech import TranscriptionRequest
from assistant.service.caption_service import CaptionService
from assistant.tasks.threads import Threads
from tests.caption_service import StartService, captioned, caught_up, stores_of
from tests.core.speech.words import hypothesis_of
from tests.fakes import ScriptedTextEngine, silence, speech, text_model
from tests.hearing_recogniser import HearingTranscriber


@asynccontextmanager
async def reading(service: CaptionService, lang: str = "source") -> AsyncIterator[list[Caption]]:
    """Collect what a reader gets, to the newest event."""
    feed = await service.readers.open_feed("council", ReaderLanguages.parse(lang))
    seen: list[Caption] = []

    async def collect() -> None:
        async for event in feed:
            if isinstance(event, Caption):
                seen.append(event)  # noqa: PERF401 - the list is read while it grows

    task = asyncio.create_task(collect())
    yield seen
    if lang == "source":
        await caught_up(service, seen)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    feed.close()


async def say(connection: TrackConnection, *parts: Pcm) -> None:
    pcm = np.concatenate(parts)
    for start in range(0, len(pcm), 1_600):
        await connection.send_audio(pcm[start : start + 1_600])
        await asyncio.sleep(0.01)


def unsure_at_first(seconds: float) -> Mapping[str, float]:
    return {"fr": 0.98, "ko": 0.01} if seconds >= 1.6 else {"ko": 0.5, "fr": 0.3, "de": 0.2}


async def test_nothing_is_shown_before_its_language_is_sure(start_service: StartService) -> None:
    """Partials wait while the utterance grows; then all words are there, and none was ever Korean."""
    service = await start_service(HearingTranscriber(heard=unsure_at_first))
    connection = await service.tracks.connect(Join("council", "ana", "Ana"))
    async with reading(service) as seen:
        await say(connection, speech(0, 8), silence(1.0))
        await connection.stop()
    assert {caption.source_lang for caption in seen} == {"fr"}
    assert any(not caption.final for caption in seen)
    assert seen[-1].text.lower().split() == [f"frw{number}" for number in range(8)]


async def test_short_words_in_doubt_are_final_at_once(start_service: StartService) -> None:
    """None is lost: they are read in each likely language, and the words decide."""
    service = await start_service(HearingTranscriber(heard=unsure_at_first))
    connection = await service.tracks.connect(Join("council", "ana", "Ana"))
    async with reading(service) as seen:
        await say(connection, speech(0, 2), silence(1.0))
        await connection.stop()
    (final,) = seen
    assert (final.final, final.lang, final.text) == (True, "fr", "FrW0 frW1")


async def test_short_words_in_doubt_are_listened_to_more_closely(start_service: StartService) -> None:
    """What that tells outweighs the first impression, also where the words would have been as good."""
    korean = HearingTranscriber(
        heard=lambda _: {"ko": 0.9, "de": 0.05, "fr": 0.002}, closest={"fr": 0.99, "ko": 0.005}, clear="ko"
    )
    service = await start_service(korean)
    connection = await service.tracks.connect(Join("council", "ana", "Ana"))
    async with reading(service) as seen:
        await say(connection, speech(0, 2), silence(1.0))
        await connection.stop()
    (final,) = seen
    assert (final.final, final.source_lang, final.text) == (True, "fr", "FrW0 frW1")


class _Thankful(HearingTranscriber):
    """Invents thanks in English, as recognisers do over what they do not understand."""

    def _read(self, request: TranscriptionRequest) -> Hypothesis:
        read = super()._read(request)
        if read.language != "en":
            return read
        texts = " Thank you very much. Thank you. Bye.".replace(" ", "_ ").split("_")[1:]
        words = [replace(read.words[0], text=text) for text in texts]
        return replace(read, words=tuple(words))


async def test_what_is_often_invented_does_not_decide_on_the_language(start_service: StartService) -> None:
    """Thanks in English are nothing beside words in a language that is half as likely."""
    thankful = _Thankful(heard=lambda _: {"en": 0.9, "fr": 0.1}, clear="")
    service = await start_service(thankful)
    connection = await service.tracks.connect(Join("council", "ana", "Ana"))
    async with reading(service) as seen:
        await say(connection, speech(0, 2), silence(1.0))
        await connection.stop()
    (final,) = seen
    assert (final.source_lang, final.text) == ("fr", "FrW0 frW1")


class _English(HearingTranscriber):
    """Writes English whatever it is asked for, unless it listens as closely as it can and hears German."""

    german: bool = False

    def _read(self, request: TranscriptionRequest) -> Hypothesis:
        read = super()._read(request)
        german = read.language == "de" and self.german and request.quality == "closest"
        texts = [" Das", " ist", " alles"] if german else [" That", " is", " all"]
        return replace(read, words=tuple(replace(read.words[0], text=text) for text in texts))


@pytest.mark.parametrize("pinned", ["auto", "de"])
@pytest.mark.parametrize(
    ("german", "lang", "text"), [(False, "en", "That is all"), (True, "de", "Das ist alles")]
)
async def test_words_never_stand_under_another_language_than_theirs(
    start_service: StartService,
    pinned: str,
    lang: str,
    text: str,
    german: bool,  # noqa: FBT001 - a value of the table
) -> None:
    """English that was written instead of German is English, or read again, and never shown as German."""
    english = _English(heard=lambda _: {"de": 0.99, "en": 0.01}, clear="de")
    english.german = german
    service = await start_service(english)
    connection = await service.tracks.connect(Join("council", "ana", "Ana", pinned))
    async with reading(service) as seen:
        await say(connection, speech(0, 3), silence(1.0))
        await connection.stop()
    assert [(caption.final, caption.source_lang, caption.text) for caption in seen] == [(True, lang, text)]


async def test_a_pinned_speaker_whose_words_are_in_the_language_that_is_heard_is_followed(
    start_service: StartService,
) -> None:
    """However likely the recogniser found it that they were said in the pinned one."""
    english = _English(heard=lambda _: {"en": 0.6, "de": 0.05}, clear="de")
    service = await start_service(english)
    connection = await service.tracks.connect(Join("council", "ana", "Ana", "de"))
    async with reading(service) as seen:
        await say(connection, speech(0, 3), silence(1.0))
        await connection.stop()
    assert [(caption.source_lang, caption.text) for caption in seen] == [("en", "That is all")]


@pytest.mark.parametrize(("seconds", "last"), [(2.0, "closest"), (8.0, "final")])
async def test_long_speech_is_read_in_the_language_of_its_words_as_any_final(
    seconds: float, last: str
) -> None:
    """The closer look is for short audio; its one attempt reads worse than a final's."""
    asked: list[tuple[str, str]] = []

    async def recognise(request: TranscriptionRequest) -> Hypothesis:
        heard = {"de": 0.99, "en": 0.01}
        choice = request.language
        language = choice if isinstance(choice, str) else choice(heard)
        asked.append((request.quality, language))
        return hypothesis_of("That is all for now", language=language, language_probabilities=heard)

    second_pass = SecondPass(MeetingContext(Glossary.of([])), "ana", recognise, Threads("test", 1))
    waveform = np.random.default_rng(1).normal(0.0, 0.1, samples_of(seconds)).astype(np.float32)
    whole = Span(0, len(waveform))
    ended = SpeechEnded(whole, VoiceEvidence(seconds, 0.95), voice=(whole,))
    chooser = LanguageChooser(LanguageMemory(), seconds)
    read = await second_pass.of_recording(TranscriptionRequest(waveform, chooser, quality="final"), ended)
    assert read is not None
    assert (read.language, read.text) == ("en", "That is all for now")
    assert (last, "en") in asked
    assert (("final", "en") in asked) == (last == "final")


class _Narrow(HearingTranscriber):
    """Reads sense in a short window alone."""

    def _read(self, request: TranscriptionRequest) -> Hypothesis:
        read = super()._read(request)
        return replace(read, mean_log_probability=-2.0) if request.quality == "closest" else read


async def test_what_makes_no_sense_on_closer_listening_is_read_in_a_short_window(
    start_service: StartService,
) -> None:
    """Short windows read better: words that make sense there are not lost."""
    narrow = _Narrow(heard=lambda _: {"de": 0.6, "fr": 0.4}, closest={"fr": 0.99, "de": 0.001}, clear="fr")
    service = await start_service(narrow)
    connection = await service.tracks.connect(Join("council", "ana", "Ana"))
    async with reading(service) as seen:
        await say(connection, speech(0, 2), silence(1.0))
        await connection.stop()
    (final,) = seen
    assert (final.source_lang, final.text) == ("fr", "FrW0 frW1")


async def test_a_pinned_speaker_who_speaks_another_language_is_followed(start_service: StartService) -> None:
    """Where the room allows it: nothing was shown in the pinned one, and what was said is translated."""
    english = HearingTranscriber(heard=lambda _: {"en": 0.97, "pt": 0.02}, clear="en")
    engine = ScriptedTextEngine(
        models=[text_model("en", "fr"), text_model("pt", "fr"), text_model("pt", "en")]
    )
    service = await start_service(english, text=engine)
    connection = await service.tracks.connect(Join("council", "ana", "Ana", "pt"))
    async with reading(service) as seen, reading(service, "en") as read:
        await say(connection, speech(0, 10), silence(1.0))
        await connection.stop()
    assert {(caption.lang, caption.source_lang) for caption in seen} == {("en", "en")}
    assert seen[-1].text.lower().split() == [f"enw{number}" for number in range(10)]
    assert all(caption.translation is None for caption in read)
    (translated,) = await service.rooms.transcript("council", "fr")
    assert translated.text.startswith("EnW0·fr")


async def test_short_utterances_in_another_language_are_followed_once_they_are_plain(
    start_service: StartService,
) -> None:
    """Together: whoever pauses after each second speaks another language no less."""
    english = HearingTranscriber(heard=lambda _: {"en": 0.97, "pt": 0.02})
    service = await start_service(english)
    connection = await service.tracks.connect(Join("council", "ana", "Ana", "pt"))
    async with reading(service) as seen:
        for first in (0, 4, 8):
            await say(connection, speech(first, 4), silence(1.5))
        await connection.stop()
    finals = [caption for caption in seen if caption.final]
    assert [caption.lang for caption in finals] == ["pt", "en", "en"]


async def test_what_is_spoken_instead_of_the_pinned_language_is_not_translated(
    start_service: StartService,
) -> None:
    """Where the room does not allow it: its words are marked for all readers, now and later."""
    english = HearingTranscriber(heard=lambda _: {"en": 0.97, "pt": 0.02}, clear="pt")
    engine = ScriptedTextEngine(
        models=[text_model("en", "fr"), text_model("pt", "fr"), text_model("pt", "en")]
    )
    service = await start_service(english, text=engine)
    await service.rooms.set_spoken("council", ["pt", "fr"])
    connection = await service.tracks.connect(Join("council", "ana", "Ana", "pt"))
    async with reading(service) as seen, reading(service, "fr") as french, reading(service, "en") as read:
        await say(connection, speech(0, 10), silence(1.0))
        await connection.stop()
    assert {(caption.lang, caption.source_lang) for caption in seen} == {("pt", "en")}
    assert all(caption.in_other_language for caption in seen)
    for lang, told in (("fr", french), ("en", read)):
        later = await service.rooms.transcript("council", lang)
        for caption in (*told, *later):
            assert caption.translation is not None
            assert (caption.translation.problem, caption.text[:4]) == ("other_language", "PtW0")
        assert later
    assert engine.asked == []


@pytest.mark.parametrize("pinned", ["pt", "auto"])
async def test_a_speaker_changes_their_language_while_they_talk(
    start_service: StartService, pinned: str
) -> None:
    """From the next words on; who resumes after a crash goes on in it."""
    service = await start_service(HearingTranscriber(heard=lambda _: {"de": 0.85, "en": 0.15}, clear=""))
    connection = await service.tracks.connect(Join("council", "ana", "Ana", "fr"))
    await say(connection, speech(0, 4), silence(1.0))
    await captioned(service, 1)
    await connection.speak(pinned)
    await say(connection, speech(10, 4), silence(1.0))
    before, after = await captioned(service, 2)
    assert (before.lang, after.lang) == ("fr", "pt" if pinned == "pt" else "de")
    kept = await stores_of(service).transcripts.track(connection.session)
    assert kept is not None
    assert kept.language == pinned


async def test_a_room_changes_its_languages_while_somebody_talks(start_service: StartService) -> None:
    """What is said next is in one of them; they are kept with the room."""
    heard = HearingTranscriber(heard=lambda _: {"de": 0.7, "fr": 0.2, "en": 0.1}, clear="")
    service = await start_service(heard)
    await service.rooms.create_room("bilingual", spoken=["fr", "en"])
    connection = await service.tracks.connect(Join("bilingual", "ana", "Ana"))
    await say(connection, speech(0, 12), silence(1.0))
    await captioned(service, 1, "bilingual")
    changed = await service.rooms.set_spoken("bilingual", ["en", "de"])
    assert changed.spoken == ("en", "de")
    await say(connection, speech(20, 12), silence(1.0))
    first, second = await captioned(service, 2, "bilingual")
    assert (first.lang, second.lang) == ("fr", "de")
    assert (await service.rooms.room("bilingual")).spoken == ("en", "de")


async def test_only_what_is_recognised_can_be_spoken(start_service: StartService) -> None:
    """And only rooms that exist can be changed."""
    service = await start_service(HearingTranscriber())
    with pytest.raises(LanguageUnavailable):
        await service.rooms.create_room("other", spoken=["fr", "cy"])
    with pytest.raises(LanguageUnavailable):
        await service.rooms.set_spoken("council", ["cy"])
    with pytest.raises(RoomUnknown):
        await service.rooms.set_spoken("nowhere", ["fr"])
