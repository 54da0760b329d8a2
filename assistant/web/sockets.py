"""What all WebSockets share: opening, waiting for messages, ending with a reason."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

import structlog
from starlette.types import Message as AsgiMessage
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from assistant.core.errors import AssistantError, MessageInvalid
from assistant.tasks.owner import TaskOwner
from assistant.web.errors import close_code_of, fault_of
from assistant.web.messages import ErrorMessage, Message
from assistant.web.services import services_of

_log = structlog.get_logger(__name__)

T = TypeVar("T")
_GOODBYE_SECONDS = 5.0
_TURNS_TO_READ = 3
"""Turns of the event loop in which what the operating system holds of a socket comes through."""


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
        except Exception as error:  # noqa: BLE001 - whatever fails in one connection, the others go on
            _log.exception("socket_failed")
            await end_socket(socket, fault_of(error))
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
    try:
        await socket.send_text(message.to_json())
    except WebSocketDisconnected as error:  # it was closed, or found gone, while something else was sent
        raise WebSocketDisconnect(1006) from error


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await socket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect):
        return  # the client closed at the same moment


class Upcoming(Generic[T]):
    """The next of several things, to be waited for beside other things without being lost."""

    def __init__(self, get: Callable[[], Coroutine[Any, Any, T]], name: str) -> None:
        """Take from `get`, one call at a time, in tasks of that name."""
        self._get = get
        self._name = name
        self._tasks = TaskOwner()
        self._task: asyncio.Task[T] | None = None

    @property
    def task(self) -> asyncio.Task[T]:
        """The task that gets the next one; the same until `take` was called."""
        if self._task is None:
            self._task = self._tasks.start(self._get(), self._name, awaited=True)
        return self._task

    def take(self) -> T:
        """Return what `task` got, or raise as it did."""
        got, self._task = self.task.result(), None
        return got

    async def close(self) -> None:
        """Stop waiting."""
        await self._tasks.close()


async def receive(socket: WebSocket) -> bytes | str:
    """Wait for the next message of a socket; raises WebSocketDisconnect when the client is gone."""
    return _content_of(await socket.receive())


class Gatherer:
    """The messages of a socket, read ahead, for many small ones that are best handled together.

    A message costs mostly what wakes the process up for it. So a reader that is in no hurry lets them
    gather with the operating system for a moment and then gets all of them at once.
    """

    def __init__(self, socket: WebSocket, *, limit_bytes: int) -> None:
        """Begin to read ahead, as far as `limit_bytes` and one message more."""
        self._socket = socket
        self._limit_bytes = limit_bytes
        self._held_bytes = 0
        self._messages: deque[bytes | str] = deque()
        self._open = asyncio.Event()
        self._open.set()
        self._stirred = asyncio.Event()
        self._tasks = TaskOwner()
        self._task = self._tasks.start(self._read(), "socket-receive", awaited=True)
        self._task.add_done_callback(lambda _: self.stir())

    def stir(self) -> None:
        """End what `wait` or `rest` is waiting for."""
        self._stirred.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a message, for `stir`, or for the end of the connection, at most so long."""
        if not self._messages and not self._task.done():
            await self._stir_within(seconds)
        self._stirred.clear()

    async def rest(self, seconds: float) -> None:
        """Let messages gather, until the clock of the event loop shows a multiple of `seconds`.

        Whoever rests at the same time wakes up together, which wakes the process up less often.
        """
        loop = asyncio.get_running_loop()
        self._open.clear()
        self._stirred.clear()
        if not self._task.done():
            await self._stir_within(seconds - loop.time() % seconds)
        self._open.set()
        for _ in range(_TURNS_TO_READ):
            await asyncio.sleep(0)

    def take(self) -> list[bytes | str]:
        """Return the messages that have come, none if none has.

        Raises:
            WebSocketDisconnect: The client is gone, and all its messages were taken.
        """
        if not self._messages and self._task.done():
            self._task.result()
        taken = list(self._messages)
        self._messages.clear()
        self._held_bytes = 0
        self._open.set()
        return taken

    async def close(self) -> None:
        """Stop reading."""
        await self._tasks.close()

    async def _read(self) -> None:
        while True:
            await self._open.wait()
            message = await receive(self._socket)
            self._messages.append(message)
            self._held_bytes += len(message)
            if self._open.is_set():
                self._stirred.set()
            if self._held_bytes >= self._limit_bytes:
                self._open.clear()

    async def _stir_within(self, seconds: float) -> None:
        alarm = asyncio.get_running_loop().call_later(seconds, self.stir)
        try:
            await self._stirred.wait()
        finally:
            alarm.cancel()


def _content_of(message: AsgiMessage) -> bytes | str:
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006), message.get("reason"))
    content: bytes | str | None = message.get("bytes")
    content = message.get("text") if content is None else content
    if content is None:
        raise MessageInvalid("A frame without content came.")
    return content
