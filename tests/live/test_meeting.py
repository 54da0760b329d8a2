"""The whole way, with real weights: from recorded voices to captions and a transcript."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import jiwer
import pytest

from assistant.client import AudioStream, CaptionEvent, CaptionReader, Endpoint, Pace
from assistant.core.speech.audio import Pcm
from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.waiting import until

pytestmark = [pytest.mark.weights, pytest.mark.slow]

CHUNK = 1_600


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


async def speak(stream: AudioStream, pcm: Pcm, *, speed: float = 1.0) -> None:
    """Send audio at real pace."""
    pace = Pace(asyncio.get_running_loop().time(), speed=speed)
    for start in range(0, len(pcm), CHUNK):
        await pace.reach(start + CHUNK)
        await stream.send(pcm[start : start + CHUNK])


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has tidied up."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def captions(service: LiveService, room: str) -> AsyncGenerator[CaptionEvent]:
    async with aclosing(CaptionReader(Endpoint(service.url), room, since=0).events()) as events:
        async for event in events:
            if isinstance(event, CaptionEvent):
                yield event


async def test_three_people_in_three_languages(lasting_service: LiveService, recordings: Recordings) -> None:
    """Each is captioned in their language while they speak, and the transcript has them all."""
    said = {"en": "ljspeech-LJ001-0005", "fr": "leopard-test-fr", "pt": "cheetah-test-pt"}
    seen: list[CaptionEvent] = []

    async def read() -> None:
        async with aclosing(captions(lasting_service, "three-languages")) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401 - the list is read while it grows

    async def participate(language: str, name: str) -> int:
        async with AudioStream(
            Endpoint(lasting_service.url), "three-languages", language, language="auto"
        ) as stream:
            await speak(stream, recordings[name].pcm)
            last = await stream.stop()
        assert last
        return last

    reading = asyncio.create_task(read())
    last = max(await asyncio.gather(*(participate(language, name) for language, name in said.items())))
    await until(lambda: seen[-1:] and seen[-1].seq >= last)
    await ended(reading)

    for language, name in said.items():
        mine = [event for event in seen if event.participant == language]
        assert any(not event.final for event in mine), "captions come while somebody speaks"
        written = " ".join(
            caption["text"]
            for caption in lasting_service.transcript("three-languages")
            if caption["participant"] == language
        )
        assert {event.source_lang for event in mine if event.final} == {language}
        assert jiwer.wer(plain(recordings[name].text), plain(written)) < 0.35
    revisions: dict[str, CaptionEvent] = {}
    for event in seen:
        before = revisions.get(event.id)
        if before and not before.final:
            assert event.text.startswith(before.text[: before.stable])
            assert event.stable >= before.stable
        revisions[event.id] = event
    vtt = lasting_service.get("/v1/rooms/three-languages/transcript", format="vtt").text
    assert vtt.startswith("WEBVTT")
    assert lasting_service.log.read_text().count("Traceback") == 0


async def test_killed_in_mid_sentence_nothing_acknowledged_is_lost(
    service: LiveService, recordings: Recordings
) -> None:
    """After kill -9 and a restart the client goes on, and every word is there once."""
    recording = recordings["jfk"]
    async with AudioStream(Endpoint(service.url), "council", "jfk", language="en") as stream:
        talking = asyncio.create_task(speak(stream, recording.pcm))
        await until(lambda: stream.acknowledged_samples >= 5 * 16_000)
        await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)
        await talking
        await stream.stop()
    written = " ".join(caption["text"] for caption in service.transcript("council"))
    assert jiwer.wer(plain(recording.text), plain(written)) <= 0.2
    assert plain(written).count("americans") == 1


async def test_a_client_that_never_comes_back_is_still_captioned(
    service: LiveService, recordings: Recordings
) -> None:
    """What was acknowledged before the kill is in the transcript without anybody's help."""
    recording = recordings["ljspeech-LJ001-0009"]
    async with AudioStream(Endpoint(service.url), "council", "reader", language="en") as stream:
        await speak(stream, recording.pcm, speed=3.0)
        await until(lambda: stream.acknowledged_samples >= len(recording.pcm))
        await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)
    await until(lambda: "types" in plain(" ".join(c["text"] for c in service.transcript("council"))))
    written = " ".join(caption["text"] for caption in service.transcript("council"))
    assert jiwer.wer(plain(recording.text), plain(written)) <= 0.2


async def test_a_shutdown_finishes_what_is_being_said(service: LiveService, recordings: Recordings) -> None:
    """SIGTERM in mid-sentence: the words so far are in the transcript, and the exit is clean."""
    recording = recordings["ljspeech-LJ001-0009"]
    async with AudioStream(Endpoint(service.url), "council", "reader", language="en") as stream:
        await speak(stream, recording.pcm[: 5 * 16_000])
        assert await asyncio.to_thread(service.stop) == 0
    await asyncio.to_thread(service.start)
    written = plain(" ".join(caption["text"] for caption in service.transcript("council")))
    assert written.startswith("printing then for our purpose may be considered")
    assert "Traceback" not in service.log.read_text()


