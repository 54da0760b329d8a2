"""No invented words, and no clear words taken away."""

from __future__ import annotations

import pytest

from assistant.core.speech.audio import Span
from assistant.core.speech.hallucination_filter import (
    VoiceEvidence,
    is_phantom,
    rejection,
    repeats,
    without_echo,
)
from assistant.core.speech.hypothesis import Word, text_of
from tests.core.speech.words import hypothesis_of, words_of

CLEAR = VoiceEvidence(voiced_seconds=2.0, speech_probability=0.95)
FAINT = VoiceEvidence(voiced_seconds=0.6, speech_probability=0.6)


def test_clear_speech_is_kept() -> None:
    """A confident hypothesis over clear voice passes."""
    assert rejection(hypothesis_of("we vote on item three"), CLEAR) is None


@pytest.mark.parametrize("text", ["Merci.", "Thank you.", "Obrigado.", "Vielen Dank."])
def test_thanks_that_were_clearly_said_are_kept(text: str) -> None:
    """The phrase list never speaks against clear speech."""
    assert rejection(hypothesis_of(text), CLEAR) is None


@pytest.mark.parametrize(
    "text",
    [
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Sous-titrage ST' 501",
        "Thanks for watching!",
        "Thank you.",
        "Legendas pela comunidade Amara.org",
        "Untertitel im Auftrag des ZDF",
        "Subtítulos realizados por la comunidad de Amara.org",
        "Sottotitoli creati dalla comunità Amara.org",
    ],
)
def test_phantom_phrases_over_faint_sound_are_dropped(text: str) -> None:
    """What Whisper learnt from subtitles is dropped where the evidence is weak."""
    assert is_phantom(text)
    assert rejection(hypothesis_of(text), FAINT) in {"phantom", "too_fast"}


def test_a_sentence_that_contains_a_phantom_is_no_phantom() -> None:
    """Only a text that is nothing else counts."""
    assert not is_phantom("Thank you for the report on the budget")
    assert not is_phantom("La musique sera coupée à minuit")


@pytest.mark.parametrize(
    ("evidence", "more", "reason"),
    [
        (VoiceEvidence(0.05, 0.9), {}, "no_voice"),
        (VoiceEvidence(2.0, 0.4), {}, "no_voice"),
        (CLEAR, {"no_speech_probability": 0.9, "mean_log_probability": -0.9}, "no_speech"),
        (CLEAR, {"mean_log_probability": -1.6}, "guesswork"),
        (CLEAR, {"looped": True}, "looped"),
        (VoiceEvidence(0.2, 0.9), {}, "too_fast"),
    ],
)
def test_each_kind_of_doubt_has_its_reason(
    evidence: VoiceEvidence, more: dict[str, object], reason: str
) -> None:
    """The verdict names the evidence."""
    assert rejection(hypothesis_of("we vote on item three now", **more), evidence) == reason  # type: ignore[arg-type]  # keyword values of a test


def test_nothing_but_punctuation_is_empty() -> None:
    """Dots are no words."""
    assert rejection(hypothesis_of("... …"), CLEAR) == "empty"


def test_repetition_is_seen_and_emphasis_is_not() -> None:
    """Four times the same run is a loop; “no, no, no” is not."""
    assert repeats(words_of("ask not ask not ask not ask not"))
    assert repeats(words_of("so so so so so"))
    assert not repeats(words_of("no no no we do not"))


def test_an_echo_without_audio_is_removed() -> None:
    """A second copy of the text that alignment finds no time for is cut off."""
    said = words_of("and so my fellow Americans.")
    end = said[-1].span.end_samples
    echo = tuple(Word(word.text, Span(end, end), 0.9) for word in said[:-1])
    echo += (Word(said[-1].text, Span(end, end + 9_000), 0.9),)
    assert text_of(without_echo(said + echo)) == "and so my fellow Americans."


def test_words_said_twice_are_kept() -> None:
    """A repetition with audio of its own was said."""
    said = words_of("order order")
    assert without_echo(said) == said
