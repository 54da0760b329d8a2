"""Real services for tests that go the whole way."""

from __future__ import annotations

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
