"""With the real weights: words said many times in a row, answers of a word or two, and no words at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.captioning.endpointing import Endpointer
from assistant.core.speech import hallucination_filter
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, samples_of, to_waveform
from assistant.core.speech.hallucination_filter import rejection
from assistant.core.speech.segmentation import SpeechEnded
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from assistant.engines.whisper import WhisperTranscriber
from assistant.ports.speech import TranscriptionRequest
from tests.conftest import Recordings
from tests.recordings.transcribing import transcribed_now

pytestmark = pytest.mark.weights

Piece = tuple[str, float, float]
"""A recording, and where in it something is said, in seconds."""

PRINTING: Piece = ("ljspeech-LJ001-0005", 7.55, 8.08)
TYPES: Piece = ("ljspeech-LJ001-0009", 6.88, 7.45)
OF_THE_ART: Piece = ("ljspeech-LJ001-0005", 6.0, 7.5)
OF_MAKING_BOOKS: Piece = ("ljspeech-LJ001-0009", 2.4, 5.2)


@pytest.fixture(scope="module")
def whisper(whisper_weights: Path) -> WhisperTranscriber:
    """Whisper base, int8, one worker."""
    return WhisperTranscriber(whisper_weights, model="whisper-base")


def cut(recordings: Recordings, piece: Piece) -> Pcm:
    name, start, end = piece
    return recordings[name].pcm[samples_of(start) : samples_of(end)]


def quiet(seconds: float) -> Pcm:
    return np.zeros(samples_of(seconds), np.int16)


def detector() -> GatedVoiceDetector:
    return GatedVoiceDetector(SileroModel())


def words_in(pcm: Pcm, whisper: WhisperTranscriber, language: str) -> list[str]:
    captions = transcribed_now(pcm, whisper, detector, language=language)
    kept = "".join(c if c.isalnum() else " " for caption in captions for c in f"{caption.text} ".casefold())
    return kept.split()


@pytest.mark.parametrize(
    ("before", "word", "behind", "times", "rest_seconds"),
    [
        (OF_THE_ART, PRINTING, OF_MAKING_BOOKS, 6, 0.2),
        (OF_THE_ART, PRINTING, OF_MAKING_BOOKS, 8, 0.4),
        (OF_MAKING_BOOKS, TYPES, OF_THE_ART, 5, 0.25),
        (OF_MAKING_BOOKS, TYPES, OF_THE_ART, 11, 0.12),
        (OF_THE_ART, PRINTING, OF_MAKING_BOOKS, 14, 0.08),
    ],
)
def test_a_word_is_there_as_often_as_it_was_said(
    whisper: WhisperTranscriber,
    recordings: Recordings,
    before: Piece,
    word: Piece,
    behind: Piece,
    times: int,
    rest_seconds: float,
) -> None:
    """In the middle of a sentence, the first in one breath with what comes before it; all else stays."""
    said = [part for _ in range(times) for part in (cut(recordings, word), quiet(rest_seconds))]
    pcm = np.concatenate([cut(recordings, before), *said, cut(recordings, behind)])
    heard = words_in(pcm, whisper, "en")
    repeated = "printing" if word is PRINTING else "types"
    first = heard.index(repeated)
    assert heard[first : first + times] == [repeated] * times
    assert heard.count(repeated) == times
    assert heard[first - 1] == ("of" if before is OF_THE_ART else "books")
    assert {"making", "books"} <= set(heard)


ANSWERS: tuple[tuple[str, Piece], ...] = (
    ("ask", ("jfk", 3.25, 3.9)),
    ("ask not", ("jfk", 3.25, 4.5)),
    ("printing", PRINTING),
)


def alone(recordings: Recordings, piece: Piece) -> Pcm:
    return np.concatenate([quiet(1.0), cut(recordings, piece), quiet(1.5)])


def utterances(pcm: Pcm) -> list[tuple[SpeechEnded, Pcm]]:
    endpointer = Endpointer(detector())
    return [*endpointer.utterances(pcm), *endpointer.last_utterances()]


def test_a_short_answer_is_shown(whisper: WhisperTranscriber, recordings: Recordings) -> None:
    """Each word of it."""
    for said, piece in ANSWERS:
        assert words_in(alone(recordings, piece), whisper, "en") == said.split()


def test_a_clear_answer_would_be_shown_whatever_its_words(
    whisper: WhisperTranscriber, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if Whisper wrote them over noise, which would not pass even if voice activity took it."""
    monkeypatch.setattr(hallucination_filter, "is_phantom", lambda _: True)
    ((ended, audio),) = utterances(alone(recordings, PRINTING))
    said = whisper.transcribe(TranscriptionRequest(to_waveform(audio), "en", quality="final"))
    assert rejection(said, ended.evidence) is None
    for name in ("speechbrain-noise1-start", "speechbrain-noise2", "music-generated"):
        noise = to_waveform(cut(recordings, (name, 1.0, 2.2)))
        heard = whisper.transcribe(TranscriptionRequest(noise, "en", quality="final"))
        assert rejection(heard, ended.evidence) is not None, heard.text


