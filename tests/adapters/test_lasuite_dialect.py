"""What La Suite is told of jobs, in its own words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.adapters.http_jobs import signature_of
from assistant.adapters.lasuite_jobs import LaSuiteDialect
from assistant.core.errors import (
    AssistantError,
    ModelMissing,
    RecordingCorrupt,
    RecordingTooLarge,
    RecordingTooLong,
    RecordingWithoutAudio,
)
from assistant.core.jobs import Job

LASUITE = LaSuiteDialect()
JOB = Job("j1", "transcript", "pending", "{}", 0.0, "secret")


def test_messages_are_those_of_la_suite() -> None:
    """Each state has its fields, and no others."""
    url = "https://captions.example.org/r"
    assert LASUITE.message(JOB, url) == {"job_id": "j1", "type": "transcript", "status": "pending"}
    done = LASUITE.message(replace(JOB, state="success"), url)
    assert done == {"job_id": "j1", "type": "transcript", "status": "success", "transcription_data_url": url}
    failed = LASUITE.message(replace(JOB, kind="summary", state="failure", error_code="unknown_error"), url)
    assert failed == {"job_id": "j1", "type": "summary", "status": "failure", "error_code": "unknown_error"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RecordingCorrupt(""), "corrupted_audio_file"),
        (RecordingWithoutAudio(""), "no_audio_in_file"),
        (RecordingTooLong(""), "media_duration_too_long"),
        (RecordingTooLarge(""), "media_duration_too_long"),
        (ModelMissing(""), "unknown_error"),
        (None, "unknown_error"),
    ],
)
def test_errors_have_la_suites_names(error: AssistantError | None, code: str) -> None:
    assert LASUITE.error_code(error) == code


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
