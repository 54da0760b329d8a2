"""Splitting real text into sentences."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.engines.sentences import split_sentences

MEETING = """M. Dupont est là. |MM. Durand et Petit arrivent. |Mme Roy aussi. |Le 3 janv. 2025 à 10 h. 30, \
l'art. 12.3 du C. civ. s'applique. |P. ex. ceci. |1. Approbation du procès-verbal. |2. Divers. |\
« Bonjour. » dit-il. |« C'est bien ! » |Il part… et revient. |Il a 3.5 ans."""

MEETINGS = {
    "fr": MEETING,
    "es": "¿Cómo estás? |¡Muy bien! |El Sr. García llegó. |La Sra. Pérez dijo: «Hola.» |Y se fue.",
    "pt": "O Sr. Silva chegou. |A Dra. Ana, às 10h. |O art. 5.º aplica-se. |V. Ex.ª tem a palavra. |Bem.",
    "en": 'Mr. Smith went to D.C. yesterday. |He said "Hello." |Then he left. |No. 5 is 3.5 %. |Why?',
    "ja": "これはペンです。|あれは本です。",
}


@pytest.mark.parametrize("language", MEETINGS)
def test_sentences_of_meetings_are_told_apart(language: str) -> None:
    """Titles, dates, articles, items, quotes, dots of omission and decimal numbers end no sentence."""
    sentences = MEETINGS[language].split("|")
    assert split_sentences(language, "".join(sentences)) == sentences


@pytest.mark.parametrize("language", ["", "xx", "jw", "yue", "../x"])
def test_other_languages_fall_back(language: str) -> None:
    """A language without rules is split by general ones."""
    assert split_sentences(language, "Hello there. How are you?") == ["Hello there. ", "How are you?"]


def test_french_spaces_do_no_harm() -> None:
    """No-break spaces before marks, and within numbers, are text like any other."""
    text = "Vraiment\u00a0? Oui\u202f! Cela coûte 1\u202f000\u00a0€. Bien."
    expected = ["Vraiment\u00a0? ", "Oui\u202f! ", "Cela coûte 1\u202f000\u00a0€. ", "Bien."]
    assert split_sentences("fr", text) == expected


LANGUAGES = st.sampled_from([*"fr en pt es de it nl ru ar hi kk am my bn el ja zh jw yue".split(), "", "xx"])
TRICKY = st.sampled_from("aA. !?…«»\"'()09\n\t\u00a0\u202f\u2028\u3000\x85é。？,;:M🎉\x00\ud800’º")


@given(LANGUAGES, st.text(TRICKY | st.characters(), max_size=60))
@example("en", "\u00a0. A")
@example("pt", "M. \u2028A. b")
@example("fr", "")
def test_sentences_are_the_text(language: str, text: str) -> None:
    """Put together again, sentences are the text to the letter, whatever is in it."""
    sentences = split_sentences(language, text)
    assert "".join(sentences) == text
    assert all(sentences)
