"""Many participants who talk at the same time, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.client import Pace
from assistant.core.errors import AssistantError
from assistant.core.speech.audio import samples_of
from benchmark.doors import Door, Linger, Meeting, Notes
from benchmark.scoring import Shown
from benchmark.streams import Stream


@dataclass(frozen=True, slots=True)
class TalkPlan:
    """How streams are played.

    Attributes:
        room: The room's name; it is deleted in the end.
        pin_language: Whether the service is told which language a talker speaks.
        chunk_seconds: Audio in one message.
        stagger_seconds: From one talker's first sample to the next one's.
        tail_seconds: Silence after the talk, before the talker leaves.
        patience_seconds: How long the last captions of a talker may take after that.
        linger: How long late revisions are waited for.
    """

    room: str
    pin_language: bool = True
    chunk_seconds: float = 0.1
    stagger_seconds: float = 0.37
    tail_seconds: float = 2.0
    patience_seconds: float = 180.0
    linger: Linger = field(default_factory=Linger)


@dataclass(frozen=True, slots=True)
class Talk:
    """What one talker said and what was shown of it.

    Attributes:
        stream: What was said.
        began_at: Moment of the first sample on the clock of the events; None when refused.
        ended_at: Moment at which the last caption was out, or at which that was given up.
        events: All captions of the talker in order of arrival.
        trouble: Why the talk was refused or ended early; empty when all went well.
        read: What readers of other languages got of the captions, by language.
    """

    stream: Stream
    began_at: float | None
    ended_at: float
    events: tuple[Shown, ...]
    trouble: str = ""
    read: Mapping[str, tuple[Shown, ...]] = field(default_factory=dict)


async def talk_all(
    door: Door,
    plan: TalkPlan,
    streams: Sequence[Stream],
    notes: Notes,
    at_end: Callable[[], Awaitable[None]] | None = None,
) -> list[Talk]:
    """Play all streams side by side and return them with what was shown, in order.

    Args:
        door: The way into the service.
        plan: How they are played.
        streams: What is said.
        notes: Takes all that is shown.
        at_end: Is awaited when all is out and the room is still there.

    Raises:
        AssistantError: The room cannot be read.
    """
    talkers = [
        _Talker(plan, stream, f"{number:03}-{stream.lang}", number * plan.stagger_seconds)
        for number, stream in enumerate(streams)
    ]
    async with door.meeting(plan.room, notes, plan.linger) as meeting:
        await meeting.guard(_all(talkers, meeting))
        await meeting.drain(max(talker.last_seq for talker in talkers))
        if at_end is not None:
            await at_end()
    return [talker.talk(notes) for talker in talkers]


async def _all(talkers: Sequence[_Talker], meeting: Meeting) -> None:
    async with asyncio.TaskGroup() as group:
        for talker in talkers:
            group.create_task(talker.run(meeting))


class _Talker:
    def __init__(self, plan: TalkPlan, stream: Stream, participant: str, delay_seconds: float) -> None:
        self._plan = plan
        self._stream = stream
        self._participant = participant
        self._delay_seconds = delay_seconds
        self._pace: Pace | None = None
        self._ended_at = 0.0
        self._trouble = ""
        self.last_seq = -1

    async def run(self, meeting: Meeting) -> None:
        """Join, talk and leave; what goes wrong is a result, not an error."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._delay_seconds)
        try:
            await self._talk(meeting)
        except AssistantError as error:
            self._trouble = f"{error.code}: {error}"
        except TimeoutError:
            self._trouble = f"captions were not out {self._plan.patience_seconds:.0f} s after the end"
        self._ended_at = loop.time()

    def talk(self, notes: Notes) -> Talk:
        """Return what came of it."""
        began_at = self._pace.began_at if self._pace else None
        return Talk(
            self._stream,
            began_at,
            self._ended_at,
            notes.of(self._participant),
            self._trouble,
            notes.read_of(self._participant),
        )

    async def _talk(self, meeting: Meeting) -> None:
        plan = self._plan
        language = self._stream.lang if plan.pin_language else "auto"
        chunks = self._stream.chunks(samples_of(plan.chunk_seconds), samples_of(plan.tail_seconds))
        async with meeting.join(self._participant, language) as track:
            self._pace = Pace(asyncio.get_running_loop().time())
            sent_samples = 0
            for chunk in chunks:
                sent_samples += chunk.size
                # A chunk can be sent when its last sample has been heard.
                await self._pace.reach(sent_samples)
                await track.send(chunk)
            async with asyncio.timeout(plan.patience_seconds):
                last_seq = await track.stop()
        self.last_seq = -1 if last_seq is None else last_seq
