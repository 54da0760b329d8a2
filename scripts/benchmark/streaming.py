"""Streams recordings in real time, as participants of one meeting, and keeps all that is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant.client import Pace, read_pcm
from assistant.core.speech.audio import samples_of, seconds_of
from benchmark.doors import Door, Linger, Meeting, Notes
from benchmark.material import Recording
from benchmark.scoring import Shown

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
        linger: How long late revisions are waited for.
    """

    room: str
    speakers: int = 1
    pin_language: bool = True
    chunk_seconds: float = 0.04
    tail_seconds: float = 2.0
    linger: Linger = field(default_factory=Linger)


@dataclass(frozen=True, slots=True)
class Take:
    """One recording as it was streamed, and what was shown of it.

    Attributes:
        recording: The recording.
        began_at: Moment of its first sample on the clock of the events.
        streamed_seconds: Audio sent, silence at the end included.
        events: All captions of this participant in order of arrival.
        read: What readers of other languages got of them, by language.
    """

    recording: Recording
    began_at: float
    streamed_seconds: float
    events: tuple[Shown, ...]
    read: Mapping[str, tuple[Shown, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sent:
    participant: str
    recording: Recording
    began_at: float
    streamed_seconds: float
    last_seq: int


class Session:
    """One run: speakers that take recordings from a common pile, and a reader that notes everything."""

    def __init__(
        self, door: Door, plan: Plan, recordings: Sequence[Recording], done: Callable[[Recording], None]
    ) -> None:
        self._door = door
        self._plan = plan
        self._pile = list(enumerate(recordings))[::-1]
        self._done = done
        self._sent: list[_Sent] = []

    async def run(self) -> list[Take]:
        """Stream everything and return the takes in the order in which they ended.

        Raises:
            AssistantError: The service refuses or cannot be reached.
        """
        notes = Notes()
        async with self._door.meeting(self._plan.room, notes, self._plan.linger) as meeting:
            await meeting.guard(self._speak_all(meeting))
            await meeting.drain(max((sent.last_seq for sent in self._sent), default=0))
        return [
            Take(
                sent.recording,
                sent.began_at,
                sent.streamed_seconds,
                notes.of(sent.participant),
                notes.read_of(sent.participant),
            )
            for sent in self._sent
        ]

    async def _speak_all(self, meeting: Meeting) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(min(self._plan.speakers, len(self._pile))):
                group.create_task(self._speak(meeting, number * _STAGGER_SECONDS))

    async def _speak(self, meeting: Meeting, delay_seconds: float) -> None:
        await asyncio.sleep(delay_seconds)
        while self._pile:
            number, recording = self._pile.pop()
            self._sent.append(await self._stream(meeting, f"{number:03}-{recording.id}", recording))
            self._done(recording)

    async def _stream(self, meeting: Meeting, participant: str, recording: Recording) -> _Sent:
        pcm = await asyncio.to_thread(read_pcm, recording.path)
        pcm = np.concatenate([pcm, np.zeros(samples_of(self._plan.tail_seconds), np.int16)])
        chunk = samples_of(self._plan.chunk_seconds)
        language = recording.spoken_language if self._plan.pin_language else "auto"
        async with meeting.join(participant, language) as track:
            pace = Pace(asyncio.get_running_loop().time())
            for start in range(0, pcm.size, chunk):
                # A chunk can be sent when its last sample has been heard.
                await pace.reach(min(pcm.size, start + chunk))
                await track.send(pcm[start : start + chunk])
            last_seq = await track.stop()
        return _Sent(
            participant, recording, pace.began_at, seconds_of(pcm.size), -1 if last_seq is None else last_seq
        )
