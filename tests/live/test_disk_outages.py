"""The real service on a disk that is full for a while, and without descriptors for a while."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest

from assistant.core.speech.audio import Pcm
from tests.conftest import Recordings
from tests.live.disk_outages import said
from tests.live.service import LiveService
from tests.meetings.guest import plain
from tests.small_disk import IN_A_NAMESPACE, can_mount
from tests.waiting import until

pytestmark = [pytest.mark.weights, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not can_mount(), reason="needs unshare, and a system that lets us mount: util-linux")
def test_a_full_disk_costs_no_word(tmp_path: Path, whisper_weights: Path) -> None:
    """Three outages, one over the end of the talk: the same words; what is sent meanwhile is refused."""
    recording = ROOT / "tests" / "fixtures" / "speech" / "jfk.flac"
    command = [*IN_A_NAMESPACE, sys.executable, "-m", "tests.live.disk_outages"]
    arguments = [str(tmp_path), str(whisper_weights.parent), str(recording)]
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    came = json.loads(done.stdout.partition("TOLD ")[2])
    assert plain(came["troubled"]) == plain(came["calm"])
    assert "ask not what your country can do for you" in plain(came["troubled"])
    assert "Received audio cannot be kept: the disk is full." in came["told"]
    assert came["refused"] == [[503, "store_unavailable"]]
    assert came["left"] == []


def heard(service: LiveService, seconds: float) -> bool:
    """Return whether the service has taken in so much audio."""
    told = re.search(
        r"^assistant_audio_received_seconds_total (\S+)", service.get("/metrics").text, re.MULTILINE
    )
    return told is not None and float(told[1]) >= seconds


async def starve(service: LiveService, *, seconds: float) -> list[str]:
    """Let the service open no file and take no connection for so long; return what clients got."""
    limits = resource.prlimit(service.pid, resource.RLIMIT_NOFILE)
    got: list[str] = []
    resource.prlimit(service.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    async with httpx.AsyncClient(trust_env=False, timeout=1.0) as http:
                        got.append(str((await http.get(f"{service.url}/health/live")).status_code))
                except httpx.HTTPError as error:
                    got.append(type(error).__name__)
                await asyncio.sleep(0.1)
    except TimeoutError:
        return got
    finally:
        resource.prlimit(service.pid, resource.RLIMIT_NOFILE, limits)


async def test_without_descriptors_the_talk_goes_on(service: LiveService, recordings: Recordings) -> None:
    """Twice no file can be opened and nobody comes in; who was in loses no word, then all is as before."""
    pcm: Pcm = recordings["jfk"].pcm
    talking = asyncio.create_task(said(service, "troubled", pcm))
    for count in range(2):
        await until(partial(asyncio.to_thread, heard, service, 2.0 * (count + 1)))
        got = await starve(service, seconds=2.0)
        assert "200" not in got
    assert plain(await talking) == plain(recordings["jfk"].text)
    assert service.get("/health/ready").json()["problems"] == []
