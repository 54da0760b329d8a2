"""One connection of a participant to their track."""

from __future__ import annotations

import asyncio
from typing import Protocol

from assistant.captioning.track import TrackSession
from assistant.core.errors import AssistantError, StoreUnavailable
from assistant.core.speech.audio import Pcm

_LOOK_SECONDS = 0.25


class Leave(Protocol):
    """Called when a connection ends."""

    async def __call__(self, connection: TrackConnection, *, stop: bool) -> int:
        """Return the `seq` of the last caption where `stop` is set, else 0."""


class TrackConnection:
    """Brings audio to one track until it ends, breaks or is let go.

    Attributes:
        session: The id with which a client resumes.
        received_samples: Where the client has to begin sending, in samples at 16 kHz.
    """

    def __init__(self, track: TrackSession, leave: Leave, patience_seconds: float) -> None:
        """Connect somebody.

        Args:
            track: Where their audio goes.
            leave: Called when they stop or the connection breaks.
            patience_seconds: How long they are held back for a disk that takes nothing, before they are sent
                away to come back.
        """
        self.session = track.track.session
        self.received_samples = track.front_end.received_samples
        self._track = track
        self._leave = leave
        self._patience_seconds = patience_seconds
        self._why: asyncio.Future[AssistantError] = asyncio.get_running_loop().create_future()

    @property
    def talking(self) -> bool:
        """Whether somebody is speaking."""
        return self._track.talking

    async def send_audio(self, pcm: Pcm) -> None:
        """Take in the next samples (mono, 16 kHz), all or, with an error, none.

        Raises:
            AssistantError: Why the connection was let go.
            StoreUnavailable: The disk has taken nothing for so long that no more fits into memory.
        """
        await self._wait_for_disk()
        async with self._track.receiving:
            if self._why.done():
                raise self._why.result()
            await self._track.receive(pcm)

    async def rename(self, name: str) -> None:
        """Show what is said from now on under another name."""
        await self._track.rename(name)

    async def speak(self, language: str) -> None:
        """Take what is said from now on for a language (a BCP-47 primary subtag), or detect it (`auto`)."""
        await self._track.speak(language)

    async def _wait_for_disk(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._patience_seconds
        while self._track.front_end.backed_up and not self._why.done():
            try:
                await self._track.acknowledge()
            except StoreUnavailable:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.wait([self._why], timeout=_LOOK_SECONDS)

    async def acknowledge(self) -> int:
        """Force received audio to disk; return how many samples are safe; raises as `send_audio` does.

        Raises:
            StoreUnavailable: The disk takes nothing now; what came is kept in memory.
        """
        if self._why.done():
            raise self._why.result()  # nothing is written of a room that was deleted
        return await self._track.acknowledge()

    async def stop(self) -> int:
        """End the track; return the `seq` of its last caption once that is out."""
        return await self._leave(self, stop=True)

    async def detach(self) -> None:
        """End the connection, but not the track, which may be resumed."""
        await self._leave(self, stop=False)

    async def displaced(self) -> AssistantError:
        """Wait until the service lets this connection go; return why."""
        return await asyncio.shield(self._why)

    def let_go(self, why: AssistantError) -> None:
        """End the connection from this side."""
        if not self._why.done():
            self._why.set_result(why)
