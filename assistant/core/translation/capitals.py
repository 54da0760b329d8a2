"""Sentences in capitals, whose words small models do not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("AEIOUYÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØŒÙÚÛÜÝАЕЁИОУЫЭЮЯІЇЄΑΕΗΙΟΥΩΆΈΉΊΌΎΏ")
_SHORT_NAMES = frozenset(
    "EU UE UN ONU UK USA EUA NATO OTAN IMF FMI UNESCO UNICEF OECD OCDE WTO OMC OMS EP BCE ILO AI IA".split()
)
"""Abbreviations that could be read as words."""

_TITLES = frozenset("MR MRS MS DR SR SRA MME".split())
_CALLED = frozenset(
    "MR MRS MS MISS DR DRA SR SRA SRTA SENHOR SENHORA DONA MME MLLE MONSIEUR MADAME HERR FRAU PROF SEÑOR "
    "SEÑORA SIG SIGNOR SIGNORA".split()
)
"""Behind these words is a name, which a model would translate in small letters (White, Leitão)."""

_DAYS = frozenset(
    "MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY JANUARY FEBRUARY APRIL JUNE JULY AUGUST "
    "SEPTEMBER OCTOBER NOVEMBER DECEMBER".split()
)
"""That English writes with a capital."""
_MONTH = re.compile(
    r"(?:\d(?:ST|ND|RD|TH)?\s+(?:OF\s+)?|\b(?:IN|OF|SINCE|UNTIL|BY|LAST|NEXT)\s+)(?P<month>MAY|MARCH)\b"
    r"|\b(?P<before>MAY|MARCH)\s+\d"
)
"""Words that are months where they stand beside a day, a year or such a word."""
_ORDINALS = frozenset("ST ND RD TH".split())

_LEAST_LETTERS = 5
"""A single word in capitals that is shorter may be an abbreviation."""

_SHOUTED_SHARE = 0.7
"""Share of a sentence's letters, where a name or two in small letters stand among capitals."""


_STRESSED = {
    "en": "not no never nobody none nothing must all only against yes cannot always",
    "pt": "não nunca ninguém nenhum nenhuma nada contra todos todas só apenas sempre jamais",
    "fr": "pas non jamais personne aucun aucune rien contre tous toutes seulement oui toujours",
    "es": "no nunca nadie ningún ninguna nada contra todos todas solo sólo sí siempre jamás",
    "de": "nicht nein nie niemand kein keine keinen nichts gegen alle nur ja immer muss",
    "it": "non no mai nessuno nessuna niente nulla contro tutti tutte solo sì sempre",
}
"""Words that are stressed with capitals, and change what is said where a model does not know them so."""
_STRESSED_WORDS = {language: frozenset(words.split()) for language, words in _STRESSED.items()}


def without_stress(sentence: str, language: str, kept: Sequence[tuple[int, int]] = ()) -> str:
    """Return a sentence, of the same length, whose stressed words are in small letters.

    Args:
        sentence: In small letters but for those, such as “NOBODY voted against”.
        language: BCP-47 primary subtag.
        kept: From where to where it stays as it is, such as a term of the glossary.
    """
    known = _STRESSED_WORDS.get(language, frozenset())

    def small(match: re.Match[str]) -> str:
        word = match.group()
        inside = any(start < match.end() and match.start() < end for start, end in kept)
        if inside or len(word) == 1 or not word.isupper() or word.lower() not in known:
            return word
        first = not any(map(str.isalnum, sentence[: match.start()]))
        return word.capitalize() if first else word.lower()

    return _WORD.sub(small, sentence)


def is_shouted(sentence: str) -> bool:
    """Return whether a sentence is written in capitals, and is more than an abbreviation or two."""
    words = [word for word in _WORD.findall(sentence) if word.upper() != word.lower()]
    capitals = [word for word in words if word.isupper()]
    plain = [word for word in capitals if len(word) > 1 and not _is_abbreviation(word)]
    letters = sum(map(len, words))
    if sum(map(len, capitals)) < _SHOUTED_SHARE * letters or not plain:
        return False
    return len(plain) > 1 or len(plain[0]) >= _LEAST_LETTERS or len(capitals) > 2  # noqa: PLR2004 - a sentence


def sentence_case(sentence: str, language: str, kept: Sequence[tuple[int, int]] = ()) -> str:
    """Return a sentence in small letters, of the same length, but for its first letter and abbreviations.

    Names behind a title keep their capital, and what English writes with one.

    Args:
        sentence: In capitals.
        language: BCP-47 primary subtag; “I” stays in English.
        kept: From where to where it stays as it is, such as a term of the glossary.
    """
    large = set(_large(sentence, language))

    def small(match: re.Match[str]) -> str:
        word = match.group()
        inside = any(start < match.end() and match.start() < end for start, end in kept)
        if language == "en" and word in _ORDINALS and sentence[match.start() - 1 : match.start()].isdigit():
            return word.lower()
        if inside or not word.isupper() or (len(word) > 1 and _is_abbreviation(word)):
            return word
        if word in _TITLES or match.start() in large:
            return word.capitalize()
        if word == "I" and language == "en":
            return word
        # Letters whose small form is two (İ) stay, so that places in the sentence hold.
        return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in word)

    return capital_first(_WORD.sub(small, sentence))


def _large(sentence: str, language: str) -> Iterator[int]:
    """Yield where words begin that keep a capital: names behind a title, and days and months in English."""
    called = False
    for match in _WORD.finditer(sentence):
        word = match.group()
        if called or (language == "en" and word in _DAYS):
            yield match.start()
        after = sentence[match.end() : match.end() + 2]
        called = (word in _CALLED and after[:1] in {" ", "."}) or (word == "M" and after == ". ")
    if language == "en":
        for month in _MONTH.finditer(sentence):
            yield month.start(month.lastgroup or 0)


def capital_first(sentence: str) -> str:
    """Return a sentence with a capital as its first letter."""
    first = _WORD.search(sentence)
    if first is None:
        return sentence
    place = first.start()
    letter = sentence[place].upper()
    return sentence[:place] + (letter if len(letter) == 1 else sentence[place]) + sentence[place + 1 :]


def _is_abbreviation(word: str) -> bool:
    return word in _SHORT_NAMES or (word not in _TITLES and not _VOWELS & set(word))
