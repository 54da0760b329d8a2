"""A finished recording without a room."""

from __future__ import annotations

import numpy as np

from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.recordings.offline import transcribe_recording
from tests.fakes import LevelDetector, LevelTranscriber, silence, speech


def test_each_utterance_is_one_caption_and_is_told_the_terms() -> None:
    """The better pass of every utterance gets the glossary; captions have times and languages."""
    transcriber = LevelTranscriber()
    pcm = np.concatenate([silence(1.0), speech(0, 4), silence(2.0), speech(10, 3), silence(1.0)])
    captions = transcribe_recording(
        pcm, transcriber, LevelDetector(), title="talk", glossary=Glossary.of(("DINUM", "Ana Ribeiro"))
    )
    assert [caption.text for caption in captions] == ["W0 W1 W2 W3", "W10 W11 W12"]
    assert [caption.seq for caption in captions] == [1, 2]
    assert all(caption.final and caption.source_lang == "en" for caption in captions)
    assert 0.5 <= captions[0].start_seconds <= 1.0
    assert captions[0].end_seconds <= captions[1].start_seconds
    told = [(request.quality, request.context) for request in transcriber.requests]
    assert told == [("partial", ""), ("final", "DINUM, Ana Ribeiro.")] * 2


def test_without_terms_there_is_one_pass() -> None:
    """A partial is only made to know whether somebody speaks, and about what."""
    transcriber = LevelTranscriber()
    transcribe_recording(
        np.concatenate([speech(0, 4), silence(1.0)]), transcriber, LevelDetector(), title="talk"
    )
    assert [(request.quality, request.context) for request in transcriber.requests] == [("final", "")]


def test_terms_that_come_back_over_other_words_are_not_believed() -> None:
    """A final that only repeats what it was told is made again without it."""
    transcriber = LevelTranscriber(rewrite=lambda _: " DINUM")
    transcribe_recording(
        np.concatenate([speech(0, 2), silence(1.0)]),
        transcriber,
        LevelDetector(),
        title="talk",
        glossary=Glossary.of(("DINUM",)),
    )
    assert [request.context for request in transcriber.requests] == ["", "DINUM.", ""]


def test_a_misheard_term_is_put_right() -> None:
    """Where the recogniser was not sure of it, also in what is read again without a context."""
    doubtful = LevelTranscriber(final_probability=0.5)
    glossary = Glossary((Term("Ana Ribeiro", sounds_like=("W2",)),))
    pcm = np.concatenate([speech(0, 4), silence(1.0)])
    for transcriber, text in ((doubtful, "W0 W1 Ana Ribeiro W3"), (LevelTranscriber(), "W0 W1 W2 W3")):
        (caption,) = transcribe_recording(pcm, transcriber, LevelDetector(), title="talk", glossary=glossary)
        assert caption.text == text


def test_what_a_reading_left_out_is_read_by_itself() -> None:
    """The recogniser ends its text although somebody talks on; with terms and without."""
    pcm = np.concatenate([speech(0, 12), silence(1.0)])
    for glossary in (None, Glossary.of(("DINUM",))):
        transcriber = LevelTranscriber(ends_behind=4)
        (caption,) = transcribe_recording(pcm, transcriber, LevelDetector(), title="talk", glossary=glossary)
        assert caption.text == " ".join(f"W{number}" for number in range(12))
        last = transcriber.requests[-1]
        assert (last.quality, last.context, len(last.waveform) < len(pcm)) == ("final", "", True)


def test_a_pinned_language_is_not_detected() -> None:
    """Every request names it."""
    transcriber = LevelTranscriber()
    pcm = np.concatenate([speech(0, 4), silence(1.0)])
    (caption,) = transcribe_recording(pcm, transcriber, LevelDetector(), title="talk", language="fr")
    assert (caption.lang, transcriber.requests[0].language) == ("fr", "fr")


def test_silence_has_no_captions_and_its_end_is_told() -> None:
    """Progress ends at one, also where nobody speaks."""
    done: list[float] = []
    assert (
        transcribe_recording(
            silence(3.0), LevelTranscriber(), LevelDetector(), title="talk", progress=done.append
        )
        == []
    )
    assert done == [1.0]
