"""Answers a request or a socket with an error before any route sees it."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from assistant.core.errors import AssistantError
from assistant.web.errors import error_response
from assistant.web.sockets import end_socket


async def refuse(error: AssistantError, scope: Scope, receive: Receive, send: Send) -> None:
    """Tell the client why, and be done with it."""
    if scope["type"] == "http":
        await error_response(error)(scope, receive, send)
        return
    # Accepted first: a browser can read an error frame, but nothing of a handshake that failed.
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    await end_socket(socket, error)
