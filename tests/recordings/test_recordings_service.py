"""A finished recording, worked off beside live meetings."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from assistant.core.errors import RecognitionFailed, RecordingTooLong, RecordingWithoutAudio
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.recordings.transcription import RecordingRequest
from tests.caption_service import StartService
from tests.fakes import LevelTranscriber, silence, speech
from tests.recordings.transcribing import Blocks, transcribed


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


async def test_silence_says_that_nothing_is_audible(start_service: StartService, tmp_path: Path) -> None:
    """It is an empty transcript with a warning; a job is told that there is none."""
    service = await start_service(LevelTranscriber())
    transcript = await service.recordings.transcribe(written(tmp_path / "one.wav", silence(2.0)))
    assert [warning["code"] for warning in transcript.warnings] == ["nothing_audible"]
    with pytest.raises(RecordingWithoutAudio):
        transcript.heard()
    request = written(tmp_path / "two.wav", speech(0, 4), silence(1.0))
    assert (await service.recordings.transcribe(request)).heard().warnings == []


async def test_one_voice_in_opposite_channels_is_one_speaker(
    start_service: StartService, tmp_path: Path
) -> None:
    """Its words are there once, whether channels are to be speakers or not."""
    service = await start_service(LevelTranscriber())
    said = np.concatenate([silence(1.0), speech(0, 4), silence(1.0)])
    path = tmp_path / "one.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(np.stack([said, -said], axis=1).tobytes())
    for by_channel in (False, True):
        transcript = await service.recordings.transcribe(RecordingRequest(path, by_channel=by_channel))
        assert [caption.text for caption in transcript.captions] == ["W0 W1 W2 W3"]


@pytest.mark.parametrize("count", [3, 4, 6])
async def test_each_of_many_channels_is_a_speaker(
    count: int, start_service: StartService, tmp_path: Path
) -> None:
    """A table with a microphone for each seat writes one track: nobody's words are another's."""
    service = await start_service(LevelTranscriber())
    path = tmp_path / "one.wav"
    seats = [
        np.concatenate([silence(1.0 + 5 * seat), speech(10 * seat, 4), silence(5.0 * (count - seat))])
        for seat in range(count)
    ]
    with wave.open(str(path), "wb") as file:
        file.setparams((count, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(np.stack(seats, axis=1).tobytes())
    transcript = await service.recordings.transcribe(RecordingRequest(path, by_channel=True))
    assert [(caption.speaker, caption.text.split()[0]) for caption in transcript.captions] == [
        (f"SPEAKER_{seat:02d}", f"W{10 * seat}") for seat in range(count)
    ]


class Claims(Blocks):
    """A reader whose file claims a day."""

    counted = 3.0

    def counted_seconds(self) -> float:
        """Return what is there."""
        return self.counted


async def test_a_length_is_counted_before_it_is_believed() -> None:
    """A header may claim what it likes; what really is too long is refused before it is worked on."""
    for counted in (3.0, 86_400.0):
        recording = Claims(iter([np.concatenate([speech(0, 4), silence(1.0)])[:, None]]), 86_400.0)
        recording.counted = counted
        if counted > 3.0:
            with pytest.raises(RecordingTooLong, match="12 hours"):
                await transcribed(recording, LevelTranscriber())
        else:
            assert [one.text for one in await transcribed(recording, LevelTranscriber())] == ["W0 W1 W2 W3"]
        assert recording.closed


async def test_channels_that_begin_late_are_speakers_all_the_same(
    start_service: StartService, tmp_path: Path
) -> None:
    """Silence says nothing about whose the channels are."""
    service = await start_service(LevelTranscriber())
    left = np.concatenate([silence(70.0), speech(0, 4), silence(6.0)])
    right = np.concatenate([silence(74.0), speech(5, 8)])
    length = max(len(left), len(right)) + SAMPLE_RATE
    both = np.stack([np.pad(one, (0, length - len(one))) for one in (left, right)], axis=1)
    path = tmp_path / "one.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(both.tobytes())
    transcript = await service.recordings.transcribe(RecordingRequest(path, by_channel=True))
    assert [caption.speaker for caption in transcript.captions] == ["SPEAKER_00", "SPEAKER_01"]
