"""A silent listener in one meeting: hears everybody who agrees, and brings captions back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import structlog

from assistant.bots.announcer import Announcer
from assistant.bots.attendance import Attendance
from assistant.bots.caption_relay import CaptionRelay
from assistant.bots.deps import BotDeps
from assistant.bots.requests import answer
from assistant.bots.status import BotStatus
from assistant.bots.subscriptions import SubscriptionManager
from assistant.core.errors import AssistantError, MeetingUnreachable
from assistant.core.meetings.chat_words import ChatWord
from assistant.core.meetings.meeting import (
    Announcement,
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
    WordWritten,
)
from assistant.core.rooms import Room
from assistant.ports.meetings import Meeting
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import keep_trying

_log = structlog.get_logger(__name__)
_RENEW_SECONDS = 600.0  # looking takes one query; a link lasts for hours
_SUSPEND_SECONDS = 10.0  # the service goes on with what is not captioned then


class MeetingBot:
    """Stays in one meeting until that is over; `closed` is called once, when it has left for good."""

    def __init__(
        self,
        record: ListenerRecord,
        deps: BotDeps,
        closed: Callable[[MeetingBot], None],
        *,
        key: str = "",
    ) -> None:
        self.record = record
        self._deps = deps
        self._closed = closed
        self._key = self._used_key = key
        self._state: ListenerState = "joining"
        self._problem: AssistantError | None = None
        self._meeting: Meeting | None = None
        self._everybody_known = False
        self._asked: dict[str, str] = {}
        self._subscriptions = SubscriptionManager(
            deps.tracks, record.room, record.opted_out, deps.rules.subscribers
        )
        self._relay = CaptionRelay(deps.readers, record.room, self._subscriptions.track_of, deps.rules.relay)
        self._attendance = Attendance(record.room, deps.store, deps.clock)
        self._announcer = Announcer(record.room, self.readable, self._page_of, deps.rules)
        self._empty_since = deps.clock.monotonic()
        self._linked_at = deps.clock.monotonic()
        self._saving = asyncio.Lock()
        self._saved = True
        self._over = asyncio.Event()
        self._leaving: asyncio.Task[None] | None = None
        self._tasks = TaskOwner()
        self._task = self._tasks.start(self._run(), f"listener-{record.room}")

    def status(self) -> BotStatus:
        """Return how it is doing."""
        problem = self.problem or self._subscriptions.problem
        return BotStatus(
            meeting=self.record.meeting,
            room=self.record.room,
            state=self._state,
            problem=problem.message if problem else "",
            code=problem.code if problem else "",
            participants=len(self._present()),
            heard=self._subscriptions.heard,
            unheard=tuple(sorted(self._subscriptions.unheard().items())),
            url=self._announcer.url,
        )

    async def prepare(self) -> Room:
        """Make the room where there is none, and then the link that leads to it."""
        room = await self._deps.rooms.create_room(self.record.room, self.record.meeting)
        await self.url()
        return room

    @property
    def problem(self) -> AssistantError | None:
        """Why it is not in the meeting; None while it is, or where nothing is wrong."""
        return self._problem

    @property
    def ending(self) -> bool:
        """Whether it leaves, or has left."""
        return self._state in {"leaving", "closed"}

    async def over(self) -> None:
        """Wait until it has left."""
        await self._over.wait()

    def use_key(self, key: str) -> None:
        """Come in anew with the key of an encrypted meeting."""
        self._key = key or self._key  # it is seen within a second that the connection has another one

    async def leave(self) -> None:
        """Leave for good; what was said is finished first. Nobody comes back after the process ends."""
        await asyncio.shield(self._leave(self._end))

    async def suspend(self) -> None:
        """Leave because this process ends; another one comes back."""
        self._leave(partial(self._disconnect, _SUSPEND_SECONDS))
        await self._tasks.close(2 * _SUSPEND_SECONDS)

    # --- life -------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Join, follow the meeting, and come back until it is over."""
        pauses = self._deps.rules.pauses
        while True:
            meeting = await keep_trying(self._join, Exception, pauses, self._note_failure)
            try:
                over = await self._attend(meeting)
            except Exception as error:  # noqa: BLE001 - whatever happened, the meeting goes on
                _log.exception("listener_failed", room=self.record.room, error=type(error).__name__)
                over = False
            if over:
                self._leave(self._end)
                return
            self._state, self._everybody_known = "joining", False
            self._subscriptions.leave()
            self._attendance.look_away()
            await self._relay.leave()
            await meeting.close()
            self._meeting = None
            await asyncio.sleep(pauses.pause_seconds(1))

    def _note_failure(self, error: Exception, _failures: int) -> None:
        """Take note of why it could not join; a platform's library may fail in ways of its own."""
        room = self.record.room
        if isinstance(error, AssistantError):
            self._problem = error
            _log.warning("meeting_not_joined", room=room, code=error.code)
        else:
            self._problem = MeetingUnreachable("The meeting could not be joined; it is tried again.")
            _log.error("meeting_not_joined", room=room, error=type(error).__name__, exc_info=error)

    async def _join(self) -> Meeting:
        room = await self.prepare()
        self._announcer.languages = tuple(dict.fromkeys((*room.languages, *self._deps.rules.languages)))
        await self._attendance.load()
        self._used_key = self._key
        answering = partial(answer, self)
        platform = self._deps.platform_of(self.record.meeting)
        return await platform.join(self.record.meeting, answering, key=self._used_key)

    async def _attend(self, meeting: Meeting) -> bool:
        """Follow one connection to the meeting; return whether the meeting is over."""
        self._meeting, self._problem, self._state = meeting, None, "listening"
        self._empty_since = self._deps.clock.monotonic()
        self._subscriptions.enter(meeting)
        self._relay.enter(meeting)
        _log.info("meeting_joined", room=self.record.room)
        events = aiter(meeting.events())
        upcoming = asyncio.ensure_future(anext(events))
        try:
            while self._used_key == self._key:
                await asyncio.wait([upcoming], timeout=self._deps.rules.tick_seconds)
                if upcoming.done():
                    event = upcoming.result()
                    if isinstance(event, MeetingLeft):
                        _log.info("meeting_left", room=self.record.room, reason=event.reason)
                        return event.ended and self._used_key == self._key
                    upcoming = asyncio.ensure_future(anext(events))
                    await self._handle(event)
                if await self._tick():
                    return True
            return False
        finally:
            upcoming.cancel()

    async def _tick(self) -> bool:
        """Do what is due now and then; return whether the meeting is over, or has been empty for long."""
        await self._attendance.tick()
        await self._renew_url()
        await self._save_late()
        if self._subscriptions.tick() or self._relay.room_deleted:
            return True
        now = self._deps.clock.monotonic()
        if self._present():
            self._empty_since = now
        return now - self._empty_since >= self._deps.rules.empty_seconds

    def _leave(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Begin to leave, once; return the task that does."""

        async def leave() -> None:
            await asyncio.wait([self._task])
            try:
                await work()
            finally:
                self._over.set()

        if self._leaving is None:
            self._state = "leaving"
            if asyncio.current_task() is not self._task:
                self._task.cancel()
            self._leaving = self._tasks.start(leave(), f"listener-leaving-{self.record.room}")
        return self._leaving

    async def _end(self) -> None:
        """Leave for good: first on disk, where nobody is to find it any more."""
        await self._attendance.end()
        try:
            async with self._saving:
                await self._deps.store.close_listener(self.record.meeting)
        except AssistantError as error:
            _log.warning("listener_not_recorded", room=self.record.room, code=error.code)
        await self._disconnect()
        self._state = "closed"
        self._closed(self)

    async def _disconnect(self, patience_seconds: float | None = None) -> None:
        meeting, self._meeting = self._meeting, None
        self._subscriptions.leave()
        await self._subscriptions.finished(patience_seconds)
        if meeting:
            await self._relay.drain(self._subscriptions.last_seq)
        await self._relay.leave()
        await self._announcer.close()
        if meeting:
            await meeting.close()

    # --- what happens -----------------------------------------------------------------------------

    async def _handle(self, event: MeetingEvent) -> None:
        match event:
            case ParticipantSeen(participant):
                self._subscriptions.see(participant)
                self._tell_people()
                await self._attendance.see(participant)
            case ParticipantLeft(identity):
                self._subscriptions.part(identity)
                self._asked.pop(identity, None)
                self._tell_people()
                await self._attendance.leave(identity)
            case AudioOffered(offer):
                self._subscriptions.offer(offer)
                self._tell_people()
            case AudioWithdrawn(track):
                self._subscriptions.withdraw(track)
            case AudioUnheard(identity, reason):
                self._subscriptions.note(identity, reason)
            case WordWritten(identity, word):
                await self._heed_word(identity, word)
            case PresentTold():
                present = self._present()
                self._everybody_known = True
                self._asked = {who: lang for who, lang in self._asked.items() if who in present}
                self._tell_people()
                await self._attendance.keep_only(present)

    def _present(self) -> dict[str, MeetingParticipant]:
        """Return the people in the meeting, without bots and recorders."""
        people = self._subscriptions.people.items()
        return {identity: person for identity, person in people if not person.automatic}

    def _tell_people(self) -> None:
        """Show everybody captions as they want them, and tell the new ones who listens.

        Before all who are there are known, nobody's language may be let go of.
        """
        if not self._everybody_known:
            return
        present = self._present()
        self._relay.set_readers(
            {identity: self._asked.get(identity, person.language) for identity, person in present.items()}
        )
        self._announcer.keep_only(present)
        if self._meeting:
            deaf = self._subscriptions.deaf
            self._announcer.tell(self._meeting, present, deaf=deaf, heard=self.hears)

    async def tell(self, announcement: Announcement) -> None:
        """Tell everybody in the meeting something; raises `MeetingUnreachable`."""
        if self._meeting:
            await self._meeting.announce(announcement, [])

    # --- what people ask --------------------------------------------------------------------------

    def readable(self) -> list[str]:
        """Return the languages that captions can be read in here."""
        return [readable.lang for readable in self._deps.rooms.readable()]

    async def url(self) -> str:
        """Return the address where captions can be read, which is good for a while."""
        self._announcer.url = await self._deps.link(self.record.room)
        self._linked_at = self._deps.clock.monotonic()
        return self._announcer.url

    async def _renew_url(self) -> None:
        """Let whoever comes later be told an address that is good for a while."""
        if self._deps.clock.monotonic() - self._linked_at < _RENEW_SECONDS:
            return
        try:
            await self.url()
        except AssistantError as error:  # the one before may do
            _log.warning("link_not_renewed", room=self.record.room, code=error.code)

    def set_language(self, identity: str, lang: str) -> None:
        """Show somebody captions in that language."""
        self._asked[identity] = lang
        self._tell_people()

    def hears(self, identity: str) -> bool:
        """Return whether somebody is heard, by what they asked for."""
        return not self._subscriptions.has_opted_out(identity)

    async def opt_out(self, identity: str, *, out: bool) -> bool:
        """Hear somebody no more, or again; return whether they are left out now.

        It holds from this moment on, also where `StoreUnavailable` says that it is not kept yet.
        """
        self._subscriptions.opt_out(identity, out=out)
        self.record = replace(self.record, opted_out=self._subscriptions.opted_out)
        self._saved = False
        await self._save()
        return not self.hears(identity)

    async def choose(self, identity: str, *, heard: bool) -> bool:
        """Hear somebody or not, as they chose on their page, and tell them; return whether they are heard."""
        try:
            await self.opt_out(identity, out=not heard)
        finally:
            self._answer(identity)
        return self.hears(identity)

    async def _heed_word(self, identity: str, word: ChatWord) -> None:
        """Do what somebody wrote in the chat, and tell them."""
        if identity not in self._present():
            return
        if word.heard is not None:
            try:
                await self.opt_out(identity, out=not word.heard)
            except AssistantError as error:  # it is kept later
                _log.warning("choice_not_kept", room=self.record.room, code=error.code)
        self._answer(identity, word)

    def _answer(self, identity: str, word: ChatWord | None = None) -> None:
        person = self._present().get(identity)
        if person and self._meeting:
            self._announcer.answer(self._meeting, person, partial(self.hears, identity), word)

    def _page_of(self, identity: str) -> str:
        links = self._deps.consent
        return links.url(self.record.room, identity) if links else ""

    async def _save(self) -> None:
        """Write down who is not to be heard, so that a restart does not hear them again."""
        async with self._saving:
            record = self.record
            if not self.ending:
                await self._deps.store.save_listener(record)
            self._saved = self.record is record

    async def _save_late(self) -> None:
        """Write down what could not be written when it was said."""
        if self._saved:
            return
        try:
            await self._save()
        except AssistantError as error:
            _log.warning("choice_not_kept", room=self.record.room, code=error.code)
