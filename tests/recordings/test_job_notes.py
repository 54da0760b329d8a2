"""The notes of who spoke when, as they come from a storage: whatever is in them, there is a transcript."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.adapters.lasuite_jobs import LaSuiteDialect
from assistant.core.captions.speaker_turns import SpokenTurn
from assistant.recordings.jobs import JobDeps, JobRules, JobService

_START = "2026-01-02T10:00:00+00:00"
_NOTES = {
    "events": [{"participant_id": "p1", "type": "speech_start", "timestamp": _START}],
    "participants": [{"participantId": "p1", "name": "Ana"}],
}


class _Storage:
    """Holds one file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def download(self, url: str, path: Path) -> None:
        """Write it to where it is wanted."""
        del url
        await asyncio.to_thread(path.write_bytes, self._content)


class _Deps:
    """Nothing but a storage, and who can read them, is needed for notes."""

    def __init__(self, content: bytes) -> None:
        self.source = _Storage(content)
        self.dialect = LaSuiteDialect()


async def _turns(content: bytes, folder: Path) -> tuple[SpokenTurn, ...]:
    jobs = JobService(cast("JobDeps", cast("Any", _Deps(content))), JobRules(folder))
    metadata = {
        "cloud_storage_url": "http://storage/notes",
        "started_at": 1_767_348_000.0,
        "ended_at": 1_767_348_060.0,
    }
    return await jobs._turns({"metadata": metadata}, folder / "notes")


async def test_notes_tell_who_spoke(tmp_path: Path) -> None:
    """As they are when nothing is wrong with them."""
    assert [turn.speaker for turn in await _turns(json.dumps(_NOTES).encode(), tmp_path)] == ["Ana"]


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"events": ' * 100_000,
        ("[" * 200_000).encode("utf-16"),
        b'{"events": ' + b"9" * 10_000 + b"}",
        b"[" * 100 + b"]" * 100,
        b" " * ((1 << 24) + 1),
        b"\xff\xfe",
        b"",
    ],
    ids=["deep", "deep objects", "deep UTF-16", "digits", "closed", "large", "bytes", "empty"],
)
async def test_notes_of_any_depth_and_size_are_left_out(tmp_path: Path, content: bytes) -> None:
    """They give no turns, and the job goes on."""
    assert await _turns(content, tmp_path) == ()
