"""A backup that is made in mid-speech, and a service that starts on what it brings back."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import jiwer
import pytest

from assistant.backup.restore import restore_backup
from assistant.client import AudioStream, Endpoint
from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.live.test_meeting import plain, speak
from tests.waiting import until

pytestmark = [pytest.mark.weights, pytest.mark.slow]

RATE = 16_000


async def back_up(archive: Path, data: Path) -> None:
    """Make a backup as an operator does, in a process beside the service."""
    command = [sys.executable, "-m", "assistant.cli", "backup", "create", str(archive)]
    process = await asyncio.create_subprocess_exec(*command, "--data-dir", str(data))
    assert await process.wait() == 0


def _nobody_there(_data: Path) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


async def test_a_backup_in_mid_speech_has_every_acknowledged_word_once(
    service: LiveService, recordings: Recordings, whisper_weights: Path, tmp_path: Path
) -> None:
    """Killed after the backup and started elsewhere, the service has what was acknowledged before it."""
    said = recordings["ljspeech-LJ001-0005"]
    archive = tmp_path / "meeting.tar"
    async with AudioStream(Endpoint(service.url), "council", "ana", language="en") as stream:
        # One sentence is captioned, the second is being said.
        await speak(stream, said.pcm, speed=4.0)
        speaking = asyncio.create_task(speak(stream, said.pcm))
        await until(lambda: stream.acknowledged_samples >= len(said.pcm) + 5 * RATE)
        acknowledged, session = stream.acknowledged_samples, stream.session
        await back_up(archive, service.data)
        await asyncio.to_thread(service.kill)
        speaking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await speaking

    (tmp_path / "there").mkdir()
    other = LiveService(tmp_path / "there", whisper_weights.parent)
    await asyncio.to_thread(restore_backup, archive, other.data, _nobody_there)
    await asyncio.to_thread(other.start)
    try:
        async with AudioStream(
            Endpoint(other.url), "council", "ana", language="en", session=session
        ) as resumed:
            offset = resumed.acknowledged_samples
            await resumed.stop()
        captions = other.transcript("council")
    finally:
        await asyncio.to_thread(other.stop)
    assert offset >= acknowledged
    words = plain(" ".join(caption["text"] for caption in captions)).split()
    once = plain(said.text).split()
    # What was said up to the backup is there, once; where exactly it was made is in no transcript.
    share = (offset - len(said.pcm)) / len(said.pcm)
    expected = once + once[: round(len(once) * share)]
    assert abs(len(words) - len(expected)) <= 0.2 * len(once)
    length = min(len(words), len(expected))
    assert jiwer.wer(" ".join(expected[:length]), " ".join(words[:length])) < 0.25
