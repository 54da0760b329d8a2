"""A meeting that is killed: `python -m tests.captioning.doomed_meeting FOLDER parked|open`.

Somebody says three words and vanishes. It prints the session and how much was acknowledged, then, with
`parked`, waits until the track has left memory, prints `parked`, and waits for its end.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from assistant.adapters.system_clock import SystemClock
from assistant.captioning.track_registry import Join, TrackRegistryRules
from tests.caption_service import open_service, running
from tests.fakes import CountingTelemetry, LevelTranscriber, silence, speech
from tests.waiting import until


async def meet(folder: Path, when: str) -> None:
    """Hold it."""
    telemetry = CountingTelemetry()
    service = await open_service(
        folder,
        LevelTranscriber(),
        telemetry,
        SystemClock(),
        TrackRegistryRules(park_seconds=0.2, look_seconds=0.05),
    )
    connection = await service.tracks.connect(Join("council", "alice", "Alice Martin", "en"))
    for piece in (speech(0, 3), silence(1.0)):
        await connection.send_audio(piece)
    print(connection.session, await connection.acknowledge(), flush=True)  # noqa: T201 - the test reads it
    await connection.detach()
    if when == "parked":
        await until(lambda: not service.tracks.tracks and not running("track-"))
    print(when, flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(meet(Path(sys.argv[1]), sys.argv[2]))
