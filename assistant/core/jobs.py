"""Jobs that are done later, and what is told of them: La Suite's asynchronous transcriptions."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from assistant.core.errors import (
    AssistantError,
    RecordingCorrupt,
    RecordingTooLarge,
    RecordingTooLong,
    RecordingWithoutAudio,
)

JobKind = Literal["transcript", "summary"]
JobState = Literal["pending", "success", "failure"]

MOST_DELIVERIES = 12
"""How often the end of a job is told, for about three hours, before that is given up."""

MOST_ATTEMPTS = 3
"""How often a job is tried whose source or engine fails."""

_ERROR_CODES: dict[type[AssistantError], str] = {
    RecordingCorrupt: "corrupted_audio_file",
    RecordingWithoutAudio: "no_audio_in_file",
    RecordingTooLong: "media_duration_too_long",
    RecordingTooLarge: "media_duration_too_long",
}


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Attributes:
        id: Names it.
        kind: What comes of it.
        state: Where it stands.
        request: What was asked for, JSON.
        created_at: POSIX seconds.
        secret: Part of the address of its result, so that only who was told finds it.
        error_code: Why it failed.
        result: What came of it, JSON; empty before.
        attempts: How often it was tried.
        deliveries: How often its end was told without success.
        deliver_at: When to tell it next, POSIX seconds; None where that is done, given up or not wanted.
    """

    id: str
    kind: JobKind
    state: JobState
    request: str
    created_at: float
    secret: str
    error_code: str = ""
    result: str = ""
    attempts: int = 0
    deliveries: int = 0
    deliver_at: float | None = None


def error_code_of(error: AssistantError) -> str:
    """Return how La Suite calls what went wrong."""
    return next((code for kind, code in _ERROR_CODES.items() if isinstance(error, kind)), "unknown_error")


def message_of(job: Job, result_url: str) -> dict[str, str]:
    """Return what is told of a job."""
    message = {"job_id": job.id, "type": job.kind, "status": job.state}
    if job.state == "success":
        message["transcription_data_url" if job.kind == "transcript" else "summary_data_url"] = result_url
    elif job.state == "failure":
        message["error_code"] = job.error_code
    return message


def signature_of(body: bytes, at_seconds: int, secret: str) -> str:
    """Return the signature of a call-back: `t=SECONDS,v1=HEX`, HMAC-SHA256 over `SECONDS.BODY`."""
    signed = f"{at_seconds}.".encode() + body
    return f"t={at_seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
