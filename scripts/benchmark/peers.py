"""Other live caption servers behind the same door, so that they are measured as we are."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from assistant.client import CaptionEvent
from assistant.client.errors import ServiceUnreachable
from assistant.core.errors import AssistantError
from assistant.core.speech.audio import Pcm
from benchmark.doors import Linger, Meeting, Notes, TrackIn
from benchmark.peer_protocols import Dialogue, Transcript, WhisperLive, WhisperLiveKit

PEERS = ("whisperlive", "whisperlivekit")

_READY_SECONDS = 120.0
_QUIET_SECONDS = 5.0
_POLL_SECONDS = 0.1
_CLOSE_SECONDS = 5.0


def dialogue_maker(peer: str, model: str) -> Callable[[str], Dialogue]:
    """Return what begins a dialogue in a language with one of `PEERS`."""
    if peer == "whisperlive":
        return lambda language: WhisperLive(str(uuid.uuid4()), language, model)
    return WhisperLiveKit


class PeerDoor:
    """A peer: it knows no rooms, each talk is a connection of its own.

    Args:
        url: Its address, `ws(s)`.
        begin: Makes the dialogue of a talk in a language.
        quiet_seconds: A peer that drops what waits at the end is given so long without news first.
    """

    def __init__(
        self, url: str, begin: Callable[[str], Dialogue], *, quiet_seconds: float = _QUIET_SECONDS
    ) -> None:
        self._url = url
        self._begin = begin
        self._quiet_seconds = quiet_seconds

    @asynccontextmanager
    async def meeting(self, room: str, notes: Notes, linger: Linger | None = None) -> AsyncIterator[Meeting]:
        """Return where talks can be joined; the peer has no rooms, and all is out when a talk stops."""
        del room, linger
        yield _PeerMeeting(self._url, self._begin, notes, self._quiet_seconds)


class _PeerMeeting:
    def __init__(
        self, url: str, begin: Callable[[str], Dialogue], notes: Notes, quiet_seconds: float
    ) -> None:
        self._url = url
        self._begin = begin
        self._notes = notes
        self._quiet_seconds = quiet_seconds

    def join(self, participant: str, language: str) -> AbstractAsyncContextManager[TrackIn]:
        dialogue = self._begin(language)
        return _PeerTrack(
            dialogue.address(self._url), dialogue, participant, language, self._notes, self._quiet_seconds
        )

    async def guard(self, work: Coroutine[Any, Any, object]) -> None:
        await work

    async def drain(self, last_seq: int) -> None:
        del last_seq  # a talk that has stopped is followed by nothing


class _PeerTrack:
    """One talk; entering it waits until the peer expects audio."""

    def __init__(
        self,
        url: str,
        dialogue: Dialogue,
        participant: str,
        language: str,
        notes: Notes,
        quiet_seconds: float,
    ) -> None:
        self._url = url
        self._dialogue = dialogue
        self._participant = participant
        self._language = language
        self._notes = notes
        self._quiet_seconds = quiet_seconds
        self._newest = Transcript("", 0)
        self._newest_at = 0.0
        self._rev = 0
        self._failure: AssistantError | None = None
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            self._socket = await connect(self._url, proxy=None, max_size=None, open_timeout=_READY_SECONDS)
        except (OSError, InvalidHandshake, TimeoutError) as error:
            raise ServiceUnreachable(f"No peer answers at {self._url}: {error}") from error
        self._reader = asyncio.create_task(self._read(self._socket))
        try:
            for frame in self._dialogue.opening():
                await self._socket.send(frame)
            await self._until(lambda: self._dialogue.ready, _READY_SECONDS)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def send(self, pcm: Pcm) -> None:
        """Send samples; raises the error with which the peer ended the talk."""
        self._check()
        await self._send(self._dialogue.audio(pcm))

    async def stop(self) -> None:
        """End the talk; what is shown then counts as final."""
        loop = asyncio.get_running_loop()
        if not self._dialogue.flushes:
            self._newest_at = max(self._newest_at, loop.time())
            while loop.time() - self._newest_at < self._quiet_seconds:
                self._check()
                await asyncio.sleep(_POLL_SECONDS)
        await self._send(self._dialogue.closing())
        if self._dialogue.flushes:
            await self._until(lambda: self._dialogue.finished, None)
        self._show(Transcript(self._newest.text, len(self._newest.text)), final=True)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                transcript = self._dialogue.receive(frame)
                if transcript is not None and transcript != self._newest:
                    self._newest, self._newest_at = transcript, asyncio.get_running_loop().time()
                    self._show(transcript, final=False)
        except ConnectionClosed:
            pass
        except AssistantError as error:
            self._failure = error
        if self._failure is None and not self._dialogue.finished:
            self._failure = ServiceUnreachable("The peer closed the connection.")

    def _show(self, transcript: Transcript, *, final: bool) -> None:
        self._rev += 1
        self._notes.note(
            CaptionEvent(
                seq=self._notes.newest_seq + 1,
                id=self._participant,
                rev=self._rev,
                participant=self._participant,
                speaker=self._participant,
                lang=self._language,
                source_lang=self._language,
                text=transcript.text,
                stable=transcript.stable,
                final=final,
                start_seconds=0.0,
                end_seconds=0.0,
            )
        )

    async def _send(self, frame: bytes) -> None:
        if self._socket is None:
            raise RuntimeError("the talk was not joined")
        try:
            await self._socket.send(frame)
        except ConnectionClosed as error:
            raise self._failure or ServiceUnreachable("The peer closed the connection.") from error

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _until(self, condition: Callable[[], bool], limit_seconds: float | None) -> None:
        try:
            async with asyncio.timeout(limit_seconds):
                while not condition():
                    self._check()
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise ServiceUnreachable(f"The peer at {self._url} did not become ready.") from error

    async def _close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket is not None:
            self._socket.close_timeout = _CLOSE_SECONDS
            await self._socket.close()
