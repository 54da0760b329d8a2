"""Two people in one room, each with an open microphone: what is said is captioned once."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest

from assistant.captioning.track_registry import Join
from assistant.client import Pace
from assistant.core.captions.caption import Caption
from assistant.core.speech.audio import SAMPLE_RATE, to_waveform
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from assistant.engines.whisper import WhisperTranscriber
from assistant.service.caption_service import CaptionService
from tests.acoustics import LoudnessDetector, TwoMicrophones, WordSpotter, sentence
from tests.caption_service import StartService, caught_up
from tests.conftest import Recordings

_PIECE_SAMPLES = 1_600
_SPEED = 1.0


@pytest.fixture
def start_room(start_service: StartService) -> StartService:
    """Start services whose voice activity hears what is louder than noise."""

    async def start(transcriber: WordSpotter, *, crosstalk: bool = True) -> CaptionService:
        return await start_service(transcriber, new_detector=LoudnessDetector, crosstalk=crosstalk)

    return start


async def held(service: CaptionService, room: TwoMicrophones, seconds: float) -> list[Caption]:
    """Hold a meeting; return every caption event in order."""
    seen: list[Caption] = []
    feed = await service.readers.open_feed("council")

    async def read() -> None:
        async for event in feed:
            if isinstance(event, Caption):
                seen.append(event)  # noqa: PERF401 - the list is read while it grows

    reading = asyncio.create_task(read())
    connections = [
        await service.tracks.connect(Join("council", name.lower(), name, "en")) for name in ("Ana", "Rui")
    ]
    pace = Pace(asyncio.get_running_loop().time(), speed=_SPEED)
    tracks = room.recordings(seconds)
    for start in range(0, round(seconds * SAMPLE_RATE), _PIECE_SAMPLES):
        for connection, track in zip(connections, tracks, strict=True):
            await connection.send_audio(track[start : start + _PIECE_SAMPLES])
        await pace.reach(start + _PIECE_SAMPLES)
    for connection in connections:
        await connection.stop()
    await caught_up(service, seen)
    feed.close()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return seen


def words_of(seen: list[Caption]) -> dict[str, str]:
    """Return what the finals of each speaker say in the end."""
    newest = {caption.id: caption for caption in seen if caption.final}
    said: dict[str, list[str]] = {"Ana": [], "Rui": []}
    for caption in sorted(newest.values(), key=lambda each: each.start_seconds):
        said[caption.speaker].extend(caption.text.split())
    return {speaker: " ".join(words) for speaker, words in said.items()}


def told(voice: str, words: range) -> str:
    return " ".join(f"{voice}{word}" for word in words)


@pytest.mark.parametrize("late_seconds", [0.0, 0.3, 0.8])
async def test_a_voice_in_two_microphones_is_captioned_once(
    start_room: StartService, late_seconds: float
) -> None:
    """Ana speaks; Rui's microphone has her too, softer and later, and shows nothing of it."""
    service = await start_room(WordSpotter())
    room = TwoMicrophones(late_seconds=late_seconds)
    room.say(0.3, sentence("Ana", range(12)), 0)
    assert words_of(await held(service, room, 7.0)) == {"Ana": told("Ana", range(12)), "Rui": ""}


async def test_an_answer_right_behind_belongs_to_who_gave_it(start_room: StartService) -> None:
    """Rui answers without a pause: his words are his, hers are hers, each once."""
    service = await start_room(WordSpotter())
    room = TwoMicrophones()
    room.say(0.3, sentence("Ana", range(8)), 0)
    room.say(3.7, sentence("Rui", range(10, 16)), 1)
    said = words_of(await held(service, room, 8.0))
    assert [word for word in said["Ana"].split() if word != "Rui10"] == told("Ana", range(8)).split()
    # What lies within a quarter of a second of an own voice is not cut away: it may be of it.
    assert [word for word in said["Rui"].split() if word != "Ana7"] == told("Rui", range(10, 16)).split()


