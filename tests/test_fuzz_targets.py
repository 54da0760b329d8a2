"""The targets of `scripts/fuzz`, on their seeds and on a few inputs made of them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = "webm ogg mp4 opus recording glossary glossary_json agenda notes messages operations".split()


def module(name: str) -> ModuleType:
    """Return a module of the script, which is no part of the package."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
    try:
        return importlib.import_module(f"fuzzing.{name}")
    finally:
        sys.path.pop(0)


def test_every_target_is_tried_here() -> None:
    """A new one needs its name above."""
    assert set(module("targets").TARGETS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_inputs_are_refused_in_order(name: str) -> None:
    """Seeds with some bytes changed, and bytes of any kind: refused with an error of ours, or read."""
    target = module("targets").TARGETS[name]
    seeds = module("seeds").seeds(name)

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=module("engines").mutations(seeds) | st.binary(max_size=200))
    def check(data: bytes) -> None:
        target(data)

    for seed in seeds:
        target(seed)
    check()
