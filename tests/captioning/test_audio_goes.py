"""Audio is on disk until it is captioned, and no longer, whoever leaves in whatever way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import Join, TrackRegistryRules
from assistant.core.errors import AudioNotKept, SessionUnknown
from assistant.core.speech.audio import Pcm
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, captioned, clerks_of, journal_of, running
from tests.fakes import LevelTranscriber, ManualClock, silence, speech
from tests.waiting import until

ROOT = Path(__file__).parents[2]
ALICE = Join("council", "alice", "Alice Martin", "en")
SOON = TrackRegistryRules(park_seconds=0.1, look_seconds=0.05)


def audio_bytes(folder: Path) -> int:
    """Return how much audio is on disk."""
    return sum(path.stat().st_size for path in (folder / "journal").rglob("*") if path.is_file())


def open_records(folder: Path) -> int:
    """Return how many files of the journal this process has open."""
    files = Path("/proc/self/fd")
    return sum(str(folder / "journal") in str(Path(file).resolve()) for file in files.iterdir())


def sounds(folder: Path, pcm: Pcm) -> bool:
    """Whether this audio is anywhere on disk."""
    wanted = pcm.astype("<i2").tobytes()
    return any(wanted in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def parked(service: CaptionService) -> None:
    await until(lambda: not service.tracks.tracks and not running("track-"))


async def vanish(service: CaptionService) -> TrackConnection:
    """Say three words, be silent, and go without a stop."""
    connection = await service.tracks.connect(ALICE)
    await connection.send_audio(speech(0, 3))
    await connection.send_audio(silence(1.0))
    await connection.acknowledge()
    await connection.detach()
    return connection


@pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="needs a system that tells which files are open"
)
async def test_who_vanishes_leaves_no_file_open(start_service: StartService, tmp_path: Path) -> None:
    """However many come once and go, those who talk find descriptors."""
    service = await start_service(rules=SOON)
    for number in range(3):
        connection = await service.tracks.connect(Join("council", f"guest-{number}", "", "en"))
        await connection.send_audio(silence(1.0))
        await connection.acknowledge()
        assert open_records(tmp_path) == 1
        await connection.detach()
        await parked(service)
        assert open_records(tmp_path) == 0


async def test_captioned_audio_goes_while_its_speaker_stays(
    start_service: StartService, tmp_path: Path
) -> None:
    """As soon as the final is out, and though the segment it was in is still open."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await connection.send_audio(np.concatenate([speech(0, 6), silence(1.0)]))
    await connection.acknowledge()
    await captioned(service, 1)
    await until(lambda: not sounds(tmp_path, speech(1, 1)))
    assert audio_bytes(tmp_path) <= 1.5 * 32_000, "the pause after the words, and what the next final hears"


async def test_noise_that_nobody_spoke_goes_as_well(start_service: StartService, tmp_path: Path) -> None:
    """What was taken for speech and was none is not kept until something is said."""
    noise = np.repeat(np.arange(2_000, 3_000, 100).astype(np.int16), 1_000)  # no word is so short
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await connection.send_audio(np.concatenate([noise, silence(1.0)]))
    await connection.acknowledge()
    assert sounds(tmp_path, noise)
    await until(lambda: not sounds(tmp_path, noise[:5_000]))
    assert await service.rooms.transcript("council") == []


async def test_who_vanishes_leaves_no_audio_and_resumes_in_place(
    start_service: StartService, tmp_path: Path
) -> None:
    """A parked track has nothing on disk; who resumes it goes on at the same sample and the right time."""
    clock = ManualClock()
    service = await start_service(rules=SOON, clock=clock)
    first = await vanish(service)
    await captioned(service, 1)
    clock.seconds += 5.0
    await parked(service)
    assert audio_bytes(tmp_path) == 0
    second = await service.tracks.connect(
        Join("council", "alice", "Alice Martin", "en", session=first.session)
    )
    assert second.received_samples == 40_000
    clock.seconds -= 2.5  # what follows was said right behind what was heard
    await second.send_audio(np.concatenate([speech(10, 2), silence(1.0)]))
    await second.stop()
    before, after = await service.rooms.transcript("council")
    assert (before.text, before.start_seconds) == ("W0 W1 W2", 0.0)
    assert after.text == "W10 W11"
    assert after.start_seconds == pytest.approx(2.5, abs=0.3)
    assert audio_bytes(tmp_path) == 0


async def test_a_parked_session_is_resumed_after_a_restart(
    start_service: StartService, tmp_path: Path
) -> None:
    """The next process finds no audio and no folder, and goes on at the same sample."""
    service = await start_service(rules=SOON)
    first = await vanish(service)
    await parked(service)
    await service.close()
    again = await start_service()
    assert list((tmp_path / "journal").iterdir()) == []
    second = await again.tracks.connect(Join("council", "alice", "Alice Martin", "en", session=first.session))
    assert second.received_samples == 40_000
    await second.send_audio(np.concatenate([speech(10, 2), silence(1.0)]))
    assert await second.acknowledge() == 72_000
    await second.stop()
    assert [caption.text for caption in await again.rooms.transcript("council")] == ["W0 W1 W2", "W10 W11"]


