"""Recognition with the real weights on real recordings."""

from __future__ import annotations

from pathlib import Path

import jiwer
import numpy as np
import pytest

from assistant.core.audio import SAMPLE_RATE, Waveform, to_waveform
from assistant.core.errors import ModelMissing
from assistant.core.hypothesis import Hypothesis
from assistant.core.stabilisation import normalised
from assistant.engines.whisper import WhisperTranscriber
from assistant.ports import TranscriptionRequest
from tests.conftest import Recordings

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def whisper(whisper_weights: Path) -> WhisperTranscriber:
    """Whisper base, int8, one worker."""
    return WhisperTranscriber(whisper_weights, model="whisper-base")


def likeliest(heard: dict[str, float]) -> str:
    return max(heard, key=lambda tag: heard[tag])


def plain(text: str) -> str:
    kept = (character if character.isalnum() or character.isspace() else " " for character in text.casefold())
    return " ".join("".join(kept).split())


@pytest.mark.parametrize("quality", ["draft", "final"])
@pytest.mark.parametrize(
    ("name", "most_errors"),
    [("ljspeech-LJ001-0009", 0.1), ("leopard-test-fr", 0.25), ("cheetah-test-pt", 0.1)],
)
def test_read_sentences_are_recognised(
    whisper: WhisperTranscriber, recordings: Recordings, name: str, most_errors: float, quality: str
) -> None:
    """In English, French and Portuguese, with the language detected."""
    recording = recordings[name]
    request = TranscriptionRequest(to_waveform(recording.pcm), likeliest, quality=quality)  # type: ignore[arg-type]  # one of the two
    heard = whisper.transcribe(request)
    assert heard.language == recording.language
    assert jiwer.wer(plain(recording.text), plain(heard.text)) <= most_errors
    assert not heard.looped


def test_words_have_times_that_grow_and_probabilities(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Words follow each other inside the audio, and each says how sure it is."""
    waveform = to_waveform(recordings["ljspeech-LJ001-0009"].pcm)
    heard = whisper.transcribe(TranscriptionRequest(waveform, "en", quality="final"))
    starts = [word.span.start_samples for word in heard.words]
    assert starts == sorted(starts)
    assert heard.words[-1].span.end_samples <= len(waveform)
    assert heard.words[-1].span.end_samples > len(waveform) - 1.5 * SAMPLE_RATE
    assert all(0.0 < word.probability <= 1.0 for word in heard.words)
    assert -1.0 < heard.mean_log_probability < 0.0


def test_settled_words_are_a_prefix_of_what_follows(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Given words come back letter by letter, the rest continues them."""
    waveform = to_waveform(recordings["ljspeech-LJ001-0005"].pcm)
    first = whisper.transcribe(TranscriptionRequest(waveform[: 4 * SAMPLE_RATE], "en"))
    prefix = first.words[:4]
    second = whisper.transcribe(TranscriptionRequest(waveform, "en", prefix=prefix))
    assert [word.text for word in second.words[:4]] == [word.text for word in prefix]
    assert len(second.words) > len(first.words)


def test_the_end_of_a_short_text_is_not_said_again(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """The known weakness of a window shorter than 30 s does not show."""
    waveform = to_waveform(recordings["jfk"].pcm)[: int(2.5 * SAMPLE_RATE)]
    for quality in ("draft", "final"):
        heard = whisper.transcribe(TranscriptionRequest(waveform, "en", quality=quality))  # type: ignore[arg-type]  # one of the two
        assert [normalised(word) for word in heard.words].count("americans") == 1


@pytest.mark.parametrize("waveform", [np.zeros(SAMPLE_RATE, np.float32), np.zeros(100, np.float32)])
def test_silence_does_no_harm(whisper: WhisperTranscriber, waveform: Waveform) -> None:
    """Whatever comes back for silence, it comes back, and in time."""
    assert isinstance(whisper.transcribe(TranscriptionRequest(waveform, likeliest)), Hypothesis)


def test_incomplete_weights_are_named(tmp_path: Path) -> None:
    """A directory without weights gives the command that fetches them."""
    with pytest.raises(ModelMissing, match="assistant models pull whisper-base"):
        WhisperTranscriber(tmp_path, model="whisper-base")
