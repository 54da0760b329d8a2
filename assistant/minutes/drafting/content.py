"""What a text is about: the stems of its words that say something."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

from assistant.minutes.drafting.phrases import known_languages, phrases_of

_ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Snowball's stemmers, by BCP-47 primary subtag."""

_TOKEN = re.compile(r"\w+(?:['’]\w+)?")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, elided articles (`l’`, `d’`) without their noun."""
    found = []
    for match in _TOKEN.finditer(text.lower()):
        found += re.split("['’]", match.group())
    return found


def content_of(text: str, lang: str) -> list[str]:
    """Return the stems of the words that say what a text is about, in order, repeated as they are.

    Args:
        text: Any.
        lang: BCP-47 primary subtag; without a stemmer or stop words for it words stay as they are.
    """
    stop = phrases_of(lang).stop_words if lang in known_languages() else frozenset()
    return [
        stem(word, lang)
        for word in words_of(text)
        if word not in stop and (len(word) > 1 or word.isdigit() or not word.isascii())
    ]


@lru_cache(maxsize=100_000)
def stem(word: str, lang: str) -> str:
    """Return the stem of a word in lower case."""
    algorithm = _ALGORITHMS.get(lang)
    return str(_stemmer(algorithm).stemWord(word)) if algorithm else word


@lru_cache(maxsize=len(_ALGORITHMS))
def _stemmer(algorithm: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(algorithm)


def share_of(wanted: Iterable[str], there: Iterable[str]) -> float:
    """Return which part of the wanted stems is there, 0..1; 0 where none is wanted."""
    wanted, there = set(wanted), set(there)
    return len(wanted & there) / len(wanted) if wanted else 0.0
