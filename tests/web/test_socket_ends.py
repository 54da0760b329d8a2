"""How a socket ends."""

from __future__ import annotations

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from assistant.core.errors import ShuttingDown
from assistant.web.messages import ErrorMessage
from assistant.web.sockets import end_socket, send


async def closed_socket() -> tuple[WebSocket, list[str]]:
    """Return a socket that this side has closed, and what was sent through it."""
    sent: list[str] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def take(message: Message) -> None:
        sent.append(message["type"])

    socket = WebSocket({"type": "websocket"}, receive, take)
    await socket.accept()
    await socket.close()
    return socket, sent


async def test_a_socket_that_is_closed_already_ends_without_a_fault() -> None:
    """Two reasons to end can come at the same moment; the first one is told."""
    socket, sent = await closed_socket()
    await end_socket(socket, ShuttingDown("The service is shutting down."))
    assert sent == ["websocket.accept", "websocket.close"]


async def test_who_sends_through_it_learns_that_nobody_reads() -> None:
    """The same exception as where the client has gone, which every conversation ends with."""
    socket, _ = await closed_socket()
    with pytest.raises(WebSocketDisconnect):
        await send(socket, ErrorMessage.of(ShuttingDown("Late.")))
