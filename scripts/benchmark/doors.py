"""Ways into a caption service and out of it again: ours here, those of peers in `peers`.

Everything that is shown arrives in one `Notes`, as the event type of our own contract, so that all
services are scored alike.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from assistant.client import AudioStream, CaptionEvent, CaptionReader, Endpoint, Hello, Retry, StatusEvent
from assistant.core.language import SOURCE
from assistant.core.speech.audio import Pcm
from benchmark.scoring import Shown

_REQUEST_SECONDS = 10.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Late:
    """A status event and the moment it arrived."""

    at_seconds: float
    status: StatusEvent


@dataclass(slots=True)
class Notes:
    """All that readers saw, with its moment on the clock of the event loop.

    Attributes:
        events: Captions as they were said.
        read: What the reader of each other language got.
        statuses: What readers were told about lateness.
        newest_at: When the newest caption came, in whatever language.
        newest_seq: The highest number of any caption.
    """

    events: list[Shown] = field(default_factory=list)
    read: dict[str, list[Shown]] = field(default_factory=dict)
    statuses: list[Late] = field(default_factory=list)
    newest_at: float = 0.0
    newest_seq: int = 0

    def note(self, event: CaptionEvent | StatusEvent, lang: str = SOURCE) -> None:
        """Write down an event that has just arrived at the reader of a language."""
        now = asyncio.get_running_loop().time()
        if isinstance(event, CaptionEvent):
            self.newest_at, self.newest_seq = now, max(self.newest_seq, event.seq)
            (self.events if lang == SOURCE else self.read.setdefault(lang, [])).append(Shown(now, event))
        elif lang == SOURCE:  # all readers are told the same
            self.statuses.append(Late(now, event))

    def of(self, participant: str) -> tuple[Shown, ...]:
        """Return the captions of one participant as they were said, in order of arrival."""
        return _of(participant, self.events)

    def read_of(self, participant: str) -> dict[str, tuple[Shown, ...]]:
        """Return what the reader of each other language got of one participant."""
        return {lang: _of(participant, events) for lang, events in self.read.items()}


def _of(participant: str, events: Sequence[Shown]) -> tuple[Shown, ...]:
    return tuple(shown for shown in events if shown.caption.participant == participant)


@dataclass(frozen=True, slots=True)
class Linger:
    """How long a run waits for late revisions after the last participant has left.

    Attributes:
        quiet_seconds: It ends when nothing came for this long.
        most_seconds: It ends after this long in any case.
    """

    quiet_seconds: float = 3.0
    most_seconds: float = 30.0


class TrackIn(Protocol):
    """One participant's audio on its way in."""

    async def send(self, pcm: Pcm) -> None:
        """Send samples at 16 kHz."""

    async def stop(self) -> int | None:
        """Say that the participant leaves; return once the last caption is out, with its number."""


class Meeting(Protocol):
    """A room of a service with somebody who notes all that is shown."""

    def join(self, participant: str, language: str) -> AbstractAsyncContextManager[TrackIn]:
        """Return a participant's track; entering it raises AssistantError where it is refused."""

    async def guard(self, work: Coroutine[Any, Any, object]) -> None:
        """Do `work`; raise what stops the noting if that comes first."""

    async def drain(self, last_seq: int) -> None:
        """Wait until event `last_seq` and what may follow it has been noted."""


class Door(Protocol):
    """A caption service."""

    def meeting(
        self, room: str, notes: Notes, linger: Linger | None = None
    ) -> AbstractAsyncContextManager[Meeting]:
        """Open a room; leaving it cleans up."""


