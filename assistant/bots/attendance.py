"""Keeps who is in a meeting, from when to when, for its minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import structlog

from assistant.core.errors import StoreUnavailable
from assistant.core.meetings.attendance import Stay
from assistant.core.meetings.meeting import MeetingParticipant
from assistant.ports.meetings import MeetingStore
from assistant.ports.system import Clock

_log = structlog.get_logger(__name__)
_SEEN_EVERY_SECONDS = 15.0


class Attendance:
    """The stays in one room.

    What cannot be written now is written later; only `load` raises `StoreUnavailable`.
    """

    def __init__(self, room: str, store: MeetingStore, clock: Clock) -> None:
        self._room = room
        self._store = store
        self._clock = clock
        self._stays: dict[str, Stay] = {}
        self._unsaved: dict[tuple[str, float], Stay] = {}
        self._loaded = False
        self._complete = False
        self._seen_at = 0.0

    async def load(self) -> None:
        """Go on after the end of a process, with those who had not left before it."""
        if not self._loaded:
            stays = await self._store.stays(self._room, open_only=True)
            self._stays = {stay.participant: stay for stay in stays}
            self._loaded = True

    def look_away(self) -> None:
        """There is no connection to the meeting: nobody knows who is there."""
        self._complete = False

    async def keep_only(self, present: Iterable[str]) -> None:
        """Note that everybody else left in a break, when nobody saw it."""
        for identity in self._stays.keys() - set(present):
            stay = self._stays.pop(identity)
            await self._save(replace(stay, left_at=stay.seen_at))
        self._complete = True

    async def see(self, participant: MeetingParticipant) -> None:
        """Note that somebody is there, under that name."""
        if participant.automatic:
            return
        now = self._clock.now()
        stay = self._stays.get(participant.identity)
        if stay is None:
            stay = Stay(self._room, participant.identity, participant.name, now, now)
        elif stay.name == participant.name:
            return
        stay = replace(stay, name=participant.name, seen_at=now)
        self._stays[participant.identity] = stay
        await self._save(stay)

    async def leave(self, identity: str) -> None:
        """Note that somebody is gone."""
        stay = self._stays.pop(identity, None)
        if stay:
            now = self._clock.now()
            await self._save(replace(stay, seen_at=now, left_at=now))

    async def tick(self) -> None:
        """Note now and then until when everybody is known to have been there."""
        now = self._clock.now()
        if not self._complete or now - self._seen_at < _SEEN_EVERY_SECONDS:
            return
        self._seen_at = now
        self._stays = {identity: replace(stay, seen_at=now) for identity, stay in self._stays.items()}
        await self._write_up()
        if self._stays:
            try:
                await self._store.see(self._room, now)
            except StoreUnavailable as error:
                _log.warning("attendance_not_kept", room=self._room, code=error.code)

    async def end(self) -> None:
        """The meeting is over: everybody leaves, or left when they were last seen."""
        try:
            await self.load()
        except StoreUnavailable as error:
            _log.warning("attendance_not_kept", room=self._room, code=error.code)
        if self._complete:
            for identity in list(self._stays):
                await self.leave(identity)
        await self.keep_only(())

    async def _save(self, stay: Stay) -> None:
        self._unsaved[stay.participant, stay.arrived_at] = stay
        await self._write_up()

    async def _write_up(self) -> None:
        """Write what is not written yet."""
        for key, stay in list(self._unsaved.items()):
            try:
                await self._store.save_stay(stay)
            except StoreUnavailable as error:
                _log.warning("attendance_not_kept", room=self._room, code=error.code)
                return
            if self._unsaved.get(key) is stay:
                del self._unsaved[key]
