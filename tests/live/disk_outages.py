"""A meeting on a disk that becomes full again and again; run in a mount namespace of its own.

Arguments: an empty folder, the folder of the weights, a recording. Prints what was said without and with
outages, as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from assistant.client import AudioStream, Endpoint, Pace, read_pcm
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from tests.live.service import LiveService
from tests.waiting import until

_DISK = "16m"
_CHUNK = SAMPLE_RATE // 10
_OUTAGES = ((1.5, 3.0), (5.0, 6.5), (8.0, 11.5))
"""From when to when the disk is full; the last one is over after the last word."""


def fill(file: Path) -> None:
    """Write until the disk takes nothing more."""
    with file.open("ab", buffering=0) as filler:
        for size in (1 << 16, 1):
            with contextlib.suppress(OSError):
                while filler.write(bytes(size)) == size:
                    pass


class Outages:
    """Fills the disk at its times, and looks what the service says meanwhile."""

    def __init__(self, service: LiveService, folder: Path, recording: Path) -> None:
        self.told: set[str] = set()
        self.refused: set[tuple[int, str]] = set()
        self._service = service
        self._filler = folder / "filler"
        self._recording = recording.read_bytes()

    async def run(self) -> None:
        """Do all of them."""
        began = asyncio.get_running_loop().time()
        for begins, ends in _OUTAGES:
            await asyncio.sleep(began + begins - asyncio.get_running_loop().time())
            while asyncio.get_running_loop().time() < began + ends:
                await asyncio.to_thread(fill, self._filler)
                await self._ask()
                await asyncio.sleep(0.1)
            self._filler.unlink()

    async def _ask(self) -> None:
        async with httpx.AsyncClient(base_url=self._service.url, trust_env=False, timeout=20.0) as http:
            for problem in (await http.get("/health/ready")).json()["problems"]:
                self.told.add(problem)
            form = {"file": ("said.flac", self._recording)}
            for answer in (
                await http.post("/v1/audio/transcriptions", files=form),
                await http.post("/v1/rooms", json={"title": "x" * 1_000_000}),
                await http.put("/v1/glossary", json={"terms": [f"Term{n} {'x' * 60}" for n in range(900)]}),
            ):
                if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                    self.refused.add((answer.status_code, answer.json()["error"]["code"]))


async def said(service: LiveService, room: str, pcm: Pcm) -> str:
    """Say a recording at its own pace; return the transcript."""
    async with AudioStream(Endpoint(service.url), room, "reader", language="en") as stream:
        pace = Pace(asyncio.get_running_loop().time())
        for start in range(0, len(pcm), _CHUNK):
            await pace.reach(start + _CHUNK)
            await stream.send(pcm[start : start + _CHUNK])
        await stream.stop()
    return " ".join(caption["text"] for caption in service.transcript(room))


async def meet(service: LiveService, folder: Path, recording: Path) -> dict[str, Any]:
    """Hold the meeting twice."""
    pcm = read_pcm(recording)
    calm = await said(service, "calm", pcm)
    outages = Outages(service, folder, recording)
    disturbing = asyncio.create_task(outages.run())
    troubled = await said(service, "troubled", pcm)
    await disturbing
    await until(lambda: not service.get("/health/ready").json()["problems"])
    left = [path.name for path in (service.data / "uploads").rglob("*")]
    return {
        "calm": calm,
        "troubled": troubled,
        "told": sorted(outages.told),
        "refused": sorted(outages.refused),
        "left": left,
    }


def main() -> None:
    """Mount, meet, and say what came of it."""
    folder, weights, recording = map(Path, sys.argv[1:])
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    subprocess.run(command, check=True)
    service = LiveService(folder, weights, disk_reserve_mb="0")
    service.start()
    try:
        sys.stdout.write(f"TOLD {json.dumps(asyncio.run(meet(service, folder, recording)))}\n")
    finally:
        service.stop()


if __name__ == "__main__":
    main()
