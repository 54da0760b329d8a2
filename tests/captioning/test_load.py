"""More people than the machine carries, and files that are pushed in beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import Join, TrackRegistryRules
from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import ON_TIME, Status
from assistant.core.errors import CapacityReached
from assistant.core.speech.audio import Pcm
from assistant.readers.feed import CaptionFeed
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, caught_up
from tests.fakes import JumpingClock, LevelTranscriber, silence, speech
from tests.waiting import until

CHUNK = 1_600


def someone(name: str, session: str | None = None) -> Join:
    return Join("council", name, name.title(), "en", session=session)


def sentences(first: int, count: int, *, words: int = 6, pause: float = 0.8) -> Pcm:
    """Return utterances of so many words each, with a pause behind each."""
    parts = [np.concatenate([speech(first + n * words, words), silence(pause)]) for n in range(count)]
    return np.concatenate(parts)


async def talk(connection: TrackConnection, pcm: Pcm) -> None:
    """Feed audio in real time, as a microphone does."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for start in range(0, len(pcm), CHUNK):
        await asyncio.sleep(max(0.0, began + start / 16_000 - loop.time()))
        await connection.send_audio(pcm[start : start + CHUNK])


async def collect(feed: CaptionFeed, seen: list[Caption | Status]) -> None:
    async for event in feed:
        seen.append(event)  # noqa: PERF401 - the list is read while it grows


def said_by(captions: Sequence[Caption], participant: str) -> list[str]:
    return [
        word for caption in captions if caption.participant == participant for word in caption.text.split()
    ]


def numbered(first: int, count: int) -> list[str]:
    return [f"W{number}" for number in range(first, first + count)]


async def wait_until_done(service: CaptionService) -> None:
    await until(lambda: not service.statistics().behind_seconds and not service.statistics().queued_finals)


async def test_at_twice_the_capacity_every_word_comes_once_and_the_delay_ends(
    start_service: StartService,
) -> None:
    """Six people where three fit: all finals are whole, the queue drains, the delay is told to be over."""
    service = await start_service(LevelTranscriber(delay_seconds=0.4, workers=1))
    seen: list[Caption | Status] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    connections = [await service.tracks.connect(someone(f"p{number}")) for number in range(6)]
    most_queued = 0

    async def watch() -> None:
        nonlocal most_queued
        while True:
            statistics = service.statistics()
            most_queued = max(most_queued, statistics.queued_finals + statistics.queued_partials)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    await asyncio.gather(
        *(talk(connection, sentences(20 * n, 2, words=4)) for n, connection in enumerate(connections))
    )
    await wait_until_done(service)
    watching.cancel()
    transcript = await service.rooms.transcript("council")
    for number in range(6):
        assert said_by(transcript, f"p{number}") == numbered(20 * number, 8)
    assert most_queued <= 12, "each track has at most one partial and one final waiting"

    async def on_time() -> bool:
        log = (await service.rooms.enter("council")).log
        snapshot = await log.snapshot_and_subscribe()
        snapshot.subscription.close()
        return snapshot.status == ON_TIME

    await until(on_time)
    await until(lambda: [event for event in seen if isinstance(event, Status)][-1:] == [ON_TIME])
    reading.cancel()
    assert any(isinstance(event, Status) and event.degraded for event in seen), "it was told to begin"
    assert service.statistics().capacity < 6, "the capacity is measured"
    newest = {event.participant for event in seen if isinstance(event, Caption) and not event.final}
    assert len(newest) >= 4, "what is left for partials is shared"


async def test_a_pushed_file_does_not_take_partials_from_who_talks(start_service: StartService) -> None:
    """While a minute of audio is worked off, somebody who talks sees words come; nothing is lost or late."""
    transcriber = LevelTranscriber(delay_seconds=0.15, workers=1)
    service = await start_service(transcriber)
    seen: list[Caption | Status] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    live, pushed = (
        await service.tracks.connect(someone("live")),
        await service.tracks.connect(someone("file")),
    )

    async def push() -> None:
        await until(lambda: live.talking)
        file = sentences(0, 12)
        for start in range(0, len(file), 16_000):
            await pushed.send_audio(file[start : start + 16_000])
        await pushed.stop()

    pushing = asyncio.create_task(push())
    await talk(live, sentences(120, 2))
    await live.stop()
    await pushing
    await caught_up(service, seen)
    reading.cancel()
    transcript = await service.rooms.transcript("council")
    assert said_by(transcript, "file") == numbered(0, 72)
    assert said_by(transcript, "live") == numbered(120, 12)
    partials = [e.participant for e in seen if isinstance(e, Caption) and not e.final]
    assert partials.count("live") >= 6
    assert partials.count("file") <= 3, "nobody reads partials of a file along"
    assert not any(isinstance(event, Status) for event in seen), "a file is not late, it was not said yet"
    assert service.statistics().behind_seconds == 0


