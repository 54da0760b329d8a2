"""La Suite's asynchronous jobs over HTTP, and publishing transcripts to Docs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field, field_serializer

from assistant.core.errors import Unavailable
from assistant.core.jobs import JobKind
from assistant.core.language import SOURCE, parse_language, parse_spoken_language
from assistant.core.rooms import check_room_name
from assistant.ports.jobs import Document
from assistant.recordings.jobs import JobService
from assistant.web.bounds import Line
from assistant.web.credentials import credential_of
from assistant.web.printing import Print, Printer, print_minutes, print_transcript
from assistant.web.services import services_of

RESULTS = "/api/v2/results/"
"""Where results are; their addresses hold a secret, so no token is asked for."""

_MOST_TEXT = 1_000_000


class PushToDocs(BaseModel):
    """For whom a transcript is published in Docs, and under which title."""

    user_email: Line = Field(max_length=320)
    title: Line = Field(max_length=500)
    download_link: str | None = Field(None, max_length=2048)


class NotesRequest(BaseModel):
    """Where La Suite's notes of who spoke when are, and when the recording began and ended."""

    cloud_storage_url: str = Field(max_length=8192)
    started_at: AwareDatetime
    ended_at: AwareDatetime

    @field_serializer("started_at", "ended_at")
    def posix(self, at: datetime) -> float:
        """Return POSIX seconds."""
        return at.timestamp()


class TranscribeRequest(BaseModel):
    """What La Suite asks for; more fields than these are taken and not used."""

    user_sub: str = Field(max_length=500)
    cloud_storage_url: str = Field(max_length=8192)
    language: str | None = Field(None, max_length=35)
    metadata: NotesRequest | None = None
    push_to_docs_config: PushToDocs | None = None


class SummarizeRequest(BaseModel):
    """What La Suite asks for."""

    user_sub: str = Field(max_length=500)
    content: str = Field(max_length=_MOST_TEXT)


class PublishRequest(BaseModel):
    """Whose document it becomes; `lang`: in which language, else as it was said or written.

    `rough`: the clerk's word that minutes may be translated roughly.
    """

    document: Literal["transcript", "minutes"] = "transcript"
    sub: Line = Field(max_length=500)
    email: Line = Field(max_length=320)
    title: Line = Field("", max_length=500)
    lang: str = Field("", max_length=35)
    rough: bool = False


class PublishedMessage(BaseModel):
    """Where a document is."""

    id: str
    url: str


def jobs_router() -> APIRouter:
    """Return the routes of jobs."""
    router = APIRouter()

    @router.post("/api/v2/async-jobs/transcribe/", include_in_schema=False)
    @router.post("/api/v2/async-jobs/transcribe")
    async def transcribe(wanted: TranscribeRequest, request: Request) -> dict[str, str]:
        """Accept a recording that lies in a storage; the result is told to the webhook."""
        fields = wanted.model_dump()
        if wanted.language:
            fields["language"] = parse_spoken_language(wanted.language)
        jobs = _jobs(request)
        return jobs.message(await jobs.transcribe(fields))

    @router.post("/api/v2/async-jobs/summarize/", include_in_schema=False)
    @router.post("/api/v2/async-jobs/summarize")
    async def summarize(wanted: SummarizeRequest, request: Request) -> dict[str, str]:
        """Accept a transcript in text; its summary, Markdown, is told to the webhook."""
        jobs = _jobs(request)
        return jobs.message(await jobs.summarize(wanted.model_dump()))

    @router.get("/api/v2/async-jobs/transcribe/{job}")
    async def get_transcript_job(job: str, request: Request) -> dict[str, str]:
        """Say how a transcription stands."""
        return await _state(request, "transcript", job)

    @router.get("/api/v2/async-jobs/summarize/{job}")
    async def get_summary_job(job: str, request: Request) -> dict[str, str]:
        """Say how a summary stands."""
        return await _state(request, "summary", job)

    @router.get(RESULTS + "{job}/{secret}", response_class=Response)
    async def get_result(job: str, secret: str, request: Request) -> Response:
        """Return what came of a job: a transcript with times, scores and speakers, or a summary."""
        done = await _jobs(request).result(job, secret)
        kind = "application/json" if done.kind == "transcript" else "text/markdown; charset=utf-8"
        return Response(done.result, media_type=kind)

    @router.post("/v1/rooms/{room}/publish")
    async def publish(room: str, wanted: PublishRequest, request: Request) -> PublishedMessage:
        """Publish the transcript of a room, or its minutes, in La Suite Docs, for its owner there."""
        services = services_of(request)
        lang = parse_language(wanted.lang) if wanted.lang not in {"", SOURCE} else ""
        found = await services.captions.rooms.room(check_room_name(room))
        title = wanted.title or found.title
        printer = Printer(services, credential_of(request))
        page = Print("md", lang, recipient=None, title=title, rough=wanted.rough)
        if wanted.document == "minutes":
            content = await print_minutes(
                printer, found.name, await services.minutes.version(found.name), page
            )
        else:
            content = await print_transcript(printer, found, page)
        document = Document(title, content.decode(), wanted.sub, wanted.email)
        id_, url = await services.docs.publish(document)
        return PublishedMessage(id=id_, url=url)

    return router


async def _state(request: Request, kind: JobKind, job: str) -> dict[str, str]:
    jobs = _jobs(request)
    return jobs.message(await jobs.job(kind, job))


def _jobs(request: Request) -> JobService:
    jobs = services_of(request).jobs
    if jobs is None:
        raise Unavailable("This service takes no jobs.")
    return jobs
