"""What a talker waits for does not run where anybody else's work does."""

from __future__ import annotations

import asyncio
import threading

import numpy as np

from assistant.captioning.track_registry import Join
from tests.caption_service import StartService
from tests.fakes import LevelTranscriber, silence, speech
from tests.waiting import PATIENCE_SECONDS

BURST_SAMPLES = 16_000


async def test_acknowledgements_and_finals_come_while_the_shared_threads_are_stuck(
    start_service: StartService,
) -> None:
    """Bursts are heard, what was sent is acknowledged, and finals are published."""
    service = await start_service(LevelTranscriber())
    connection = await service.tracks.connect(Join("council", "ana", "Ana", "en"))
    freed = threading.Event()
    stuck = [asyncio.create_task(asyncio.to_thread(freed.wait)) for _ in range(64)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            pcm = np.concatenate([speech(1, 6), silence(1.5)])
            for start in range(0, len(pcm), BURST_SAMPLES):
                await connection.send_audio(pcm[start : start + BURST_SAMPLES])
            assert await connection.acknowledge() == len(pcm)
            await connection.stop()
    finally:
        freed.set()
        await asyncio.gather(*stuck)
    [caption] = await service.rooms.transcript("council")
    assert caption.text
