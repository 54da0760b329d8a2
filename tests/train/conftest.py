"""The recipes are a package beside the scripts; what learns needs an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(_ROOT / "scripts"))


@pytest.fixture
def train_python() -> Path:
    """The Python that has PyTorch."""
    python = _ROOT / ".venv-train" / "bin" / "python"
    if not python.exists():
        pytest.skip("needs the training environment: scripts/train/run --help makes it")
    return python