class OurDoor:
    """The public sockets of this service.

    Args:
        endpoint: Where it is.
        read: BCP-47 codes of languages that are read beside the one that is spoken.
        spoken: BCP-47 codes of the languages that rooms name as spoken in them; none names none.
        patience_seconds: How long a service that does not answer is asked again; a refusal is a result of
            the run, so that is not for long.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        read: Sequence[str] = (),
        *,
        spoken: Sequence[str] = (),
        patience_seconds: float = 5.0,
    ) -> None:
        self._endpoint = endpoint
        self._spoken = spoken
        self._patience_seconds = patience_seconds
        self._shown = (SOURCE, *read)

    @asynccontextmanager
    async def meeting(self, room: str, notes: Notes, linger: Linger | None = None) -> AsyncIterator[Meeting]:
        """Open a room with a reader of each language; it is deleted in the end."""
        notes.read.update({lang: [] for lang in self._shown if lang != SOURCE})
        await self._create(room)
        reading = [asyncio.Event() for _ in self._shown]
        readers = [
            asyncio.create_task(self._read(room, lang, notes, begun))
            for lang, begun in zip(self._shown, reading, strict=True)
        ]
        try:
            for begun in reading:
                await first_of(readers, begun.wait())
            yield _OurMeeting(
                self._endpoint,
                room,
                notes,
                linger or Linger(),
                readers,
                Retry(patience_seconds=self._patience_seconds),
            )
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
            await self._delete(room)

    async def _read(self, room: str, lang: str, notes: Notes, begun: asyncio.Event) -> None:
        retry = Retry(patience_seconds=max(Retry().patience_seconds, self._patience_seconds))
        reader = CaptionReader(self._endpoint, room, lang=lang, retry=retry)
        async with contextlib.aclosing(reader.events()) as events:
            async for event in events:
                if isinstance(event, Hello):
                    begun.set()
                else:
                    notes.note(event, lang)

    async def _create(self, room: str) -> None:
        """Make the room: reading alone makes none."""
        async with httpx.AsyncClient(
            headers=self._endpoint.headers, timeout=_REQUEST_SECONDS, trust_env=not self._endpoint.local
        ) as http:
            # Whoever reads says why where that fails.
            with contextlib.suppress(httpx.HTTPError):
                wanted = {"name": room} | ({"spoken": list(self._spoken)} if self._spoken else {})
                await http.post(self._endpoint.http_url("rooms"), json=wanted)

    async def _delete(self, room: str) -> None:
        async with httpx.AsyncClient(
            headers=self._endpoint.headers, timeout=_REQUEST_SECONDS, trust_env=not self._endpoint.local
        ) as http:
            with contextlib.suppress(httpx.HTTPError):
                await http.delete(self._endpoint.http_url("rooms", room))


class _OurMeeting:
    def __init__(
        self,
        endpoint: Endpoint,
        room: str,
        notes: Notes,
        linger: Linger,
        readers: Sequence[asyncio.Task[None]],
        retry: Retry,
    ) -> None:
        self._endpoint = endpoint
        self._retry = retry
        self._room = room
        self._notes = notes
        self._linger = linger
        self._readers = readers

    def join(self, participant: str, language: str) -> AbstractAsyncContextManager[TrackIn]:
        return AudioStream(self._endpoint, self._room, participant, language=language, retry=self._retry)

    async def guard(self, work: Coroutine[Any, Any, object]) -> None:
        await first_of(self._readers, work)

    async def drain(self, last_seq: int) -> None:
        await self.guard(quiet(self._notes, self._linger, last_seq))


async def quiet(notes: Notes, linger: Linger, last_seq: int = -1) -> None:
    """Wait until event `last_seq` was noted and nothing came for a while."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < linger.most_seconds:
        quiet_seconds = loop.time() - max(notes.newest_at, began)
        if quiet_seconds >= linger.quiet_seconds and notes.newest_seq >= last_seq:
            return
        await asyncio.sleep(_POLL_SECONDS)


async def first_of(readers: Sequence[asyncio.Task[None]], work: Coroutine[Any, Any, object]) -> None:
    """Do `work`; raise the error of a reader that fails before."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({*readers, task}, return_when=asyncio.FIRST_COMPLETED)
        (task if task.done() else next(reader for reader in readers if reader.done())).result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
