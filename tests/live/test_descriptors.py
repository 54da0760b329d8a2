"""A service that may open few files: who only connects takes nothing from who talks."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.waiting import PATIENCE_SECONDS

pytestmark = [pytest.mark.weights, pytest.mark.slow]

_DESCRIPTORS = 256
_IDLE = 400
_CHUNK = 3_200


@pytest.fixture
def narrow(tmp_path: Path, whisper_weights: Path) -> Iterator[LiveService]:
    """A running service with 256 descriptors."""
    running = LiveService(tmp_path, whisper_weights.parent)
    running.descriptors = _DESCRIPTORS
    running.start()
    yield running
    running.stop()


def _audio(service: LiveService, who: str) -> connect:
    address = service.url.replace("http", "ws")
    return connect(
        f"{address}/v1/rooms/council/audio?participant={who}&language=en", proxy=None, open_timeout=60
    )


async def _ready(talker: ClientConnection) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert json.loads(await talker.recv())["type"] == "ready"


async def _acknowledged(talker: ClientConnection, samples: int) -> None:
    """Wait until all audio up to there is safe; anything but an acknowledgement is a fault."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            message = json.loads(await talker.recv())
            assert message["type"] == "ack", message
            if message["offset_samples"] >= samples:
                return


@pytest.mark.parametrize("readers", [False, True], ids=["silent sockets", "readers"])
async def test_idle_connections_do_not_drop_a_talker(
    narrow: LiveService,
    recordings: Recordings,
    readers: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    """With 256 descriptors and 400 idle sockets all audio is taken and captioned, and one more can join."""
    pcm = recordings["ljspeech-LJ001-0005"].pcm
    half = len(pcm) // 2 // _CHUNK * _CHUNK
    idle: list[socket.socket] = []
    try:
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(_audio(narrow, "ana"))
            await _ready(first)
            for start in range(0, half, _CHUNK):
                await first.send(pcm[start : start + _CHUNK].tobytes())
            for _ in range(_IDLE):
                idle.append(socket.create_connection(("127.0.0.1", narrow.port)))
                if readers:
                    idle[-1].sendall(_HANDSHAKE)
            await _acknowledged(first, half)
            second = await stack.enter_async_context(_audio(narrow, "ben"))
            await _ready(second)
            for start in range(half, len(pcm), _CHUNK):
                await first.send(pcm[start : start + _CHUNK].tobytes())
            await second.send(bytes(32_000))
            await _acknowledged(second, 16_000)
            await first.send('{"type": "stop"}')
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (message := json.loads(await first.recv()))["type"] == "ack":
                    pass
            assert message["type"] == "stopped"
    finally:
        for client in idle:
            client.close()
    written = " ".join(caption["text"] for caption in narrow.transcript("council"))
    assert len(written.split()) > 10
    log = narrow.log.read_text()
    assert "Too many open files" not in log
    assert "Traceback" not in log


_HANDSHAKE = (
    b"GET /v1/rooms/council/captions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
