"""What a French form probably becomes, from what its relatives became and from what endings become.

Where `parle` is fala and `chante`, `chantons` are canta, cantamos, `parlons` is falamos: rules are pairs of
endings in French with the pairs of endings that they go with in Portuguese, learnt from the table itself, and
believed where they give a Portuguese word that is known. Cognates add rules of their own: -tion is -ção.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping

from train.word_tables.text import plain

_STEM = 3
"""Letters that relatives share, at least."""
_LONGEST_ENDING = 6
_FAMILY = 40
"""Stems with more forms say nothing."""
_SEEN = 3
"""A rule is believed that was seen so often, …"""
_SHARE = 0.1
"""… and that holds in so large a share of the cases in which it could."""
_COGNATE = 4
_ENDING = 4
_ENOUGH = 8
"""Forms with an ending from which on it says what becomes of it."""

Endings = tuple[str, str]


class Families:
    """Rules that a table of words obeys.

    Args:
        table: French forms and Portuguese words that are sure, in small letters.
        known: Portuguese words, and how often each was seen.
    """

    def __init__(self, table: Mapping[str, str], known: Mapping[str, int]) -> None:
        self._table = {
            form: word for form, word in sorted(table.items()) if len(form) > _STEM and " " not in word
        }
        self._known = known
        self._relatives: defaultdict[str, list[str]] = defaultdict(list)
        for form in self._table:
            for length in range(max(_STEM, len(form) - _LONGEST_ENDING), len(form) + 1):
                self._relatives[form[:length]].append(form)
        self._rules = self._learn_rules()
        self._cognates = self._learn_cognates()
        self._endings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for form, word in self._table.items():
            for ending in _endings(form):
                self._endings[ending][word[-2:]] += 1

    def guess(self, form: str) -> dict[str, float]:
        """Return the Portuguese words that a French form may be, with votes for each."""
        votes: defaultdict[str, float] = defaultdict(float)
        for length in range(max(_STEM, len(form) - _LONGEST_ENDING), len(form) + 1):
            for relative in self._relatives.get(form[:length], ()):
                if relative != form and _beginning(relative, form) == length:
                    self._vote(votes, self._table[relative], (relative[length:], form[length:]), length)
        for length in range(_COGNATE, len(form) + 1):
            for ending, seen in sorted(self._cognates.get(form[length:], Counter()).items()):
                for stem in {form[:length], plain(form[:length])} if seen >= _SEEN else ():
                    if self._known.get(stem + ending):
                        votes[stem + ending] += _COGNATE * math.log(1 + seen) * length
        return dict(votes)

    def fits(self, form: str, word: str) -> float:
        """Return how usual it is that a form with such an ending becomes a word with such a one; 0..1."""
        for ending in _endings(form):
            usual = self._endings.get(ending)
            if usual and usual.total() >= _ENOUGH:
                return usual[word[-2:]] / usual.total()
        return 0.0

    def _vote(self, votes: defaultdict[str, float], word: str, change: Endings, stem: int) -> None:
        for old, new, trust in self._rules.get(change, ()):
            if word.endswith(old) and len(word) >= len(old) + 2:
                made = word.removesuffix(old) + new if old else word + new
                if seen := self._known.get(made):
                    votes[made] += math.log1p(trust) * (1 + 0.2 * math.log1p(seen)) * (1 + len(old)) * stem

    def _learn_rules(self) -> dict[Endings, list[tuple[str, str, float]]]:
        """Return for two French endings the Portuguese ones that they go with, and how far that is so."""
        seen: Counter[tuple[Endings, Endings]] = Counter()
        for stem, forms in self._relatives.items():
            if len(forms) > _FAMILY:
                continue
            for one in forms:
                for other in forms:
                    if one == other or _beginning(one, other) != len(stem):
                        continue
                    words = self._table[one], self._table[other]
                    shared = _beginning(*words)
                    if shared >= max(2, len(stem) - _STEM):
                        endings = words[0][shared:], words[1][shared:]
                        seen[(one[len(stem) :], other[len(stem) :]), endings] += 1
        could: Counter[tuple[Endings, str]] = Counter()
        for (change, (old, _)), count in seen.items():
            could[change, old] += count
        rules: defaultdict[Endings, list[tuple[str, str, float]]] = defaultdict(list)
        for (change, (old, new)), count in sorted(seen.items()):
            if count >= _SEEN and count >= _SHARE * could[change, old]:
                rules[change].append((old, new, count * count / could[change, old]))
        return dict(rules)

    def _learn_cognates(self) -> dict[str, Counter[str]]:
        """Return what French endings become where the rest of a word stays."""
        cognates: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for form, word in self._table.items():
            shared = _beginning(plain(form), plain(word))
            if shared >= _COGNATE and len(form) - shared <= _LONGEST_ENDING and len(plain(form)) == len(form):
                cognates[form[shared:]][word[shared:]] += 1
        return dict(cognates)


def _beginning(one: str, other: str) -> int:
    """Return how many letters two words begin with alike."""
    for place, (letter, another) in enumerate(zip(one, other, strict=False)):
        if letter != another:
            return place
    return min(len(one), len(other))


def _endings(form: str) -> list[str]:
    """Return the endings of a form, the longest first."""
    return [form[-length:] for length in range(min(_ENDING, len(form) - 1), 0, -1)]
