"""A platform of scripted meetings: people come, speak and go as a test says; what they see is kept."""

# ruff: noqa: D102 - the protocols describe these methods

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant.core.errors import AssistantError, MeetingUnreachable
from assistant.core.meetings.meeting import (
    Announcement,
    AudioOffer,
    AudioOffered,
    AudioWithdrawn,
    CaptionChunk,
    CaptionLine,
    MeetingEvent,
    MeetingLeft,
    MeetingParticipant,
    ParticipantLeft,
    ParticipantSeen,
    PresentTold,
)
from assistant.core.speech.audio import Pcm
from assistant.ports.meetings import Answer


class ScriptedTap:
    """Hands out what was said into it since the platform has handed the track over."""

    def __init__(self, *, receiving: bool = True) -> None:
        self.receiving = receiving
        self.pieces: list[Pcm] = []
        self.lost_samples = 0
        self.ended = False
        self.closed = False
        self._stir = asyncio.Event()

    def say(self, *pieces: Pcm) -> None:
        if self.receiving and not self.ended:
            self.pieces += pieces
            self._stir.set()

    async def read(self) -> Pcm | None:
        while not self.pieces:
            if self.ended:
                return None
            self._stir.clear()
            await self._stir.wait()
        pcm, self.pieces = np.concatenate(self.pieces), []
        return pcm

    def take_lost(self) -> int:
        lost, self.lost_samples = self.lost_samples, 0
        return lost

    def end(self) -> None:
        self.ended = True
        self._stir.set()

    def close(self) -> None:
        self.closed = True
        self.pieces.clear()
        self.end()


class ScriptedMeeting:
    """One connection to a meeting.

    Attributes:
        unreachable: Whether nothing gets through to people.
        taps: All that were opened, by track.
        shown: Every line, and to whom.
        states: What clients that can show were told of whether people are heard, in order.
        screens: What each person sees who looks at text streams: segments that were not taken back.
    """

    identity = "listener"

    def __init__(self, platform: ScriptedPlatform, answer: Answer, key: str) -> None:
        self.key = key
        self.answer = answer
        self.unreachable = False
        self.left = False
        self.closed = False
        self.taps: dict[str, list[ScriptedTap]] = {}
        self.shown: list[tuple[CaptionLine, tuple[str, ...]]] = []
        self.chunks: list[CaptionChunk] = []
        self.announcements: list[tuple[Announcement, tuple[str, ...]]] = []
        self.states: list[bool] = []
        self._platform = platform
        self._events: asyncio.Queue[MeetingEvent] = asyncio.Queue()
        for participant in platform.people.values():
            self.happen(ParticipantSeen(participant))
        for offer in platform.offers.values():
            self.happen(AudioOffered(offer))
        self.happen(PresentTold())

    def happen(self, event: MeetingEvent) -> None:
        if not self.left:
            self.left = isinstance(event, MeetingLeft)
            self._events.put_nowait(event)

    def end(self, *, ended: bool, reason: str = "scripted") -> None:
        """Break the connection, or end the meeting."""
        for taps in self.taps.values():
            for tap in taps:
                tap.end()
        self.happen(MeetingLeft(ended, reason))

    async def events(self) -> AsyncIterator[MeetingEvent]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, MeetingLeft):
                return

    def listen(self, offer: AudioOffer) -> ScriptedTap:
        tap = ScriptedTap(receiving=self._platform.at_once)
        self.taps.setdefault(offer.track, []).append(tap)
        return tap

    def hears(self, track: str) -> bool:
        """Return whether a track is listened to now."""
        return any(not tap.ended for tap in self.taps.get(track, ()))

    def hand_over(self, track: str) -> None:
        """Let what is said in a track arrive from now on, where the platform does not do so at once."""
        for tap in self.taps[track]:
            tap.receiving = True

    def say(self, track: str, *pieces: Pcm) -> None:
        """Let somebody speak, to whoever listens."""
        for tap in self.taps.get(track, ()):
            tap.say(*pieces)

    async def show(self, line: CaptionLine, to: Sequence[str]) -> None:
        self._check()
        await asyncio.sleep(0)
        self.shown.append((line, tuple(to)))
        for who in to or self._platform.people:
            screen = self._platform.screens.setdefault(who, {})
            screen.pop(line.segment, None)
            if line.text:
                screen[line.segment] = line

    async def append(self, chunk: CaptionChunk) -> None:
        self._check()
        self.chunks.append(chunk)

    async def announce(self, announcement: Announcement, to: Sequence[str]) -> None:
        self._check()
        self.announcements.append((announcement, tuple(to)))

    async def indicate(self, *, hears: bool) -> None:
        self._check()
        self.states.append(hears)

    async def close(self) -> None:
        self.closed = True
        self.end(ended=True, reason="left")

    def _check(self) -> None:
        if self.unreachable or self.left:
            raise MeetingUnreachable("scripted")


@dataclass
class ScriptedPlatform:
    """One meeting, whatever its name.

    Attributes:
        prefix: What names of its meetings begin with.
        refusals: Raised by the next joins, one each.
        gate: Joins wait for it.
        joining: How many wait there.
        over: Whether the meeting does not exist.
        at_once: Whether a track is handed over as soon as somebody listens to it.
        meetings: All connections, the newest last.
        screens: Of everybody who is or was there.
    """

    prefix: str = ""
    refusals: list[Exception] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    joining: int = 0
    over: bool = False
    at_once: bool = True
    doubt: AssistantError | None = None
    people: dict[str, MeetingParticipant] = field(default_factory=dict)
    offers: dict[str, AudioOffer] = field(default_factory=dict)
    meetings: list[ScriptedMeeting] = field(default_factory=list)
    screens: dict[str, dict[str, CaptionLine]] = field(default_factory=dict)
    closed: bool = False

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def meeting(self) -> ScriptedMeeting:
        """The newest connection."""
        return self.meetings[-1]

    def has(self, meeting: str) -> bool:
        return meeting.startswith(self.prefix)

    async def join(self, meeting: str, answer: Answer, *, key: str = "") -> ScriptedMeeting:
        del meeting
        self.joining += 1
        try:
            await self.gate.wait()
        finally:
            self.joining -= 1
        if self.refusals:
            raise self.refusals.pop(0)
        self.meetings.append(ScriptedMeeting(self, answer, key))
        return self.meeting

    async def exists(self, meeting: str) -> bool:
        del meeting
        if self.doubt:
            raise self.doubt
        return not self.over

    async def close(self) -> None:
        self.closed = True

    # --- people -----------------------------------------------------------------------------------

    def come(self, participant: MeetingParticipant) -> None:
        """Let somebody in, or change what is known of them."""
        self.people[participant.identity] = participant
        self._happen(ParticipantSeen(participant))

    def go(self, identity: str) -> None:
        """Let somebody go, with all they published."""
        for track in [track for track, offer in self.offers.items() if offer.identity == identity]:
            self.withdraw(track)
        self.people.pop(identity, None)
        self._happen(ParticipantLeft(identity))

    def publish(self, offer: AudioOffer) -> None:
        """Let somebody publish audio."""
        self.offers[offer.track] = offer
        self._happen(AudioOffered(offer))

    def withdraw(self, track: str) -> None:
        """Let somebody publish it no more."""
        self.offers.pop(track, None)
        if self.meetings:
            for tap in self.meeting.taps.get(track, ()):
                tap.end()
        self._happen(AudioWithdrawn(track))

    def _happen(self, event: MeetingEvent) -> None:
        if self.meetings:
            self.meeting.happen(event)
