"""Recordings read in a thread: closing one waits for the read that is under way, whoever was cancelled."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import pytest

from assistant.adapters.media_opening import checked_frame
from assistant.adapters.recording_file import open_recording

SPEECH = Path(__file__).parent.parent / "fixtures" / "speech" / "jfk.flac"


def test_closing_waits_for_the_read_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder's memory is not given back while a thread still decodes; what is read later is the end."""
    decoding, go_on = threading.Event(), threading.Event()

    def held(frame: av.AudioFrame) -> av.AudioFrame:
        decoding.set()
        assert go_on.wait(30)
        return checked_frame(frame)

    reader = open_recording(SPEECH)
    assert reader.read() is not None  # was decoded while it was opened
    monkeypatch.setattr("assistant.adapters.recording_packets.checked_frame", held)
    with ThreadPoolExecutor(2) as threads:
        reading = threads.submit(reader.read)
        assert decoding.wait(30)
        closing = threads.submit(reader.close)
        with pytest.raises(TimeoutError):
            closing.result(timeout=0.2)
        go_on.set()
        closing.result(timeout=30)
        block = reading.result(timeout=30)
    assert block is not None
    assert len(block)
    assert reader.read() is None
