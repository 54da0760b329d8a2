"""Who stops sending, as clients do that are muted, and goes on later."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import Status
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from tests.caption_service import StartService, captioned, caught_up
from tests.fakes import JumpingClock, silence, speech

CHUNK = SAMPLE_RATE // 10


def someone(name: str) -> Join:
    return Join("council", name, name.title(), "en")


async def send(connection: TrackConnection, pcm: Pcm, clock: JumpingClock) -> None:
    """Send audio in chunks of 0.1 s, each when its time has come by a clock that is put forward."""
    for start in range(0, len(pcm), CHUNK):
        clock.monotonic_jump += 0.1
        await connection.send_audio(pcm[start : start + CHUNK])
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("odd_samples", [0, 100])
@pytest.mark.parametrize("lead_seconds", [0.0, 0.2, 0.45])
async def test_an_answer_after_a_pause_begins_behind_its_question(
    start_service: StartService, lead_seconds: float, odd_samples: int
) -> None:
    """Neither what is kept before a first word nor half a frame from before the pause makes it older."""
    clock = JumpingClock()
    clock.stall()
    service = await start_service(clock=clock)
    seen: list[Caption | Status] = []

    feed = await service.readers.open_feed("council")

    async def read() -> None:
        async for event in feed:
            seen.append(event)  # noqa: PERF401 - what came is looked at before the feed ends

    reading = asyncio.create_task(read())
    alice = await service.tracks.connect(someone("alice"))
    bob = await service.tracks.connect(someone("bob"))
    before = np.concatenate([speech(0, 4), silence(1.0), silence(odd_samples / SAMPLE_RATE)])
    await send(alice, before, clock)
    await captioned(service, 1)
    clock.monotonic_jump += 10.0
    await send(bob, np.concatenate([speech(20, 4), silence(1.0)]), clock)
    await captioned(service, 2)
    clock.monotonic_jump += 5.0
    went_on_seconds = 3.0 + 10.0 + 3.0 + 5.0
    await send(alice, np.concatenate([silence(lead_seconds), speech(40, 6), silence(1.0)]), clock)
    await captioned(service, 3)
    await caught_up(service, seen)
    reading.cancel()
    opening, question, answer = await service.rooms.transcript("council")
    assert [caption.text.split()[0] for caption in (opening, question, answer)] == ["W0", "W20", "W40"]
    first_word = answer.start_seconds + answer.words[0].span.start_samples / SAMPLE_RATE
    assert first_word == pytest.approx(went_on_seconds + lead_seconds, abs=1.0)
    assert answer.start_seconds > question.end_seconds
    drafts = [event for event in seen if isinstance(event, Caption) and event.id == answer.id]
    assert drafts
    assert all(draft.start_seconds > question.end_seconds for draft in drafts), "partials as well"
