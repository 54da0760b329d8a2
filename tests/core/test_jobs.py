"""What is told of jobs, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.core.errors import (
    AssistantError,
    ModelMissing,
    RecordingCorrupt,
    RecordingTooLarge,
    RecordingTooLong,
    RecordingWithoutAudio,
)
from assistant.core.jobs import (
    Job,
    error_code_of,
    message_of,
    signature_of,
)

JOB = Job("j1", "transcript", "pending", "{}", 0.0, "secret")


def test_messages_are_those_of_la_suite() -> None:
    """Each state has its fields, and no others."""
    url = "https://captions.example.org/r"
    assert message_of(JOB, url) == {"job_id": "j1", "type": "transcript", "status": "pending"}
    done = message_of(replace(JOB, state="success"), url)
    assert done == {"job_id": "j1", "type": "transcript", "status": "success", "transcription_data_url": url}
    failed = message_of(replace(JOB, kind="summary", state="failure", error_code="unknown_error"), url)
    assert failed == {"job_id": "j1", "type": "summary", "status": "failure", "error_code": "unknown_error"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RecordingCorrupt(""), "corrupted_audio_file"),
        (RecordingWithoutAudio(""), "no_audio_in_file"),
        (RecordingTooLong(""), "media_duration_too_long"),
        (RecordingTooLarge(""), "media_duration_too_long"),
        (ModelMissing(""), "unknown_error"),
    ],
)
def test_errors_have_la_suites_names(error: AssistantError, code: str) -> None:
    assert error_code_of(error) == code


def test_a_signature_depends_on_time_body_and_secret() -> None:
    """Nothing of it can be changed."""
    known = signature_of(b"{}", 1_800_000_000, "secret")
    assert known.startswith("t=1800000000,v1=")
    others = {
        signature_of(b"{ }", 1_800_000_000, "secret"),
        signature_of(b"{}", 1_800_000_001, "secret"),
        signature_of(b"{}", 1_800_000_000, "other"),
    }
    assert len(others | {known}) == 4
