"""A real LiveKit server, and the real service that listens to its meetings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.service import LiveService
from tests.meetings.livekit_server import HOW_TO_GET_IT, KEY, SECRET, LiveKitServer, find_server


@pytest.fixture
def livekit_program() -> str:
    """The path of the LiveKit server."""
    program = find_server()
    if program is None:
        pytest.skip(HOW_TO_GET_IT)
    return program


@pytest.fixture
def livekit(tmp_path: Path, livekit_program: str) -> Iterator[LiveKitServer]:
    """A running LiveKit server."""
    server = LiveKitServer(livekit_program, tmp_path)
    server.start()
    yield server
    server.stop()


StartService = Callable[..., LiveService]


@pytest.fixture
def start_service(tmp_path: Path, whisper_weights: Path) -> Iterator[StartService]:
    """Starts the service with the real weights, at home in the meetings of a LiveKit server."""
    running: list[LiveService] = []

    def start(server: LiveKitServer, **settings: str) -> LiveService:
        asked = {
            "livekit_url": server.url,
            "livekit_api_key": KEY,
            "livekit_api_secret": SECRET,
            # On a busy machine LiveKit may tell of those who are there after many seconds.
            "livekit_empty_seconds": "60",
            **settings,
        }
        service = LiveService(tmp_path, whisper_weights.parent, **asked)
        service.start()
        running.append(service)
        return service

    yield start
    for service in running:
        service.stop()
        sys.stderr.write(service.log.read_text()[-20_000:])  # shown where the test fails
