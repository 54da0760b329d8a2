"""The mean of the last checkpoints, which translates better than the last one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch


def average(checkpoints: Sequence[Path], path: Path) -> None:
    """Write the mean of files of weights as arrays of float16 under the names of the model's parameters."""
    loaded = [torch.load(each, map_location="cpu", weights_only=True) for each in checkpoints]
    mean = {name: torch.stack([each[name].float() for each in loaded]).mean(0) for name in loaded[0]}
    arrays = {name: value.numpy().astype(np.float16) for name, value in mean.items() if name != "places"}
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)
