"""No invented words, and no clear words taken away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.core.speech.hallucination_filter import (
    VoiceEvidence,
    is_phantom,
    is_row_of_phantoms,
    rejection,
)
from tests.core.speech.words import hypothesis_of

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


def test_phantoms_in_a_row_are_told_from_thanks_that_are_clear() -> None:
    """Several sentences, each a phantom, and unlikely."""
    thanks = hypothesis_of("Thank you very much. Thank you.", mean_log_probability=-0.9)
    assert is_row_of_phantoms(thanks)
    assert not is_row_of_phantoms(replace(thanks, mean_log_probability=-0.3))
    assert not is_row_of_phantoms(hypothesis_of("Thank you. I agree.", mean_log_probability=-0.9))
    assert not is_row_of_phantoms(hypothesis_of("Thank you.", mean_log_probability=-0.9))


@pytest.mark.parametrize(
    ("evidence", "more", "reason"),
    [
        (VoiceEvidence(0.05, 0.9), {}, "no_voice"),
        (VoiceEvidence(2.0, 0.39), {}, "no_voice"),
        (VoiceEvidence(2.0, 0.49), {}, None),
        (VoiceEvidence(0.25, 0.49), {}, "no_voice"),
        (VoiceEvidence(2.0, 0.49), {"no_speech_probability": 0.4}, "no_voice"),
        (
            VoiceEvidence(2.0, 0.49),
            {"doubtful": [(word, 0.3) for word in "we vote on item three".split()]},
            "no_voice",
        ),
        (CLEAR, {"no_speech_probability": 0.9, "mean_log_probability": -0.9}, "no_speech"),
        (CLEAR, {"no_speech_probability": 0.75, "mean_log_probability": -0.9}, None),
        (
            VoiceEvidence(2.0, 0.8),
            {"no_speech_probability": 0.75, "mean_log_probability": -0.9},
            "no_speech",
        ),
        (
            VoiceEvidence(0.75, 0.95),
            {"no_speech_probability": 0.75, "mean_log_probability": -0.9},
            "no_speech",
        ),
        (CLEAR, {"mean_log_probability": -1.61}, "guesswork"),
        (CLEAR, {"mean_log_probability": -1.5}, None),
        (CLEAR, {"mean_log_probability": -1.5, "no_speech_probability": 0.4}, "guesswork"),
        (VoiceEvidence(0.7, 0.95), {"mean_log_probability": -1.5}, "guesswork"),
        (VoiceEvidence(2.0, 0.8), {"mean_log_probability": -1.5}, "guesswork"),
        (CLEAR, {"looped": True, "loop_words": 6}, "looped"),
        (VoiceEvidence(0.2, 0.9), {}, "too_fast"),
    ],
)
def test_each_kind_of_doubt_has_its_reason(
    evidence: VoiceEvidence, more: dict[str, object], reason: str | None
) -> None:
    """The verdict names the evidence; what is clearly said may be unlikely."""
    assert rejection(hypothesis_of("we vote on item three now", **more), evidence) == reason  # type: ignore[arg-type]  # keyword values of a test


@pytest.mark.parametrize("text", ["Thank you", "Bye-bye.", "Vielen Dank.", "Merci.", "Oui.", "Bye."])
def test_a_short_answer_with_a_clear_voice_is_kept(text: str) -> None:
    """However unlikely the text as a whole: its first and its last token could always have been others."""
    said = hypothesis_of(text, mean_log_probability=-0.9, no_speech_probability=0.15)
    assert rejection(said, VoiceEvidence(voiced_seconds=0.45, speech_probability=0.86)) is None


@pytest.mark.parametrize(
    ("voice", "more"),
    [
        (VoiceEvidence(0.2, 0.9), {}),
        (VoiceEvidence(2.5, 0.9), {}),
        (VoiceEvidence(0.5, 0.7), {}),
        (VoiceEvidence(0.5, 0.9), {"no_speech_probability": 0.5}),
        (VoiceEvidence(0.5, 0.9), {"doubtful": [("Thank", 0.1), ("you.", 0.5)]}),
        (VoiceEvidence(0.5, 0.9), {"looped": True}),
    ],
)
def test_a_short_phantom_fails_in_one_thing_at_least(voice: VoiceEvidence, more: dict[str, object]) -> None:
    """Too little voice, too much, a doubtful one, doubt that anybody spoke or of a word, no end."""
    values: dict[str, object] = {"mean_log_probability": -0.65, "no_speech_probability": 0.1, **more}
    assert rejection(hypothesis_of("Thank you.", **values), voice) == "phantom"  # type: ignore[arg-type]  # keyword values of a test


def test_words_that_follow_from_an_unlikely_first_one_are_no_evidence() -> None:
    """“Thank” is unlikely over noise; once it stands there, “you very” is not."""
    said = hypothesis_of("Thank you so", doubtful=[("Thank", 0.01)], mean_log_probability=-0.9)
    assert rejection(replace(said, words=said.words[:2]), VoiceEvidence(0.5, 0.9)) == "phantom"
    likely = tuple(replace(word, probability=0.99) for word in said.words[1:])
    three = replace(said, words=(said.words[0], *likely), mean_log_probability=-1.4)
    assert rejection(three, VoiceEvidence(0.5, 0.9)) == "guesswork"


def test_nothing_but_punctuation_is_empty() -> None:
    """Dots are no words."""
    assert rejection(hypothesis_of("... …"), CLEAR) == "empty"
