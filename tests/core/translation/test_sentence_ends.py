"""Putting together what a splitter cuts too small."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.translation.sentences import join_pieces


@pytest.mark.parametrize(
    ("language", "pieces"),
    [
        ("fr", ["M. ", "Dupont est là."]),
        ("fr", ["Le 3 janv. ", "2025."]),
        ("fr", ["À 10 h. ", "30, nous commençons."]),
        ("fr", ["L'art. ", "12.", "3 du C. ", "civ. ", "s'applique."]),
        ("fr", ["Voir p. ", "ex. ", "le budget."]),
        ("fr", ["1. ", "Approbation du procès-verbal."]),
        ("fr", ["b) ", "Le vote."]),
        ("fr", ["J. ", "Dupont arrive."]),
        ("fr", ["Il part… ", "et revient."]),
        ("fr", ["« Vraiment ? » ", "dit-il."]),
        ("pt", ["O art. ", "5.", "º aplica-se."]),
        ("pt", ["A V. ", "Ex.ª."]),
        ("en", ["We met Mr. ", "Smith."]),
        ("en", ["Robert J. ", "Smith spoke."]),
        ("xx", ["Dr. ", "Who."]),
    ],
)
def test_what_belongs_together_is_joined(language: str, pieces: list[str]) -> None:
    """No sentence ends after an abbreviation, an item's number or an initial, or before a small letter."""
    assert join_pieces(language, pieces) == ["".join(pieces)]


@pytest.mark.parametrize(
    ("language", "pieces"),
    [
        ("fr", ["Il est 10 h. ", "Nous commençons."]),
        ("fr", ["Nous étions là. ", "30 personnes sont venues."]),
        ("fr", ["Je vote pour l'option B. ", "Merci."]),
        ("en", ["It is modern art. ", "He said no. ", "Next."]),
        ("es", ["¿Cómo estás? ", "¡Muy bien! ", "¿Y tú?"]),
        ("fr", ["Fin.\n\n", "et puis"]),
    ],
)
def test_what_ends_a_sentence_ends_it(language: str, pieces: list[str]) -> None:
    """Words that are no abbreviation in this language, times, capitals in the middle of a sentence."""
    if language == "en":
        assert join_pieces("xx", pieces) == pieces
    else:
        assert join_pieces(language, pieces) == pieces


def test_closing_quotes_stay_with_their_sentence() -> None:
    """They never begin the next one; opening quotes do."""
    assert join_pieces("fr", ["« Bonjour. ", "» Il part. ", "« Bon. »"]) == [
        "« Bonjour. » ",
        "Il part. ",
        "« Bon. »",
    ]
    assert join_pieces("en", ["“Stop!", "” He left."]) == ["“Stop!” ", "He left."]
    assert join_pieces("de", ["Gut. ", "»Hallo.« ", "Er ging."]) == ["Gut. ", "»Hallo.« ", "Er ging."]


def test_white_space_is_no_sentence() -> None:
    """It goes with the sentence before it, at the beginning with the one after it."""
    assert join_pieces("en", ["One.", "\n\n", "Two."]) == ["One.\n\n", "Two."]
    assert join_pieces("en", ["  ", "One."]) == ["  One."]
    assert join_pieces("en", [" "]) == [" "]
    assert join_pieces("en", []) == []


PIECES = st.lists(st.text("aAé1 .!?…«»\"'”()\n\u00a0Mm", min_size=0, max_size=8), max_size=8)


@given(st.sampled_from(["fr", "en", "pt", "es", "de", "it", "", "xx"]), PIECES)
def test_joining_changes_no_text(language: str, pieces: list[str]) -> None:
    """Sentences are the pieces' text, to the letter, and none is empty or only white space beside others."""
    sentences = join_pieces(language, pieces)
    assert "".join(sentences) == "".join(pieces)
    assert all(sentences)
    assert len(sentences) <= 1 or all(map(str.strip, sentences))
