"""Finds terms in running text: at the borders of words, in any case, with simple plurals."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

_BETWEEN = re.compile(r"[\s-]+")
_APOSTROPHE = re.compile("['’]")
_JOINED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts that write no blanks between words, or join endings to names of other scripts."""

_SHORTEST_STEM = 6
_PLURALS = (
    ("al", "(?:al|als|aux|ais)"),
    ("ão", "(?:ão|ãos|ões|ães)"),
    ("m", "(?:m|ms|ns)"),
    ("y", "(?:y|ys|ies)"),
    ("", "(?:e?s|x)?"),
)
_KEPT_PATTERNS = 4096


class TermMatch(NamedTuple):
    """A term in a text, from `start` up to `end`; `number` says which one."""

    start: int
    end: int
    number: int


class TermMatcher:
    """Finds many terms at once; where several begin at one place, the longest.

    Articles that are joined to a word (`l'`, `d'`) are no part of it. A term of one word with a
    capital, such as `Wood`, is not found as `wood`.

    Args:
        terms: The terms as they may stand in a text.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = terms
        self._by_letter: defaultdict[str, list[int]] = defaultdict(list)
        for number in sorted(range(len(terms)), key=lambda number: -len(terms[number])):
            if words_of(terms[number]):
                self._by_letter[terms[number][0].lower()].append(number)

    def find(self, text: str) -> list[TermMatch]:
        """Return the terms in a text in their order; they do not overlap."""
        found: list[TermMatch] = []
        start = 0
        while start < len(text):
            here = self._at(text, start)
            if here:
                found.append(here)
            start = here.end if here else start + 1
        return found

    def _at(self, text: str, start: int) -> TermMatch | None:
        for number in self._by_letter.get(text[start].lower(), ()):
            term = self._terms[number]
            place = _pattern(term, _plural).match(text, start)
            if (
                place
                and _bordered(text, start, place.end())
                and (not _is_name(term) or text[start].isupper())
            ):
                return TermMatch(start, place.end(), number)
        return None


def places_of(term: str, text: str, *, inflected: bool = True) -> list[tuple[int, int]]:
    """Return from where to where a text has a term, in whatever case.

    Args:
        term: One word or several.
        text: Any.
        inflected: Whether other endings of its words count, or their plural alone.
    """
    if not words_of(term):
        return []
    form = _inflected if inflected else _plural
    places = [(place.start(), place.end()) for place in _pattern(term, form).finditer(text)]
    return [(start, end) for start, end in places if _bordered(text, start, end)]


def words_of(term: str) -> list[str]:
    """Return the words of a term; those of a compound stand alone."""
    return [word for word in _BETWEEN.split(term) if word]


@lru_cache(_KEPT_PATTERNS)
def _pattern(term: str, form: Callable[[str], str]) -> re.Pattern[str]:
    return re.compile(_BETWEEN.pattern.join(map(form, words_of(term))), re.IGNORECASE)


def _bordered(text: str, start: int, end: int) -> bool:
    """Whether no word goes on at either side."""
    before, after = text[start - 1 : start] + text[start], text[end - 1 : end + 1]
    return not _goes_on(before) and not _goes_on(after)


def _goes_on(two: str) -> bool:
    return len(two) == 2 and all(_joins(letter) for letter in two)  # noqa: PLR2004 - a pair


def _joins(letter: str) -> bool:
    return (letter.isalnum() or letter == "_") and not _JOINED.match(letter)


def _is_name(term: str) -> bool:
    """Whether a term is one word that begins with a capital, and would be another word without it."""
    return len(words_of(term)) == 1 and term[0].isupper() and term[1:] == term[1:].lower()


def _exactly(word: str) -> str:
    return _APOSTROPHE.sub("['’]", re.escape(word))


def _plural(word: str) -> str:
    """Return a pattern of a word and its plural; of a name, of itself alone."""
    if word != word.lower() or not word[-1].isalpha():
        return _exactly(word)
    ending, either = next(entry for entry in _PLURALS if word.endswith(entry[0]))
    return _exactly(word.removesuffix(ending)) + either


def _inflected(word: str) -> str:
    """Return a pattern of a word with other endings; short words only have plurals."""
    if word != word.lower() or not word.isalpha() or len(word) < _SHORTEST_STEM:
        return _plural(word)
    return rf"{_exactly(word[:-2])}\w{{0,4}}"
