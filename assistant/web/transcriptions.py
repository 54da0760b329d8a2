"""Recordings over HTTP, as OpenAI's clients send them: `POST /v1/audio/transcriptions`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from assistant.core.captions.caption import Caption
from assistant.core.captions.speaker_turns import SpokenTurn
from assistant.core.errors import FormatUnknown, InvalidInput, MessageInvalid, TextTooLong
from assistant.core.language import AUTO, parse_spoken_language
from assistant.export.formats import render
from assistant.export.openai_formats import diarized, text_of_captions, verbose, warned
from assistant.recordings.transcription import RecordingRequest, RecordingTranscript
from assistant.tasks.owner import TaskOwner
from assistant.web.bounds import Seconds
from assistant.web.credentials import credential_of
from assistant.web.errors import error_response, fault_of
from assistant.web.leaving import wait_unless_gone
from assistant.web.services import Services, services_of
from assistant.web.streams import OwningStream
from assistant.web.uploads import Upload, received

PATH = "/v1/audio/transcriptions"
FORMATS = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
_GRANULARITIES = frozenset(("segment", "word"))
MOST_PROMPT = 10_000
_JSON_FORMATS = frozenset(("json", "verbose_json", "diarized_json"))
"""White space before them means nothing."""

_WARNINGS = "X-Assistant-Warnings"
_MOST_IN_HEADER = 50
_YES = frozenset(("true", "1"))

_TEXT: dict[str, object] = {"type": "string"}
_FORM: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": _TEXT | {"format": "binary"},
                        "model": _TEXT,
                        "language": _TEXT,
                        "prompt": _TEXT,
                        "response_format": _TEXT | {"enum": list(FORMATS)},
                        "timestamp_granularities[]": {
                            "type": "array",
                            "items": _TEXT | {"enum": sorted(_GRANULARITIES)},
                        },
                        "stream": {"type": "boolean"},
                        "turns": _TEXT,
                        "speakers": _TEXT | {"enum": ["one", "channels"]},
                    },
                }
            }
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {},
            "text/plain": {"schema": _TEXT},
            "text/event-stream": {},
        }
    },
}


class TurnMessage(BaseModel):
    """A stretch in which one person speaks, in seconds."""

    speaker: str = Field(min_length=1, max_length=200)
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a client asked for, checked."""

    request: RecordingRequest
    format: str
    words: bool
    segments: bool
    stream: bool

    @classmethod
    def parse(cls, upload: Upload) -> _Wanted:
        if upload.path is None:
            raise InvalidInput("The form has no recording in its field “file”.")
        format_ = upload.get("response_format", "json")
        if format_ not in FORMATS:
            raise FormatUnknown(f"The response_format must be one of {', '.join(FORMATS)}.")
        named = ("timestamp_granularities[]", "timestamp_granularities")
        granularities = {value for name in named for value in upload.fields.get(name, [])}
        if granularities - _GRANULARITIES:
            raise MessageInvalid("timestamp_granularities must be “segment” or “word”.")
        speakers = upload.get("speakers", "one")
        if speakers not in {"one", "channels"}:
            raise MessageInvalid("speakers must be “one” or “channels”.")
        if len(upload.get("prompt")) > MOST_PROMPT:
            raise TextTooLong(f"The field “prompt” may have at most {MOST_PROMPT} characters.")
        return cls(
            request=RecordingRequest(
                path=upload.path,
                language=parse_spoken_language(upload.get("language") or AUTO),
                prompt=upload.get("prompt"),
                turns=_turns(upload.get("turns")),
                by_channel=speakers == "channels",
            ),
            format=format_,
            words="word" in granularities,
            segments="segment" in granularities or not granularities,
            stream=upload.get("stream").lower() in _YES,
        )


def transcriptions_router() -> APIRouter:
    """Return the route of recordings."""
    router = APIRouter()

    @router.post(PATH, response_class=Response, openapi_extra=_FORM, responses=_ANSWERS)
    async def transcribe(request: Request) -> Response:
        """Return what is said in a recording.

        A form as OpenAI documents it: `file`, `model` (any name; there is one model), `language`, `prompt`,
        `response_format` (json, text, srt, verbose_json, vtt or diarized_json), `timestamp_granularities[]`,
        `stream`. And `turns`, a JSON list of `{speaker, start, end}`, or `speakers=channels`, which say who
        speaks.
        """
        services = services_of(request)
        settings = services.settings
        receiving = received(
            request,
            settings.uploads_dir,
            settings.max_recording_bytes,
            services.captions.reserve,
            settings.max_field_bytes,
        )
        async with contextlib.AsyncExitStack() as stack:
            wanted = _Wanted.parse(await stack.enter_async_context(receiving))
            if wanted.stream:
                return await _streamed(request, wanted, stack)
            return await _patiently(request, wanted, stack)

    return router