async def test_nobody_new_joins_while_as_many_talk_as_the_machine_carries(
    start_service: StartService,
) -> None:
    """A new track is refused, even in a pause for breath; one that resumes is not; silence opens the door."""
    clock = JumpingClock()
    service = await start_service(rules=TrackRegistryRules(max_talkers=1), clock=clock)
    quiet = await service.tracks.connect(someone("quiet"))
    alice = await service.tracks.connect(someone("alice"))
    await talk(alice, sentences(0, 1, words=10))
    with pytest.raises(CapacityReached):
        await service.tracks.connect(someone("bob"))
    await quiet.detach()
    assert (await service.tracks.connect(someone("quiet", session=quiet.session))).session == quiet.session
    await alice.stop()
    clock.monotonic_jump += 60.0
    await service.tracks.connect(someone("bob"))


async def test_silent_people_are_welcome_however_many_talk_at_most(start_service: StartService) -> None:
    """Only talking counts: many may be connected where one may talk."""
    service = await start_service(rules=TrackRegistryRules(max_talkers=1))
    for number in range(20):
        connection = await service.tracks.connect(someone(f"p{number}"))
        await connection.send_audio(silence(0.5))
    assert service.statistics().tracks == 20
    assert service.statistics().capacity == 1


async def test_nobody_new_joins_while_finals_are_far_behind(start_service: StartService) -> None:
    """With utterances that wait for too long a new track is refused; who was there may come back."""
    rules = TrackRegistryRules(max_talkers=100, finals_behind_seconds=0.3)
    transcriber = LevelTranscriber(delay_seconds=60.0, workers=1)
    service = await start_service(transcriber, rules)
    alice = await service.tracks.connect(someone("alice"))
    await talk(alice, sentences(0, 1, words=3))
    await until(lambda: service.tracks.tracks[alice.session].finals_behind_seconds() >= 0.4)
    with pytest.raises(CapacityReached):
        await service.tracks.connect(someone("bob"))
    await alice.detach()
    again = await service.tracks.connect(someone("alice", session=alice.session))
    transcriber.hurry.set()
    await again.stop()
    await service.tracks.connect(someone("bob"))


async def test_shared_calls_lose_nothing(start_service: StartService) -> None:
    """With a recogniser that gains by batches, each track still gets its own words."""
    service = await start_service(LevelTranscriber(delay_seconds=0.4, workers=1, batch=4))
    connections = [await service.tracks.connect(someone(f"p{number}")) for number in range(5)]
    await asyncio.gather(
        *(talk(connection, sentences(20 * n, 1)) for n, connection in enumerate(connections))
    )
    await asyncio.gather(*(connection.stop() for connection in connections))
    transcript = await service.rooms.transcript("council")
    for number in range(5):
        assert said_by(transcript, f"p{number}") == numbered(20 * number, 6)


async def test_a_file_is_ahead_and_a_backlog_is_not(start_service: StartService) -> None:
    """A minute pushed in by a new track is bulk; a minute that comes after a broken connection is late."""
    clock = JumpingClock()
    service = await start_service(rules=TrackRegistryRules(park_seconds=0.1, look_seconds=0.05), clock=clock)
    first = await service.tracks.connect(someone("alice"))
    await first.send_audio(sentences(0, 1, words=3))
    await first.acknowledge()
    await first.detach()
    tracks = service.tracks.tracks
    await until(lambda: not tracks)
    clock.monotonic_jump += 60.0
    resumed = await service.tracks.connect(someone("alice", session=first.session))
    await resumed.send_audio(sentences(10, 10, words=8))
    assert not tracks[resumed.session].playhead.ahead
    pushed = await service.tracks.connect(someone("file"))
    await pushed.send_audio(sentences(10, 10, words=8))
    assert tracks[pushed.session].playhead.ahead
