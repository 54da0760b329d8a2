"""What learns needs an environment of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.bootstrap import build_weights
from assistant.core.errors import AssistantError
from assistant.settings import Settings

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
def parents() -> None:
    """The models that learning begins with are here."""
    weights = build_weights(Settings())
    for name in ("translate-pt-en", "translate-en-pt"):
        try:
            weights.path(name)
        except AssistantError:
            pytest.skip(f"{name} is not here: “assistant models pull {name}” fetches it")


@pytest.fixture
def run_training() -> Run:
    """Runs Python, with such arguments, in the environment of the recipes; returns all that it said.

    With `until` it is sent SIGTERM as soon as it says that.
    """
    python = _ROOT / ".venv-train" / "bin" / "python"
    if not python.exists():
        pytest.skip("needs the training environment: scripts/train/run --help makes it")
    environment = os.environ | {"PYTHONPATH": f"{_ROOT / 'scripts'}{os.pathsep}{_ROOT}"}

    def run(*arguments: str | Path, until: str = "") -> str:
        said = ""
        with subprocess.Popen(
            [python, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            assert running.stdout
            late = threading.Timer(_TRAINING_SECONDS, running.kill)
            late.daemon = True
            late.start()
            try:
                for line in running.stdout:
                    said += line
                    if until and until in line:
                        running.send_signal(signal.SIGTERM)
            except BaseException:
                running.kill()
                raise
            finally:
                late.cancel()
        assert running.returncode == 0, said
        return said

    return run
