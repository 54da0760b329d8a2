"""What several do to one record at a time."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.captioning.journal_writer import JournalWriter, WriteRounds
from assistant.core.speech.audio import SAMPLE_RATE, Span
from tests.waiting import PATIENCE_SECONDS


async def test_a_record_is_not_shortened_under_a_write_that_somebody_gave_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is cancelled leaves a thread behind that writes on: into the file that stays."""
    journal = FileAudioJournal(tmp_path)
    recorder = JournalWriter(journal, "s", WriteRounds())
    recorder.add(np.ones(SAMPLE_RATE, dtype=np.int16))
    await recorder.sync()
    writing, go_on, append = threading.Event(), threading.Event(), journal._write

    def slow(*arguments: Any) -> None:
        writing.set()
        assert go_on.wait(PATIENCE_SECONDS)
        append(*arguments)

    monkeypatch.setattr(journal, "_write", slow)
    recorder.add(np.full(SAMPLE_RATE, 2, dtype=np.int16))
    given_up = asyncio.create_task(recorder.sync())
    await asyncio.to_thread(writing.wait, PATIENCE_SECONDS)
    given_up.cancel()
    await asyncio.wait([given_up])
    dropping = asyncio.create_task(recorder.drop_before(SAMPLE_RATE))
    await asyncio.wait([dropping], timeout=0.1)
    go_on.set()
    await dropping
    assert await recorder.sync() == 2 * SAMPLE_RATE
    after = FileAudioJournal(tmp_path)
    assert after.length_samples("s") == 2 * SAMPLE_RATE
    assert set(after.load("s", Span(SAMPLE_RATE, 2 * SAMPLE_RATE)).tolist()) == {2}
