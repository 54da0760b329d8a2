"""The position encodings, the same where the model learns and where it is converted."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

MOST_PLACES = 320
"""In the model; the service may ask for longer text than was learnt from."""


def sinusoids(width: int) -> npt.NDArray[np.float32]:
    """Return the encodings (`MOST_PLACES`, width) of Vaswani et al. 2017, "Attention Is All You Need"."""
    angles = np.arange(MOST_PLACES)[:, None] * np.exp(np.arange(0, width, 2) * (-math.log(1e4) / width))
    return np.stack((np.sin(angles), np.cos(angles)), -1).reshape(MOST_PLACES, width).astype(np.float32)
