"""What the reference reads, with the real weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark.material import Passage, Recording
from benchmark.reference import Reference, utterances_of

from tests.conftest import SPEECH, Recordings

pytestmark = pytest.mark.weights


def test_utterances_are_read_one_by_one_and_timed_in_the_recording(
    recordings: Recordings, whisper_weights: Path
) -> None:
    """Each utterance is a call of its own, and its word times count from the start of the recording."""
    jfk = recordings["jfk"]
    spans = list(utterances_of(jfk.pcm))
    assert len(spans) > 1
    passage = Passage("en", jfk.text)
    recording = Recording("jfk", SPEECH / "jfk.flac", "en", "public-speech", 11.0, (passage,))
    reference = Reference(whisper_weights, pin_language=True, memory=None)
    reading = reference.read_all([recording], lambda _: None)["jfk"]
    ends = [word.end_seconds for word in reading.words]
    assert ends == sorted(ends)
    assert ends[-1] > spans[-1].start_samples / 16_000
    assert "ask what you can do for your country" in reading.text.lower()
