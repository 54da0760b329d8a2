"""What learns needs an environment of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]

Run = Callable[..., str]

_TRAINING_SECONDS = 900.0
"""A recipe computes all the time: beside others that do so too, it takes several times as long as alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what trains the time that it may take."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TRAINING_SECONDS + 60.0))


@pytest.fixture
def run_training() -> Run:
    """Runs Python, with such arguments, in the environment of the recipes; returns all that it said."""
    python = _ROOT / ".venv-train" / "bin" / "python"
    if not python.exists():
        pytest.skip("needs the training environment: scripts/train/run --help makes it")
    environment = os.environ | {"PYTHONPATH": f"{_ROOT / 'scripts'}{os.pathsep}{_ROOT}"}

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [python, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_TRAINING_SECONDS,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run
