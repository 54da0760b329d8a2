"""What the model is shown, as ids: made once, drawn in fixed shares, and cut into batches."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from train.corpus import Pair
from train.warm_start.recipe import Recipe

if TYPE_CHECKING:  # what learns has no SentencePiece
    from train.warm_start.vocabulary import Tokenizer

END = 0
"""The id that ends a sentence."""

LONGEST_PIECES = 100
"""Of one side, its end counted; longer pairs are left out."""

_AT_ONCE = 20_000
_DEV = "dev: "
"""Before the names of groups that are never learnt from."""

Ids = npt.NDArray[np.uint16]
Numbers = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """Pairs as tables (pairs, longest); the masks are False where a table is padding."""

    source: npt.NDArray[np.int64]
    source_mask: npt.NDArray[np.bool_]
    target: npt.NDArray[np.int64]
    target_mask: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Sentences of one language as ids, one after the other, each closed by its end.

    Attributes:
        ids: Of all sentences, 1-D.
        lengths: How many each sentence has, 1-D.
        ends: Where each sentence ends in `ids`, 1-D.
    """

    ids: Ids
    lengths: Numbers
    ends: Numbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", np.cumsum(self.lengths))

    @classmethod
    def of(cls, sentences: Sequence[Sequence[int]]) -> Rows:
        """Put sentences one after the other, and close each."""
        ids = np.array([number for sentence in sentences for number in (*sentence, END)], np.uint16)
        return cls(ids, np.array([len(sentence) + 1 for sentence in sentences], np.int64))

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Put lots of sentences one after the other."""
        return cls(
            np.concatenate([part.ids for part in parts]), np.concatenate([part.lengths for part in parts])
        )

    def padded(self, chosen: Numbers) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return some sentences as (sentences, longest), and where they are."""
        lengths = self.lengths[chosen]
        places = np.arange(lengths.max())
        inside = places < lengths[:, None]
        table = np.full(inside.shape, END, np.int64)
        table[inside] = self.ids[((self.ends[chosen] - lengths)[:, None] + places)[inside]]
        return table, inside


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs of sentences as ids, group by group.

    Attributes:
        source: What is read.
        target: What is written.
        groups: The numbers of the pairs of each group.
    """

    source: Rows
    target: Rows
    groups: Mapping[str, range]

    @classmethod
    def of(
        cls,
        groups: Mapping[str, Sequence[Pair]],
        dev: Mapping[str, Sequence[Pair]],
        tokenizers: tuple[Tokenizer, Tokenizer],
    ) -> Examples:
        """Encode pairs as the model has them, those that are learnt from and those that are not."""
        parts: list[tuple[Rows, Rows]] = []
        sizes: dict[str, int] = {}
        for name, pairs in {**groups, **{_DEV + tag: pairs for tag, pairs in dev.items()}}.items():
            encoded = list(_encoded(pairs, tokenizers))
            parts += encoded
            sizes[name] = sum(len(source.lengths) for source, _ in encoded)
        source, target = (Rows.joined([part[side] for part in parts]) for side in (0, 1))
        return cls(source, target, _ranges(sizes))

    def save(self, path: Path) -> None:
        """Write everything into one file."""
        unfinished = path.with_suffix(".part.npz")
        np.savez_compressed(
            unfinished,
            source=self.source.ids,
            source_lengths=self.source.lengths.astype(np.uint8),
            target=self.target.ids,
            target_lengths=self.target.lengths.astype(np.uint8),
            names=np.array(list(self.groups)),
            sizes=np.array([len(numbers) for numbers in self.groups.values()]),
        )
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path) -> Examples:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            source, target = (
                Rows(stored[side], stored[f"{side}_lengths"].astype(np.int64))
                for side in ("source", "target")
            )
            sizes = dict(zip(stored["names"].tolist(), stored["sizes"].tolist(), strict=True))
            return cls(source, target, _ranges(sizes))

    @property
    def dev(self) -> dict[str, range]:
        """The pairs that are never learnt from, by tag."""
        return {
            name.removeprefix(_DEV): pairs for name, pairs in self.groups.items() if name.startswith(_DEV)
        }

    @property
    def learnt(self) -> dict[str, range]:
        """The pairs that are learnt from, by group."""
        return {name: pairs for name, pairs in self.groups.items() if not name.startswith(_DEV) and pairs}

    def batches(self, numbers: Numbers, most_pieces: int, seed: Sequence[int]) -> Iterator[Batch]:
        """Yield pairs as batches of those that are alike in length, in random order.

        Args:
            numbers: Which pairs.
            most_pieces: Of either side in a batch, padding counted.
            seed: The same one gives the same batches.
        """
        draw = np.random.default_rng(list(seed))
        sources, targets = self.source.lengths[numbers], self.target.lengths[numbers]
        longest = np.maximum(sources, targets)
        # Sorted by both lengths little is padding; the random last key mixes those that are alike.
        order = np.lexsort((draw.random(len(numbers)), targets, longest))
        batches = np.split(numbers[order], _cuts(longest[order], most_pieces))
        for index in draw.permutation(len(batches)):
            yield Batch(*self.source.padded(batches[index]), *self.target.padded(batches[index]))


class Pools:
    """Draws pools of pairs, each group's in a fixed share of all target pieces, and cuts them into batches.

    Args:
        examples: What there is.
        shares: Of each group; the sum does not matter.
        recipe: How large pools and batches are.
    """

    def __init__(self, examples: Examples, shares: Mapping[str, float], recipe: Recipe) -> None:
        self._examples, self._recipe = examples, recipe
        groups = examples.learnt
        weights = {
            name: shares[name] / float(examples.target.lengths[pairs.start : pairs.stop].mean())
            for name, pairs in groups.items()
        }
        whole = sum(weights.values())
        self._counts = {
            name: max(1, round(recipe.pool_pairs * weight / whole)) for name, weight in weights.items()
        }
        self._orders: dict[tuple[str, int], Numbers] = {}

    def batches(self, pool: int) -> Iterator[Batch]:
        """Yield the batches of a pool (from 0), the same ones whenever it is asked for."""
        numbers = np.concatenate([self._of(name, pool) for name in self._counts])
        return self._examples.batches(numbers, self._recipe.batch_pieces, (self._recipe.seed, pool))

    def _of(self, name: str, pool: int) -> Numbers:
        """Return the pairs of a group in a pool: each is drawn once before any is drawn again."""
        pairs, count = self._examples.groups[name], self._counts[name]
        laps, places = np.divmod(np.arange(pool * count, (pool + 1) * count), len(pairs))
        return np.concatenate([self._order(name, int(lap))[places[laps == lap]] for lap in np.unique(laps)])

    def _order(self, name: str, lap: int) -> Numbers:
        if (name, lap) not in self._orders:
            for old in [key for key in self._orders if key[0] == name and key[1] < lap - 1]:
                del self._orders[old]
            draw = np.random.default_rng([self._recipe.seed, lap, zlib.crc32(name.encode())])
            self._orders[name, lap] = draw.permutation(np.array(self._examples.groups[name]))
        return self._orders[name, lap]


def _encoded(pairs: Sequence[Pair], tokenizers: tuple[Tokenizer, Tokenizer]) -> Iterator[tuple[Rows, Rows]]:
    """Yield pairs as ids, some at a time, since lists of ids take much memory."""
    for start in range(0, len(pairs), _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        sides = (tokenizer.encode([pair[side] for pair in some]) for side, tokenizer in enumerate(tokenizers))
        kept = [
            both for both in zip(*sides, strict=True) if all(0 < len(ids) < LONGEST_PIECES for ids in both)
        ]
        yield Rows.of([source for source, _ in kept]), Rows.of([target for _, target in kept])


def _ranges(sizes: Mapping[str, int]) -> dict[str, range]:
    """Return the numbers of each group, one group behind the other."""
    ends = np.cumsum(list(sizes.values())).tolist()
    return {name: range(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}


def _cuts(ordered: Numbers, most_pieces: int) -> list[int]:
    """Return where a new batch begins among sentences whose lengths rise."""
    cuts, start = [], 0
    for index, length in enumerate(ordered.tolist()):
        if index > start and (index - start + 1) * length > most_pieces:
            cuts.append(index)
            start = index
    return cuts
