"""The names and terms that hold in rooms: their own, those of the organisation, those of the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from assistant.core.errors import RoomUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.rooms import check_room_name
from assistant.ports.storage import TranscriptStore
from assistant.rooms.room import RoomSession


class GlossaryService:
    """Keeps glossaries, and brings what changes to the rooms that are in use."""

    def __init__(self, store: TranscriptStore, base: Glossary | None = None) -> None:
        """Use what is stored; `base` are the terms that the settings name, which come last."""
        self._store = store
        self._base = base or Glossary()
        self._organisation = Glossary()
        self._in_use: dict[str, RoomSession] = {}
        # Held from the writing of a glossary until rooms use it: what is stored last is what is used, and a
        # room that is opened meanwhile does not go on with what it read before.
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Read the terms of the organisation."""
        self._organisation = Glossary(tuple(await self._store.organisation_glossary()))

    @property
    def for_all_rooms(self) -> Glossary:
        """The terms of the organisation, and then those of the settings."""
        return self._organisation.followed_by(self._base)

    async def attach(self, room: RoomSession) -> None:
        """Give a room its terms, now and whenever they change; raises `RoomUnknown`."""
        async with self._changing:
            room.use_glossaries(await self.of_room(room.name), self.for_all_rooms)
            self._in_use[room.name] = room

    def detach(self, room: str) -> None:
        """Bring no more changes to a room, which is not in use any more."""
        self._in_use.pop(room, None)

    async def of_organisation(self) -> Glossary:
        """Return the terms of the organisation, without those of the settings."""
        return Glossary(tuple(await self._store.organisation_glossary()))

    async def set_of_organisation(self, terms: Iterable[Term | str]) -> Glossary:
        """Replace the terms of the organisation, in all rooms; return them as they are kept.

        Raises:
            GlossaryInvalid: A term cannot be one, or there are too many.
        """
        glossary = Glossary.of(terms)
        async with self._changing:
            await self._store.set_organisation_glossary(glossary.terms)
            self._organisation = glossary
            for room in self._in_use.values():
                room.use_glossaries(room.own_glossary, self.for_all_rooms)
        return glossary

    async def of_room(self, name: str) -> Glossary:
        """Return a room's own terms, without those of the organisation; raises `RoomUnknown`."""
        room = await self._store.room(check_room_name(name))
        if room is None:
            raise RoomUnknown(f"There is no room {name}.")
        return Glossary(room.glossary)

    async def set_of_room(self, name: str, terms: Iterable[Term | str]) -> Glossary:
        """Replace a room's own terms; return them as they are kept.

        Raises:
            RoomUnknown: There is no such room.
            GlossaryInvalid: A term cannot be one, or there are too many.
        """
        glossary = Glossary.of(terms)
        async with self._changing:
            await self._store.set_glossary(check_room_name(name), glossary.terms)
            if room := self._in_use.get(name):
                room.use_glossaries(glossary, self.for_all_rooms)
        return glossary
