"""All listeners of this process: asked for through several doors, kept across restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

import structlog

from assistant.bots.attendance import Attendance
from assistant.bots.consent_links import ConsentLinks
from assistant.bots.deps import BotDeps
from assistant.bots.meeting_bot import MeetingBot
from assistant.bots.status import BotStatus, Hearing
from assistant.core.errors import AssistantError, ListenerUnknown, MeetingUnreachable, ShuttingDown
from assistant.core.meetings.meeting import (
    Announcement,
    Door,
    ListenerRecord,
    check_meeting_name,
    room_name_for,
)

_log = structlog.get_logger(__name__)
_REMEMBER_SECONDS = 12 * 3600.0
"""So long it is known who refused in a meeting that the listener left, and may be called back into."""


class BotManager:
    """One listener for each meeting, however often and through whichever door it is asked for.

    `patterns` name the meetings that are listened to without being asked, such as `council-*`.
    """

    def __init__(self, deps: BotDeps, patterns: Sequence[str] = ()) -> None:
        self._deps = deps
        self._patterns = tuple(patterns)
        self._listeners: dict[str, MeetingBot] = {}
        self._refusals: dict[str, tuple[float, tuple[str, ...]]] = {}  # by meeting, with the monotonic time
        self._door = asyncio.Lock()
        self._closing = False

    @property
    def problem(self) -> AssistantError | None:
        """What keeps a listener out of its meeting; None while all is well."""
        return next((listener.problem for listener in self._listeners.values() if listener.problem), None)

    @property
    def consent(self) -> ConsentLinks | None:
        """Knows whose personal links there are; None where nobody has one."""
        return self._deps.consent

    async def start(self) -> None:
        """Come back into the meetings in which a process before this one was, if they go on."""
        records = await self._deps.store.listeners()
        await asyncio.gather(*(self._resume(record) for record in records))

    async def close(self) -> None:
        """Leave all meetings; whoever starts next comes back into them."""
        self._closing = True
        listeners = list(self._listeners.values())
        await asyncio.gather(*(listener.suspend() for listener in listeners))
        await asyncio.gather(*(platform.close() for platform in self._deps.platforms))

    async def open(self, meeting: str, door: Door, *, key: str = "") -> BotStatus:
        """Listen to a meeting; where somebody does already, nothing changes but for a new key.

        Raises:
            RoomNameInvalid: The name cannot be one.
            MeetingsNotConfigured: No platform has meetings of such a name.
            CapacityReached: One more meeting would harm the others.
            ShuttingDown: The service takes no more.
        """
        meeting = check_meeting_name(meeting)
        self._deps.platform_of(meeting)
        async with self._door:
            listener = self._listeners.get(meeting)
            if listener and listener.ending:
                await listener.over()
                listener = None
            if self._closing:
                raise ShuttingDown("The service is shutting down.")
            if listener is None:
                self._deps.tracks.check_power()
                opened_at, refused = self._deps.clock.now(), self._refused(meeting)
                record = ListenerRecord(meeting, room_name_for(meeting), door, opened_at, refused)
                await self._deps.store.save_listener(record)
                if self._closing:
                    raise ShuttingDown("The service is shutting down; its next start goes there.")
                listener = MeetingBot(record, self._deps, self._forget, key=key)
                self._listeners[meeting] = listener
                with suppress(AssistantError):  # it tries again by itself
                    await listener.prepare()
                _log.info("listener_opened", room=record.room, door=door)
            elif key:
                listener.use_key(key)
        return listener.status()

    async def leave(self, meeting: str) -> None:
        """Stop listening to a meeting; raises `ListenerUnknown`."""
        await self._listener(meeting).leave()

    def status(self, meeting: str) -> BotStatus:
        """Return how the listener of a meeting is doing; raises `ListenerUnknown`."""
        return self._listener(meeting).status()

    def status_of_room(self, room: str) -> BotStatus:
        """Return how the listener whose captions are in that room is doing; raises `ListenerUnknown`."""
        return self._listener_of(room).status()

    def hearing(self, room: str, identity: str) -> Hearing:
        """Return whether somebody is heard in the meeting of a room; raises `ListenerUnknown`."""
        listener = self._listener_of(room)
        return Hearing(listener.status().state == "listening", listener.hears(identity))

    async def choose(self, room: str, identity: str, *, heard: bool) -> Hearing:
        """Hear somebody in the meeting of a room, or not, as they chose.

        Raises:
            ListenerUnknown: Nobody listens there.
            StoreUnavailable: It holds, but is not kept yet.
        """
        await self._listener_of(room).choose(identity, heard=heard)
        return self.hearing(room, identity)

    def statuses(self) -> list[BotStatus]:
        """Return how all listeners are doing."""
        return [listener.status() for listener in self._listeners.values()]

    def listens(self, meeting: str) -> bool:
        """Return whether a meeting is listened to, and goes on being."""
        listener = self._listeners.get(meeting)
        return listener is not None and not listener.ending

    def has_power(self) -> bool:
        """Return whether one more meeting can be taken."""
        try:
            self._deps.tracks.check_power()
        except AssistantError:
            return False
        return not self._closing

    async def dispatched(self, meeting: str) -> None:
        """Listen to a meeting to which the platform sent us; raises as `open` does."""
        await self.open(meeting, "dispatch")

    def wants(self, meeting: str) -> bool:
        """Return whether a meeting is listened to without being asked."""
        return any(fnmatchcase(meeting, pattern) for pattern in self._patterns)

    async def tell_room(self, room: str, announcement: Announcement) -> None:
        """Tell everybody in the meetings whose captions are in a room something.

        Who cannot be reached now is not told; the captions' page tells it as well.
        """
        for listener in list(self._listeners.values()):
            if listener.record.room == room:
                try:
                    await listener.tell(announcement)
                except MeetingUnreachable as error:
                    _log.warning("announcement_not_sent", room=room, code=error.code)

    async def over(self, meeting: str) -> None:
        """Wait until nobody listens to a meeting any more."""
        listener = self._listeners.get(meeting)
        if listener:
            await listener.over()

    def _listener(self, meeting: str) -> MeetingBot:
        listener = self._listeners.get(meeting)
        if listener is None:
            raise ListenerUnknown(f"Nobody listens to the meeting {meeting[:60]}.")
        return listener

    def _listener_of(self, room: str) -> MeetingBot:
        for listener in self._listeners.values():
            if listener.record.room == room:
                return listener
        raise ListenerUnknown(f"Nobody listens for the room {room}.")

    def _refused(self, meeting: str) -> tuple[str, ...]:
        """Return who asked not to be heard when the listener was in that meeting before."""
        left_at, refused = self._refusals.get(meeting, (0.0, ()))
        return refused if self._deps.clock.monotonic() - left_at < _REMEMBER_SECONDS else ()

    def _remember(self, record: ListenerRecord) -> None:
        now = self._deps.clock.monotonic()
        self._refusals[record.meeting] = (now, record.opted_out)
        self._refusals = {
            meeting: (left_at, refused)
            for meeting, (left_at, refused) in self._refusals.items()
            if refused and now - left_at < _REMEMBER_SECONDS
        }

    async def _resume(self, record: ListenerRecord) -> None:
        """Come back into a meeting, or note that it ended while nobody was there."""
        try:
            goes_on = await self._deps.platform_of(record.meeting).exists(record.meeting)
        except AssistantError:
            goes_on = True  # whoever cannot be asked now is asked by joining
        if goes_on:
            _log.info("listener_resumed", room=record.room)
            self._listeners[record.meeting] = MeetingBot(record, self._deps, self._forget)
            return
        meetings = self._deps.store
        await Attendance(record.room, meetings, self._deps.clock).end()
        await meetings.close_listener(record.meeting)

    def _forget(self, listener: MeetingBot) -> None:
        if self._listeners.get(listener.record.meeting) is listener:
            del self._listeners[listener.record.meeting]
            self._remember(listener.record)
        _log.info("listener_closed", room=listener.record.room)
