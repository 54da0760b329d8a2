"""Words with a capital inside sentences: people, who stand for themselves, and things that are written so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from train.word_tables.choosing import Row

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BEGINS = re.compile(r"(?:^|[.!?:…])[\s\"'«(’–-]*$")
_ABBREVIATED = re.compile(r"\b(?:MM?|M[ml]l?es?|Dr|Ste?|[A-Z])\.\s*$")
_ARTICLE = re.compile(
    r"(?:\b(?:les?|la|une?|des|du|aux?|ce|cette|ces|notre|nos|votre|vos|leurs?) |\b[lL]['’])$"
)
_TITLES = {"M": "Sr", "MM": "Srs"}
_MET = 3
_THE_SAME = 0.35
"""Who is written so in the English sentence too in such a share of the cases is a name,"""
_ARTICLES = 0.3
"""unless an article stands before it in such a share: le Canada."""
_PEOPLE = 0.1
_THINGS = 0.5
"""So often with a capital, for each time in small letters, that it is so where a sentence begins too."""


@dataclass(slots=True)
class _Capitals:
    """How often words are met inside sentences.

    Attributes:
        large: With a capital.
        same: Of these, where the English sentence has the same word.
        behind_article: Of these, behind an article.
        small: In small letters, anywhere.
    """

    large: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    behind_article: Counter[str] = field(default_factory=Counter)
    small: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Names:
    """Words with a capital.

    Attributes:
        words: What stands for those that could be taken for words in small letters. A name stands for itself
            (Pierre); what mostly has a capital, for the word in small letters with one.
        everywhere: Those that English calls the same: Nantes, but not Londres.
    """

    words: dict[str, str]
    everywhere: frozenset[str]


def names_of(rows: Iterable[Row], words: Mapping[str, str]) -> Names:
    """Return what a corpus says of words with a capital.

    Args:
        rows: French and English sentences.
        words: Portuguese for French words, most of them in small letters.
    """
    met = _count(rows)
    found = {title: other for title, other in _TITLES.items() if title not in words}
    for word, count in met.large.items():
        other, small = words.get(word.lower()), met.small[word.lower()]
        if count < _MET or other is None or word in words:
            continue
        if met.same[word] >= _THE_SAME * count and met.behind_article[word] < _ARTICLES * count:
            if count >= _PEOPLE * small:
                found[word] = word
        elif count >= _THINGS * small:
            found[word] = other[:1].upper() + other[1:]
    themselves = (word for word, other in {**words, **found}.items() if word == other and word[:1].isupper())
    everywhere = (word for word in themselves if met.same[word] >= max(_MET, met.large[word] / 2))
    return Names(found, frozenset(everywhere))


def _count(rows: Iterable[Row]) -> _Capitals:
    met = _Capitals()
    for _, french, english in rows:
        there = frozenset(_WORD.findall(english))
        for match in _WORD.finditer(french):
            word, before = match[0], french[: match.start()]
            if word.islower():
                met.small[word] += 1
            elif len(word) > 1 and word[0].isupper() and not word.isupper():
                if _BEGINS.search(before) and not _ABBREVIATED.search(before):
                    continue
                met.large[word] += 1
                met.same[word] += word in there
                met.behind_article[word] += _ARTICLE.search(before) is not None
    return met
