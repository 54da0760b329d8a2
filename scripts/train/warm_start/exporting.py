"""From what was learnt to the files of a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from train.errors import NotTrainable
from train.warm_start.examples import Examples
from train.warm_start.marian import MarianModel
from train.warm_start.student import Student

_PAIRS = 150
"""Of each group, to measure activations on."""

_DEVIATIONS = 1.1
"""The largest number of a sentence may be so far over the mean of them, as in Firefox's own models."""


def blended(begun: MarianModel, checkpoints: Sequence[Path], blend: float, examples: Examples) -> MarianModel:
    """Return the mean of checkpoints with a part of what was before, which keeps more of its rare words.

    Args:
        begun: What learning began with.
        checkpoints: Files of weights.
        blend: Share (0..1) of what was learnt; the rest is `begun`.
        examples: To measure activations on: dev pairs, or where there are none, learnt ones.

    Raises:
        NotTrainable: Nothing was learnt yet.
    """
    if not checkpoints:
        raise NotTrainable("Nothing was learnt yet.")
    learnt = []
    for path in checkpoints:
        with np.load(path) as stored:
            learnt.append({name: stored[name].astype(np.float32) for name in stored.files})
    weights = {
        name: (1 - blend) * array + blend * np.mean([each[name] for each in learnt], 0)
        for name, array in begun.weights.items()
    }
    model = MarianModel(weights, begun.alphas, begun.architecture)
    return MarianModel(weights, _alphas(model, examples), begun.architecture)


@torch.no_grad()
def _alphas(model: MarianModel, examples: Examples) -> dict[str, float]:
    """Return 127 over the largest number that goes into each matrix in most sentences."""
    student = Student(model.weights)
    student.largest = {}
    for pairs in (examples.dev or examples.learnt).values():
        for number in pairs[:_PAIRS]:
            (batch,) = examples.batches(np.array([number]), 1, (0,))
            student(*map(torch.from_numpy, batch))
    return {
        name: 127 / float(np.mean(found) + _DEVIATIONS * np.std(found))
        for name, found in student.largest.items()
    }
