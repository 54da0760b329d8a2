"""Keeps who is in a meeting, from when to when, for its minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from assistant.core.attendance import Stay
from assistant.core.meetings import MeetingParticipant
from assistant.meeting_ports import MeetingStore
from assistant.ports import Clock

_SEEN_EVERY_SECONDS = 15.0


class Attendance:
    """The stays in one room."""

    def __init__(self, room: str, store: MeetingStore, clock: Clock) -> None:
        self._room = room
        self._store = store
        self._clock = clock
        self._stays: dict[str, Stay] = {}
        self._seen_at = 0.0

    async def load(self) -> None:
        """Go on after a break, with those who had not left before it."""
        self._stays = {stay.participant: stay for stay in await self._store.stays(self._room, open_only=True)}

    async def keep_only(self, present: Iterable[str]) -> None:
        """Note that everybody else left in a break, when nobody saw it."""
        for identity in self._stays.keys() - set(present):
            stay = self._stays.pop(identity)
            await self._store.save_stay(replace(stay, left_at=stay.seen_at))

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
        await self._store.save_stay(stay)

    async def leave(self, identity: str) -> None:
        """Note that somebody is gone."""
        stay = self._stays.pop(identity, None)
        if stay:
            now = self._clock.now()
            await self._store.save_stay(replace(stay, seen_at=now, left_at=now))

    async def tick(self) -> None:
        """Note now and then until when everybody is known to have been there."""
        now = self._clock.now()
        if self._stays and now - self._seen_at >= _SEEN_EVERY_SECONDS:
            self._seen_at = now
            await self._store.see(self._room, now)

    async def end(self) -> None:
        """The meeting is over: everybody leaves."""
        for identity in list(self._stays):
            await self.leave(identity)
