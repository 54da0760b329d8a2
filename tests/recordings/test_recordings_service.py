"""A finished recording, worked off beside live meetings."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from assistant.core.errors import RecognitionFailed
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.recordings.transcription import RecordingRequest
from tests.caption_service import StartService
from tests.fakes import LevelTranscriber, silence, speech


def written(path: Path, *pieces: Pcm) -> RecordingRequest:
    """Return the request for a file that holds these pieces."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.concatenate(pieces).tobytes())
    return RecordingRequest(path)


async def test_what_a_reading_left_out_is_read_by_itself(start_service: StartService, tmp_path: Path) -> None:
    """The recogniser ends its text although somebody talks on."""
    service = await start_service(LevelTranscriber(ends_behind=4))
    request = written(tmp_path / "one.wav", speech(0, 12), silence(1.0))
    transcript = await service.recordings.transcribe(request)
    assert [caption.text for caption in transcript.captions] == [" ".join(f"W{n}" for n in range(12))]


async def test_a_recording_that_cannot_be_read_in_one_place_is_no_transcript(
    start_service: StartService, tmp_path: Path
) -> None:
    """Whoever sends it is told where, and that it may be tried again, instead of getting fewer words."""
    service = await start_service(LevelTranscriber(unreadable=11))
    said = (speech(0, 4), silence(1.0), speech(10, 4), silence(1.0), speech(20, 4), silence(1.0))
    transcript = await service.recordings.transcribe(written(tmp_path / "one.wav", *said))
    with pytest.raises(RecognitionFailed, match=r"Second [23]\.\d to [45]\.\d") as refused:
        transcript.whole()
    assert refused.value.retryable
