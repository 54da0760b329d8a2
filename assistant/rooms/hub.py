"""The doors of the house: everything that sockets, bots and the command line may ask for."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import structlog

from assistant.captioning.connection import TrackConnection
from assistant.captioning.deps import TrackDeps
from assistant.captioning.track_registry import Join, TrackRegistry, TrackRegistryRules
from assistant.core.captions.caption import Caption
from assistant.core.captions.events import RoomRemoved
from assistant.core.errors import (
    AssistantError,
    LanguageUnavailable,
    RoomDeleted,
    RoomUnknown,
    ShuttingDown,
    StoreUnavailable,
    Unavailable,
)
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.language import ReaderLanguages
from assistant.core.rooms import Room, check_room_name
from assistant.disk.reserve import SpaceReserve
from assistant.ports.minutes import MinutesStore
from assistant.ports.room_log import RoomLog
from assistant.ports.storage import TranscriptStore
from assistant.readers.feed import CaptionFeed
from assistant.readers.public_view import PublicView, not_known
from assistant.readers.registry import Readers
from assistant.recordings.service import RecordingRules, RecordingService
from assistant.rooms.followers import Followers
from assistant.rooms.room import RoomSession
from assistant.translation.by_recogniser import SpeechTranslator
from assistant.translation.room_translations import (
    LINGER_SECONDS,
    Readable,
    RoomTranslations,
    readable_languages,
)
from assistant.translation.translator import TranslationService

_log = structlog.get_logger(__name__)
OpenLog = Callable[[Room], RoomLog]
"""Returns the log of a room as it is stored."""

_SCRUB_SECONDS = 10
_DISK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class HubStatistics:
    """How busy the process is.

    Attributes:
        talking: Tracks on which somebody speaks.
        behind_seconds: The age of the oldest speech that no caption shows.
        capacity: People who may talk at the same time; 0 while nothing is known.
        step_seconds: New audio between the partials of a track.
    """

    rooms: int = 0
    tracks: int = 0
    talking: int = 0
    readers: int = 0
    queued_finals: int = 0
    queued_partials: int = 0
    behind_seconds: float = 0.0
    capacity: int = 0
    step_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Opened:
    """What exists between start and close."""

    tools: TrackDeps
    speakers: TrackRegistry
    speech: SpeechTranslator
    recordings: RecordingService
    monitor: asyncio.Task[None]
    disk_monitor: asyncio.Task[None]


class MeetingHub:
    """All rooms of this process, who speaks in them and who reads."""

    def __init__(
        self,
        open_tools: Callable[[], Awaitable[TrackDeps]],
        open_log: OpenLog,
        minutes: MinutesStore,
        rules: TrackRegistryRules | None = None,
        glossary: Glossary | None = None,
        translate_to: Sequence[str] = (),
        *,
        linger_seconds: float = LINGER_SECONDS,
        recording_rules: RecordingRules | None = None,
        default_level: str = "",
        reserve: SpaceReserve | None = None,
    ) -> None:
        self.reserve = reserve or SpaceReserve()
        """Says what may still use the disk."""
        self._default_level = default_level
        self.followers = Followers()
        """Learn what happens in the rooms that are in use."""
        self._recording_rules = recording_rules
        self._open_tools = open_tools
        self._opened: _Opened | None = None
        self._open_log = open_log
        self._minutes = minutes
        self._rules = rules or TrackRegistryRules()
        self._base_glossary = glossary or Glossary()
        self._house_glossary = Glossary()
        self._translate_to = tuple(translate_to)
        self._linger_seconds = linger_seconds
        self._rooms: dict[str, RoomSession] = {}
        self._translations: dict[str, RoomTranslations] = {}
        self._public: dict[str, PublicView] = {}
        self._public_door = asyncio.Lock()
        self._deleting: set[str] = set()
        self._deletions = 0
        self._readers = Readers()

    # --- life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to work, and caption what a process before this one received but did not finish."""
        tools = await self._open_tools()
        self._house_glossary = Glossary(tuple(await tools.store.house_glossary()))
        tools.scheduler.start()
        speakers = TrackRegistry(tools, self._enter, self._rules, self.reserve)
        await asyncio.to_thread(self.reserve.measure)
        monitor = asyncio.create_task(self._watch(speakers), name="hub-monitor")
        disk_monitor = asyncio.create_task(self._watch_disk(tools.store), name="disk-monitor")
        speech = SpeechTranslator(tools.scheduler, tools.clock, tools.final_audio, self._translations.get)
        self.followers.add(speech)
        recordings = RecordingService(tools, lambda: self._for_all_rooms, self._recording_rules)
        self._opened = _Opened(tools, speakers, speech, recordings, monitor, disk_monitor)
        await speakers.recover()

    async def close(self) -> None:
        """Finish open utterances, as long as that may take, and stop."""
        opened = self._opened
        if opened is None:
            return
        opened.monitor.cancel()
        opened.disk_monitor.cancel()
        await opened.speakers.close()
        await self.followers.close()
        await opened.speech.close()
        await opened.tools.scheduler.close()
        self._readers.let_go(ShuttingDown("The service is shutting down; reconnect."))
        await asyncio.gather(*(translations.close() for translations in self._translations.values()))
        await asyncio.gather(*(view.close() for view in self._public.values()))
        await opened.tools.desk.close()
        await opened.tools.store.close()

    def missing(self) -> list[str]:
        """Return what keeps the service from working, in sentences; empty when it is ready."""
        return ["The service is starting."] if self._opened is None else list(self._opened.tools.missing)

    def problems(self) -> list[str]:
        """Return why something cannot be kept now, in sentences; whoever is connected is served meanwhile."""
        if self._opened is None:
            return []
        low, away = self.reserve.problem, self._opened.tools.store.problem
        further = [*([low] if low else []), *([away.message] if away else [])]
        return [*self._opened.speakers.problems(), *further]

    def statistics(self) -> HubStatistics:
        """Return how busy the process is."""
        if self._opened is None:
            return HubStatistics()
        scheduler, speakers = self._opened.tools.scheduler, self._opened.speakers
        tracks = list(speakers.tracks.values())
        return HubStatistics(
            rooms=len(self._rooms),
            tracks=len(speakers.connections),
            talking=sum(track.talking for track in tracks),
            readers=self._readers.count,
            queued_finals=scheduler.queued("final"),
            queued_partials=scheduler.queued("partial"),
            behind_seconds=max((track.behind_seconds() for track in tracks), default=0.0),
            capacity=speakers.capacity or 0,
            step_seconds=scheduler.step_seconds(self._opened.tools.rules.step_seconds),
        )

    # --- rooms ------------------------------------------------------------------------------------

    async def create_room(
        self,
        name: str | None = None,
        title: str = "",
        glossary: Sequence[Term | str] = (),
        languages: Sequence[str] = (),
    ) -> Room:
        """Return a new room, or the one of that name; None makes up a name nobody can guess.

        Raises:
            LanguageUnavailable: It cannot be translated into one of the languages.
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
            created_at=self._house.tools.clock.now(),
            glossary=terms,
            languages=tuple(dict.fromkeys(languages)),
            level=self._default_level,
        )
        return await self._store.create_room(room)

    async def room(self, name: str) -> Room:
        """Return a room; raises `RoomUnknown`."""
        room = await self._store.room(check_room_name(name))
        if room is None:
            raise RoomUnknown(f"There is no room {name}.")
        return room

    async def rooms(self) -> Sequence[Room]:
        """Return all rooms, newest first."""
        return await self._store.rooms()

    async def glossary(self, name: str) -> Glossary:
        """Return a room's own names and terms, without those of the organisation; raises `RoomUnknown`."""
        return Glossary((await self.room(name)).glossary)

    async def set_glossary(self, name: str, terms: Iterable[Term | str]) -> Glossary:
        """Replace a room's own names and terms, from the next final on; return them as they are kept.

        Raises:
            RoomUnknown: There is no such room.
            GlossaryInvalid: A term cannot be one, or there are too many.
        """
        glossary = Glossary.of(terms)
        await (await self._open(name)).set_glossary(glossary)
        return glossary

    async def house_glossary(self) -> Glossary:
        """Return the names and terms of the organisation, without those of the file it started with."""
        return Glossary(tuple(await self._store.house_glossary()))

    async def set_house_glossary(self, terms: Iterable[Term | str]) -> Glossary:
        """Replace the names and terms of the organisation, in all rooms from the next final on.

        Raises:
            GlossaryInvalid: A term cannot be one, or there are too many.
        """
        glossary = Glossary.of(terms)
        await self._store.set_house_glossary(glossary.terms)
        self._house_glossary = glossary
        for room in self._rooms.values():
            room.use_house_glossary(self._for_all_rooms)
        return glossary

    async def delete_room(self, name: str) -> None:
        """Delete a room with everything said in it; raises `RoomUnknown`."""
        stored = await self.room(name)
        await self._house.speakers.delete(name, RoomDeleted("This room was deleted."))
        self._deletions += 1
        self._deleting.add(name)
        try:
            room = self._rooms.pop(name, None)
            translations = self._translations.pop(name, None)
            view = self._public.pop(name, None)
            self._house.tools.final_audio.forget(name)
            if translations:
                await translations.close()
            log = room.log if room else self._open_log(stored)
            try:
                await log.append([RoomRemoved()])
            except AssistantError as error:
                # Whoever comes now gets the room as it is stored: nobody may go on with what is left of it.
                self._readers.let_go(error, room=name)
                if view:
                    await view.close()
                await self.followers.detach(name)
                raise
        finally:
            self._deleting.discard(name)

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
        await self._open(room)
        return await self._translations[room].transcript(lang, captions)

    def spoken(self) -> tuple[str, ...]:
        """Return the languages that are recognised, in the order of their codes."""
        tools = self._house.tools
        return tuple(sorted(tools.languages or tools.scheduler.languages))

    def readable(self) -> list[Readable]:
        """Return the languages that captions can be read in, and how each is got."""
        return readable_languages(self._house.tools.desk, by_speech=self._by_speech)

    def check_power(self) -> None:
        """Raise `CapacityReached` where one more who talks would harm the others."""
        self._house.speakers.check_power()

    @property
    def recordings(self) -> RecordingService:
        """Finished recordings."""
        return self._house.recordings

    @property
    def translations(self) -> TranslationService:
        """What translates."""
        return self._house.tools.desk

    async def spoken_captions(self, room: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the latest revision of each final whose `seq` > `since`, emptied ones included.

        Raises:
            RoomUnknown: There is no such room.
        """
        await self.room(room)
        return await self._store.captions(room, since=since)

    async def log(self, room: str) -> RoomLog:
        """Return the log of a room; raises `RoomUnknown`."""
        return (await self._open(room)).log

    def _public_lost(self, room: str, error: Exception) -> None:
        """Let readers of a public version go; they may come back once it is known what they may see."""
        code = error.code if isinstance(error, AssistantError) else type(error).__name__
        _log.warning("public_view_lost", room=room, code=code)
        self._public.pop(room, None)
        self._readers.let_go(not_known(), room=room, public_only=True)

    async def glossary_of(self, room: str) -> Glossary:
        """Return the names and terms that hold in a room, those of the organisation included.

        Raises:
            RoomUnknown: There is no such room.
        """
        return (await self._open(room)).glossary

    async def languages_read(self, room: str) -> Sequence[str]:
        """Return the languages that there are translations of a room in."""
        return await self._store.translated_languages(room)

    async def enter(self, name: str) -> RoomSession:
        """Return a room in use; raises `RoomUnknown`."""
        return await self._open(name)

    async def rename_live(self, room: str, participant: str, name: str) -> None:
        """Let what a participant says from now on be under a name."""
        await self._house.speakers.rename(room, participant, name)

    # --- speaking and reading -----------------------------------------------------------------------

    async def join(self, join: Join) -> TrackConnection:
        """Return a connection through which a participant is heard; raises as `TrackRegistry.join` does."""
        return await self._house.speakers.join(join)

    async def read(
        self,
        room: str,
        shown: ReaderLanguages | None = None,
        since: int | None = None,
        *,
        public: bool = False,
    ) -> CaptionFeed:
        """Return a reader's captions.

        Args:
            room: The room's name.
            shown: In which languages; None for what was said, as it was said.
            since: The newest event the reader has seen; what came after it comes first.
            public: Without what the newest minutes withhold; what is marked later goes from the page.

        Raises:
            RoomUnknown: There is no such room; reading makes none.
            SinceInFuture: The room has not come so far.
            LanguageUnavailable: Nothing can be translated into that language.
        """
        entered = await self._open(room)
        view = await self._public_view(entered) if public else None
        translations = self._translations.get(entered.name)
        if translations is None:
            raise RoomDeleted("This room was deleted.")
        return await self._readers.open(entered, translations, shown or ReaderLanguages(), since, view)

    # --- inside -------------------------------------------------------------------------------------

    @property
    def _house(self) -> _Opened:
        if self._opened is None:
            raise Unavailable("The service is starting; try again in a moment.")
        return self._opened

    @property
    def _store(self) -> TranscriptStore:
        return self._house.tools.store

    @property
    def _by_speech(self) -> bool:
        return self._house.tools.scheduler.translates

    @property
    def _for_all_rooms(self) -> Glossary:
        return self._house_glossary.followed_by(self._base_glossary)

    async def _enter(self, name: str) -> RoomSession:
        """Return the room in use, made if need be: for those who speak."""
        check_room_name(name)
        if name not in self._rooms:
            await self.create_room(name)
        return await self._open(name)

    async def _open(self, name: str) -> RoomSession:
        """Return the room in use; raises `RoomUnknown`."""
        check_room_name(name)
        while name not in self._rooms:
            deletions = self._deletions
            room = await self.room(name)
            heard = [track.heard_seconds for track in await self._store.tracks(name)]
            session = RoomSession(
                room,
                self._open_log(room),
                self._store,
                self._house.tools.clock,
                self._for_all_rooms,
                heard_seconds=max(heard, default=0.0),
            )
            if name in self._deleting:
                raise RoomUnknown(f"There is no room {name}.")
            if name not in self._rooms and deletions == self._deletions:
                await self._use(session, room.languages)
        return self._rooms[name]

    async def _public_view(self, room: RoomSession) -> PublicView:
        """Return what of a room readers of the public version see."""
        async with self._public_door:
            view = self._public.get(room.name)
            if view is None:
                view = PublicView(
                    room.log,
                    self._store,
                    self._minutes,
                    partial(self._public_lost, room.name),
                )
                await view.start()
                if self._rooms.get(room.name) is not room:
                    await view.close()
                    raise RoomDeleted("This room was deleted.")
                self._public[room.name] = view
            return view

    async def _use(self, session: RoomSession, languages: Sequence[str]) -> None:
        """Let a room be used, translated into the languages that it always is."""
        tools = self._house.tools
        translations = RoomTranslations(
            session.log,
            tools.desk,
            self._store,
            lambda: session.glossary,
            by_speech=self._by_speech,
            linger_seconds=self._linger_seconds,
        )
        tools.final_audio.ask(session.name, translations.wants_speech)
        self._rooms[session.name], self._translations[session.name] = session, translations
        await self.followers.attach(session.log)
        for lang in dict.fromkeys((*languages, *self._translate_to)):
            if lang in translations.languages:
                await translations.open(lang)
            else:
                _log.warning("language_unavailable", room=session.name, lang=lang)

    async def _scrub(self, *, quiet: bool) -> None:
        try:
            await self._store.scrub(quiet=quiet)
        except StoreUnavailable as error:  # the next time
            _log.warning("deleted_data_remains", code=error.code)

    async def _watch(self, speakers: TrackRegistry) -> None:
        """Tell readers how late captions are, and park tracks that nobody is connected to."""
        for second in count():
            await asyncio.sleep(1.0)
            if second % _SCRUB_SECONDS == 0:
                await self._scrub(quiet=not speakers.tracks)
            speakers.park_idle()
            speakers.keep_trying()
            speakers.observe_talking()
            behind: dict[str, float] = {}
            for track in speakers.tracks.values():
                name = track.room.name
                behind[name] = max(behind.get(name, 0.0), track.behind_seconds())
            now = self._house.tools.clock.monotonic()
            for name, room in self._rooms.items():
                room.observe_lateness(behind.get(name, 0.0), now)

    async def _watch_disk(self, store: TranscriptStore) -> None:
        """Look how much is free, whether a store that was away is back, and say so when that changes."""
        told: list[str] = []
        while True:
            await asyncio.sleep(_DISK_SECONDS)
            if self.reserve.measured:
                await asyncio.to_thread(self.reserve.measure)
            if store.problem:
                with contextlib.suppress(StoreUnavailable):
                    await store.probe()
            problems = self.problems()
            if problems != told:
                _log.warning("storage_trouble" if problems else "storage_well", problems=problems)
                told = problems


__all__ = ["HubStatistics", "Join", "MeetingHub", "TrackRegistryRules"]
