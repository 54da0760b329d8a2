"""Recordings of several microphones in one room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.system_clock import SystemClock
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.captions.caption import Caption
from assistant.core.glossary.glossary import Glossary
from assistant.core.speech.audio import to_waveform
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from assistant.engines.whisper import WhisperTranscriber
from assistant.ports.speech import Transcriber, VoiceDetector
from assistant.recordings.service import RecordingService
from assistant.recordings.transcription import RecordingDeps, RecordingRequest
from tests.acoustics import LoudnessDetector, TwoMicrophones, WordSpotter, sentence
from tests.conftest import Recordings
from tests.fakes import CountingTelemetry
from tests.recordings.transcribing import blocks_of


async def transcribed_room(
    room: TwoMicrophones,
    seconds: float,
    transcriber: Transcriber,
    detector: type[LoudnessDetector] | SileroModel,
) -> list[Caption]:
    """Return the captions of a recording with a channel for each microphone."""
    tracks = np.stack(room.recordings(seconds), axis=1)
    scheduler = InferenceScheduler(transcriber, CountingTelemetry(), SystemClock())

    def new_detector() -> VoiceDetector:
        return GatedVoiceDetector(detector) if isinstance(detector, SileroModel) else detector()

    deps = RecordingDeps(scheduler, new_detector, lambda *_, **__: blocks_of(tracks), SystemClock())
    service = RecordingService(Glossary)
    service.start(deps)
    scheduler.start()
    try:
        request = RecordingRequest(Path("council.wav"), language="en", by_channel=True)
        return list((await service.transcribe(request)).captions)
    finally:
        await scheduler.close()


def words_of(captions: list[Caption]) -> list[tuple[str, str]]:
    return [(caption.speaker, caption.text) for caption in captions]


async def test_a_voice_in_two_channels_is_written_once() -> None:
    """It is the speaker's whose channel has it louder; an answer by the other one is theirs."""
    room = TwoMicrophones()
    room.say(0.5, sentence("Ana", range(6)), 0)
    room.say(5.0, sentence("Rui", range(6, 10)), 1)
    captions = await transcribed_room(room, 9.0, WordSpotter(), LoudnessDetector)
    assert words_of(captions) == [
        ("SPEAKER_00", "Ana0 Ana1 Ana2 Ana3 Ana4 Ana5"),
        ("SPEAKER_01", "Rui6 Rui7 Rui8 Rui9"),
    ]


async def test_the_same_words_by_two_voices_are_written_twice() -> None:
    """A choral answer before two microphones."""
    room = TwoMicrophones(late_seconds=0.0)
    room.say(0.5, sentence("Ana", range(6)), 0)
    room.say(0.5, sentence("Rui", range(6)), 1)
    for speaker, text in words_of(await transcribed_room(room, 5.0, WordSpotter(), LoudnessDetector)):
        voice = "Ana" if speaker == "SPEAKER_00" else "Rui"
        assert [word for word in text.split() if word.startswith(voice)] == [f"{voice}{n}" for n in range(6)]


async def test_what_the_louder_channel_has_no_words_for_is_read_in_the_other() -> None:
    """Nothing is lost where the recogniser finds nothing in the better audio."""
    room = TwoMicrophones()
    room.say(0.5, sentence("Ana", range(6)), 0)
    everything = frozenset(f"Ana{word}" for word in range(6))
    captions = await transcribed_room(room, 5.0, WordSpotter(deaf_to=everything), LoudnessDetector)
    assert words_of(captions) == [("SPEAKER_01", "Ana0 Ana1 Ana2 Ana3 Ana4 Ana5")]


@pytest.mark.weights
async def test_real_voices_in_one_room_are_written_once(
    recordings: Recordings, whisper_weights: Path
) -> None:
    """Two people speak in turn before two microphones: of the other one at most a few words are left."""
    transcriber = WhisperTranscriber(whisper_weights, model="whisper-base")
    room = TwoMicrophones(crosstalk_db=-10.0, late_seconds=0.25)
    first, second = (to_waveform(recordings[name].pcm) for name in ("ljspeech-LJ001-0005", "fleurs-en-003"))
    second = second * np.sqrt(np.mean(first**2) / np.mean(second**2))  # it is recorded very softly
    room.say(0.5, first, 0)
    room.say(1.5 + len(first) / 16_000, second, 1)
    seconds = 3.0 + (len(first) + len(second)) / 16_000
    captions = await transcribed_room(room, seconds, transcriber, SileroModel())
    said = {"SPEAKER_00": "", "SPEAKER_01": ""}
    for caption in captions:
        said[caption.speaker] += " " + caption.text.casefold()
    assert "cabbage" in said["SPEAKER_01"]
    assert "chemical" not in said["SPEAKER_00"]
    words = set(recordings["ljspeech-LJ001-0005"].text.casefold().split()) - {"the", "is", "and", "of"}
    assert len(words & set(said["SPEAKER_00"].split())) >= 0.6 * len(words)
    assert len([word for word in words if len(word) > 5 and word in said["SPEAKER_01"].split()]) <= 3
