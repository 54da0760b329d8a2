"""Tracks that end while something of them is still to be heard."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.captioning.connection import TrackConnection
from assistant.captioning.track import TrackSession
from assistant.captioning.track_registry import Join, TrackRegistryRules
from assistant.core.errors import StoreUnavailable
from assistant.core.speech.audio import Pcm, Span
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, captioned, crash, running
from tests.fakes import LevelTranscriber, silence, speech
from tests.waiting import until

ANA = Join("council", "ana", "Ana", language="en")
SAID = [" ".join(f"W{word}" for word in range(first, first + 3)) for first in range(0, 24, 3)]
SMALL_STEPS = TrackRegistryRules(replay_seconds=0.25)
"""What a process before this one received is heard again in many steps, which take two seconds."""


async def talk(connection: TrackConnection) -> None:
    """Say eight times three words."""
    for first in range(0, 24, 3):
        await connection.send_audio(speech(first, 3))
        await connection.send_audio(silence(1.0))


async def crashed(start_service: StartService) -> str:
    """Leave behind what a process received of eight utterances, without a caption; return the session."""
    service = await start_service(LevelTranscriber(delay_seconds=60.0))
    connection = await service.tracks.connect(ANA)
    await talk(connection)
    await connection.acknowledge()
    await crash(service)
    return connection.session


async def texts(service: CaptionService) -> list[str]:
    return sorted(caption.text for caption in await service.rooms.transcript("council"))


@pytest.fixture(autouse=True)
def slow_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step in which audio is heard again takes a while."""
    load = FileAudioJournal.load

    def load_slowly(journal: FileAudioJournal, session: str, span: Span) -> Pcm:
        time.sleep(0.025)
        return load(journal, session, span)

    monkeypatch.setattr(FileAudioJournal, "load", load_slowly)


async def test_who_joins_anew_loses_nothing_of_before_the_crash(start_service: StartService) -> None:
    """Their older track is heard to its end, while the new one is heard already."""
    await crashed(start_service)
    service = await start_service(rules=SMALL_STEPS)
    connection = await service.tracks.connect(ANA)
    assert len(running("track-replay")) == 1, "the older track is still being heard again"
    await connection.send_audio(speech(30, 2))
    await connection.stop()
    await until(lambda: not service.tracks.tracks)
    assert await texts(service) == sorted([*SAID, "W30 W31"])


async def test_a_shutdown_while_the_older_track_is_heard_loses_nothing(start_service: StartService) -> None:
    """The next process hears the rest of it; at most the word that is cut in two stands there twice."""
    await crashed(start_service)
    service = await start_service(rules=SMALL_STEPS)
    await service.tracks.connect(ANA)
    assert running("track-replay")
    await service.close()
    again = await start_service()

    async def all_said() -> bool:
        return set(" ".join(await texts(again)).split()) >= set(" ".join(SAID).split())

    await until(all_said)
    assert len(" ".join(await texts(again)).split()) <= 25


async def test_a_stop_that_the_shutdown_overtakes_loses_nothing(start_service: StartService) -> None:
    """What waits for its final when time is up is in the journal, and the next process captions it."""
    service = await start_service(
        LevelTranscriber(delay_seconds=0.5), TrackRegistryRules(shutdown_seconds=0.05)
    )
    connection = await service.tracks.connect(ANA)
    await talk(connection)
    stopping = asyncio.gather(connection.stop(), connection.stop(), return_exceptions=True)
    await until(lambda: not service.statistics().tracks)
    await service.close()
    await stopping
    again = await start_service()
    await captioned(again, len(SAID))
    assert await texts(again) == sorted(SAID)


async def test_what_could_not_be_heard_again_stays_for_the_next_start(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever resumes their track meanwhile is sent away, also once it has left memory; no word goes."""
    session = await crashed(start_service)

    async def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(TrackSession, "receive", fail)
        service = await start_service(rules=TrackRegistryRules(park_seconds=0.0, look_seconds=0.02))
        await until(lambda: not service.tracks.tracks)
    with pytest.raises(StoreUnavailable):
        await service.tracks.connect(replace(ANA, session=session))
    await until(lambda: not service.tracks.tracks)
    await service.close()
    again = await start_service()
    await captioned(again, len(SAID))
    assert await texts(again) == sorted(SAID)