@pytest.mark.parametrize("kind", ["noise", "music", "silence"])
async def test_noise_music_and_silence_show_no_words(
    lasting_service: LiveService, recordings: Recordings, kind: str
) -> None:
    """No caption is ever shown for them, not even for a moment: what is said after them is the first."""
    shown: list[CaptionEvent] = []

    async def read() -> None:
        async with aclosing(captions(lasting_service, kind)) as events:
            async for event in events:
                shown.append(event)  # noqa: PERF401 - the list is read while it grows

    reading = asyncio.create_task(read())
    for name in recordings.names(kind):
        async with AudioStream(Endpoint(lasting_service.url), kind, name) as stream:
            await speak(stream, recordings[name].pcm, speed=8.0)
            await stream.stop()
    assert lasting_service.transcript(kind) == []
    async with AudioStream(Endpoint(lasting_service.url), kind, "speaker", language="en") as stream:
        await speak(stream, recordings["jfk"].pcm[: 4 * 16_000], speed=8.0)
        await stream.stop()
    await until(lambda: any(event.final for event in shown))
    await ended(reading)
    assert {event.participant for event in shown} == {"speaker"}


async def test_a_speaker_who_switches_language_is_followed(
    lasting_service: LiveService, recordings: Recordings
) -> None:
    """French and English sentences in turn, on one track, each in its own language."""
    async with AudioStream(Endpoint(lasting_service.url), "two-languages", "both") as stream:
        await speak(stream, recordings["switch-fr-en-alternating"].pcm, speed=2.0)
        await stream.stop()
    languages = [caption["source_lang"] for caption in lasting_service.transcript("two-languages")]
    turns = [tag for index, tag in enumerate(languages) if index == 0 or tag != languages[index - 1]]
    assert turns == ["fr", "en", "fr", "en", "fr", "en"]


async def test_readers_of_other_languages(without_french: LiveService, recordings: Recordings) -> None:
    """English is read in Portuguese while it is spoken; French, with no text model from it, in English."""
    portuguese: list[CaptionEvent] = []
    english: list[CaptionEvent] = []

    async def read(lang: str, seen: list[CaptionEvent]) -> None:
        reader = CaptionReader(Endpoint(without_french.url), "other-languages", lang=lang, since=0)
        async with aclosing(reader.events()) as events:
            async for event in events:
                if isinstance(event, CaptionEvent):
                    seen.append(event)  # noqa: PERF401 - the list is read while it grows

    def translated_early() -> bool:
        return any(event.lang == "pt" and not event.final for event in portuguese)

    async def participate(language: str, name: str, enough: Callable[[], bool]) -> None:
        async with AudioStream(
            Endpoint(without_french.url), "other-languages", language, language=language
        ) as stream:
            for _ in range(6):  # on a busy machine partials are rare
                await speak(stream, recordings[name].pcm)
                if enough():
                    break
            await stream.stop()

    readings = [asyncio.create_task(read("pt", portuguese)), asyncio.create_task(read("en", english))]
    await participate("en", "ljspeech-LJ001-0009", translated_early)
    await participate("fr", "leopard-test-fr", lambda: True)
    await until(lambda: any(event.how == "speech" for event in english))
    for task in readings:
        await ended(task)

    translated = [event for event in portuguese if event.participant == "en" and event.lang == "pt"]
    assert translated_early(), "translations come while somebody speaks"
    final = next(event for event in reversed(translated) if event.final)
    assert "tipos móveis" in final.text
    assert {event.untranslated for event in portuguese if event.participant == "fr"} == {"no_route"}
    spoken = [event for event in english if event.how == "speech"]
    assert len({"the", "of", "and", "to"} & set(plain(spoken[-1].text).split())) >= 2, spoken[-1].text
    written = without_french.get("/v1/rooms/other-languages/transcript", format="txt", lang="pt").text
    assert "tipos móveis" in written
    assert "[fr]" in written
    readable = {entry["lang"]: entry["from"] for entry in without_french.get("/v1/languages").json()["read"]}
    assert [route["models"] for route in readable["pt"]] == [["translate-en-pt"]]
    assert without_french.log.read_text().count("Traceback") == 0


async def test_french_is_read_in_english_and_portuguese(
    lasting_service: LiveService, recordings: Recordings
) -> None:
    """With the models that come along: into English directly, into Portuguese through it, and back."""
    said = {"fr": "leopard-test-fr", "en": "ljspeech-LJ001-0009"}
    for language, name in said.items():
        async with AudioStream(
            Endpoint(lasting_service.url), "french", language, language=language
        ) as stream:
            await speak(stream, recordings[name].pcm, speed=4.0)
            await stream.stop()

    def written(lang: str) -> str:
        return lasting_service.get("/v1/rooms/french/transcript", format="txt", lang=lang).text

    assert {"under", "the", "council"} & set(plain(written("en")).split())
    assert (
        len(
            {"sob", "conselho", "consulado", "torna", "águas", "florestas"}
            & set(plain(written("pt")).split())
        )
        >= 3
    )
    assert (
        len(
            {"art", "livres", "impression", "faire", "pour", "notre", "types"}
            & set(plain(written("fr")).split())
        )
        >= 3
    )
    read = {entry["lang"]: entry["from"] for entry in lasting_service.get("/v1/languages").json()["read"]}
    assert {"translate-fr-en-small"} in [set(route["models"]) for route in read["en"]]


async def test_killed_service_has_its_translations_again(
    service: LiveService, recordings: Recordings
) -> None:
    """After kill -9 nothing of the text models is left running, and the transcript is translated anew."""
    async with AudioStream(Endpoint(service.url), "council", "en", language="en") as stream:
        await speak(stream, recordings["ljspeech-LJ001-0009"].pcm, speed=4.0)
        await stream.stop()
    first = service.get("/v1/rooms/council/transcript", format="txt", lang="pt").text
    workers = service.children()
    assert workers
    await asyncio.to_thread(service.kill)
    await until(lambda: all(not worker.is_running() or worker.status() == "zombie" for worker in workers))
    await asyncio.to_thread(service.start)
    assert service.get("/v1/rooms/council/transcript", format="txt", lang="pt").text == first
