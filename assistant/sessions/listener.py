"""A silent listener in one meeting: hears everybody who agrees, and brings captions back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import structlog

from assistant.core.errors import (
    AssistantError,
    MeetingUnreachable,
    ParticipantReplaced,
    RoomDeleted,
    ShuttingDown,
)
from assistant.core.meetings import (
    Announcement,
    AudioOffer,
    AudioOffered,
    AudioUnheard,
    AudioWithdrawn,
    ListenerRecord,
    ListenerState,
    MeetingEvent,
    MeetingLeft,
    MeetingParticipant,
    ParticipantLeft,
    ParticipantSeen,
    PresentTold,
    Unheard,
    speaker_name,
)
from assistant.core.notices import deaf_notices, listening_notices, with_link
from assistant.core.rooms import Room
from assistant.meeting_ports import Meeting, MeetingPlatform, MeetingStore
from assistant.ports import Clock
from assistant.sessions.attendance import Attendance
from assistant.sessions.caption_relay import CaptionRelay, Feeds
from assistant.sessions.ear import Ear, Joins
from assistant.sessions.listener_requests import answer
from assistant.sessions.listener_status import ListenerRules, ListenerStatus
from assistant.sessions.room_translations import Readable
from assistant.sessions.speakers import Join

_log = structlog.get_logger(__name__)
_TICK_SECONDS = 1.0
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 30.0
NOTICE_TOPIC = "meeting-assistant"
"""Of the data message that says who listens and where captions can be read."""


class House(Joins, Feeds, Protocol):
    """What a listener needs of the hub."""

    @property
    def meetings(self) -> MeetingStore:
        """Listeners and attendance on disk."""

    async def create_room(self, name: str | None = None, title: str = "") -> Room:
        """Return a new room, or the one of that name."""

    def readable(self) -> list[Readable]:
        """Return the languages that captions can be read in."""

    def check_power(self) -> None:
        """Raise `CapacityReached` where one more who talks would harm the others."""


@dataclass(frozen=True, slots=True)
class ListenerTools:
    """What all listeners share; `link` gives the address where a room's captions can be read."""

    house: House
    platform: MeetingPlatform
    clock: Clock
    link: Callable[[str], str]
    rules: ListenerRules = field(default_factory=ListenerRules)


