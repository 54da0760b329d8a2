"""Text as comparable words: case, punctuation and the writing of numbers make no difference.

Numbers are spelled out in the language of the text, so that “17” and “dix-sept” are equal; years from
1100 to 1999 are read as years where people do so. Accents are kept: they are part of the spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from num2words import num2words

NUMBER_LANGUAGES = frozenset({"en", "fr", "pt", "de", "es", "it"})
"""Languages whose numbers are spelled out; elsewhere digits stay digits."""

_YEAR_LANGUAGES = frozenset({"en", "de"})
_FIRST_YEAR, _LAST_YEAR = 1100, 1999
_LONGEST_NUMBER = 12
_PERCENT = {
    "en": "per cent",
    "fr": "pour cent",
    "pt": "por cento",
    "de": "prozent",
    "es": "por ciento",
    "it": "per cento",
}
_SAME_WORD = {"en": {"percent": "per cent"}, "pt": {"porcento": "por cento"}, "it": {"percento": "per cento"}}

_APOSTROPHES = re.compile("[’‘ʼ´`′]")
_GROUP_SPACE = re.compile("(?<=\\d)[\u00a0\u202f\u2009 ](?=\\d{3}(?!\\d))")
_JOINER = "\u2060"
_NUMBER = re.compile(
    rf"(?P<digits>\d+(?:[.,{_JOINER}]\d{{3}})*)(?!\d)(?:[.,](?P<fraction>\d+))?"
    r"(?P<suffix>st|nd|rd|th|ères?|ère|ers?|er|re|nds?|nde|èmes?|ème|es?|º|ª|°|%)?(?!\w)",
    re.IGNORECASE,
)
_NOT_WORD = re.compile(r"[^\w']+|_+")


@dataclass(frozen=True, slots=True)
class Token:
    """One comparable word.

    Attributes:
        text: Its normal form.
        end_characters: How many characters of the original text it takes to have shown it whole.
    """

    text: str
    end_characters: int


def tokens_of(text: str, language: str) -> list[Token]:
    """Return the comparable words of `text`, in order.

    Args:
        text: As a person or a machine wrote it.
        language: BCP-47 code; decides how numbers are read and apostrophes are split.
    """
    # Replaced one for one, so that positions stay those of the original.
    prepared = _APOSTROPHES.sub("'", _GROUP_SPACE.sub(_JOINER, text))
    return [
        Token(word, _end_of_letters(match.group()) + match.start())
        for match in re.finditer(r"\S+", prepared)
        for word in _words(match.group(), language)
    ]


def words_of(text: str, language: str) -> list[str]:
    """Return the texts of `tokens_of`."""
    return [token.text for token in tokens_of(text, language)]


def _words(chunk: str, language: str) -> Iterator[str]:
    """Yield the normal forms in a chunk without white space."""
    lowered = unicodedata.normalize("NFKC", chunk.replace("º", "°").replace("ª", "°")).lower()
    if language in NUMBER_LANGUAGES:
        lowered = _NUMBER.sub(lambda match: f" {_spelled(match, language)} ", lowered)
        lowered = lowered.replace("%", f" {_PERCENT[language]} ")
    lowered = lowered.replace(_JOINER, "")
    for word in _NOT_WORD.split(lowered):
        # English contractions are one word (don't), elisions of other languages two (l'eau).
        parts = [word.replace("'", "")] if language == "en" else word.split("'")
        for part in parts:
            yield from _SAME_WORD.get(language, {}).get(part, part).split()


def _spelled(match: re.Match[str], language: str) -> str:
    digits = re.sub(rf"[.,{_JOINER}]", "", match["digits"])
    grouped = digits != match["digits"]
    suffix = match["suffix"] or ""
    if len(digits) > _LONGEST_NUMBER:
        return " ".join(digits) + suffix
    if match["fraction"]:
        spelled = num2words(f"{digits}.{match['fraction']}", lang=language)
    elif suffix and suffix != "%":
        spelled = num2words(int(digits), lang=language, to="ordinal")
    elif language in _YEAR_LANGUAGES and _FIRST_YEAR <= int(digits) <= _LAST_YEAR and not grouped:
        spelled = num2words(int(digits), lang=language, to="year")
    else:
        spelled = num2words(int(digits), lang=language)
    if language == "en":
        spelled = spelled.replace(" and ", " ")  # said by some, left out by others
    return f"{spelled} {_PERCENT[language]}" if suffix == "%" else str(spelled)


def _end_of_letters(chunk: str) -> int:
    """Return the length of `chunk` without the punctuation behind its last letter or digit."""
    return max((index + 1 for index, character in enumerate(chunk) if character.isalnum()), default=0)
