"""Streaming recordings against a scripted service."""

from __future__ import annotations

import asyncio
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from benchmark.doors import Linger, OurDoor
from benchmark.material import Passage, Recording
from benchmark.service import LoadMeter
from benchmark.streaming import Plan, Session

from assistant.client import Endpoint
from assistant.core.errors import RoomNameInvalid
from tests.client.scripted_service import ScriptedService, caption, running
from tests.waiting import until

PLAN = Plan("bench", tail_seconds=0.1, linger=Linger(quiet_seconds=0.1))


@pytest.fixture
def tone(tmp_path: Path) -> Recording:
    """A recording of 0.3 s."""
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.full(4800, 1000, "<i2").tobytes())
    return Recording("tone", path, "en", "read", 0.3, (Passage("en", "hello"),))


async def test_takes_hold_what_was_shown_of_each_recording(tone: Recording) -> None:
    """Captions go to the recording of their participant; audio and trailing silence were sent whole."""
    mine = [caption(7, "hello", participant="000-tone", final=True)]
    others = [caption(8, "bye", participant="001-tone", id="c2", final=True)]
    service = ScriptedService(events=[*mine, *others])
    done: list[str] = []
    async with running(service):
        session = Session(
            OurDoor(Endpoint(service.url)), PLAN, [tone, tone], lambda recording: done.append(recording.id)
        )
        takes = await session.run()
    assert done == ["tone", "tone"]
    assert [[shown.caption.text for shown in take.events] for take in takes] == [["hello"], ["bye"]]
    assert [take.streamed_seconds for take in takes] == [pytest.approx(0.4)] * 2
    assert service.samples("s0").tolist() == [1000] * 4800 + [0] * 1600
    assert takes[1].began_at - takes[0].began_at >= 0.4
    assert [c.get("language") for c in service.connections if c["path"].endswith("audio")] == ["en", "en"]


async def test_speakers_share_the_pile(tone: Recording) -> None:
    """With two speakers, recordings are streamed side by side, each once."""
    service = ScriptedService(events=[caption(7, "x", participant="nobody")])
    plan = Plan("bench", speakers=2, pin_language=False, tail_seconds=1.0, linger=Linger(quiet_seconds=0.1))
    async with running(service):
        takes = await Session(OurDoor(Endpoint(service.url)), plan, [tone, tone], lambda _: None).run()
    assert abs(takes[1].began_at - takes[0].began_at) < 1.3
    joined = [c for c in service.connections if "participant" in c]
    assert sorted(c["participant"] for c in joined) == ["000-tone", "001-tone"]
    assert {c["language"] for c in joined} == {"auto"}


async def test_a_refused_reader_ends_the_run(tone: Recording) -> None:
    """When captions cannot be read, nothing is streamed for nothing."""
    service = ScriptedService(refuse_status=(400, "room_name_invalid"))
    async with running(service):
        with pytest.raises(RoomNameInvalid):
            await Session(OurDoor(Endpoint(service.url)), PLAN, [tone], lambda _: None).run()
    assert service.tracks == {}


async def test_the_meter_sees_work_and_memory() -> None:
    """CPU time of a process and its memory are counted while measuring."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "x = bytearray(80 << 20)\nwhile True: pass", stdin=asyncio.subprocess.DEVNULL
    )
    try:
        meter = LoadMeter(process.pid)
        async with meter.measured() as load:

            def worked() -> bool:
                first, *_, last = meter._samples
                grown = last.cpu_seconds - first.cpu_seconds
                return grown > 0.2 and last.resident_bytes > 60 << 20

            await until(lambda: len(meter._samples) > 1 and worked())
    finally:
        process.kill()
        await process.wait()
    assert load().cpu_seconds > 0.05
    assert load().peak_bytes > 60 << 20
    assert load().other_cores >= 0.0
    first, last = load().samples[0], load().samples[-1]
    assert last.cpu_seconds > first.cpu_seconds
    cores = load().cores(first.at_seconds, last.at_seconds)
    assert cores is not None
    assert cores > 0.0
    assert load().resident_bytes(first.at_seconds, last.at_seconds) == load().peak_bytes
    assert load().cores(first.at_seconds, first.at_seconds) is None
