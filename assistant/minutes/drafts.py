"""Makes drafts of minutes: of what was said in a room, with what a clerk said of the draft."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from assistant.core.captions.caption import Caption
from assistant.core.glossary.glossary import Glossary
from assistant.core.minutes.document import Minutes, MinutesVersion
from assistant.core.minutes.levels import DEFAULT_SCALE, Scale
from assistant.core.minutes.refresh import refreshed
from assistant.core.plain_text import one_line
from assistant.core.rooms import Room
from assistant.minutes.drafting.draft import DraftSource, DraftStep, Reading, draft, write
from assistant.minutes.drafting.findings import find
from assistant.minutes.reader import ModelFindings, ModelReading
from assistant.ports.meetings import MeetingStore
from assistant.ports.minutes import MinutesStore
from assistant.ports.room_log import RoomLog
from assistant.ports.system import Workers
from assistant.translation.translator import TranslationService

_CREDENTIAL = "drafts"
"""Drafts are made for the room, whoever asked for them."""


@dataclass(frozen=True, slots=True)
class MinutesRules:
    """What holds for all minutes.

    Attributes:
        timezone: IANA name; days and times are told in it.
        organisation: Whose meetings these are; may be empty.
        scale: Protection levels.
        quiet_seconds: A draft is made anew once nothing else was corrected for so long.
    """

    timezone: str = "UTC"
    organisation: str = ""
    scale: Scale = DEFAULT_SCALE
    quiet_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class DraftWish:
    """What a clerk says of a draft; what is empty stays as it was, or is found out.

    Attributes:
        author: Who asks for it.
        title: What people call the meeting.
        organisation: Whose meeting it was.
        place: Where it was.
        timezone: The IANA name of its time zone.
        language: BCP-47 primary subtag of the reference language of the minutes.
        agenda: Titles of the items; None: those that were given for the room.
        use_model: Whether the operator's language model reads too, where there is one.
    """

    author: str = ""
    title: str = ""
    organisation: str = ""
    place: str = ""
    timezone: str = ""
    language: str = ""
    agenda: Sequence[str] | None = None
    use_model: bool = True


class MinutesRooms(Protocol):
    """What minutes need of the rooms."""

    async def room(self, name: str) -> Room:
        """Return a room; raises `RoomUnknown`."""

    async def spoken_captions(self, room: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the latest revision of each final whose `seq` > `since`, emptied ones included."""

    async def transcript(self, room: str, lang: str = "") -> Sequence[Caption]:
        """Return finals with text, in a language."""

    def log(self, room: str) -> AbstractAsyncContextManager[RoomLog]:
        """Lend the log of a room; raises `RoomUnknown`."""

    async def glossary_of(self, room: str) -> Glossary:
        """Return the names and terms that hold in a room."""

    @property
    def translations(self) -> TranslationService:
        """What translates."""


class DraftMaker:
    """Makes drafts of rooms, with a language model where there is one."""

    def __init__(
        self,
        rooms: MinutesRooms,
        store: MinutesStore,
        meetings: MeetingStore,
        rules: MinutesRules,
        model: ModelReading | None,
        workers: Workers,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._meetings = meetings
        self._workers = workers
        self._rules = rules
        self._model = model

    async def make(
        self,
        room: str,
        captions: Sequence[Caption],
        wish: DraftWish,
        before: MinutesVersion | None,
        corrected: frozenset[str],
        progress: Callable[[DraftStep, float], None],
    ) -> Minutes:
        """Return a draft; with a version before it, under everything that a clerk kept there.

        Args:
            room: The room's name.
            captions: Everything that was said.
            wish: What the clerk says of the draft.
            before: The newest version; None for the first draft.
            corrected: Captions that were corrected since.
            progress: Told how far it is, in the event loop.
        """
        source = await self._source(room, captions, wish, before)
        fresh = await self._drafted(source, progress, use_model=wish.use_model)
        if before is not None:
            told_again = self._model is not None and wish.use_model
            fresh = refreshed(before.minutes, fresh, corrected, told_again=told_again)
        return _with_wishes(fresh, wish)

    async def _source(
        self, room: str, captions: Sequence[Caption], wish: DraftWish, before: MinutesVersion | None
    ) -> DraftSource:
        found = await self._rooms.room(room)
        known = before.minutes.meeting if before else None
        given = await self._store.agenda(room)
        # What a clerk made an item of is planned as well as what stands on the agenda.
        return DraftSource(
            room=room,
            title=found.title,
            captions=captions,
            stays=await self._meetings.stays(room),
            agenda=given,
            began_at=found.began_at,
            timezone=wish.timezone or (known.timezone if known else self._rules.timezone),
            organisation=wish.organisation or (known.organisation if known else self._rules.organisation),
            place=wish.place or (known.place if known else ""),
            language=wish.language or (known.language if known and "language" in _kept(before) else ""),
        )

    async def _drafted(
        self, source: DraftSource, progress: Callable[[DraftStep, float], None], *, use_model: bool
    ) -> Minutes:
        loop = asyncio.get_running_loop()

        def tell(step: DraftStep, done: float) -> None:
            loop.call_soon_threadsafe(progress, step, done)

        if self._model is None or not use_model:
            return await self._workers.run_told(partial(draft, source), tell, credential=_CREDENTIAL)
        reading = await self._workers.run(partial(Reading.of, source), credential=_CREDENTIAL)
        told = await self._model.read(reading, lambda done: tell("model", 0.1 + 0.7 * done))
        return await self._workers.run(partial(_written, reading, told), credential=_CREDENTIAL)


def _kept(before: MinutesVersion | None) -> tuple[str, ...]:
    """Return the fields of the meeting that a clerk set."""
    return before.minutes.kept_fields if before else ()


def _with_wishes(minutes: Minutes, wish: DraftWish) -> Minutes:
    """Let what a clerk said of the draft stand at its head, and stay."""
    names = ("title", "organisation", "place", "timezone", "language")
    said = {name: one_line(getattr(wish, name)) for name in names if getattr(wish, name)}
    if not said:
        return minutes
    kept = tuple(dict.fromkeys((*minutes.kept_fields, *said)))
    meeting = replace(minutes.meeting, **said)  # type: ignore[arg-type] # the names are those of texts
    return replace(minutes, meeting=meeting, kept_fields=kept)


def _written(reading: Reading, told: ModelFindings) -> Minutes:
    """Return minutes of what a model told, and of what is found without one."""
    found = find(reading.lines, reading.day, [line.speaker for line in reading.lines])
    minutes = write(reading, told.joined_with(found))
    return replace(minutes, draft_notes=told.notes)
