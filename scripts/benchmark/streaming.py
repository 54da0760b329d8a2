"""Streams recordings in real time, as participants of one meeting, and keeps all that is shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from assistant.client import AudioStream, CaptionEvent, CaptionReader, Endpoint, Hello, Pace, read_pcm
from assistant.core.audio import samples_of, seconds_of
from benchmark.material import Recording
from benchmark.scoring import Shown

_REQUEST_SECONDS = 10.0
_STAGGER_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class Plan:
    """How recordings are streamed.

    Attributes:
        room: The room's name; it is deleted in the end.
        speakers: How many recordings at the same time.
        pin_language: Whether the service is told which language a recording is in.
        chunk_seconds: Audio that a client gathers before it sends, as a microphone does.
        tail_seconds: Silence after each recording, before `stop`: people leave later than they speak.
        linger_seconds: The run ends when nothing came for this long after the last `stopped`.
        linger_most_seconds: It ends after this long in any case.
    """

    room: str
    speakers: int = 1
    pin_language: bool = True
    chunk_seconds: float = 0.04
    tail_seconds: float = 2.0
    linger_seconds: float = 3.0
    linger_most_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Take:
    """One recording as it was streamed, and what was shown of it.

    Attributes:
        recording: The recording.
        began_at: Moment of its first sample on the clock of the events.
        streamed_seconds: Audio sent, silence at the end included.
        events: All captions of this participant in order of arrival.
    """

    recording: Recording
    began_at: float
    streamed_seconds: float
    events: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class _Sent:
    participant: str
    recording: Recording
    began_at: float
    streamed_seconds: float
    last_seq: int


class Session:
    """One run: a reader that notes everything, and speakers that take recordings from a common pile."""

    def __init__(
        self,
        endpoint: Endpoint,
        plan: Plan,
        recordings: Sequence[Recording],
        done: Callable[[Recording], None],
    ) -> None:
        self._endpoint = endpoint
        self._plan = plan
        self._pile = list(enumerate(recordings))[::-1]
        self._done = done
        self._events: list[Shown] = []
        self._newest_seq = 0
        self._newest_at = 0.0
        self._sent: list[_Sent] = []

    async def run(self) -> list[Take]:
        """Stream everything and return the takes in the order in which they ended.

        Raises:
            AssistantError: The service refuses or cannot be reached.
        """
        reading = asyncio.Event()
        reader = asyncio.create_task(self._read(reading))
        try:
            await _first_of(reader, reading.wait())
            await _first_of(reader, self._speak_all())
            await _first_of(reader, self._linger())
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await self._delete_room()
        return [self._take(sent) for sent in self._sent]

    async def _read(self, reading: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        reader = CaptionReader(self._endpoint, self._plan.room)
        async with contextlib.aclosing(reader.events()) as events:
            async for event in events:
                if isinstance(event, Hello):
                    reading.set()
                elif isinstance(event, CaptionEvent):
                    self._newest_at = loop.time()
                    self._newest_seq = max(self._newest_seq, event.seq)
                    self._events.append(Shown(self._newest_at, event))

    async def _speak_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(min(self._plan.speakers, len(self._pile))):
                group.create_task(self._speak(number * _STAGGER_SECONDS))

    async def _speak(self, delay_seconds: float) -> None:
        await asyncio.sleep(delay_seconds)
        while self._pile:
            number, recording = self._pile.pop()
            self._sent.append(await self._stream(f"{number:03}-{recording.id}", recording))
            self._done(recording)

    async def _stream(self, participant: str, recording: Recording) -> _Sent:
        pcm = await asyncio.to_thread(read_pcm, recording.path)
        pcm = np.concatenate([pcm, np.zeros(samples_of(self._plan.tail_seconds), np.int16)])
        chunk = samples_of(self._plan.chunk_seconds)
        language = recording.spoken_language if self._plan.pin_language else "auto"
        async with AudioStream(self._endpoint, self._plan.room, participant, language=language) as stream:
            pace = Pace(asyncio.get_running_loop().time())
            for start in range(0, pcm.size, chunk):
                # A chunk can be sent when its last sample has been heard.
                await pace.reach(min(pcm.size, start + chunk))
                await stream.send(pcm[start : start + chunk])
            last_seq = await stream.stop()
        return _Sent(
            participant, recording, pace.began_at, seconds_of(pcm.size), -1 if last_seq is None else last_seq
        )

    async def _linger(self) -> None:
        """Wait until the last caption was read and no refined revision came for a while."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        last_seq = max((sent.last_seq for sent in self._sent), default=0)
        while loop.time() - began < self._plan.linger_most_seconds:
            quiet_seconds = loop.time() - max(self._newest_at, began)
            if quiet_seconds >= self._plan.linger_seconds and self._newest_seq >= last_seq:
                return
            await asyncio.sleep(0.1)

    async def _delete_room(self) -> None:
        async with httpx.AsyncClient(
            headers=self._endpoint.headers, timeout=_REQUEST_SECONDS, trust_env=not self._endpoint.local
        ) as http:
            with contextlib.suppress(httpx.HTTPError):
                await http.delete(self._endpoint.http_url("rooms", self._plan.room))

    def _take(self, sent: _Sent) -> Take:
        events = tuple(shown for shown in self._events if shown.caption.participant == sent.participant)
        return Take(sent.recording, sent.began_at, sent.streamed_seconds, events)


async def _first_of(reader: asyncio.Task[None], work: Coroutine[Any, Any, object]) -> None:
    """Do `work`; raise the reader's error if it fails before."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({reader, task}, return_when=asyncio.FIRST_COMPLETED)
        (task if task.done() else reader).result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
