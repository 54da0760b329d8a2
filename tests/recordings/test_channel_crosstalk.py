"""Recordings of several microphones in one room."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.system_clock import SystemClock
from assistant.captioning.endpointing import Endpointer
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.captions.caption import Caption
from assistant.core.glossary.glossary import Glossary
from assistant.core.speech.audio import SAMPLE_RATE, Span, Waveform, samples_of, to_waveform
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from assistant.engines.whisper import WhisperTranscriber
from assistant.ports.speech import Transcriber, VoiceDetector
from assistant.recordings.channel_crosstalk import ChannelCrosstalk
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
    *,
    crosstalk: bool = True,
) -> list[Caption]:
    """Return the captions of a recording with a channel for each microphone."""
    tracks = np.stack(room.recordings(seconds), axis=1)
    scheduler = InferenceScheduler(transcriber, CountingTelemetry(), SystemClock())

    def new_detector() -> VoiceDetector:
        return GatedVoiceDetector(detector) if isinstance(detector, SileroModel) else detector()

    deps = RecordingDeps(
        scheduler,
        new_detector,
        lambda *_, **__: blocks_of(tracks),
        SystemClock(),
        crosstalk=crosstalk,
    )
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


@pytest.fixture(scope="module")
def whisper(whisper_weights: Path) -> WhisperTranscriber:
    """Lend a recogniser of real voices."""
    return WhisperTranscriber(whisper_weights, model="whisper-base")


def spoken_words(captions: list[Caption], speaker: str) -> list[str]:
    """Return what somebody said, word for word."""
    return [word for each in captions if each.speaker == speaker for word in plain_words(each.text)]


def plain_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def as_loud_as(first: Waveform, other: Waveform) -> Waveform:
    return np.asarray(first * np.sqrt(np.mean(other**2) / np.mean(first**2)), dtype=np.float32)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("late_seconds", "crosstalk_db"), [(0.01, -6.0), (0.03, -10.0), (0.05, -15.0), (0.08, -20.0)]
)
async def test_a_real_voice_in_two_channels_is_written_once(
    recordings: Recordings, whisper: WhisperTranscriber, late_seconds: float, crosstalk_db: float
) -> None:
    """Every word of it, by whom it was said; the other channel, with walls and noise, has none."""
    room = TwoMicrophones(crosstalk_db, late_seconds, seed=round(-crosstalk_db))
    said = to_waveform(recordings["jfk"].pcm)
    room.say(0.5, said, 0)
    seconds = 2.0 + len(said) / SAMPLE_RATE
    both = await transcribed_room(room, seconds, whisper, SileroModel(), crosstalk=False)
    once = await transcribed_room(room, seconds, whisper, SileroModel())
    assert spoken_words(once, "SPEAKER_00") == spoken_words(both, "SPEAKER_00")
    assert len(spoken_words(once, "SPEAKER_00")) >= 22
    assert spoken_words(both, "SPEAKER_01"), "without comparison it is written twice"
    assert not spoken_words(once, "SPEAKER_01")


@pytest.mark.weights
@pytest.mark.parametrize("crosstalk_db", [-9.0, -12.0, -20.0])
async def test_two_real_voices_at_a_time_keep_all_their_words(
    recordings: Recordings, whisper: WhisperTranscriber, crosstalk_db: float
) -> None:
    """What each channel has of its own speaker without comparison, it has with it."""
    room = TwoMicrophones(crosstalk_db, 0.05, seed=round(-crosstalk_db))
    first = recordings["jfk"]
    second = recordings["fleurs-en-003"]
    voices = to_waveform(first.pcm), as_loud_as(to_waveform(second.pcm), to_waveform(first.pcm))
    room.say(0.5, voices[0], 0)
    room.say(2.0, voices[1], 1)
    seconds = 3.5 + max(len(voice) for voice in voices) / SAMPLE_RATE
    both = await transcribed_room(room, seconds, whisper, SileroModel(), crosstalk=False)
    once = await transcribed_room(room, seconds, whisper, SileroModel())
    for speaker, said in (("SPEAKER_00", first.text), ("SPEAKER_01", second.text)):
        before = Counter(spoken_words(both, speaker)) & Counter(plain_words(said))
        after = Counter(spoken_words(once, speaker)) & Counter(plain_words(said))
        assert before, speaker
        assert not before - after, speaker


@pytest.mark.parametrize("crosstalk_db", [-3.0, -6.0, -12.0, -20.0])
def test_nothing_of_an_own_voice_is_silenced(recordings: Recordings, crosstalk_db: float) -> None:
    """Two real voices at a time, one of them much longer: what is left out lies outside of the other."""
    room = TwoMicrophones(crosstalk_db, 0.05, seed=round(-crosstalk_db))
    first = to_waveform(recordings["jfk"].pcm)
    second = as_loud_as(to_waveform(recordings["fleurs-en-003"].pcm), first)
    room.say(0.5, first, 0)
    room.say(2.0, second, 1)
    tracks = room.recordings(2.0 + len(first) / SAMPLE_RATE)
    crosstalk, endpointer = ChannelCrosstalk(2), Endpointer(GatedVoiceDetector(SileroModel()))
    crosstalk.hear(np.stack(tracks, axis=1))
    found = []
    for ended, _ in endpointer.utterances(tracks[1]) + endpointer.last_utterances():
        found += crosstalk.copies(1, ended.span).stretches(ended.span, ended.voice)
    begin, end = _loud(second)
    own = Span(begin, end).moved(samples_of(2.0 + room.late_seconds))
    assert found, "copies of the first voice lie before and behind the second one"
    assert not any(own.overlaps(each) for each in found)


def _loud(waveform: Waveform) -> tuple[int, int]:
    """Return where a voice begins and ends."""
    loud = np.flatnonzero(np.abs(waveform) > 0.1 * np.abs(waveform).max())
    return int(loud[0]), int(loud[-1])


@pytest.mark.weights
async def test_real_voices_in_turn_are_written_once_each(
    recordings: Recordings, whisper: WhisperTranscriber
) -> None:
    """One answers the other without a pause: none of the long words stands by the wrong name."""
    room = TwoMicrophones(crosstalk_db=-10.0, late_seconds=0.25)
    first, second = recordings["jfk"], recordings["fleurs-en-003"]
    voices = to_waveform(first.pcm), as_loud_as(to_waveform(second.pcm), to_waveform(first.pcm))
    room.say(0.5, voices[0], 0)
    room.say(0.6 + len(voices[0]) / SAMPLE_RATE, voices[1], 1)
    seconds = 2.0 + sum(len(voice) for voice in voices) / SAMPLE_RATE
    once = await transcribed_room(room, seconds, whisper, SileroModel())
    both = await transcribed_room(room, seconds, whisper, SileroModel(), crosstalk=False)
    for speaker, said, others in (
        ("SPEAKER_00", first.text, second.text),
        ("SPEAKER_01", second.text, first.text),
    ):
        own = set(plain_words(said))
        strange = {word for word in set(plain_words(others)) - own if len(word) > 3}
        assert strange & set(spoken_words(both, speaker)), "without comparison they do"
        assert not strange & set(spoken_words(once, speaker))
        assert own & set(spoken_words(both, speaker)) <= set(spoken_words(once, speaker))
