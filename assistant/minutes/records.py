"""What is kept of a room beside its minutes: its agenda, its numbered copies, its protection level."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.core.minutes.document import Minutes
from assistant.core.minutes.levels import Scale
from assistant.core.minutes.protection import check_lowering, level_of_document, level_of_transcript
from assistant.core.plain_text import one_line
from assistant.core.rooms import Room
from assistant.minutes.drafting.agenda_files import check_titles
from assistant.minutes.drafts import MinutesRooms
from assistant.ports.minutes import LevelChange, MinutesStore, NumberedCopy
from assistant.ports.system import Clock

_MOST_AUTHOR_CHARACTERS = 200
SERVICE = "assistant"
"""The author of what nobody did by hand."""


def author_of(author: str) -> str:
    """Return how somebody calls themselves, in short; the service's own name where they do not say."""
    return one_line(author)[:_MOST_AUTHOR_CHARACTERS] or SERVICE


class MinutesRecords:
    """Keeps the records of rooms; all its methods raise `RoomUnknown`, but for counting a copy.

    Args:
        rooms: The rooms.
        store: Keeps the records.
        clock: Says when a copy was given, and a level changed.
        scale: The operator's protection levels.
    """

    def __init__(self, rooms: MinutesRooms, store: MinutesStore, clock: Clock, scale: Scale) -> None:
        self._rooms = rooms
        self._store = store
        self._clock = clock
        self._scale = scale
        # Whether a change lowers the level holds until it is stored.
        self._changing_level = asyncio.Lock()

    async def agenda(self, room: str) -> Sequence[str]:
        """Return the agenda that was given for a room."""
        await self._rooms.room(room)
        return await self._store.agenda(room)

    async def set_agenda(self, room: str, titles: Sequence[str]) -> Sequence[str]:
        """Replace the agenda of a room, from the next draft on; raises `AgendaInvalid` as well."""
        await self._rooms.room(room)
        checked = check_titles(list(titles))
        await self._store.set_agenda(room, checked)
        return checked

    async def give_copy(self, room: str, version: int, recipient: str, kind: str) -> NumberedCopy:
        """Count a copy that somebody gets."""
        return await self._store.add_copy(room, version, one_line(recipient), kind, self._clock.now())

    async def copies(self, room: str) -> Sequence[NumberedCopy]:
        """Return the copies that were given out."""
        await self._rooms.room(room)
        return await self._store.copies(room)

    async def level(self, room: str, minutes: Minutes) -> str:
        """Return the protection level that is printed on every page of minutes."""
        return level_of_document(minutes, self._scale, (await self._rooms.room(room)).level)

    async def transcript_level(self, room: str) -> str:
        """Return the protection level of what was said in a room."""
        newest = await self._store.version(room)
        minutes = newest.minutes if newest else None
        return level_of_transcript(minutes, self._scale, (await self._rooms.room(room)).level)

    async def set_room_level(
        self, room: str, level: str, *, author: str, reason: str = "", may_lower: bool = False
    ) -> Room:
        """Give a room another protection level, which all that comes of it inherits.

        Raises:
            LevelUnknown: The scale has no such level.
            LoweringRefused: It would be lowered by somebody who may not, or without a reason.
        """
        async with self._changing_level:
            found = await self._rooms.room(room)
            before, after = (self._scale.of(code).code for code in (found.level, level))
            if self._scale.rank(after) < self._scale.rank(before):
                check_lowering(reason, may_lower=may_lower)
            change = LevelChange(self._clock.now(), author_of(author), before, after, one_line(reason))
            await self._store.set_room_level(room, change)
            return await self._rooms.room(room)

    async def level_changes(self, room: str) -> Sequence[LevelChange]:
        """Return how a room came to its protection level."""
        await self._rooms.room(room)
        return await self._store.level_changes(room)
