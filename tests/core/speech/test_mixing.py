"""Channels of opposite sign are mixed without losing the voice."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.core.speech.mixing import PhaseMixer, Wide, within_range

NOISE = np.random.default_rng(3)


def voice(samples: int = 16_000) -> Wide:
    return np.asarray(NOISE.normal(0.0, 2_000.0, samples), dtype=np.float32)


def power(mix: Wide) -> float:
    return float(np.mean(mix.astype(np.float64) ** 2))


@pytest.mark.parametrize("gain", [-1.0, -0.8, -1.2])
def test_opposite_channels_do_not_cancel(gain: float) -> None:
    """Also where one is softer."""
    first = voice()
    assert power(PhaseMixer().added(first, np.float32(gain) * first)) > 2.5 * power(first)


def test_others_are_added_as_they_are() -> None:
    """Equal ones, independent ones, and a silent one."""
    first, second = voice(), voice()
    for other in (first, second, np.zeros_like(first)):
        assert np.allclose(PhaseMixer().added(first, other), first + other)


def test_signs_may_change() -> None:
    """One speaker's microphone is turned round, the next one's is not."""
    mixer, first, second = PhaseMixer(), voice(), voice()
    mixer.added(first, -first)
    assert power(mixer.added(second, second)[1_600:]) > 3.5 * power(second)


def test_what_is_too_loud_is_made_softer() -> None:
    """Nothing is cut off."""
    mix = np.asarray([60_000.0, -20_000.0], dtype=np.float32)
    assert within_range(mix).tolist() == [32_767, -10_922]
