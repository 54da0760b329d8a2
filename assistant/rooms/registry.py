"""All rooms of this process: which there are, which are in use, and what was said in them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import RoomRemoved
from assistant.core.errors import LanguageUnavailable, RoomUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.rooms import Room, check_room_name
from assistant.core.speech.spoken_language import SpokenLanguages
from assistant.core.started import started
from assistant.ports.room_log import RoomLog
from assistant.ports.speech import TranscriberCapabilities
from assistant.ports.storage import TranscriptStore
from assistant.ports.system import Clock
from assistant.rooms.followers import Followers
from assistant.rooms.glossary_service import GlossaryService
from assistant.rooms.room import RoomSession
from assistant.tasks.named_locks import NamedLocks
from assistant.translation.publisher import SavingRules
from assistant.translation.room_translations import (
    BY_SPEECH,
    LINGER_SECONDS,
    Readable,
    RoomTranslations,
    readable_languages,
)
from assistant.translation.translator import TranslationService

_log = structlog.get_logger(__name__)

OpenLog = Callable[[Room], Awaitable[RoomLog]]
"""Opens the log of a room as it is stored."""


@dataclass(frozen=True, slots=True)
class RoomRules:
    """What holds for all rooms.

    Attributes:
        translate_to: Languages that every room is always translated into.
        linger_seconds: How long a language stays open after its last reader.
        default_level: The protection level of new rooms; empty: the lowest.
        saving: How translations get into the store.
    """

    translate_to: tuple[str, ...] = ()
    linger_seconds: float = LINGER_SECONDS
    default_level: str = ""
    saving: SavingRules = field(default_factory=SavingRules)


@dataclass(frozen=True, slots=True)
class RoomDeps:
    """What rooms need once the service has started.

    Attributes:
        clock: Times the rooms.
        translations: Translates their captions.
        capabilities: What the recogniser can do.
        languages: Spoken languages to choose among; empty means all that are recognised.
    """

    clock: Clock
    translations: TranslationService
    capabilities: TranscriberCapabilities
    languages: frozenset[str] = frozenset()


@dataclass(slots=True)
class _OpenedLog:
    """The one log of a room.

    Attributes:
        log: The log.
        holders: How many work with it: the room that is in use, and whoever borrows the log.
    """

    log: RoomLog
    holders: int = 0


class RoomRegistry:
    """Rooms on disk and in use.

    Attributes:
        followers: Learn what happens in the rooms whose log is open.
    """

    def __init__(
        self,
        store: TranscriptStore,
        open_log: OpenLog,
        glossaries: GlossaryService,
        rules: RoomRules | None = None,
    ) -> None:
        """Create a registry; what it returns raises `Unavailable` before `start`.

        Args:
            store: Keeps rooms and what was said.
            open_log: Opens the log of a room.
            glossaries: Know which terms hold.
            rules: What holds for all rooms.
        """
        self.followers = Followers()
        self._store = store
        self._open_log = open_log
        self._glossaries = glossaries
        self._rules = rules or RoomRules()
        self._started: RoomDeps | None = None
        self._logs: dict[str, _OpenedLog] = {}
        self._rooms: dict[str, RoomSession] = {}
        self._translations: dict[str, RoomTranslations] = {}
        # Held while a room or its log is opened or deleted, so that it is never opened twice, and nobody is
        # given one that is half open or half deleted.
        self._doors = NamedLocks()

    def start(self, deps: RoomDeps) -> None:
        """Begin to open rooms."""
        self._started = deps

    async def close(self) -> None:
        """Close the languages of all rooms."""
        for translations in list(self._translations.values()):
            await translations.close()

    @property
    def in_use(self) -> Mapping[str, RoomSession]:
        """The rooms that are in use, by name; one that is still opened is not among them."""
        return self._rooms

    # --- rooms ------------------------------------------------------------------------------------

    async def create_room(
        self,
        name: str | None = None,
        title: str = "",
        glossary: Sequence[Term | str] = (),
        languages: Sequence[str] = (),
        spoken: Sequence[str] = (),
    ) -> Room:
        """Return a new room, or the one of that name; None makes up a name nobody can guess.

        Raises:
            LanguageUnavailable: It cannot be translated into one of the languages, or one that is spoken is
                not recognised.
        """
        name = check_room_name(name or secrets.token_hex(9))
        terms = Glossary.of(glossary).terms
        readable = {readable.lang for readable in self.readable()}
        for lang in languages:
            if lang not in readable:
                raise LanguageUnavailable(f"Nothing can be translated into “{lang}” here.")
        room = Room(
            name,
            title or name,
            created_at=self._deps.clock.now(),
            glossary=terms,
            languages=tuple(dict.fromkeys(languages)),
            level=self._rules.default_level,
            spoken=self._recognised(spoken),
        )
        return await self._store.create_room(room)

    async def set_spoken(self, name: str, languages: Sequence[str]) -> Room:
        """Recognise nothing but these languages in a room from now on; return the room.

        None of them means what the organisation says. What is being said is heard anew with its final.

        Raises:
            RoomUnknown: There is no such room.
            LanguageUnavailable: One of them is not recognised here.
        """
        spoken = self._recognised(languages)
        async with self._doors.of(check_room_name(name)):
            await self._store.set_spoken(name, spoken)
            if session := self._rooms.get(name):
                session.spoken.allow(spoken)
        return await self.room(name)

    async def room(self, name: str) -> Room:
        """Return a room; raises `RoomUnknown`."""
        room = await self._store.room(check_room_name(name))
        if room is None:
            raise RoomUnknown(f"There is no room {name}.")
        return room

    async def every_room(self) -> Sequence[Room]:
        """Return all rooms, newest first."""
        return await self._store.rooms()

    async def delete_room(self, name: str) -> None:
        """Delete a room with everything said in it; raises `RoomUnknown`.

        Where that fails, for whatever reason, the room is in use no more, and its log is closed: whoever
        comes then gets it as it is stored.
        """
        async with self._doors.of(name):
            opened = await self._hold_log(name)
            self._rooms.pop(name, None)
            translations = self._translations.pop(name, None)
            self._glossaries.detach(name)
            try:
                if translations:
                    await translations.close()
                await opened.log.append([RoomRemoved()])
            finally:
                del self._logs[name]
                opened.log.close()

    async def enter(self, name: str) -> RoomSession:
        """Return a room in use; raises `RoomUnknown`.

        Whoever else opens the same room at the same time gets the same one, once all who follow it do so.
        """
        check_room_name(name)
        if name not in self._rooms:
            async with self._doors.of(name):
                if name not in self._rooms:
                    await self._open(name)
        return self._rooms[name]

    async def enter_to_speak(self, name: str) -> RoomSession:
        """Return a room in use, made if need be."""
        check_room_name(name)
        if name not in self._rooms:
            await self.create_room(name)
        return await self.enter(name)

    @asynccontextmanager
    async def log(self, name: str) -> AsyncIterator[RoomLog]:
        """Lend the log of a room until the block ends; raises `RoomUnknown`.

        A room is not in use for that alone: its log is followed as any other, and closed when nobody has it
        any more.
        """
        check_room_name(name)
        async with self._doors.of(name):
            opened = await self._hold_log(name)
        try:
            yield opened.log
        finally:
            self._release_log(name, opened)

    async def glossary_of(self, name: str) -> Glossary:
        """Return the names and terms that hold in a room, with those of the organisation and the settings.

        Raises:
            RoomUnknown: There is no such room.
        """
        return (await self._glossaries.of_room(name)).followed_by(self._glossaries.for_all_rooms)

    # --- what was said ----------------------------------------------------------------------------

    async def transcript(self, room: str, lang: str = "") -> Sequence[Caption]:
        """Return the latest revision of every final with text, in the order of their start.

        Args:
            room: The room's name.
            lang: A language to translate into; empty for what was said. What cannot be translated is
                there as it was said.

        Raises:
            RoomUnknown: There is no such room.
            LanguageUnavailable: Nothing can be translated into that language.
        """
        await self.room(room)
        captions = [caption for caption in await self._store.captions(room) if caption.text]
        if not lang:
            return captions
        await self.enter(room)
        return await self._translations[room].transcript(lang, captions)

    async def spoken_captions(self, room: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the latest revision of each final whose `seq` > `since`, emptied ones included.

        Raises:
            RoomUnknown: There is no such room.
        """
        await self.room(room)
        return await self._store.captions(room, since=since)

    # --- languages --------------------------------------------------------------------------------

    def spoken(self) -> tuple[str, ...]:
        """Return the languages that are recognised, in the order of their codes."""
        return tuple(sorted(self._deps.languages or self._deps.capabilities.languages))

    def _recognised(self, languages: Sequence[str]) -> tuple[str, ...]:
        for lang in languages:
            if lang not in self._deps.capabilities.languages:
                raise LanguageUnavailable(f"“{lang}” is not recognised here.")
        return tuple(dict.fromkeys(languages))

    def readable(self) -> list[Readable]:
        """Return the languages that captions can be read in, and how each is got."""
        return readable_languages(self.translations, by_speech=self._by_speech)

    async def languages_read(self, room: str) -> Sequence[str]:
        """Return the languages that there are translations of a room in."""
        return await self._store.translated_languages(room)

    @property
    def translations(self) -> TranslationService:
        """The service that translates for all rooms."""
        return self._deps.translations

    def translations_of(self, room: str) -> RoomTranslations | None:
        """Return the languages of a room that is in use; None for any other."""
        return self._translations.get(room)

    def wants_speech(self, room: str, source: str) -> bool:
        """Return whether a reader waits for the recogniser's translation of finals in a language."""
        translations = self.translations_of(room)
        return translations is not None and translations.wants_speech(source)

    # --- inside -----------------------------------------------------------------------------------

    @property
    def _deps(self) -> RoomDeps:
        return started(self._started)

    @property
    def _by_speech(self) -> bool:
        return BY_SPEECH in self._deps.capabilities.translates_to

    async def _hold_log(self, name: str) -> _OpenedLog:
        """Return the log of a room for one more holder; the room's door is held meanwhile."""
        opened = self._logs.get(name)
        if opened is None:
            opened = _OpenedLog(await self._open_log(await self.room(name)))
            try:
                await self.followers.attach(opened.log)
            except BaseException:
                opened.log.close()
                raise
            self._logs[name] = opened
        # Nothing is awaited since it was found: the last holder may leave at any time, and closes it.
        opened.holders += 1
        return opened

    def _release_log(self, name: str, opened: _OpenedLog) -> None:
        opened.holders -= 1
        if opened.holders == 0 and self._logs.get(name) is opened:
            del self._logs[name]
            opened.log.close()

    async def _open(self, name: str) -> None:
        """Let a room be used, with its terms and followers, in the languages that it always has."""
        opened = await self._hold_log(name)
        try:
            await self._use(name, opened.log)
        except BaseException:
            self._release_log(name, opened)
            raise

    async def _use(self, name: str, log: RoomLog) -> None:
        room = await self.room(name)
        heard = [track.heard_seconds for track in await self._store.tracks(name)]
        expected = dict.fromkeys((*room.languages, *self._rules.translate_to))
        spoken = SpokenLanguages(self._deps.languages, expected=expected)
        spoken.allow(room.spoken)
        session = RoomSession(
            room,
            log,
            self._store,
            self._deps.clock,
            heard_seconds=max(heard, default=0.0),
            spoken=spoken,
        )
        translations = RoomTranslations(
            log,
            self.translations,
            self._store,
            lambda: session.glossary,
            by_speech=self._by_speech,
            linger_seconds=self._rules.linger_seconds,
            saving=self._rules.saving,
        )
        try:
            await self._glossaries.attach(session)
            for lang in expected:
                if lang in translations.languages:
                    await translations.open(lang)
                else:
                    _log.warning("language_unavailable", room=name, lang=lang)
        except BaseException:
            self._glossaries.detach(name)
            await translations.close()
            raise
        # Last, and without waiting in between: who finds a room here finds all of it.
        self._rooms[name], self._translations[name] = session, translations
