"""Finals that cannot be made or published: readers keep what they saw, and nobody waits for ever."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from structlog.testing import capture_logs

from assistant.captioning.connection import TrackConnection
from assistant.captioning.deps import TrackRules
from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.hypothesis import Hypothesis
from assistant.rooms.room import RoomSession
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService
from tests.fakes import CountingTelemetry, silence, speech
from tests.waiting import until

ALICE = Join("council", "alice", "Alice", "en")
ONE_TRY = TrackRules(attempts=1)


async def say(connection: TrackConnection, first: int) -> None:
    """Say four words and fall silent."""
    pcm = np.concatenate([speech(first, 4), silence(1.0)])
    for start in range(0, len(pcm), 1_600):
        await connection.send_audio(pcm[start : start + 1_600])
        await asyncio.sleep(0.01)


async def texts(service: CaptionService) -> list[str]:
    return [caption.text for caption in await service.rooms.transcript("council")]


async def test_a_fault_of_the_second_pass_costs_no_word_that_readers_saw(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch, telemetry: CountingTelemetry
) -> None:
    """Where no final can be made, whatever the reason, the words of the partials are the final."""
    put_right = MeetingContext.put_right

    def faulty(context: MeetingContext, hypothesis: Hypothesis) -> Hypothesis:
        if "W1" in hypothesis.text.split():
            raise ValueError("scripted fault")
        return put_right(context, hypothesis)

    monkeypatch.setattr(MeetingContext, "put_right", faulty)
    service = await start_service(track_rules=ONE_TRY)
    connection = await service.tracks.connect(ALICE)
    await say(connection, 0)
    await say(connection, 10)
    await connection.stop()
    first, second = await texts(service)
    assert first.split()[:3] == ["W0", "W1", "W2"]
    assert second.split() == ["W10", "W11", "W12", "W13"]
    assert telemetry.rejected == {"failed": 1}


async def test_a_final_that_cannot_be_published_holds_up_no_other(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch, telemetry: CountingTelemetry
) -> None:
    """Not even with the words that readers saw: the next one is stored, and what is lost is told."""
    append_final = RoomSession.append_final

    async def faulty(room: RoomSession, final: Caption, *, session: str, durable_samples: int) -> Caption:
        if final.text.startswith("W0"):
            raise ValueError("scripted fault")
        return await append_final(room, final, session=session, durable_samples=durable_samples)

    monkeypatch.setattr(RoomSession, "append_final", faulty)
    service = await start_service(track_rules=ONE_TRY)
    connection = await service.tracks.connect(ALICE)
    with capture_logs() as events:
        await say(connection, 0)
        await say(connection, 10)
        await until(lambda: not service.tracks.tracks[connection.session].utterances.ended)
        await connection.stop()
    assert await texts(service) == ["W10 W11 W12 W13"]
    told = [event for event in events if event["event"] == "audio_not_captioned"]
    assert [event["lost"] for event in told] == [False, True]
    assert told[-1]["room"] == "council"
    assert told[-1]["start_seconds"] < 1.0 < told[-1]["seconds"]
    assert telemetry.rejected == {"failed": 1}


async def test_a_partial_names_what_was_said_before_it_and_has_no_final_yet(
    start_service: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that only append wait for that."""
    gate, shown = asyncio.Event(), list[Caption]()
    append_final, show_partial = RoomSession.append_final, RoomSession.show_partial

    async def late(room: RoomSession, final: Caption, *, session: str, durable_samples: int) -> Caption:
        await gate.wait()
        return await append_final(room, final, session=session, durable_samples=durable_samples)

    async def noted(room: RoomSession, partial: Caption) -> Caption:
        shown.append(partial)
        return await show_partial(room, partial)

    monkeypatch.setattr(RoomSession, "append_final", late)
    monkeypatch.setattr(RoomSession, "show_partial", noted)
    service = await start_service()
    connection = await service.tracks.connect(ALICE)

    def followed(first: int) -> set[str]:
        return {partial.follows for partial in shown if partial.text.startswith(f"W{first}")}

    await say(connection, 0)
    await say(connection, 10)
    await say(connection, 20)
    gate.set()
    await until(lambda: not service.tracks.tracks[connection.session].utterances.ended)
    await say(connection, 30)
    await connection.stop()
    first, second, *_ = await service.rooms.transcript("council")
    assert [followed(word) for word in (0, 10, 20, 30)] == [{""}, {first.id}, {second.id}, {""}]
