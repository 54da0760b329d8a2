"""Real services for tests that go the whole way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.service import LiveService


@pytest.fixture
def service(tmp_path: Path, whisper_weights: Path) -> Iterator[LiveService]:
    """A running service with the real weights and an empty data directory."""
    running = LiveService(tmp_path, whisper_weights.parent)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def without_french(tmp_path: Path, whisper_weights: Path) -> Iterator[LiveService]:
    """A running service that has text models between English and Portuguese only."""
    models = tmp_path / "models"
    for name in ("whisper-base", "translate-en-pt", "translate-pt-en"):
        shutil.copytree(whisper_weights.parent / name, models / name, copy_function=os.link)
    running = LiveService(tmp_path, models)
    running.start()
    yield running
    running.stop()
