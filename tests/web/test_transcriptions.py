"""Recordings over HTTP: what is answered when, and what is told of recordings that lack something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest

from assistant.core.errors import AssistantError, RecognitionFailed, RecordingCorrupt, RecordingWithoutAudio
from assistant.core.recording_faults import RecordingFault
from assistant.recordings.transcription import RecordingRequest, RecordingTranscript
from tests.captions import a_caption
from tests.web.fakes import FakeCaptions
from tests.web.serving import serving

FAULT = RecordingFault(21.63, 21.71, "audio_damaged")
TOLD = {"code": "audio_damaged", "start": 21.63, "end": 21.71, "message": FAULT.message}


class Recordings:
    """Transcribes nothing: takes a while to begin, or waits after it, and fails or answers."""

    def __init__(
        self, before: float = 0.0, error: AssistantError | None = None, *, waits: bool = False
    ) -> None:
        self.before, self.error, self.begins = before, error, waits
        self.go_on = asyncio.Event()
        if not waits:
            self.go_on.set()

    async def transcribe(
        self,
        request: RecordingRequest,
        on_caption: Callable[[Any], None] = lambda _: None,
        progress: Callable[[float], None] = lambda _: None,
        begun: Callable[[], None] = lambda: None,
    ) -> RecordingTranscript:
        """Do it."""
        del request, on_caption, progress
        await asyncio.sleep(self.before)
        if self.begins or not self.error:
            begun()
        await self.go_on.wait()
        if self.error:
            raise self.error
        return RecordingTranscript("en", 30.0, (a_caption(1, "Good morning."),), faults=(FAULT,))


Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Return what sends a recording and returns the answer."""
    return partial(_ask, monkeypatch)


async def _ask(monkeypatch: pytest.MonkeyPatch, recordings: Recordings, **fields: str) -> httpx.Response:
    monkeypatch.setattr(FakeCaptions, "recordings", recordings)
    patience = 0.05 if recordings.begins or recordings.before else 60.0
    async with serving(heartbeat_seconds=patience) as service:
        sent = service.http.build_request(
            "POST", "/v1/audio/transcriptions", files={"file": ("one.wav", b"RIFF")}, data=fields
        )
        answer = await service.http.send(sent, stream=True)
        if not recordings.go_on.is_set():
            chunks = answer.aiter_raw()
            begin = await anext(chunks)
            assert begin.isspace()
            recordings.go_on.set()
            rest = begin + b"".join([chunk async for chunk in chunks])
            return httpx.Response(answer.status_code, headers=answer.headers, content=rest)
        await answer.aread()
        return answer


@pytest.mark.parametrize("format_", ["json", "verbose_json", "diarized_json"])
@pytest.mark.parametrize("waits", [False, True])
async def test_documents_say_what_is_missing(ask: Ask, format_: str, *, waits: bool) -> None:
    """At once, or behind white space where it takes longer than a client may wait."""
    answer = await ask(Recordings(waits=waits), response_format=format_)
    assert answer.status_code == 200
    assert answer.text.startswith(" ") == waits
    assert answer.json()["warnings"] == [TOLD]
    assert answer.json()["text"] == "Good morning."


@pytest.mark.parametrize("format_", ["text", "srt", "vtt"])
async def test_texts_say_it_in_a_header(ask: Ask, format_: str) -> None:
    """They begin with their first line, however long it takes."""
    answer = await ask(Recordings(before=0.3), response_format=format_)
    assert answer.headers["X-Assistant-Warnings"] == "audio_damaged 21.63-21.71"
    assert not answer.text.startswith(" ")
    assert (f"NOTE {FAULT.message}" in answer.text) == (format_ == "vtt")


async def test_a_stream_says_it_at_its_end(ask: Ask) -> None:
    """In the event that has the whole text."""
    answer = await ask(Recordings(), stream="true")
    last = json.loads(answer.text.strip().splitlines()[-1].removeprefix("data: "))
    assert (last["type"], last["warnings"]) == ("transcript.text.done", [TOLD])


async def test_a_stream_that_has_begun_tells_what_fails_in_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its status has been sent."""
    recordings = Recordings(error=RecognitionFailed("Second 1.0 to 2.0 was lost."), waits=True)
    monkeypatch.setattr(FakeCaptions, "recordings", recordings)
    async with serving(heartbeat_seconds=0.05) as service:
        sent = service.http.build_request(
            "POST", "/v1/audio/transcriptions", files={"file": ("one.wav", b"RIFF")}, data={"stream": "true"}
        )
        answer = await service.http.send(sent, stream=True)
        recordings.go_on.set()
        await answer.aread()
    assert answer.status_code == 200
    assert "event: error" in answer.text
    assert "recognition_failed" in answer.text


@pytest.mark.parametrize("error", [RecordingCorrupt("It is broken."), RecordingWithoutAudio("No sound.")])
@pytest.mark.parametrize("seconds", [0.0, 0.5])
@pytest.mark.parametrize("fields", [{}, {"response_format": "diarized_json"}, {"stream": "true"}])
async def test_what_is_no_recording_is_refused_before_any_byte(
    ask: Ask, error: AssistantError, seconds: float, fields: dict[str, str]
) -> None:
    """With 400, which clients take as final, however long it took to find out; a stream has not begun."""
    answer = await ask(Recordings(before=seconds, error=error), **fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, error.code)


async def test_what_fails_later_is_told_in_the_body(ask: Ask) -> None:
    """The status has been sent by then; what fails soon still has its own."""
    failed = RecognitionFailed("Second 1.0 to 2.0 of the recording could not be recognised.")
    answer = await ask(Recordings(error=failed, waits=True))
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, "recognition_failed")
    answer = await ask(Recordings(error=failed))
    assert answer.status_code == 503
