"""What was acknowledged is there after `kill -9`, shown with real child processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.speech.audio import Span
from tests.adapters.doomed_writer import caption

WRITER = Path(__file__).with_name("doomed_writer.py")


def _kill_after(lines: int, what: str, folder: Path) -> int:
    """Let the writer acknowledge `lines` times, kill it, and return the last number it printed."""
    with subprocess.Popen([sys.executable, WRITER, what, folder], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = 0
        for _ in range(lines):
            acknowledged = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().splitlines(keepends=True)
    whole = [line for line in rest if line.endswith("\n")]
    return int(whole[-1]) if whole else acknowledged


@pytest.mark.parametrize("lines", [1, 150])
def test_journalled_audio_survives_the_writer(tmp_path: Path, lines: int) -> None:
    """All samples that were acknowledged are read back right, and recording goes on at the true end."""
    acknowledged = _kill_after(lines, "journal", tmp_path)
    journal = FileAudioJournal(tmp_path, segment_samples=5000)
    length = journal.length_samples("s")
    assert length >= acknowledged > 0
    np.testing.assert_array_equal(journal.load("s", Span(0, length)), np.arange(length).astype(np.int16))
    journal.append("s", np.array([7], np.int16))
    assert journal.sync("s") == length + 1


async def test_stored_captions_survive_the_writer(tmp_path: Path) -> None:
    """All captions that were acknowledged are there, once, and the track is settled to the last of them."""
    acknowledged = _kill_after(60, "store", tmp_path)
    store = await SqlTranscriptStore.open(f"sqlite:///{tmp_path / 'transcripts.db'}")
    stored = await store.captions("r")
    track = await store.track("s")
    await store.close()
    assert len(stored) >= acknowledged > 0
    assert stored == [caption(number) for number in range(1, len(stored) + 1)]
    assert track is not None
    assert track.durable_samples == len(stored) * 100