async def test_the_same_words_by_two_voices_are_captioned_twice(start_room: StartService) -> None:
    """An oath that two people say together, each before an own microphone, is said by both."""
    service = await start_room(WordSpotter())
    room = TwoMicrophones(late_seconds=0.1)
    room.say(0.3, sentence("Ana", range(6)), 0)
    room.say(0.35, sentence("Rui", range(6)), 1)
    said = words_of(await held(service, room, 5.0))
    for voice in ("Ana", "Rui"):
        own = [word for word in said[voice].split() if word.startswith(voice)]
        assert own == told(voice, range(6)).split()


async def test_a_short_answer_while_somebody_else_speaks_is_kept(start_room: StartService) -> None:
    """Ana goes on while Rui throws two words in: they are shown, and hers only once."""
    service = await start_room(WordSpotter())
    room = TwoMicrophones()
    room.say(0.3, sentence("Ana", range(14)), 0)
    room.say(3.0, 1.5 * sentence("Rui", [14, 15]), 1)
    said = words_of(await held(service, room, 8.0))
    assert {"Rui14", "Rui15"} <= set(said["Rui"].split())
    assert set(told("Ana", range(14)).split()) <= set(said["Ana"].split())
    assert Counter(said["Rui"].split())["Ana1"] == 0


async def test_what_the_better_microphone_has_no_words_for_is_captioned_from_the_other(
    start_room: StartService,
) -> None:
    """Nothing can be read before her own microphone: what Rui's has of it is shown."""
    everything = frozenset(f"Ana{word}" for word in range(16))
    service = await start_room(WordSpotter(deaf_to=everything))
    room = TwoMicrophones()
    room.say(0.3, sentence("Ana", range(6)), 0)
    assert words_of(await held(service, room, 5.0)) == {"Ana": "", "Rui": told("Ana", range(6))}


async def test_people_in_two_places_are_all_captioned(start_room: StartService) -> None:
    """Without a common room both say at the same time what they say, and nothing is compared away."""
    service = await start_room(WordSpotter())
    room = TwoMicrophones(crosstalk_db=-90.0)
    room.say(0.3, sentence("Ana", range(8)), 0)
    room.say(0.3, sentence("Rui", range(8)), 1)
    said = words_of(await held(service, room, 5.0))
    assert said == {"Ana": told("Ana", range(8)), "Rui": told("Rui", range(8))}


async def test_where_microphones_are_not_compared_all_is_captioned(start_room: StartService) -> None:
    """The setting turns it off: what both have is captioned twice, as ever."""
    service = await start_room(WordSpotter(), crosstalk=False)
    room = TwoMicrophones()
    room.say(0.3, sentence("Ana", range(6)), 0)
    said = words_of(await held(service, room, 4.0))
    assert said == {"Ana": told("Ana", range(6)), "Rui": told("Ana", range(6))}


@pytest.mark.weights
async def test_readers_see_a_real_voice_once(
    recordings: Recordings, whisper_weights: Path, start_service: StartService
) -> None:
    """All of its words, and by the other microphone none, not even in a partial that goes again."""
    silero = SileroModel()
    service = await start_service(
        WhisperTranscriber(whisper_weights, model="whisper-base"),
        new_detector=lambda: GatedVoiceDetector(silero),
        crosstalk=True,
    )
    said = recordings["jfk"]
    room = TwoMicrophones(crosstalk_db=-10.0, late_seconds=0.05)
    room.say(0.5, to_waveform(said.pcm), 0)
    seen = await held(service, room, 2.0 + len(said.pcm) / SAMPLE_RATE)
    assert [caption.text for caption in seen if caption.speaker == "Rui" and caption.text] == []
    assert not singular(said.text) - singular(words_of(seen)["Ana"])


def singular(text: str) -> Counter[str]:
    """Return the words of a text; an echo may swallow the s of a plural."""
    return Counter(word.rstrip("s") for word in re.findall(r"\w+", text.casefold()))
