"""Two channels or tracks that carry the same voice with opposite signs are mixed without losing it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WINDOW_SAMPLES = 1_600
"""100 ms: long enough to tell voices from chance, short enough to lose no word before it is noticed."""

_CANCELLED_SHARE = 0.1
"""Share of its parts' power. Voices that are not related to each other keep half of it, equal ones all."""

_LEAST_POWER = 64.0**2
"""Power of both parts together, in squared 16-bit steps: what is softer says nothing about signs."""

_FADE_SAMPLES = 160

Wide = NDArray[np.float32]
"""Mono audio at 16 kHz in 16-bit steps, wide enough for sums."""


class PhaseMixer:
    """Adds two channels; the second is turned round while adding it as it is would cancel the first."""

    def __init__(self) -> None:
        self._sign = 1.0

    def added(self, first: Wide, second: Wide) -> Wide:
        """Return the sum of two stretches of equal length, which follow those of the last call."""
        whole = np.empty(len(first), dtype=np.float32)
        for start in range(0, len(first), _WINDOW_SAMPLES):
            window = slice(start, start + _WINDOW_SAMPLES)
            whole[window] = self._window(first[window], second[window])
        return whole

    def _window(self, first: Wide, second: Wide) -> Wide:
        apart = float(np.vdot(first, first) + np.vdot(second, second))
        together = apart + 2 * self._sign * float(np.vdot(first, second))
        if len(first) < _FADE_SAMPLES:  # too short to tell signs from chance
            return first + np.float32(self._sign) * second
        # For parts of equal loudness their sum has twice the power of both together, half it, or none.
        if apart < _LEAST_POWER * len(first) or together >= 2 * _CANCELLED_SHARE * apart:
            return first + np.float32(self._sign) * second
        signs = np.full(len(second), -self._sign, dtype=np.float32)
        fade = min(len(signs), _FADE_SAMPLES)
        signs[:fade] = np.linspace(self._sign, -self._sign, fade, dtype=np.float32)
        self._sign = -self._sign
        return np.asarray(first + signs * second, dtype=np.float32)


def within_range(mix: Wide) -> NDArray[np.int16]:
    """Return a mix as 16-bit samples, made softer as a whole where its loudest sample would not fit."""
    peak = float(np.max(np.abs(mix), initial=0.0))
    fitting = mix * np.float32(32_767.0 / peak) if peak > 32_767.0 else mix  # noqa: PLR2004 # 16 bits
    return np.asarray(np.rint(fitting), dtype=np.int16)
