"""Numbers as people say them, up to 199."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from assistant.minutes.drafting.phrases import known_languages, phrases_of

_A_HUNDRED = 100


def _compounds(lang: str, tens: str, ones: str) -> Iterator[str]:
    """Yield the ways to write tens and ones together."""
    if lang == "de":
        yield f"{'ein' if ones == 'eins' else ones}und{tens}"
    elif lang == "it":
        yield (tens[:-1] if ones in {"uno", "otto"} else tens) + ones
        yield (tens[:-1] if ones in {"uno", "otto"} else tens) + ones.replace("tre", "tré")
    elif lang in {"es", "pt"}:
        joiner = "y" if lang == "es" else "e"
        yield f"{tens} {joiner} {ones}"
        if lang == "es" and tens == "veinte":
            accents = {"dos": "veintidós", "tres": "veintitrés", "seis": "veintiséis"}
            yield accents.get(ones, f"veinti{ones}")
    else:
        yield f"{tens}-{ones}"
        yield f"{tens} {ones}"
        if lang == "fr" and ones in {"un", "onze"}:
            yield f"{tens} et {ones}"
            yield f"{tens}-et-{ones}"


@cache
def number_words(lang: str) -> Mapping[str, int]:
    """Return the number of each word or group of words; none for a language that is not known."""
    if lang not in known_languages():
        return {}
    words = phrases_of(lang).numbers
    found = {word: number for number, word in enumerate(words.ones)} | dict(words.further)
    for position, tens in enumerate(words.tens):
        value = 20 + 10 * position
        found[tens] = value
        # In French seventy and ninety are counted on from sixty and eighty.
        most = 20 if lang == "fr" and tens in {"soixante", "quatre-vingt"} else 10
        for number in range(1, most):
            for compound in _compounds(lang, tens, words.ones[number]):
                found.setdefault(compound, value + number)
    found |= {word.replace("-", " "): number for word, number in found.items() if "-" in word}
    found |= {f"{words.hundred} {word}": _A_HUNDRED + number for word, number in found.items() if number}
    return found | {words.hundred: _A_HUNDRED}


@cache
def number_pattern(lang: str) -> str:
    """Return a regular expression of one group that finds digits and number words."""
    words = sorted(number_words(lang), key=len, reverse=True)
    return rf"(\d{{1,6}}|{'|'.join(map(re.escape, words))})" if words else r"(\d{1,6})"


def number_of(text: str, lang: str) -> int:
    """Return the number that a match of `number_pattern` is."""
    return int(text) if text.isdigit() else number_words(lang)[text.lower()]
