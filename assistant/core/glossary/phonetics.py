"""How words sound, roughly and in any language: enough to know a name that was heard as other words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz.distance import Levenshtein

ALIKE = 0.5
"""A term that is at least so like what was heard may have been meant."""

WORDS_OF_A_TERM = 3
"""A term may have been heard as up to so many words in a row."""

LONGER_WORD = 5
"""A word of a name with at least so many sounds is recognised on its own."""

_SPELLINGS = (
    (re.compile("ph"), "f"),
    (re.compile("qu"), "k"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("g(?=[eiy])"), "j"),
)
_SOUNDS = str.maketrans("cqwyz", "kkvis", "h")
_DOUBLE = re.compile(r"(.)\1+")
_MOST_HEARD_WORDS = 120


def letters(text: str) -> str:
    """Return the letters and digits of a text as they sound, roughly: no case, accents, doubles, h."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    for spelling, sound in _SPELLINGS:
        plain = spelling.sub(sound, plain)
    return _DOUBLE.sub(r"\1", "".join(letter for letter in plain.translate(_SOUNDS) if letter.isalnum()))


def closeness(first: str, second: str) -> float:
    """Return how close two results of `letters` are, 0..1: the share of letters that need no change."""
    longer = max(len(first), len(second))
    if not longer or 2 * min(len(first), len(second)) < longer:
        return 0.0
    return Levenshtein.normalized_similarity(first, second)


class PhoneticIndex:
    """Finds among many sounds those that are like one, without comparing each.

    Pairs of letters find terms that were heard as other words (`Kowalski` as `cova ski`) and cost
    little: only sounds that share a pair are looked at.

    Args:
        sounds: Results of `letters`, none of them empty.
    """

    def __init__(self, sounds: Sequence[str]) -> None:
        self._lengths = [len(sound) for sound in sounds]
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for number, sound in enumerate(sounds):
            for pair in _pairs(sound):
                self._holders[pair].append(number)

    def near(self, heard: str) -> Iterator[tuple[int, float]]:
        """Yield the number of each sound that shares a pair, and how like it is (Dice's coefficient)."""
        pairs = _pairs(heard)
        shared = Counter(number for pair in pairs for number in self._holders.get(pair, ()))
        for number, count in shared.items():
            # Short words are alike by chance: one pair less counts little for long ones only.
            yield number, (2 * count - 1) / (len(pairs) + self._lengths[number])


def likeness(terms: Sequence[Sequence[str]], heard_words: Sequence[str]) -> Mapping[int, float]:
    """Return for each term how like it is to the likest words in a row, 0..1.

    Args:
        terms: The forms of each term; the likest one counts.
        heard_words: What was heard, with or without punctuation.
    """
    sounds = [(number, sound) for number, forms in enumerate(terms) for sound in _sounds_of(forms)]
    index = PhoneticIndex([sound for _, sound in sounds])
    found: defaultdict[int, float] = defaultdict(float)
    for heard in _windows(heard_words):
        for place, alike in index.near(heard):
            number = sounds[place][0]
            found[number] = max(found[number], alike)
    return found


def _sounds_of(forms: Sequence[str]) -> set[str]:
    """Return the sounds of each form and, as names are heard one by one, of its longer words."""
    words = {letters(word) for form in forms for word in form.split()}
    return {letters(form) for form in forms if letters(form)} | {
        word for word in words if len(word) >= LONGER_WORD
    }


def _windows(heard_words: Sequence[str]) -> Iterator[str]:
    """Yield the sounds of each one, two and three words in a row."""
    words = [sound for sound in map(letters, heard_words[-_MOST_HEARD_WORDS:]) if sound]
    for start in range(len(words)):
        for end in range(start + 1, min(start + WORDS_OF_A_TERM, len(words)) + 1):
            yield "".join(words[start:end])


def _pairs(sound: str) -> frozenset[str]:
    """Return neighbouring letters, and the first one with a mark, as a beginning says most."""
    marked = f"^{sound}"
    return frozenset(marked[start : start + 2] for start in range(len(sound)))
