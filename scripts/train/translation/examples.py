"""What the model is shown, as ids: made epoch by epoch beside the learning, and cut into batches."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sentencepiece

from train.translation.corpus import Corpus, Pair, Source, pairs_of_epoch
from train.translation.live_speech import as_heard
from train.translation.pieces import BEGIN, END, PAD, Tokenizer, open_pieces
from train.translation.recipe import Recipe

LONGEST_PIECES = 160
"""Of one side; longer pairs are left out of an epoch."""

_AT_ONCE = 20_000

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Rows:
    """Sentences of one language as ids, one after the other.

    Attributes:
        ids: Of all sentences, 1-D.
        ends: Where each sentence ends in `ids`, 1-D.
    """

    ids: Ids
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, sentences: Sequence[Sequence[int]]) -> Rows:
        """Put sentences one after the other."""
        ends = np.cumsum([len(each) for each in sentences], dtype=np.int64)
        return cls(np.concatenate([np.asarray(each, dtype=np.int32) for each in sentences]), ends)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """How many ids each sentence has."""
        return np.diff(self.ends, prepend=0)

    def padded(self, chosen: npt.NDArray[np.int64]) -> Ids:
        """Return some sentences as (sentences, longest), filled up with `PAD`."""
        lengths = self.lengths[chosen]
        places = np.arange(lengths.max())
        inside = places < lengths[:, None]
        table = np.full(inside.shape, PAD, dtype=np.int32)
        table[inside] = self.ids[((self.ends[chosen] - lengths)[:, None] + places)[inside]]
        return table


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs of sentences as ids: the source as it is, the target from `BEGIN` to `END`."""

    source: Rows
    target: Rows

    def __len__(self) -> int:
        return len(self.source.ends)

    def batches(self, most_pieces: int, seed: Sequence[int]) -> Iterator[tuple[Ids, Ids]]:
        """Yield padded source and target ids (sentences, longest), alike in length, in random order.

        Args:
            most_pieces: Of either side in a batch, padding counted.
            seed: The same one gives the same batches.
        """
        draw = np.random.default_rng(list(seed))
        sources, targets = self.source.lengths, self.target.lengths
        longest = np.maximum(sources, targets)
        # Sorted by both lengths little is padding; the random last key mixes those that are alike.
        order = np.lexsort((draw.random(len(self)), sources, longest))
        cuts = _cuts(longest[order], most_pieces)
        batches = np.split(order, cuts)
        for index in draw.permutation(len(batches)):
            chosen = batches[index]
            yield self.source.padded(chosen), self.target.padded(chosen)


def _cuts(ordered: npt.NDArray[np.int64], most_pieces: int) -> list[int]:
    """Return where a new batch begins among sentences whose lengths rise."""
    cuts, start = [], 0
    for index, length in enumerate(ordered.tolist()):
        if index > start and (index - start + 1) * length > most_pieces:
            cuts.append(index)
            start = index
    return cuts


def encode(pairs: Iterator[Pair], tokenizer: Tokenizer, sampling: float, threads: int) -> Examples:
    """Return pairs as ids; with `sampling` words are split in another way each time."""
    how: dict[str, Any] = {"enable_sampling": True, "nbest_size": -1, "alpha": sampling} if sampling else {}
    sources: list[list[int]] = []
    targets: list[list[int]] = []
    while some := list(islice(pairs, _AT_ONCE)):
        for source, target in zip(
            tokenizer.encode([pair.source for pair in some], num_threads=threads, **how),
            tokenizer.encode([pair.target for pair in some], num_threads=threads, **how),
            strict=True,
        ):
            if 0 < len(source) <= LONGEST_PIECES and 0 < len(target) <= LONGEST_PIECES:
                sources.append(source)
                targets.append([BEGIN, *target, END])
    return Examples(Rows.of(sources), Rows.of(targets))


class Epochs:
    """Makes epochs in a process of its own, each while the one before is learnt from.

    Args:
        corpus: What there is to learn.
        sources: How often each tag is seen.
        recipe: Of the model.
        pieces: The SentencePiece model.
        threads: Of that process.
    """

    def __init__(
        self, corpus: Corpus, sources: Mapping[str, Source], recipe: Recipe, pieces: Path, threads: int
    ) -> None:
        # A fork of a process that computes with many threads may never wake up.
        context = multiprocessing.get_context("spawn")
        self._maker = ProcessPoolExecutor(
            1, mp_context=context, initializer=_prepare, initargs=(corpus, sources, recipe, pieces, threads)
        )
        self._made: dict[int, Future[Examples]] = {}

    def __enter__(self) -> Epochs:
        return self

    def __exit__(self, *exception: object) -> None:
        self._maker.shutdown(wait=False, cancel_futures=True)

    def take(self, epoch: int) -> Examples:
        """Return an epoch (from 0), and begin to make the next."""
        for number in (epoch, epoch + 1):
            if number not in self._made:
                self._made[number] = self._maker.submit(_make, number)
        return self._made.pop(epoch).result()


_Prepared = tuple[Corpus, Mapping[str, Source], Recipe, Tokenizer, int]
_prepared: list[_Prepared] = []
"""Of the process that makes epochs: what all of them are made of."""


def _prepare(
    corpus: Corpus, sources: Mapping[str, Source], recipe: Recipe, pieces: Path, threads: int
) -> None:
    _prepared[:] = [(corpus, sources, recipe, open_pieces(pieces), threads)]


def _make(epoch: int) -> Examples:
    corpus, sources, recipe, tokenizer, threads = _prepared[0]
    seed = f"{recipe.seed} live {epoch}"
    sentencepiece.set_random_generator_seed(recipe.seed + epoch)
    written = list(pairs_of_epoch(corpus, sources, recipe, epoch))
    heard = as_heard(written, recipe.source, recipe.live, seed)
    return encode(heard, tokenizer, recipe.sampling, threads)
