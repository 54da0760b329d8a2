"""Text is compared by its words, not by the way they are written."""

from __future__ import annotations

import pytest
from benchmark.normalisation import tokens_of, words_of
from num2words import num2words


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "It’s “fine”, isn't it?", "its fine isnt it"),
        ("en", "25 to 30 years.", "twenty-five to thirty years"),
        (
            "en",
            "In 1961, 1,500 people: 21st!",
            "in nineteen sixty one one thousand five hundred people twenty-first",
        ),
        ("en", "3.5 %", "three point five percent"),
        ("fr", "L'accident a tué 17 personnes…", "l’accident a tué dix-sept personnes"),
        ("fr", "le 1er mai, 1\u00a0500 €", "le premier mai mille cinq cents"),
        ("fr", "3,5 %", "trois virgule cinq pour cent"),
        ("pt", "na casa dos 20 anos; 1.500 reais", "na casa dos vinte anos mil e quinhentos reais"),
        (
            "de",
            "1961 kamen 3.500 Menschen",
            "neunzehnhunderteinundsechzig kamen dreitausendfünfhundert menschen",
        ),
        ("es", "«puede» 2 veces", "puede dos veces"),
        ("it", "l'acqua, 8 volte", "l acqua otto volte"),
    ],
)
def test_two_ways_of_writing_are_equal(language: str, one: str, other: str) -> None:
    """Case, punctuation, quotes, hyphens and digits make no difference."""
    assert words_of(one, language) == words_of(other, language)


@pytest.mark.parametrize("language", ["en", "fr", "pt", "de", "es", "it"])
def test_numbers_to_9999_equal_their_words(language: str) -> None:
    """Every number is the same in digits and in words."""
    for number in [*range(120), *range(120, 10_000, 37)]:
        year = language in ("en", "de") and 1100 <= number <= 1999
        spoken = num2words(number, lang=language, to="year" if year else "cardinal")
        if language == "en":
            spoken = spoken.replace(" and ", " ")
        assert words_of(str(number), language) == words_of(spoken, language)


def test_accents_count() -> None:
    """Spelling with the wrong accents is a wrong word."""
    assert words_of("élève", "fr") != words_of("eleve", "fr")


def test_nothing_but_punctuation_is_no_word() -> None:
    """Dots and dashes are not words."""
    assert words_of(" … — !? ", "fr") == []


def test_positions_are_those_of_the_original() -> None:
    """A token ends with its last letter, so that a stable prefix without the full stop covers it."""
    text = "« L’eau », 1 500 fois."
    ends = {token.text: text[: token.end_characters] for token in tokens_of(text, "fr")}
    assert ends["eau"] == "« L’eau"
    assert ends["mille"] == ends["cents"] == "« L’eau », 1 500"
    assert ends["fois"] == "« L’eau », 1 500 fois"


def test_unknown_languages_keep_their_digits() -> None:
    """Where numbers cannot be spelled out they are compared as digits."""
    assert words_of("20 år", "sv") == ["20", "år"]
