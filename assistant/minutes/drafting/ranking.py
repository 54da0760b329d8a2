"""The most telling sentences of a stretch of talk.

They are ranked by how much they have in common with the others (G. Erkan and D. Radev, "LexRank: Graph-based
Lexical Centrality as Salience in Text Summarization", JAIR 22, 2004), and chosen so that none repeats another
(J. Carbonell and J. Goldstein, "The Use of MMR", SIGIR 1998).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.minutes.drafting.lines import Sentence

_LEAST_WORDS = 7
_LEAST_STEMS = 4
_GOOD_WORDS = (10, 35)
_DAMPING = 0.85
_ROUNDS = 30
_NEW = 0.7
"""How much it counts that a sentence is telling, 0..1; the rest counts that it is new."""
_TOO_ALIKE = 0.6
_MOST_SENTENCES = 600
"""How many sentences vote at most: of a longer stretch every n-th, so that the cost stays bounded."""


def rank(sentences: Sequence[Sentence], most: int, leave_out: Collection[int] = ()) -> list[int]:
    """Return the positions of the most telling sentences, in the order in which they were said.

    Args:
        sentences: The sentences of one stretch, in order.
        most: How many are chosen at most.
        leave_out: Positions that may not be chosen, as they are told already.
    """
    eligible = [at for at, one in enumerate(sentences) if at not in leave_out and _may_tell(one)]
    if not eligible or most < 1:
        return []
    step = -(-len(eligible) // _MOST_SENTENCES)
    eligible = eligible[::step]
    vectors = _vectors([sentences[at] for at in eligible], sentences)
    alike = vectors @ vectors.T
    scores = _central(alike) * np.array([_form(sentences[at]) for at in eligible])
    return sorted(eligible[at] for at in _chosen(scores / (scores.max() or 1.0), alike, most))


def _may_tell(sentence: Sentence) -> bool:
    words = sentence.text.split()
    asks = sentence.text.rstrip().endswith("?")
    return len(words) >= _LEAST_WORDS and len(set(sentence.stems)) >= _LEAST_STEMS and not asks


def _form(sentence: Sentence) -> float:
    """Return how well a sentence can stand alone, 0..1: neither a scrap nor a rant; numbers tell much."""
    words = len(sentence.text.split())
    low, high = _GOOD_WORDS
    length = words / low if words < low else min(1.0, high / words)
    number = any(character.isdigit() for character in sentence.text)
    return length * (1.15 if number else 1.0) * (1.0 if sentence.text[:1].isupper() else 0.85)


def _vectors(eligible: Sequence[Sentence], sentences: Sequence[Sentence]) -> NDArray[np.float32]:
    """Return TF-IDF vectors of length one, shape (sentences, stems)."""
    counts = Counter(stem for sentence in sentences for stem in set(sentence.stems))
    columns = {stem: at for at, stem in enumerate(sorted({s for one in eligible for s in one.stems}))}
    vectors = np.zeros((len(eligible), len(columns)), dtype=np.float32)
    for row, sentence in enumerate(eligible):
        for stem, count in Counter(sentence.stems).items():
            vectors[row, columns[stem]] = count * math.log(1 + len(sentences) / counts[stem])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, 1e-9)
    return vectors


def _central(alike: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the centrality of each sentence in the graph of likeness (power iteration)."""
    weights = alike / np.maximum(alike.sum(axis=1, keepdims=True), 1e-9)
    count = len(alike)
    scores = np.full(count, 1.0 / count, dtype=np.float32)
    for _ in range(_ROUNDS):
        scores = (1 - _DAMPING) / count + _DAMPING * (scores @ weights)
    return scores


def _chosen(scores: NDArray[np.float32], alike: NDArray[np.float32], most: int) -> list[int]:
    """Choose one after the other the sentence that is telling and not yet told."""
    chosen: list[int] = []
    nearest = np.zeros(len(scores), dtype=np.float32)
    left = np.ones(len(scores), dtype=bool)
    while len(chosen) < most and left.any():
        worth = np.where(left, _NEW * scores - (1 - _NEW) * nearest, -np.inf)
        best = int(worth.argmax())
        left[best] = False
        if nearest[best] > _TOO_ALIKE:
            continue
        chosen.append(best)
        nearest = np.maximum(nearest, alike[best])
    return chosen