async def _patiently(request: Request, wanted: _Wanted, stack: contextlib.AsyncExitStack) -> Response:
    """Return the answer, or one that begins with white space where it takes long and may do so.

    Clients give up on answers of which no byte comes. The first one is sent when there is something to
    transcribe, so that what is no recording still gets its status.
    """
    services, begun = services_of(request), asyncio.Event()

    async def work() -> Response:
        transcript = await services.captions.recordings.transcribe(wanted.request, begun=begun.set)
        return await _answer(services, credential_of(request), wanted, transcript.whole())

    tasks = await stack.enter_async_context(TaskOwner())
    working = tasks.start(work(), "recording", awaited=True)
    heartbeat_seconds = services.settings.heartbeat_seconds
    while not working.done() and not (begun.is_set() and wanted.format in _JSON_FORMATS):
        await wait_unless_gone(request, working, heartbeat_seconds)
    if working.done():
        return working.result()
    return OwningStream(_spaced(working, heartbeat_seconds), stack.pop_all(), "application/json")


async def _spaced(working: asyncio.Task[Response], heartbeat_seconds: float) -> AsyncGenerator[bytes, None]:
    """Yield white space while a document is made, then that document, or why there is none."""
    try:
        while not working.done():
            yield b" "
            await asyncio.wait([working], timeout=heartbeat_seconds)
        yield bytes(working.result().body)
    except Exception as error:  # noqa: BLE001 - the answer has begun, so no handler can answer any more
        yield bytes(error_response(fault_of(error)).body)


async def _answer(
    services: Services, credential: str, wanted: _Wanted, transcript: RecordingTranscript
) -> Response:
    captions, warnings = transcript.captions, transcript.warnings
    headers = _warning_headers(transcript)
    match wanted.format:
        case "json":
            return JSONResponse({"text": text_of_captions(captions)} | warned(warnings))
        case "text":
            return PlainTextResponse(text_of_captions(captions) + "\n", headers=headers)
        case "verbose_json":
            return JSONResponse(
                verbose(
                    captions,
                    language=transcript.language,
                    duration_seconds=transcript.duration_seconds,
                    words=wanted.words,
                    segments=wanted.segments,
                    warnings=warnings,
                )
            )
        case "diarized_json":
            seconds = transcript.duration_seconds
            return JSONResponse(diarized(captions, duration_seconds=seconds, warnings=warnings))
        case _:
            work = partial(render, captions, wanted.format)
            document = await services.workers.run(work, credential=credential)
            if wanted.format == "vtt":
                document += "".join(f"\nNOTE {fault.message}\n" for fault in transcript.faults).encode()
            return PlainTextResponse(document, headers=headers)


def _warning_headers(transcript: RecordingTranscript) -> dict[str, str]:
    """Return the header that says what a recording lacks, for formats that have no place for it."""
    found = [
        f"{fault.code} {fault.start_seconds:.2f}-{fault.end_seconds:.2f}"
        for fault in transcript.faults[:_MOST_IN_HEADER]
    ]
    more = ["..."] if len(transcript.faults) > _MOST_IN_HEADER else []
    return {_WARNINGS: ", ".join([*found, *more])} if found else {}


async def _streamed(request: Request, wanted: _Wanted, stack: contextlib.AsyncExitStack) -> Response:
    """Return events, once there is something to transcribe: what is no recording still gets its status."""
    services, begun = services_of(request), asyncio.Event()
    found: asyncio.Queue[Caption | None] = asyncio.Queue()

    async def work() -> RecordingTranscript:
        try:
            return await services.captions.recordings.transcribe(
                wanted.request, found.put_nowait, begun=begun.set
            )
        finally:
            begun.set()
            found.put_nowait(None)

    tasks = await stack.enter_async_context(TaskOwner())
    working = tasks.start(work(), "recording", awaited=True)
    await wait_unless_gone(request, tasks.start(begun.wait(), "recording-begins", awaited=True))
    if working.done():
        working.result()
    events = _events(working, found, services.settings.heartbeat_seconds)
    return OwningStream(events, stack.pop_all())


async def _events(
    working: asyncio.Task[RecordingTranscript],
    found: asyncio.Queue[Caption | None],
    heartbeat_seconds: float,
) -> AsyncGenerator[str, None]:
    """Yield what is said as it is recognised, then all of it, as server-sent events."""
    try:
        async for event in _progress(found, heartbeat_seconds):
            yield event
        transcript = (await working).whole()
        document: dict[str, object] = {"type": "transcript.text.done"}
        yield _event(document | {"text": text_of_captions(transcript.captions)} | warned(transcript.warnings))
    except Exception as error:  # noqa: BLE001 - the stream has begun, so no handler can answer any more
        yield f"event: error\ndata: {bytes(error_response(fault_of(error)).body).decode()}\n\n"


async def _progress(found: asyncio.Queue[Caption | None], heartbeat_seconds: float) -> AsyncIterator[str]:
    space = ""
    while True:
        try:
            caption = await asyncio.wait_for(found.get(), heartbeat_seconds)
        except TimeoutError:
            yield ": working\n\n"
            continue
        if caption is None:
            return
        yield _event({"type": "transcript.text.delta", "delta": f"{space}{caption.text}"})
        space = " "


def _event(document: dict[str, object]) -> str:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"


def _turns(text: str) -> tuple[SpokenTurn, ...]:
    if not text.strip():
        return ()
    try:
        turns = TypeAdapter(list[TurnMessage]).validate_json(text)
    except ValidationError as error:
        raise MessageInvalid("turns must be a JSON list of {speaker, start, end}.") from error
    return tuple(SpokenTurn(turn.speaker, turn.start, turn.end) for turn in turns)
