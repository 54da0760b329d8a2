"""Jobs while the disk is full: they wait, however often they are tried, and leave nothing half done."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from assistant.adapters.lasuite_jobs import LaSuiteDialect
from assistant.adapters.system_clock import SystemClock
from assistant.core.errors import DiskLow, DocsNotConfigured, StoreUnavailable
from assistant.core.jobs import MOST_ATTEMPTS, Job
from assistant.core.space_reserve import SpaceReserve
from assistant.core.speech.audio import SAMPLE_RATE
from assistant.ports.jobs import Document
from assistant.recordings.jobs import JobDeps, JobRules, JobService
from assistant.tasks.retries import Backoff
from tests.caption_service import StartService, stores_of
from tests.fakes import silence, speech
from tests.waiting import until

WANTED = {"cloud_storage_url": "http://storage/one.wav", "user_sub": "ana"}


class Storage:
    """Gives one recording away, of which only a part fits on the disk at first."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def check(self, url: str) -> None:
        """Allow everything."""

    async def download(self, url: str, path: Path) -> None:
        """Write the recording, or half of it."""
        assert url == WANTED["cloud_storage_url"]
        if self.failures:
            self.failures -= 1
            path.write_bytes(bytes(1000))  # noqa: ASYNC240 - of a test, and small
            raise StoreUnavailable("A recording cannot be kept now: the disk is full.")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(speech(0, 3).tobytes() + silence(1.0).tobytes())


class NoDocs:
    """Publishes nothing."""

    async def publish(self, document: Document) -> tuple[str, str]:
        """Refuse."""
        del document
        raise DocsNotConfigured("none")


async def summarise(text: str) -> str:
    return text


async def test_a_job_waits_for_the_disk(start_service: StartService, tmp_path: Path) -> None:
    """It is no fault of the job, so it is tried ever more rarely; with little space left none is accepted."""
    free = [1_000]
    service = await start_service(reserve=SpaceReserve(1_000, lambda: free[0]))
    storage = Storage(failures=2 * MOST_ATTEMPTS)
    longest: list[float] = []

    def at_once(_: float, most: float) -> float:
        longest.append(most)
        return 0.0

    pauses = Backoff(1.0, 8.0, spread=0.0, uniform=at_once)
    deps = JobDeps(
        recordings=service.recordings,
        reserve=service.reserve,
        store=stores_of(service).jobs,
        source=storage,
        dialect=LaSuiteDialect(),
        webhook=None,
        docs=NoDocs(),
        clock=SystemClock(),
        result_url=lambda job, _: job,
        render=lambda told: {"text": " ".join(caption.text for caption in told.captions)},
        write=lambda _, title: title,
        summarise=summarise,
    )
    jobs = JobService(deps, JobRules(tmp_path / "uploads", pauses=pauses))
    await jobs.start()
    try:
        accepted = await jobs.transcribe(dict(WANTED))

        async def done() -> Job | None:
            job = await jobs.job("transcript", accepted.id)
            return None if job.state == "pending" else job

        job = await until(done)
        assert job
        assert (job.state, job.result) == ("success", '{"text": "W0 W1 W2"}')
        assert storage.failures == 0
        assert longest == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
        assert list((tmp_path / "uploads").iterdir()) == []
        free[0] = 999
        service.reserve.measure()
        with pytest.raises(DiskLow):
            await jobs.transcribe(dict(WANTED))
    finally:
        await jobs.close()
