"""One track of a meeting on its way into our room."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.bots.track_subscriber import SubscriberRules, TrackSubscriber
from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import Join
from assistant.core.errors import CapacityReached, RoomDeleted, StoreUnavailable
from assistant.core.speech.audio import Pcm
from assistant.service.caption_service import CaptionService
from assistant.tasks.retries import Backoff
from tests.bots.scripted_meeting import ScriptedTap
from tests.caption_service import StartService, captioned
from tests.fakes import LevelTranscriber, silence, speech
from tests.waiting import PATIENCE_SECONDS, until

ANA = Join("council", "ana", "Ana", language="en", admitted=True)
IMPATIENT = SubscriberRules(pauses=Backoff(0.02, 0.02))
"""Refusals are tried again at once."""


class Door:
    """The service's door, which refuses as often as it is told, and counts."""

    def __init__(self, service: CaptionService, *refusals: Exception) -> None:
        self.service = service
        self.refusals = list(refusals)
        self.joined: list[Join] = []

    async def connect(self, join: Join) -> TrackConnection:
        """Refuse, or pass on."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.joined.append(join)
        return await self.service.tracks.connect(join)


def words(first: int, count: int) -> str:
    return " ".join(f"W{number}" for number in range(first, first + count))


async def transcript(service: CaptionService) -> list[tuple[str, str]]:
    return [(caption.speaker, caption.text) for caption in await service.rooms.transcript("council")]


async def test_what_a_tap_holds_is_captioned(start_service: StartService) -> None:
    """To its end, also where it ends in the middle of speech."""
    service = await start_service()
    tap = ScriptedTap()
    subscriber = TrackSubscriber(service.tracks, ANA, tap)
    tap.say(speech(0, 3), silence(1.0), speech(3, 4))
    tap.end()
    seq = await subscriber.finish()
    assert await transcript(service) == [("Ana", words(0, 3)), ("Ana", words(3, 4))]
    assert seq == (await service.rooms.transcript("council"))[-1].seq
    assert subscriber.done
    assert tap.closed


async def test_audio_waits_while_there_is_no_room(start_service: StartService) -> None:
    """Who is refused says so, comes in when that is possible, and has lost nothing."""
    service = await start_service()
    tap = ScriptedTap()
    refusals = [CapacityReached("full") for _ in range(3)] + [StoreUnavailable("disk")]
    subscriber = TrackSubscriber(Door(service, *refusals), ANA, tap, rules=IMPATIENT)
    tap.say(speech(0, 3))
    await until(lambda: isinstance(subscriber.problem, CapacityReached))
    await until(lambda: subscriber.problem is None)
    tap.end()
    await subscriber.finish()
    assert await transcript(service) == [("Ana", words(0, 3))]


async def test_whoever_is_never_let_in_ends(start_service: StartService) -> None:
    """A last try when the tap ends; then nobody waits for ever."""
    service = await start_service()
    door = Door(service, *(CapacityReached("full") for _ in range(10_000)))
    subscriber = TrackSubscriber(door, ANA, ScriptedTap(), rules=IMPATIENT)
    await until(lambda: subscriber.problem)
    subscriber.release()
    assert await asyncio.wait_for(subscriber.finish(), PATIENCE_SECONDS) == 0
    assert not door.joined


async def test_from_the_moment_of_silence_nothing_is_taken_in(start_service: StartService) -> None:
    """What has come but was not taken in yet is forgotten; what was taken in is captioned."""
    service = await start_service()
    tap = ScriptedTap()
    subscriber = TrackSubscriber(service.tracks, ANA, tap)
    tap.say(speech(0, 4))
    await until(lambda: subscriber.received_samples >= len(speech(0, 4)))
    tap.say(speech(4, 4))
    subscriber.silence()
    tap.say(speech(8, 4))
    await subscriber.finish()
    assert await transcript(service) == [("Ana", words(0, 4))]


async def test_silence_comes_between_the_seconds_of_one_reading(start_service: StartService) -> None:
    """Who refuses to be heard while much waits is not heard to its end."""
    service = await start_service()
    tap = ScriptedTap()

    class Slow(Door):
        async def connect(self, join: Join) -> TrackConnection:
            connection = await super().connect(join)
            send_audio = connection.send_audio

            async def send_and_refuse(pcm: Pcm) -> None:
                await send_audio(pcm)
                subscriber.silence()

            connection.send_audio = send_and_refuse  # type: ignore[method-assign] # watched
            return connection

    subscriber = TrackSubscriber(Slow(service), ANA, tap)
    tap.say(speech(0, 20))
    await subscriber.finish()
    said = await transcript(service)
    assert len(said) == 1
    assert said[0][1] in {words(0, 2), words(0, 1)}


async def test_release_hears_what_has_come(start_service: StartService) -> None:
    """Unlike silence."""
    service = await start_service()
    tap = ScriptedTap()
    subscriber = TrackSubscriber(service.tracks, ANA, tap)
    tap.say(speech(0, 4))
    subscriber.release()
    tap.say(speech(4, 4))
    await subscriber.finish()
    assert await transcript(service) == [("Ana", words(0, 4))]


async def test_the_name_is_what_it_was_when_something_was_said(start_service: StartService) -> None:
    """Also where it changed before the first word was let in."""
    service = await start_service()
    await service.rooms.create_room("council")  # who asks for its captions may be quicker than who joins
    tap = ScriptedTap()
    door = Door(service, CapacityReached("full"))
    subscriber = TrackSubscriber(door, ANA, tap, rules=IMPATIENT)
    await until(lambda: subscriber.problem)
    subscriber.rename("Ana Souza")
    await until(lambda: door.joined)
    assert door.joined[0].name == "Ana Souza"
    tap.say(speech(0, 3), silence(1.5))
    await until_said(service, 1)
    subscriber.rename("Ana S.")
    tap.say(speech(3, 3))
    tap.end()
    await subscriber.finish()
    assert await transcript(service) == [("Ana Souza", words(0, 3)), ("Ana S.", words(3, 3))]


async def until_said(service: CaptionService, count: int) -> None:
    """Wait until so many captions are in the transcript."""
    await captioned(service, count)


async def test_a_newer_ear_waits_for_the_older(start_service: StartService) -> None:
    """A microphone that is published anew takes nothing from what was said into the old one."""
    service = await start_service(LevelTranscriber(delay_seconds=0.05))
    taps = [ScriptedTap(), ScriptedTap()]
    older = TrackSubscriber(service.tracks, ANA, taps[0])
    for first in range(0, 24, 3):
        taps[0].say(speech(first, 3), silence(1.0))
    taps[0].end()
    newer = TrackSubscriber(service.tracks, ANA, taps[1], older)
    taps[1].say(speech(24, 3))
    taps[1].end()
    finishing = asyncio.create_task(older.finish())
    await newer.finish()
    await finishing
    said = {text for _, text in await transcript(service)}
    assert said == {words(first, 3) for first in range(0, 27, 3)}


async def test_an_ear_ends_with_its_room(start_service: StartService) -> None:
    """And says why."""
    service = await start_service()
    tap = ScriptedTap()
    subscriber = TrackSubscriber(service.tracks, ANA, tap)
    tap.say(speech(0, 2))
    await until(lambda: subscriber.received_samples)
    await service.delete_room("council")
    tap.say(np.ones(1600, np.int16))
    await until(lambda: subscriber.done)
    assert isinstance(subscriber.problem, RoomDeleted)
    assert tap.closed
    assert await subscriber.finish() == 0


async def test_a_disk_that_is_full_for_a_while_is_told(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Audio is heard on; the problem goes when the disk is back."""
    service = await start_service()
    failing = True
    acknowledge = TrackConnection.acknowledge

    async def acknowledge_or_fail(connection: TrackConnection) -> int:
        if failing:
            raise StoreUnavailable("disk full")
        return await acknowledge(connection)

    monkeypatch.setattr(TrackConnection, "acknowledge", acknowledge_or_fail)
    tap = ScriptedTap()
    subscriber = TrackSubscriber(service.tracks, ANA, tap, rules=SubscriberRules(ack_seconds=0.0))
    tap.say(speech(0, 2))
    await until(lambda: isinstance(subscriber.problem, StoreUnavailable))
    failing = False
    tap.say(speech(2, 2))
    await until(lambda: subscriber.problem is None)
    tap.end()
    await subscriber.finish()
    assert await transcript(service) == [("Ana", words(0, 4))]
