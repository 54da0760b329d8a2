"""A talk that does not end, and many who read it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption
from assistant.core.speech.audio import SAMPLE_RATE
from tests.caption_service import StartService
from tests.fakes import silence, speech
from tests.waiting import PATIENCE_SECONDS, until


async def test_a_talk_without_a_pause_keeps_memory_and_disk_bounded(
    start_service: StartService, tmp_path: Path
) -> None:
    """Twenty minutes of speech: memory and journal hold the newest minutes, every word comes."""
    service = await start_service()
    connection = await service.tracks.connect(Join("council", "alice", "Alice", "en"))
    track = service.tracks.tracks[connection.session]
    kept_samples, journal_bytes = 0, 0
    for minute in range(20):
        await connection.send_audio(speech(minute * 120, 120))
        await connection.acknowledge()
        await until(lambda: len(track.utterances.ended) <= 2)
        kept_samples = max(kept_samples, track.front_end.endpointer.kept.length_samples)
        files = (tmp_path / "journal").rglob("*.pcm")
        journal_bytes = max(journal_bytes, sum(file.stat().st_size for file in files))
    await connection.send_audio(silence(1.0))
    await connection.stop()
    said = [word for caption in await service.rooms.transcript("council") for word in caption.text.split()]
    assert len(said) == 20 * 120
    # A minute is fed at once here, so that much may be waiting.
    assert kept_samples <= 29 * SAMPLE_RATE
    assert journal_bytes <= 4 * 60 * SAMPLE_RATE * 2


async def test_many_readers_get_everything_and_a_stuck_one_holds_up_nobody(
    start_service: StartService,
) -> None:
    """A hundred readers see the final; one that never reads costs them nothing."""
    service = await start_service()
    stuck = await service.readers.open_feed("council")
    finals: list[str] = []

    async def read() -> None:
        async for event in await service.readers.open_feed("council"):
            if isinstance(event, Caption) and event.final:
                finals.append(event.text)
                return

    readers = [asyncio.create_task(read()) for _ in range(100)]
    await until(lambda: service.statistics().readers == 101)
    connection = await service.tracks.connect(Join("council", "alice", "Alice", "en"))
    await connection.send_audio(speech(0, 4))
    await connection.send_audio(silence(1.0))
    await connection.stop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*readers)
    assert finals == ["W0 W1 W2 W3"] * 100
    stuck.close()