def over_the_telephone(pcm: Pcm) -> Pcm:
    """Return what is left of a voice below 3.4 kHz."""
    spectrum = np.fft.rfft(pcm)
    spectrum[np.fft.rfftfreq(len(pcm), 1 / SAMPLE_RATE) > 3400] = 0
    return np.fft.irfft(spectrum, len(pcm)).astype(np.int16)


def test_a_faint_voice_behind_dialling_tones_is_heard(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Voice activity gives it 0.49 on average, and the recogniser has no doubt."""
    seconds = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    tones = 4000 * (np.sin(2 * np.pi * 770 * seconds) + np.sin(2 * np.pi * 1336 * seconds))
    tones[seconds % 0.5 >= 0.2] = 0
    spoken = over_the_telephone(cut(recordings, ("jfk", 0.0, 5.0)))
    heard = words_in(np.concatenate([tones.astype(np.int16), spoken]), whisper, "en")
    assert heard[:5] == ["and", "so", "my", "fellow", "americans"]


@pytest.mark.parametrize("loudness", [8000, 12000])
def test_no_word_behind_loud_dialling_tones_is_lost(
    whisper: WhisperTranscriber, recordings: Recordings, loudness: int
) -> None:
    """From the first one on, and neither are two words between two pauses."""
    seconds = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    tones = loudness * (np.sin(2 * np.pi * 770 * seconds) + np.sin(2 * np.pi * 1336 * seconds))
    tones[seconds % 0.5 >= 0.2] = 0
    louder = over_the_telephone(recordings["jfk"].pcm).astype(np.float64) * 1.5
    spoken = np.clip(louder, -32768, 32767).astype(np.int16)
    heard = words_in(np.concatenate([tones.astype(np.int16), spoken]), whisper, "en")
    assert heard[:4] == ["and", "so", "my", "fellow"]
    assert heard[4].startswith("america")  # Whisper base may not hear the end of it
    assert " ".join(heard[5:]) == (
        "ask not what your country can do for you ask what you can do for your country"
    )


def test_two_words_between_two_pauses_over_music_are_heard(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Over the telephone, where hold music has gone on for half a minute."""
    spoken = recordings["jfk"].pcm.astype(np.float64)
    held = 30 * SAMPLE_RATE
    mixed = np.resize(recordings["music-generated"].pcm, held + len(spoken)).astype(np.float64)
    mixed *= np.std(spoken) / np.std(mixed) / 10 ** (16 / 20)
    mixed[held:] += spoken
    loud = 0.9 * 32767 / np.abs(mixed).max()
    heard = words_in(over_the_telephone((loud * mixed).astype(np.int16)), whisper, "en")
    assert heard[:7] == ["and", "so", "my", "fellow", "americans", "ask", "not"]


def breaths(seed: int) -> Pcm:
    """Return four breaths with a second of silence behind each: noise of a band that swells and fades."""
    random = np.random.default_rng(seed)
    parts = [np.zeros(SAMPLE_RATE)]
    for _ in range(4):
        length = int(random.uniform(0.4, 1.2) * SAMPLE_RATE)
        spectrum = np.fft.rfft(random.standard_normal(length))
        hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
        spectrum[(hertz < 300) | (hertz > 3000)] = 0
        breath = np.fft.irfft(spectrum, length) * np.hanning(length)
        parts += [6000 * breath / np.abs(breath).max(), np.zeros(SAMPLE_RATE)]
    return np.concatenate(parts).astype(np.int16)


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_noise_music_silence_and_breaths_say_nothing(
    whisper: WhisperTranscriber, recordings: Recordings, language: str
) -> None:
    """Not one word."""
    for name in ("speechbrain-noise1-start", "speechbrain-noise2", "music-generated", "silence-10s"):
        assert words_in(recordings[name].pcm, whisper, language) == [], name
    assert words_in(breaths(7), whisper, language) == []