@pytest.mark.parametrize("when", ["parked", "open"])
async def test_a_killed_process_leaves_what_can_be_resumed(
    start_service: StartService, tmp_path: Path, when: str
) -> None:
    """After `kill -9` all is captioned once, its audio goes, and the session goes on at the same sample."""
    command = [sys.executable, "-m", "tests.captioning.doomed_meeting", str(tmp_path), when]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:  # noqa: ASYNC220
        assert child.stdout is not None
        session, acknowledged = next(line for line in child.stdout if line.count(" ") == 1).split()
        while child.stdout.readline().strip() != when:
            pass
        child.kill()
    assert int(acknowledged) == 40_000
    assert when == "open" or audio_bytes(tmp_path) == 0
    service = await start_service(rules=SOON)
    await captioned(service, 1)
    await parked(service)
    assert audio_bytes(tmp_path) == 0
    resumed = await service.tracks.connect(Join("council", "alice", "Alice Martin", "en", session=session))
    assert resumed.received_samples == 40_000
    await resumed.send_audio(np.concatenate([speech(10, 2), silence(1.0)]))
    await resumed.stop()
    assert [caption.text for caption in await service.rooms.transcript("council")] == ["W0 W1 W2", "W10 W11"]


async def test_what_another_process_left_goes_at_the_start(
    start_service: StartService, tmp_path: Path
) -> None:
    """Records of tracks that are closed, captioned or unknown; never one that waits for its captions."""
    service = await start_service()
    closed, quiet = (
        await service.tracks.connect(ALICE),
        await service.tracks.connect(Join("council", "bruno", "Bruno")),
    )
    await closed.stop()
    await service.close()
    journal = journal_of(service)
    for session in (closed.session, quiet.session, "nobody"):
        journal.append(session, speech(0, 2))
    again = await start_service(rules=SOON)
    left = {path.name for path in (tmp_path / "journal").iterdir()}
    assert left == {quiet.session}
    await captioned(again, 1)


async def test_a_journal_beside_an_empty_database_is_left_alone(
    start_service: StartService, tmp_path: Path
) -> None:
    """Whoever names a wrong database loses no audio that is not captioned yet."""
    service = await start_service(rooms=())
    journal_of(service).append("nobody", speech(0, 2))
    await service.close()
    await start_service(rooms=())
    assert sounds(tmp_path, speech(0, 2))


@pytest.mark.parametrize("restarts", [False, True])
async def test_kept_audio_is_kept_and_goes_when_it_is_no_longer(
    start_service: StartService, tmp_path: Path, *, restarts: bool
) -> None:
    """Where audio is kept nothing of this happens; once it is not, it goes at the next start."""
    service = await start_service(rules=SOON, keep_audio=True)
    await vanish(service)
    await parked(service)
    (caption,) = await service.rooms.transcript("council")
    assert await clerks_of(service).audio("council", caption.id)
    await service.close()
    again = await start_service(keep_audio=not restarts)
    assert sounds(tmp_path, speech(0, 3)) is not restarts
    if restarts:
        with pytest.raises(AudioNotKept):
            await clerks_of(again).audio("council", caption.id)


async def test_audio_that_waits_for_its_caption_is_not_served(start_service: StartService) -> None:
    """Where audio is not kept nobody listens to what is on disk for another moment."""
    service = await start_service()
    connection = await service.tracks.connect(ALICE)
    await connection.send_audio(np.concatenate([speech(0, 3), silence(1.0)]))
    await captioned(service, 1)
    await connection.send_audio(speech(5, 3))
    await connection.acknowledge()
    (caption,) = await service.rooms.transcript("council")
    with pytest.raises(AudioNotKept):
        await clerks_of(service).audio("council", caption.id)


async def test_nobody_resumes_a_session_while_it_stops(start_service: StartService) -> None:
    """What would be sent into it would end with it: the answer comes when its last caption is out."""
    service = await start_service(LevelTranscriber(delay_seconds=0.3))
    connection = await service.tracks.connect(ALICE)
    await connection.send_audio(np.concatenate([speech(0, 3), silence(1.0)]))
    stopping = asyncio.create_task(connection.stop())
    await asyncio.sleep(0)
    with pytest.raises(SessionUnknown):
        await service.tracks.connect(
            Join("council", "alice", "Alice Martin", "en", session=connection.session)
        )
    assert stopping.done()
    assert len(await service.rooms.transcript("council")) == 1
