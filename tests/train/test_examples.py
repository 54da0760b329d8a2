"""Examples as ids, and the batches that are drawn from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from train.warm_start.examples import END, Examples, Pools, Rows
from train.warm_start.recipe import Recipe

RECIPE = Recipe("fr", "en", pool_pairs=100, batch_pieces=200)


@pytest.fixture
def examples() -> Examples:
    """A hundred pairs of many lengths in two groups, and ten that are never learnt from."""
    sources = [[2 + n] * (1 + n % 9) for n in range(110)]
    targets = [[2 + n] * (1 + n % 7) for n in range(110)]
    groups = {"talk": range(80), "legal": range(80, 100), "dev: talk": range(100, 110)}
    return Examples(Rows.of(sources), Rows.of(targets), groups)


def first_ids(batches: Pools, pool: int) -> list[int]:
    """Return what tells the pairs of a pool apart, in the order of its batches."""
    return [int(row[0]) for batch in batches.batches(pool) for row in batch.source]


def test_rows_come_back_as_they_were() -> None:
    """Each closed by its end; padding stands behind, and only there."""
    table, inside = Rows.of([[5, 6], [7], [8, 9, 10]]).padded(np.array([2, 1]))
    assert table.tolist() == [[8, 9, 10, END], [7, END, END, END]]
    assert inside.tolist() == [[True] * 4, [True, True, False, False]]


def test_examples_are_kept_as_they_are(examples: Examples, tmp_path: Path) -> None:
    """Ids, lengths and groups; what is never learnt from stays apart."""
    examples.save(tmp_path / "examples.npz")
    again = Examples.load(tmp_path / "examples.npz")
    assert np.array_equal(again.source.ids, examples.source.ids)
    assert np.array_equal(again.target.ends, examples.target.ends)
    assert again.learnt == {"talk": range(80), "legal": range(80, 100)}
    assert again.dev == {"talk": range(100, 110)}


def test_batches_hold_each_pair_once(examples: Examples) -> None:
    """With no more pieces than allowed, and in the same order for the same seed."""
    numbers = np.arange(110)
    batches = list(examples.batches(numbers, 200, (1, 2)))
    assert sorted(int(row[0]) for batch in batches for row in batch.source) == list(range(2, 112))
    for batch in batches:
        assert max(batch.source.size, batch.target.size) <= 200
        assert (batch.source[:, 0] == batch.target[:, 0]).all()
        assert (batch.target[batch.target_mask] == END).sum() == len(batch.target)
    again, other = (list(examples.batches(numbers, 200, (1, seed))) for seed in (2, 3))
    assert all(np.array_equal(a.source, b.source) for a, b in zip(batches, again, strict=True))
    assert not all(np.array_equal(a.source, b.source) for a, b in zip(batches, other, strict=True))


def test_groups_have_their_share_whatever_their_size(examples: Examples) -> None:
    """Of the target pieces; small groups come again and again, each pair once before any a second time."""
    pools = Pools(examples, {"talk": 1.0, "legal": 3.0}, RECIPE)
    ids = [number for pool in range(4) for number in first_ids(pools, pool)]
    legal = [number for number in ids if number >= 82]
    assert 0.7 < len(legal) / len(ids) < 0.8
    assert set(ids) <= set(range(2, 102))
    counts = [legal.count(number) for number in range(82, 102)]
    assert max(counts) - min(counts) <= 1
    assert first_ids(pools, 1) == first_ids(Pools(examples, {"talk": 1.0, "legal": 3.0}, RECIPE), 1)
    assert first_ids(pools, 1) != first_ids(pools, 0)
