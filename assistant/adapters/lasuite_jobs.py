"""How La Suite Meet writes of its jobs: names of errors, what its webhook is told, notes of who spoke."""

from __future__ import annotations

from assistant.adapters.lasuite_notes import read_turns
from assistant.core.captions.speaker_turns import SpokenTurn
from assistant.core.errors import (
    AssistantError,
    RecordingCorrupt,
    RecordingTooLarge,
    RecordingTooLong,
    RecordingWithoutAudio,
)
from assistant.core.jobs import Job

_ERROR_CODES: dict[type[AssistantError], str] = {
    RecordingCorrupt: "corrupted_audio_file",
    RecordingWithoutAudio: "no_audio_in_file",
    RecordingTooLong: "media_duration_too_long",
    RecordingTooLarge: "media_duration_too_long",
}


class LaSuiteDialect:
    """The `JobDialect` of La Suite's asynchronous transcriptions, version 2."""

    def error_code(self, error: AssistantError | None = None) -> str:
        """Return how La Suite calls what went wrong."""
        return next((code for kind, code in _ERROR_CODES.items() if isinstance(error, kind)), "unknown_error")

    def message(self, job: Job, result_url: str) -> dict[str, str]:
        """Return what its webhook is told of a job."""
        message = {"job_id": job.id, "type": job.kind, "status": job.state}
        if job.state == "success":
            message["transcription_data_url" if job.kind == "transcript" else "summary_data_url"] = result_url
        elif job.state == "failure":
            message["error_code"] = job.error_code
        return message

    def turns(self, notes: object, *, began_at: float, ended_at: float) -> tuple[SpokenTurn, ...]:
        """Return who spoke when, as La Suite noted it beside a recording; see `lasuite_notes.read_turns`."""
        return read_turns(notes, began_at=began_at, ended_at=ended_at)
