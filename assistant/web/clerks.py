"""What clerks do to captions, over HTTP: each change goes out to every reader as a new revision."""

from __future__ import annotations

import asyncio
import io
import wave

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from assistant.core.errors import InvalidInput
from assistant.core.rooms import check_room_name
from assistant.core.speech.audio import SAMPLE_RATE
from assistant.minutes.caption_editor import CaptionEditor
from assistant.web.bounds import Seq
from assistant.web.messages import CaptionMessage
from assistant.web.services import services_of

_MOST_CHARACTERS = 10_000


class SpeakerWish(BaseModel):
    """Whose words they are."""

    participant: str = Field(max_length=200)
    name: str = Field(max_length=200)


class Correction(BaseModel):
    """A clerk's text or speaker for a caption, and the revision that the clerk has seen."""

    text: str | None = Field(None, max_length=_MOST_CHARACTERS)
    speaker: SpeakerWish | None = None
    rev: Seq | None = None


class Cut(BaseModel):
    """Before which character of its text a caption is cut."""

    model_config = ConfigDict(extra="forbid")

    at: int = Field(ge=0, le=_MOST_CHARACTERS)
    rev: Seq | None = None


class Join(BaseModel):
    """The caption that a caption is merged with."""

    model_config = ConfigDict(extra="forbid")

    with_: str = Field(alias="with", max_length=300)
    rev: Seq | None = None
    with_rev: Seq | None = None


class NewName(BaseModel):
    """What somebody is called."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)


class Replace(BaseModel):
    """What is found, and what is put there."""

    model_config = ConfigDict(extra="forbid")

    find: str = Field(min_length=1, max_length=1_000)
    replace: str = Field("", max_length=1_000)
    match_case: bool = False
    whole_words: bool = True
    preview: bool = False


class CaptionsMessage(BaseModel):
    """Captions as they are now."""

    captions: list[CaptionMessage]


class ReplacedMessage(CaptionsMessage):
    """Captions with the new text, and how often the old one was found."""

    matches: int


class RenamedMessage(BaseModel):
    """How many captions have a new name."""

    captions: int


def clerks_router() -> APIRouter:
    """Return the routes of clerks."""
    router = APIRouter(prefix="/v1/rooms/{room}")

    @router.patch("/captions/{caption_id}", response_model_exclude_none=True)
    async def correct(room: str, caption_id: str, wanted: Correction, request: Request) -> CaptionMessage:
        """Replace the text of a final caption by a clerk's, or give it to another speaker."""
        if wanted.text is None and wanted.speaker is None:
            raise InvalidInput("Say what is to be corrected: the text, the speaker, or both.")
        speaker = (wanted.speaker.participant, wanted.speaker.name) if wanted.speaker else None
        edited = await _editor(request).correct(
            check_room_name(room), caption_id, wanted.text, speaker=speaker, rev=wanted.rev
        )
        return CaptionMessage.of(edited)

    @router.post("/captions/replace", response_model_exclude_none=True)
    async def replace(room: str, wanted: Replace, request: Request) -> ReplacedMessage:
        """Replace a text in all captions; with `preview` nothing is changed."""
        done = await _editor(request).replace(
            check_room_name(room),
            wanted.find,
            wanted.replace,
            match_case=wanted.match_case,
            whole_words=wanted.whole_words,
            preview=wanted.preview,
        )
        captions = [CaptionMessage.of(caption) for caption in done.captions]
        return ReplacedMessage(captions=captions, matches=done.matches)

    @router.post("/captions/{caption_id}/split", response_model_exclude_none=True)
    async def split(room: str, caption_id: str, cut: Cut, request: Request) -> CaptionsMessage:
        """Make two captions of one."""
        done = await _editor(request).split(check_room_name(room), caption_id, cut.at, cut.rev)
        return CaptionsMessage(captions=[CaptionMessage.of(caption) for caption in done])

    @router.post("/captions/{caption_id}/merge", response_model_exclude_none=True)
    async def merge(room: str, caption_id: str, join: Join, request: Request) -> CaptionsMessage:
        """Make one caption of two that follow each other; the second one is emptied."""
        done = await _editor(request).merge(
            check_room_name(room), caption_id, join.with_, join.rev, join.with_rev
        )
        return CaptionsMessage(captions=[CaptionMessage.of(caption) for caption in done])

    @router.patch("/participants/{participant}")
    async def rename(room: str, participant: str, wanted: NewName, request: Request) -> RenamedMessage:
        """Call a participant otherwise, in everything that was said and from now on."""
        count = await _editor(request).rename(check_room_name(room), participant, wanted.name)
        return RenamedMessage(captions=count)

    @router.get("/captions/{caption_id}/audio", response_class=Response)
    async def audio(room: str, caption_id: str, request: Request) -> Response:
        """Return what was heard of a caption, as WAV (mono, 16 kHz), where audio is kept."""
        editor = _editor(request)
        session, span = await editor.audio(check_room_name(room), caption_id)
        pcm = await asyncio.to_thread(editor.read_audio, session, span)
        return Response(_wave(pcm.tobytes()), media_type="audio/wav")

    return router


def _editor(request: Request) -> CaptionEditor:
    return services_of(request).clerks


def _wave(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(SAMPLE_RATE)
        written.writeframes(samples)
    return file.getvalue()
