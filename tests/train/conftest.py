"""What learns needs an environment of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]

Run = Callable[..., str]


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
            timeout=170,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run