class Listener:
    """Stays in one meeting until that is over, whatever happens to the connection.

    `closed` is awaited once, when the meeting is over.
    """

    def __init__(
        self,
        record: ListenerRecord,
        tools: ListenerTools,
        closed: Callable[[Listener], Awaitable[None]],
        *,
        key: str = "",
    ) -> None:
        self.record = record
        self._tools = tools
        self._closed = closed
        self._key = key
        self._state: ListenerState = "joining"
        self._problem: AssistantError | None = None
        self._meeting: Meeting | None = None
        self._people: dict[str, MeetingParticipant] = {}
        self._offers: dict[str, AudioOffer] = {}
        self._ears: dict[str, Ear] = {}
        self._unheard: dict[str, Unheard] = {}
        self._asked: dict[str, str] = {}
        self._opted_out = set(record.opted_out)
        self._tracks: dict[str, str] = {}
        self._last_seq = 0
        self._relay = CaptionRelay(
            tools.house, record.room, lambda speaker: self._tracks.get(speaker, ""), tools.rules.relay
        )
        self._attendance = Attendance(record.room, tools.house.meetings, tools.clock)
        self._empty_since = tools.clock.monotonic()
        self._told: set[str] = set()
        self._told_deaf = False
        self._languages: tuple[str, ...] = ()
        self._background: set[asyncio.Task[object]] = set()
        self._over = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"listener-{record.room}")

    def status(self) -> ListenerStatus:
        """Return how it is doing."""
        problem = self._problem or next((ear.problem for ear in self._ears.values() if ear.problem), None)
        unheard = dict(self._unheard)
        unheard |= {identity: "opted_out" for identity in self._people if self._has_opted_out(identity)}
        unheard |= {offer.identity: "encrypted" for offer in self._offers.values() if offer.encrypted}
        return ListenerStatus(
            meeting=self.record.meeting,
            room=self.record.room,
            state=self._state,
            problem=problem.message if problem else "",
            code=problem.code if problem else "",
            participants=sum(not person.automatic for person in self._people.values()),
            heard=len(self._ears),
            unheard=tuple(sorted(unheard.items())),
            url=self.url(),
        )

    @property
    def problem(self) -> AssistantError | None:
        """Why it is not in the meeting; None while it is, or where nothing is wrong."""
        return self._problem

    @property
    def ending(self) -> bool:
        """Whether it leaves, or has left."""
        return self._state in {"leaving", "closed"}

    async def over(self) -> None:
        """Wait until it has left for good."""
        await self._over.wait()

    def use_key(self, key: str) -> None:
        """Come in anew with the key of an encrypted meeting."""
        meeting = self._meeting
        if key and key != self._key:
            self._key = key
            self._meeting = None
            if meeting:
                self._spawn(meeting.close())

    async def leave(self) -> None:
        """Leave for good; what was said is finished first."""
        await self._stop()
        await self._end()

    async def suspend(self) -> None:
        """Leave because this process ends; another one comes back."""
        await self._stop()
        await self._disconnect()

    # --- life -------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Join, follow the meeting, and come back until it is over."""
        pause_seconds = _FIRST_RETRY_SECONDS
        while True:
            try:
                meeting = await self._join()
            except AssistantError as error:
                self._problem = error
                _log.warning("meeting_not_joined", room=self.record.room, code=error.code)
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(_LAST_RETRY_SECONDS, pause_seconds * 2)
                continue
            pause_seconds = _FIRST_RETRY_SECONDS
            try:
                over = await self._attend(meeting)
            except Exception as error:  # noqa: BLE001 - whatever happened, the meeting goes on
                _log.exception("listener_failed", room=self.record.room, error=type(error).__name__)
                over = False
            if over:
                break
            await self._stop_listening()
            await self._disconnect()
            await meeting.close()
            self._state = "joining"
            await asyncio.sleep(pause_seconds)
        self._state = "leaving"
        await self._stop_listening()
        await self._end()

    async def _join(self) -> Meeting:
        room = await self._tools.house.create_room(self.record.room, self.record.meeting)
        self._languages = tuple(dict.fromkeys((*room.languages, *self._tools.rules.languages)))
        await self._attendance.load()
        return await self._tools.platform.join(self.record.meeting, partial(answer, self), key=self._key)

    async def _stop(self) -> None:
        self._state = "leaving"
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._stop_listening()

    async def _attend(self, meeting: Meeting) -> bool:
        """Follow one connection to the meeting; return whether the meeting is over."""
        self._meeting, self._problem, self._state = meeting, None, "listening"
        self._empty_since = self._tools.clock.monotonic()
        self._relay.enter(meeting)
        _log.info("meeting_joined", room=self.record.room)
        events = aiter(meeting.events())
        upcoming = asyncio.ensure_future(_next(events))
        try:
            while True:
                await asyncio.wait([upcoming], timeout=_TICK_SECONDS)
                if upcoming.done():
                    event = upcoming.result()
                    if isinstance(event, MeetingLeft):
                        _log.info("meeting_left", room=self.record.room, reason=event.reason)
                        return event.ended and self._meeting is meeting
                    upcoming = asyncio.ensure_future(_next(events))
                    await self._handle(event)
                if await self._tick():
                    return True
        finally:
            upcoming.cancel()

    async def _tick(self) -> bool:
        """Do what is due now and then; return whether the meeting is over, or has been empty for long."""
        await self._attendance.tick()
        for track in [track for track, ear in self._ears.items() if ear.done]:
            ear = self._ears.pop(track)
            self._finish(ear)
            if isinstance(ear.problem, RoomDeleted):
                return True
            offer = self._offers.get(track)
            if offer and not isinstance(ear.problem, ShuttingDown | ParticipantReplaced):
                self._listen(offer)
        now = self._tools.clock.monotonic()
        if any(not person.automatic for person in self._people.values()):
            self._empty_since = now
        return now - self._empty_since >= self._tools.rules.empty_seconds

    async def _stop_listening(self) -> None:
        """Finish what was heard."""
        ears, self._ears = list(self._ears.values()), {}
        for ear in ears:
            ear.silence()
            self._finish(ear)
        await asyncio.gather(*self._background, return_exceptions=True)
        self._people.clear()
        self._offers.clear()
        self._unheard.clear()

    async def _disconnect(self) -> None:
        meeting, self._meeting = self._meeting, None
        if meeting:
            await self._relay.drain(self._last_seq)
        await self._relay.leave()
        if meeting:
            await meeting.close()

    async def _end(self) -> None:
        await self._disconnect()
        try:
            await self._attendance.end()
            await self._closed(self)
        except AssistantError as error:  # the room may have been deleted, with all that is known of it
            _log.warning("listener_not_recorded", room=self.record.room, code=error.code)
        self._state = "closed"
        self._over.set()

    def _finish(self, ear: Ear) -> None:
        """Let an ear come to its end while the meeting goes on."""

        async def finish() -> None:
            self._last_seq = max(self._last_seq, await ear.finish())

        self._spawn(finish())

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work, name="listener-background")
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # --- what happens -----------------------------------------------------------------------------

    async def _handle(self, event: MeetingEvent) -> None:
        match event:
            case ParticipantSeen(participant):
                await self._see(participant)
            case ParticipantLeft(identity):
                self._people.pop(identity, None)
                self._unheard.pop(identity, None)
                self._asked.pop(identity, None)
                self._told.discard(identity)
                self._tell_readers()
                await self._attendance.leave(identity)
            case AudioOffered(offer):
                self._offers[offer.track] = offer
                self._listen(offer)
                if offer.encrypted and not self._told_deaf:
                    self._told_deaf = True
                    await self._announce([])
            case AudioWithdrawn(track):
                self._offers.pop(track, None)
                ear = self._ears.pop(track, None)
                if ear:
                    self._finish(ear)
            case AudioUnheard(identity, reason):
                self._unheard.pop(identity, None)
                if reason:
                    self._unheard[identity] = reason
            case PresentTold():
                await self._attendance.keep_only(self._people)

    async def _see(self, participant: MeetingParticipant) -> None:
        before = self._people.get(participant.identity)
        self._people[participant.identity] = participant
        if before and before.name != participant.name:
            for track, offer in self._offers.items():
                if offer.identity == participant.identity and track in self._ears:
                    await self._ears[track].rename(speaker_name(participant, offer))
        if before is None or before.opted_out != participant.opted_out:
            self._heed(participant.identity)
        self._tell_readers()
        await self._attendance.see(participant)
        if participant.identity not in self._told and not participant.automatic:
            self._told.add(participant.identity)
            await self._announce([participant.identity])

    def _listen(self, offer: AudioOffer) -> None:
        """Hear a track, unless its owner does not want that or it cannot be heard."""
        meeting, person = self._meeting, self._people.get(offer.identity)
        if meeting is None or person is None or offer.encrypted or offer.track in self._ears:
            return
        if self.ending or self._has_opted_out(offer.identity):
            return
        self._tracks[offer.speaker] = offer.track
        join = Join(self.record.room, offer.speaker, speaker_name(person, offer), admitted=True)
        self._ears[offer.track] = Ear(self._tools.house, join, meeting.listen(offer))

    def _heed(self, identity: str) -> None:
        """Hear somebody, or stop, as they wish."""
        offers = [offer for offer in self._offers.values() if offer.identity == identity]
        if not self._has_opted_out(identity):
            for offer in offers:
                self._listen(offer)
            return
        ears = [self._ears.pop(offer.track) for offer in offers if offer.track in self._ears]
        for ear in ears:
            ear.silence()
            self._finish(ear)

    def _has_opted_out(self, identity: str) -> bool:
        person = self._people.get(identity)
        return identity in self._opted_out or (person is not None and person.opted_out)

    def _tell_readers(self) -> None:
        people = (person for person in self._people.values() if not person.automatic)
        self._relay.set_readers(
            {person.identity: self._asked.get(person.identity, person.language) for person in people}
        )

    async def _announce(self, to: Sequence[str]) -> None:
        """Tell people who listens, and where captions can be read."""
        meeting, rules = self._meeting, self._tools.rules
        if meeting is None:
            return
        deaf = any(offer.encrypted for offer in self._offers.values())
        notices = deaf_notices(self._languages) if deaf else listening_notices(self._languages)
        url = self.url()
        document = {
            "type": "listening",
            "hears": not deaf,
            "listener": meeting.identity,
            "room": self.record.room,
            "url": url,
            "languages": self.readable(),
            "notices": notices,
        }
        text = with_link(notices, url) if rules.notices else ""
        try:
            await meeting.announce(
                Announcement(NOTICE_TOPIC, json.dumps(document, ensure_ascii=False), text), to
            )
        except MeetingUnreachable as error:
            _log.warning("notice_not_sent", room=self.record.room, code=error.code)

    # --- what people ask --------------------------------------------------------------------------

    def readable(self) -> list[str]:
        """Return the languages that captions can be read in here."""
        return [readable.lang for readable in self._tools.house.readable()]

    def url(self) -> str:
        """Return the address where captions can be read."""
        return self._tools.link(self.record.room)

    def set_language(self, identity: str, lang: str) -> None:
        """Show somebody captions in that language."""
        self._asked[identity] = lang
        self._tell_readers()

    async def opt_out(self, identity: str, *, out: bool) -> bool:
        """Hear somebody no more, or again; return whether they are left out now."""
        before = self._has_opted_out(identity)
        (self._opted_out.add if out else self._opted_out.discard)(identity)
        if before != self._has_opted_out(identity):
            self._heed(identity)
        # Kept, so that a restart does not hear them again.
        self.record = replace(self.record, opted_out=tuple(sorted(self._opted_out)))
        await self._tools.house.meetings.save_listener(self.record)
        return self._has_opted_out(identity)


async def _next(events: AsyncIterator[MeetingEvent]) -> MeetingEvent:
    return await anext(events)
