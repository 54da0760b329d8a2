"""One participant's audio on its way into a room, through broken connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from assistant.client.backlog import Backlog
from assistant.client.connection import Attempts, Endpoint, Retry, dial
from assistant.client.errors import ContractBroken
from assistant.client.messages import STOP, Acknowledged, Ready, Stopped, parse_message
from assistant.core.errors import AssistantError, SessionUnknown
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.tasks.owner import TaskOwner


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """The bounds of a stream.

    Attributes:
        backlog_samples: Unacknowledged audio kept; when it is reached, `send` waits. Nothing is dropped.
        frame_samples: The longest frame on the wire.
        ready_seconds: How long the service may take to say that it is ready.
    """

    backlog_samples: int = 60 * SAMPLE_RATE
    frame_samples: int = SAMPLE_RATE // 2
    ready_seconds: float = 20.0


class AudioStream:
    """Streams 16 kHz mono samples of one participant and resumes after a broken connection.

    Use it as an asynchronous context manager: entering waits until the service is ready, leaving
    closes the connection. Without `stop` before, the service keeps the track open for a resumption
    with `session`. `send` and `stop` raise the error with which the service ended the stream.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        room: str,
        participant: str,
        *,
        name: str = "",
        language: str = "auto",
        session: str | None = None,
        limits: StreamLimits | None = None,
        retry: Retry | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._room = room
        self._parameters = {
            "participant": participant,
            "name": name or participant,
            "language": language,
            "encoding": "pcm_s16le",
            "sample_rate": str(SAMPLE_RATE),
            "channels": "1",
        }
        self._session = session
        self._limits = limits or StreamLimits()
        self._attempts = Attempts(retry or Retry())
        self._backlog = Backlog(self._limits.backlog_samples)
        self._changed = asyncio.Condition()
        self._stopping = False
        self._stop_sent = False
        self._stopped_seq: int | None = None
        self._failure: AssistantError | None = None
        self._ready = False
        self._finished = False
        self._tasks = TaskOwner()

    @property
    def session(self) -> str | None:
        """The id with which this track can be resumed; None before the service gave one."""
        return self._session

    @property
    def acknowledged_samples(self) -> int:
        """All audio before this offset is safe with the service."""
        return self._backlog.acknowledged_samples

    @property
    def sent_samples(self) -> int:
        """How much audio of the track has left this client."""
        return self._backlog.appended_samples - self._backlog.unsent_samples

    async def __aenter__(self) -> Self:
        """Connect and wait until the service expects audio.

        Raises:
            AssistantError: The service refuses or cannot be reached.
        """
        self._tasks.start(self._run(), "audio-stream")
        try:
            await self._until(lambda: self._ready)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        await self.close()

    async def send(self, pcm: Pcm) -> None:
        """Hand over samples; waits while the backlog is full.

        Args:
            pcm: The continuation of the track, int16 at 16 kHz; it is copied.

        Raises:
            AssistantError: The service ended the stream.
        """
        if self._stopping:
            raise ValueError("the stream was stopped")
        await self._until(lambda: not self._backlog.full)
        self._backlog.append(pcm)
        await self._notify()

    async def stop(self) -> int | None:
        """Say that the participant has ended; return the `seq` of the last caption once it is out.

        Returns None when the service ended the track, but its answer was lost with a connection.

        Raises:
            AssistantError: The service ended the stream before.
        """
        self._stopping = True
        await self._notify()
        await self._until(lambda: self._finished)
        return self._stopped_seq

    async def close(self) -> None:
        """Let the connection go; safe to call more than once."""
        await self._tasks.close()

    async def _run(self) -> None:
        try:
            while not await self._connect_once():
                pass
        except AssistantError as error:
            self._failure = error
        finally:
            self._finished = True
            await self._notify()

    async def _connect_once(self) -> bool:
        """Serve one connection; return whether the track has ended, after a wait if it has not."""
        try:
            async with await dial(self._endpoint, self._url()) as socket:
                await self._serve(socket)
        except SessionUnknown:
            if not self._stop_sent:
                raise
        except (ConnectionClosed, OSError) as broken:
            await self._attempts.failed(broken)
            return False
        except AssistantError as error:
            if not error.retryable:
                raise
            await self._attempts.failed(error)
            return False
        return True

    def _url(self) -> str:
        parameters = dict(self._parameters)
        if self._session is not None:
            parameters["session"] = self._session
        return self._endpoint.socket_url("rooms", self._room, "audio", **parameters)

    async def _serve(self, socket: ClientConnection) -> None:
        async with asyncio.timeout(self._limits.ready_seconds):
            ready = parse_message(await socket.recv())
        if not isinstance(ready, Ready):
            raise ContractBroken("The service did not say that it is ready.")
        self._session = ready.session
        self._backlog.resume(ready.offset_samples)
        self._ready = True
        await self._notify()
        async with TaskOwner() as tasks:
            both = (self._listen(socket), "audio-stream-listen"), (self._pump(socket), "audio-stream-pump")
            await asyncio.gather(*(tasks.start(work, name, awaited=True) for work, name in both))

    async def _listen(self, socket: ClientConnection) -> None:
        """Take messages until the track has ended; raise when the connection ends before."""
        async for frame in socket:
            message = parse_message(frame)
            self._attempts.succeeded()
            if isinstance(message, Acknowledged):
                self._backlog.acknowledge(message.offset_samples)
                await self._notify()
            elif isinstance(message, Stopped):
                self._stopped_seq = message.seq
                return
        raise ConnectionError("The connection ended before the track.")

    async def _pump(self, socket: ClientConnection) -> None:
        """Send what waits; after the last sample of a stopping stream send `stop` and return."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._backlog.unsent_samples > 0 or self._stopping)
            frame = self._backlog.take(self._limits.frame_samples)
            if frame.size:
                await socket.send(frame.astype("<i2").tobytes())
            else:
                self._stop_sent = True
                await socket.send(STOP)
                return

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait for `condition`; raise what ended the stream if that comes first."""
        async with self._changed:
            await self._changed.wait_for(lambda: condition() or self._finished)
        if self._failure is not None:
            raise self._failure
        if self._finished and not self._stopping:
            raise RuntimeError("the stream is closed")

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
