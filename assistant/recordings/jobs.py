"""Jobs: accepted at once, done one after the other, and told of until that is confirmed."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from assistant.core.captions.caption import Caption
from assistant.core.captions.speaker_turns import SpokenTurn
from assistant.core.errors import (
    AssistantError,
    CapacityReached,
    DocsNotConfigured,
    FrameTooLarge,
    JobUnknown,
    NestedTooDeep,
    ShuttingDown,
    StoreUnavailable,
    Unavailable,
)
from assistant.core.jobs import MOST_ATTEMPTS, MOST_DELIVERIES, Job, JobKind
from assistant.core.json_bounds import check_json
from assistant.core.language import AUTO
from assistant.core.space_reserve import SpaceReserve, Use
from assistant.ports.jobs import (
    Document,
    DocumentPublisher,
    JobDialect,
    JobStore,
    RecordingSource,
    Webhook,
)
from assistant.ports.system import Clock
from assistant.recordings.service import RecordingService
from assistant.recordings.temporary_folder import temporary_folder
from assistant.recordings.transcription import RecordingRequest, RecordingTranscript
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff, keep_trying

_log = structlog.get_logger(__name__)
_TIDY_SECONDS = 600.0
_FIRST_TOLD_SECONDS = 2.0
_PAUSES = Backoff(5.0, 2 * 3600.0, spread=0.2)
_MOST_STORE_PAUSE_SECONDS = 60.0
_MOST_NOTES_BYTES = 1 << 24
"""A day of a hundred people who interrupt each other."""

Render = Callable[[RecordingTranscript], dict[str, object]]
"""Makes the document that is told of."""

Write = Callable[[Sequence[Caption], str], str]
"""Makes Markdown of captions, under a title."""


Summarise = Callable[[str], Awaitable[str]]
"""Makes Markdown of a transcript in text."""


@dataclass(frozen=True, slots=True)
class JobRules:
    """The limits of jobs.

    Attributes:
        most_open: Jobs that are pending.
        keep_seconds: How long a job and its result are kept.
        folder: Where recordings are while they are worked on.
        pauses: How long is waited before something that failed is tried again.
    """

    folder: Path
    most_open: int = 500
    keep_seconds: float = 24 * 3600.0
    pauses: Backoff = _PAUSES


@dataclass(frozen=True, slots=True)
class JobDeps:
    """What jobs are done with.

    Attributes:
        recordings: Transcribes recordings.
        reserve: Says whether recordings may use the disk.
        store: Keeps jobs and their results.
        source: Fetches recordings.
        dialect: Speaks as whoever orders the jobs does.
        webhook: Is told of the end of jobs; None where nobody is.
        docs: Where transcripts are published.
        clock: Tells when jobs were made, and when they are told of.
        result_url: Makes the address of a result, of the job's id and its secret.
        render: Makes the document of a transcript.
        write: Makes Markdown of captions, under a title.
        summarise: Makes the summary of a transcript in text.
    """

    recordings: RecordingService
    reserve: SpaceReserve
    store: JobStore
    source: RecordingSource
    dialect: JobDialect
    webhook: Webhook | None
    docs: DocumentPublisher
    clock: Clock
    result_url: Callable[[str, str], str]
    render: Render
    write: Write
    summarise: Summarise


class JobService:
    """Takes jobs, does them in the order in which they came, and tells of them; all survives a restart."""

    problem: AssistantError | None = None

    def __init__(self, deps: JobDeps, rules: JobRules) -> None:
        self._deps = deps
        self._rules = rules
        self._pending: asyncio.Queue[str] = asyncio.Queue()
        self._open: set[str] = set()
        self._setbacks: Counter[str] = Counter()  # job id to how often it had to wait for the store
        self._tasks = TaskOwner()
        most_seconds = min(rules.pauses.most_seconds, _MOST_STORE_PAUSE_SECONDS)
        self._store_pauses = replace(rules.pauses, most_seconds=most_seconds)

    async def start(self) -> None:
        """Go on with what a process before this one accepted."""
        for job in await self._deps.store.open_jobs():
            if job.state == "pending":
                self._open.add(job.id)
                self._pending.put_nowait(job.id)
            else:
                self._tell(job)
        self._tasks.start(self._work(), "jobs")
        self._tasks.start(self._tidy(), "jobs-tidy")

    async def close(self) -> None:
        """Stop; what is not done is done after the next start."""
        await self._tasks.close()

    async def transcribe(self, request: dict[str, Any]) -> Job:
        """Accept a transcription.

        Raises:
            DiskLow: What is free of the disk is kept for captions.
            SourceForbidden: The recording lies where nothing is fetched from.
            CapacityReached: Too many wait already.
        """
        self._deps.source.check(str(request["cloud_storage_url"]))
        return await self._queue("transcript", request)

    async def summarize(self, request: dict[str, Any]) -> Job:
        """Accept a summary of a transcript in text; raises `CapacityReached`, `DiskLow`."""
        return await self._queue("summary", request)

    async def _queue(self, kind: JobKind, request: dict[str, Any]) -> Job:
        self._deps.reserve.check(Use.RECORDING)
        if len(self._open) >= self._rules.most_open:
            raise CapacityReached("Enough jobs wait already; send this one again later.")
        id_ = secrets.token_hex(16)
        self._open.add(id_)
        try:
            job = await self._accept(id_, kind, request)
        except BaseException:
            self._open.discard(id_)
            raise
        self._pending.put_nowait(job.id)
        return job

    async def job(self, kind: JobKind, id_: str) -> Job:
        """Return a job; raises `JobUnknown`."""
        job = await self._deps.store.job(id_)
        if job is None or job.kind != kind:
            raise JobUnknown("There is no such job.")
        return job

    async def result(self, id_: str, secret: str) -> Job:
        """Return a job that has a result, JSON or Markdown; raises `JobUnknown`."""
        job = await self._deps.store.job(id_)
        known = job is not None and secrets.compare_digest(job.secret.encode(), secret.encode())
        oldest = self._deps.clock.now() - self._rules.keep_seconds
        if job is None or not known or job.state != "success" or job.created_at < oldest:
            raise JobUnknown("There is no such result.")
        return job

    def message(self, job: Job) -> dict[str, str]:
        """Return what is told of a job."""
        return self._deps.dialect.message(job, self._deps.result_url(job.id, job.secret))

    # --- work -------------------------------------------------------------------------------------

    async def _accept(self, id_: str, kind: JobKind, request: dict[str, Any]) -> Job:
        job = Job(
            id=id_,
            kind=kind,
            state="pending",
            request=json.dumps(request),
            created_at=self._deps.clock.now(),
            secret=secrets.token_urlsafe(24),
        )
        await self._deps.store.save_job(job)
        _log.info("job_accepted", kind=kind)
        return job

    async def _work(self) -> None:
        while True:
            id_ = await self._pending.get()
            try:
                job = await self._deps.store.job(id_)
                if job and job.state == "pending":
                    await self._do(job)
            except AssistantError as error:  # the database is away; the job is still in it
                _log.warning("job_waits", code=error.code)
                self._wait_for_store(id_)
            except Exception as error:  # noqa: BLE001 - one job must not end the others
                _log.exception("job_failed", error=type(error).__name__)
                self._wait_for_store(id_)

    async def _do(self, job: Job) -> None:
        """Do what is left of a job: to transcribe, then to publish where that was asked for."""
        most = MOST_DELIVERIES if job.result else MOST_ATTEMPTS
        if job.attempts >= most:  # also where the process died over it each time
            await self._fail(job, self._deps.dialect.error_code())
            return
        job = replace(job, attempts=job.attempts + 1)
        await self._keep(job)
        try:
            if not job.result:
                job = await (self._transcribed(job) if job.kind == "transcript" else self._summarised(job))
            await self._publish(json.loads(job.request))
        except ShuttingDown:
            return  # it is done after the next start
        except StoreUnavailable as error:  # the disk is full or away, which is no fault of the job
            _log.warning("job_waits", code=error.code)
            job = replace(job, attempts=job.attempts - 1)
            await self._keep(job)
            self._wait_for_store(job.id)
        except Unavailable as error:
            if error.retryable and job.attempts < most:
                self._tell_later(self._again(job.id, self._rules.pauses.pause_seconds(job.attempts)))
                return
            await self._fail(job, self._deps.dialect.error_code(error))
        except AssistantError as error:
            await self._fail(job, self._deps.dialect.error_code(error))
        else:
            await self._end(replace(job, state="success"))

    async def _transcribed(self, job: Job) -> Job:
        """Return a job with its result, kept on disk together with what is to be published."""
        request = json.loads(job.request)
        transcript = await self._transcript(request)
        document = await asyncio.to_thread(lambda: json.dumps(self._deps.render(transcript)))
        wanted = request.get("push_to_docs_config")
        if wanted:
            content = await asyncio.to_thread(self._deps.write, transcript.captions, wanted["title"])
            link = wanted.get("download_link")
            content += "".join(f"\n> {fault.message}\n" for fault in transcript.faults)
            request["content"] = f"{content}\n<{link}>\n" if link else content
        job = replace(job, result=document, request=json.dumps(request), attempts=1)
        await self._keep(job)
        return job

    async def _summarised(self, job: Job) -> Job:
        """Return a job with its summary; the text it was made of is not kept any longer."""
        request = json.loads(job.request)
        summary = await self._deps.summarise(str(request.pop("content")))
        job = replace(job, result=summary, request=json.dumps(request), attempts=1)
        await self._keep(job)
        return job

    async def _transcript(self, request: dict[str, Any]) -> RecordingTranscript:
        self._deps.reserve.check(Use.RECORDING)
        async with temporary_folder(self._rules.folder) as place:
            path = place / "recording"
            await self._deps.source.download(str(request["cloud_storage_url"]), path)
            turns = await self._turns(request, place / "notes")
            wanted = RecordingRequest(path, str(request.get("language") or AUTO), turns=turns)
            return (await self._deps.recordings.transcribe(wanted)).whole().heard()

    async def _turns(self, request: dict[str, Any], path: Path) -> tuple[SpokenTurn, ...]:
        """Return who spoke when; without that a transcript has no names, which is no reason for none."""
        metadata = request.get("metadata")
        if not metadata:
            return ()
        try:
            await self._deps.source.download(str(metadata["cloud_storage_url"]), path)
            notes = await asyncio.to_thread(_read_notes, path)
            return self._deps.dialect.turns(
                notes,
                began_at=float(metadata["started_at"]),
                ended_at=float(metadata["ended_at"]),
            )
        except StoreUnavailable:
            raise
        except (AssistantError, ValueError) as error:
            _log.warning("job_notes_missing", error=type(error).__name__)
            return ()

    async def _publish(self, request: dict[str, Any]) -> None:
        """Push a transcript to Docs where that was asked for, and Docs are configured."""
        wanted = request.get("push_to_docs_config")
        if not wanted:
            return
        document = Document(
            wanted["title"], request["content"], str(request["user_sub"]), wanted["user_email"]
        )
        try:
            await self._deps.docs.publish(document)
        except DocsNotConfigured as error:
            _log.warning("document_not_published", code=error.code)

    def _wait_for_store(self, id_: str) -> None:
        """Do a job again later, after pauses that grow up to a minute; it is not at fault."""
        self._setbacks[id_] += 1
        self._tell_later(self._again(id_, self._store_pauses.pause_seconds(self._setbacks[id_])))

    async def _again(self, id_: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._pending.put_nowait(id_)

    async def _fail(self, job: Job, code: str) -> None:
        _log.warning("job_failed", kind=job.kind, code=code)
        await self._end(replace(job, state="failure", error_code=code, result=""))

    async def _keep(self, job: Job) -> None:
        """Store a job, however long the database is away."""

        def note(error: StoreUnavailable, _: int) -> None:
            _log.warning("job_not_stored", code=error.code)

        await keep_trying(partial(self._deps.store.save_job, job), StoreUnavailable, self._store_pauses, note)

    async def _end(self, job: Job) -> None:
        """Keep what came of a job, and tell of it."""
        # La Suite learns of the id from our answer; it ignores what it is told of before.
        at = max(self._deps.clock.now(), job.created_at + _FIRST_TOLD_SECONDS)
        told = replace(job, deliver_at=at if self._deps.webhook else None)
        await self._keep(told)
        self._open.discard(job.id)
        self._setbacks.pop(job.id, None)
        if self._deps.webhook:
            self._tell(told)

    # --- telling ----------------------------------------------------------------------------------

    def _tell(self, job: Job) -> None:
        if self._deps.webhook:
            self._tell_later(self._deliver(job, self._deps.webhook))

    def _tell_later(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(work, "job-telling")

    async def _deliver(self, job: Job, webhook: Webhook) -> None:
        """Tell of a job again and again, with growing pauses, until that is confirmed or given up."""
        while job.deliver_at is not None:
            await asyncio.sleep(max(0.0, job.deliver_at - self._deps.clock.now()))
            try:
                await webhook.call(self.message(job))
                job = replace(job, deliver_at=None)
            except AssistantError as error:
                _log.warning("job_not_told", code=error.code, deliveries=job.deliveries + 1)
                job = replace(job, deliveries=job.deliveries + 1)
                pause = self._rules.pauses.pause_seconds(job.deliveries)
                given_up = job.deliveries >= MOST_DELIVERIES
                job = replace(job, deliver_at=None if given_up else self._deps.clock.now() + pause)
            await self._keep(job)

    async def _tidy(self) -> None:
        while True:
            try:
                await self._deps.store.forget_jobs(self._deps.clock.now() - self._rules.keep_seconds)
            except AssistantError as error:
                _log.warning("jobs_not_tidied", code=error.code)
            await asyncio.sleep(_TIDY_SECONDS)


def _read_notes(path: Path) -> object:
    """Return the JSON document in a file; blocks. Raises ValueError or InvalidInput."""
    if path.stat().st_size > _MOST_NOTES_BYTES:
        raise FrameTooLarge(f"The notes of who spoke when may have at most {_MOST_NOTES_BYTES} bytes.")
    document = path.read_bytes()
    check_json(document)
    try:
        return json.loads(document)
    except RecursionError:  # in an encoding that hides how deep it is
        raise NestedTooDeep("The notes of who spoke when are nested too deep.") from None
