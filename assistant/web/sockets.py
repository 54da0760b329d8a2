"""What both kinds of WebSockets share: opening, waiting for messages, ending with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.types import Message as AsgiMessage
from starlette.websockets import WebSocket, WebSocketDisconnect

from assistant.core.errors import AssistantError, MessageInvalid
from assistant.web.errors import close_code_of, internal_error
from assistant.web.messages import ErrorMessage, Message
from assistant.web.services import services_of

_log = structlog.get_logger(__name__)

_GOODBYE_SECONDS = 5.0


async def serve_socket(socket: WebSocket, converse: Callable[[WebSocket], Awaitable[None]]) -> None:
    """Accept a socket, let `converse` use it, and close it with the reason it ended for.

    The socket is accepted before anything is checked: a browser can read an error frame and a close
    code, but nothing of a handshake that failed.
    """
    with services_of(socket).lifetime.connection():
        await socket.accept()
        try:
            await converse(socket)
        except WebSocketDisconnect:
            return
        except AssistantError as error:
            await end_socket(socket, error)
        except Exception:  # noqa: BLE001 - whatever fails in one connection, the client is told and others go on
            _log.exception("socket_failed")
            await end_socket(socket, internal_error())
        else:
            await _close(socket, 1000, "")


async def end_socket(
    socket: WebSocket, error: AssistantError, *, patience_seconds: float = _GOODBYE_SECONDS
) -> None:
    """Tell the client why, and close.

    Args:
        socket: An accepted socket.
        error: The reason.
        patience_seconds: How long a client that reads nothing may take; then it learns nothing.
    """
    try:
        async with asyncio.timeout(patience_seconds):
            await send(socket, ErrorMessage.of(error))
            await _close(socket, close_code_of(error), error.code)
    except (TimeoutError, WebSocketDisconnect):
        return


async def send(socket: WebSocket, message: Message) -> None:
    """Send a message; raises WebSocketDisconnect when the client is gone."""
    await socket.send_text(message.to_json())


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await socket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect):
        return  # the client closed at the same moment


class Inbox:
    """The next message of a socket, to be waited for beside other things without being lost."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._task: asyncio.Task[AsgiMessage] | None = None

    @property
    def task(self) -> asyncio.Task[AsgiMessage]:
        """The task that gets the next message; the same one until `take` was called."""
        if self._task is None:
            self._task = asyncio.create_task(self._socket.receive(), name="socket-receive")
        return self._task

    def take(self) -> bytes | str:
        """Return the message that `task` got.

        Raises:
            WebSocketDisconnect: The client is gone.
        """
        message, self._task = self.task.result(), None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006), message.get("reason"))
        content: bytes | str | None = message.get("bytes")
        content = message.get("text") if content is None else content
        if content is None:
            raise MessageInvalid("A frame without content came.")
        return content

    async def close(self) -> None:
        """Stop waiting."""
        await cancel(self._task)


async def cancel(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel tasks and wait until they are gone; what they raise is of no interest any more."""
    going = [task for task in tasks if task is not None]
    for task in going:
        task.cancel()
    await asyncio.gather(*going, return_exceptions=True)
