"""Epochs as ids, and batches of them."""

from __future__ import annotations

import numpy as np
import pytest
from train.translation.corpus import Pair, Source, pairs_of_epoch
from train.translation.examples import Examples, Rows, encode
from train.translation.pieces import BEGIN, END, PAD, open_pieces, train_pieces
from train.translation.recipe import Recipe

RECIPE = Recipe("fr", "en")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """A hundred pairs of many lengths."""
    path = tmp_path_factory.mktemp("pieces") / "sentencepiece.model"
    pairs = [Pair("un deux trois quatre " * (1 + n % 9), "one two three " * (1 + n % 7)) for n in range(100)]
    train_pieces((side for pair in pairs for side in pair), 300, path, 1)
    return encode(iter(pairs), open_pieces(path), 0.0, 1)


def test_batches_hold_each_pair_once(examples: Examples) -> None:
    """With little padding, no more pieces than allowed, and in the same order for the same seed."""
    batches = list(examples.batches(200, (1, 2)))
    assert sum(len(source) for source, _ in batches) == len(examples) == 100
    for source, target in batches:
        assert len(source) == len(target)
        assert max(source.size, target.size) <= 200
        assert (target[:, 0] == BEGIN).all()
        assert ((target == END).sum(1) == 1).all()
        assert not (source == PAD).all(1).any()
    again = list(examples.batches(200, (1, 2)))
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(batches, again, strict=True))
    other = list(examples.batches(200, (1, 3)))
    assert not all(np.array_equal(a[0], b[0]) for a, b in zip(batches, other, strict=True))


def test_rows_come_back_as_they_were() -> None:
    """Padding stands behind, and only there."""
    rows = Rows.of([[5, 6], [7], [8, 9, 10]])
    assert rows.lengths.tolist() == [2, 1, 3]
    assert rows.padded(np.array([2, 0])).tolist() == [[8, 9, 10], [5, 6, PAD]]


@pytest.mark.parametrize(("share", "seen"), [(0.5, 50), (1.0, 100), (2.3, 230)])
def test_a_share_says_how_often_a_pair_is_seen(share: float, seen: int) -> None:
    """In each epoch; a half takes another half each time."""
    corpus = {"legal": [Pair(str(n), str(n)) for n in range(100)]}
    sources = {"legal": Source("", "", "", share)}
    first, second = (list(pairs_of_epoch(corpus, sources, RECIPE, epoch)) for epoch in (0, 1))
    assert len(first) == len(second) == seen
    assert (first == second) == (share == int(share))
    assert first == list(pairs_of_epoch(corpus, sources, RECIPE, 0))
