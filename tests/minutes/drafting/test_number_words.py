"""Numbers as people say them, in digits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from assistant.minutes.drafting.cues import LANGUAGES
from assistant.minutes.drafting.number_words import in_digits

_UNKNOWN = re.compile(r"\w*cento(?:ttantuno|ttantotto|dicotto)")
"""Italian elisions that are not understood, and a word that num2words gets wrong (`centodiciotto`)."""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_of_a_vote_is_understood(lang: str) -> None:
    """Up to 999, as another library writes them."""
    numbers = {num2words(number, lang=lang): number for number in range(1000)}
    wrong = {words for words, number in numbers.items() if in_digits(words, lang) != str(number)}
    assert [words for words in wrong if not _UNKNOWN.fullmatch(words)] == []


@pytest.mark.parametrize(
    ("lang", "text", "digits"),
    [
        ("fr", "Douze, trois ; d'une voix, douze mille euros", "12, 3 ; d'1 voix, 12000 euros"),
        ("pt", "até sexta, no dia vinte e um", "até sexta, no dia 21"),
        ("en", "the twenty-first, at five o'clock", "the twenty-first, at 5 o'clock"),
        ("en", "12 3, 3.5 and 2,000", "12 3, 3.5 and 2,000"),
        ("ja", "twelve", "twelve"),
        ("fr", "\ud800 deux", "\ud800 2"),
    ],
)
def test_the_rest_of_a_text_stays(lang: str, text: str, digits: str) -> None:
    """Ordinals, marks, what is in digits already, and languages without tables."""
    assert in_digits(text, lang) == digits


@given(text=st.text(max_size=60), lang=st.sampled_from(LANGUAGES))
def test_digits_stay_as_they_are(text: str, lang: str) -> None:
    """What was put in digits once does not change a second time."""
    once = in_digits(text, lang)
    assert in_digits(once, lang) == once
