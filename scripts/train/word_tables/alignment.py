"""Which word stands for which, from sentences that say the same: EM over pairs of words.

IBM model 1 (Brown et al. 1993) in both directions, then rounds with a prior along the diagonal, which is
the idea of fast_align (Dyer, Chahuneau & Smith 2013) with a fixed slope. A link counts as far as both
directions agree on it (Liang, Taskar & Klein 2006). All pairs of words of all sentences are rows of a few
arrays, so that a round is a few sums: 12 bytes a row, 17 million rows for 124,000 sentences of nine words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.word_tables.recipe import Recipe
from train.word_tables.text import Sentence, plain

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]

_LETTERS = 12
"""Of a word that are compared."""

_ALIKE = 3
"""Words that share fewer letters at the beginning are not alike."""

_FAINT = 0.05
"""Links that count less are left out."""

_PRIOR_COUNT = 0.02
_NOWHERE = 0.25
"""Likelihood of the diagonal for what stands for nothing, as a share of a typical row of a sentence."""

_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True)
class Links:
    """What was found.

    Attributes:
        counts: How often each French word stood for each Portuguese word, as far as both directions agree.
        french: How often each French word was seen.
        portuguese: How often each Portuguese word was seen.
    """

    counts: dict[str, dict[str, float]]
    french: Counter[str]
    portuguese: Counter[str]

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield the counts as cells of a table: of two words, and with one cell empty of one alone."""
        yield from ((word, "", str(count)) for word, count in self.french.items())
        yield from (("", word, str(count)) for word, count in self.portuguese.items())
        for word, others in self.counts.items():
            yield from ((word, other, f"{count:.4f}") for other, count in others.items())

    @classmethod
    def of_rows(cls, rows: Iterable[Sequence[str]]) -> Links:
        """Return what `rows` told."""
        links = cls({}, Counter(), Counter())
        for word, other, count in rows:
            if word and other:
                links.counts.setdefault(word, {})[other] = float(count)
            elif word:
                links.french[word] = int(count)
            else:
                links.portuguese[other] = int(count)
        return links


def align(french: Sequence[Sentence], portuguese: Sequence[Sentence], recipe: Recipe) -> Links:
    """Return how often which word stands for which.

    Args:
        french: Words of each sentence; none is empty.
        portuguese: Words of what says the same.
        recipe: Rounds and priors.
    """
    seen = Counter(word for words in french for word in words)
    seen_other = Counter(word for words in portuguese for word in words)
    rows = _Rows.of(french, portuguese, list(seen), list(seen_other), recipe)
    forward = _posteriors(rows, rows.kind_french, rows.token_portuguese, rows.portuguese, recipe)
    backward = _posteriors(rows, rows.kind_portuguese, rows.token_french, rows.french, recipe)
    agreed = np.bincount(rows.kind, weights=np.sqrt(forward * backward), minlength=len(rows.likeness))
    counts: defaultdict[str, dict[str, float]] = defaultdict(dict)
    ours, others = list(seen), list(seen_other)
    for kind in np.flatnonzero(agreed > _FAINT):
        counts[ours[rows.kind_french[kind]]][others[rows.kind_portuguese[kind]]] = float(agreed[kind])
    return Links(dict(counts), seen, seen_other)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Every pair of a French and a Portuguese word of the same sentence.

    Attributes:
        kind: Which pair of words each row is, a number.
        token_french: Which French word of the whole text a row has, a number.
        token_portuguese: The same in Portuguese.
        near: Likelihood of each row by its place.
        kind_french: The French word of each kind, a number.
        kind_portuguese: The Portuguese word of each kind.
        likeness: How much likelier a kind is because the words begin alike, 1 or more.
        french: The word of each French token.
        portuguese: The word of each Portuguese token.
    """

    kind: npt.NDArray[np.int32]
    token_french: npt.NDArray[np.int32]
    token_portuguese: npt.NDArray[np.int32]
    near: Floats
    kind_french: Whole
    kind_portuguese: Whole
    likeness: npt.NDArray[Any]
    french: Whole
    portuguese: Whole

    @classmethod
    def of(
        cls,
        french: Sequence[Sentence],
        portuguese: Sequence[Sentence],
        ours: Sequence[str],
        others: Sequence[str],
        recipe: Recipe,
    ) -> _Rows:
        """Lay out all pairs of words."""
        tokens, lengths = _numbered(french, ours)
        other_tokens, other_lengths = _numbered(portuguese, others)
        sizes = lengths * other_lengths
        sentence = np.repeat(np.arange(len(sizes)), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        wide = other_lengths[sentence]
        place, other_place = within // wide, within % wide
        away = np.abs((place + 0.5) / lengths[sentence] - (other_place + 0.5) / wide)
        near = np.exp(-recipe.sharpness * away).astype(np.float32)
        first = (np.cumsum(lengths) - lengths)[sentence] + place
        second = (np.cumsum(other_lengths) - other_lengths)[sentence] + other_place
        keys, kind = np.unique(tokens[first] * len(others) + other_tokens[second], return_inverse=True)
        kind_french, kind_portuguese = keys // len(others), keys % len(others)
        return cls(
            kind.astype(np.int32), first.astype(np.int32), second.astype(np.int32), near,
            kind_french, kind_portuguese,
            np.exp(recipe.likeness * _likeness(ours, others, kind_french, kind_portuguese)),
            tokens, other_tokens,
        )  # fmt: skip


def _posteriors(
    rows: _Rows,
    source: Whole,
    target_token: npt.NDArray[np.int32],
    targets: Whole,
    recipe: Recipe,
) -> Floats:
    """Return how likely it is that each row's target stands for its source.

    Args:
        rows: All pairs of words.
        source: The source word of each kind.
        target_token: The target token of each row.
        targets: The word of each target token.
        recipe: Rounds and priors.
    """
    size, sources = len(targets), int(source.max()) + 1
    spread = (np.bincount(targets) / size)[targets]
    anywhere = np.bincount(target_token, minlength=size)
    likelihood = rows.likeness / sources
    rounds = recipe.plain_rounds + recipe.diagonal_rounds
    posterior = np.ones(len(rows.kind), np.float32)
    for number in range(rounds):
        weight = likelihood[rows.kind]
        nothing = recipe.nothing * spread * anywhere
        if number >= recipe.plain_rounds:
            weight = weight * rows.near
            nearby = np.bincount(target_token, weights=rows.near, minlength=size)
            nothing = recipe.nothing * spread * nearby * _NOWHERE
        total = np.bincount(target_token, weights=weight, minlength=size) + nothing
        posterior = (weight / total[target_token]).astype(np.float32)
        agreed = np.bincount(rows.kind, weights=posterior, minlength=len(source))
        counts = agreed + _PRIOR_COUNT * (rows.likeness - 1)
        likelihood = counts / (np.bincount(source, weights=counts, minlength=sources)[source] + recipe.rare)
    return posterior


def _numbered(sentences: Sequence[Sentence], words: Sequence[str]) -> tuple[Whole, Whole]:
    numbers = {word: number for number, word in enumerate(words)}
    tokens = np.array([numbers[word] for sentence in sentences for word in sentence], np.int64)
    return tokens, np.array([len(sentence) for sentence in sentences], np.int64)


def _likeness(ours: Sequence[str], others: Sequence[str], first: Whole, second: Whole) -> npt.NDArray[Any]:
    """Return what share of the longer word of each pair is the beginning of both, accents aside; 0..1."""
    one, other = _letters(ours), _letters(others)
    found = np.zeros(len(first))
    for start in range(0, len(first), _BLOCK):
        part = slice(start, start + _BLOCK)
        left, right = one[first[part]], other[second[part]]
        shared = np.cumprod((left == right) & (left > 0), axis=1).sum(axis=1)
        longest = np.maximum(np.maximum((left > 0).sum(axis=1), (right > 0).sum(axis=1)), 1)
        found[part] = np.where(shared >= _ALIKE, shared / longest, 0.0)
    return found


def _letters(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    letters = np.zeros((len(words), _LETTERS), np.uint8)
    for number, word in enumerate(words):
        known = plain(word.rstrip("#'")).encode("ascii", "replace")[:_LETTERS]
        letters[number, : len(known)] = list(known)
    return letters
