"""The doors of the house: everything that sockets, bots and the command line may ask for."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass

import structlog

from assistant.core.audio import SAMPLE_RATE, Span
from assistant.core.captions import Caption
from assistant.core.errors import (
    AssistantError,
    CapacityReached,
    ModelMissing,
    RoomDeleted,
    RoomUnknown,
    SessionUnknown,
    ShuttingDown,
    SinceInFuture,
    Unavailable,
)
from assistant.core.language import SOURCE
from assistant.core.rooms import Room, Track, check_participant, check_room_name
from assistant.ports import CaptionBus, TranscriptStore
from assistant.sessions.connection import TrackConnection, replaced
from assistant.sessions.feed import CaptionFeed, Hello, check_shown_language
from assistant.sessions.room import RoomSession
from assistant.sessions.status import ON_TIME, Status
from assistant.sessions.tools import TrackTools
from assistant.sessions.track import TrackSession

_log = structlog.get_logger(__name__)
_REPLAY_SAMPLES = 10 * SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Join:
    """A participant who wants to be heard.

    Attributes:
        room: The room's name; it is made if it does not exist.
        participant: The speaker's id; a newer connection of the same one takes over.
        name: The speaker's name as shown.
        language: A pinned BCP-47 primary subtag, or `auto`.
        session: The session to resume after a broken connection.
    """

    room: str
    participant: str
    name: str
    language: str = "auto"
    session: str | None = None


@dataclass(frozen=True, slots=True)
class HubStatistics:
    """How busy the process is."""

    rooms: int
    tracks: int
    talking: int
    readers: int
    queued_finals: int
    queued_drafts: int
    behind_seconds: float


@dataclass(frozen=True, slots=True)
class HubRules:
    """The limits of one process.

    Attributes:
        max_tracks: Connected tracks, silent ones included.
        park_seconds: A track without a connection leaves memory after so long.
        shutdown_seconds: How long open utterances may take to finish at the end.
    """

    max_tracks: int = 200
    park_seconds: float = 30.0
    shutdown_seconds: float = 20.0


class MeetingHub:
    """All rooms and tracks of this process."""

    def __init__(
        self, open_tools: Callable[[], Awaitable[TrackTools]], bus: CaptionBus, rules: HubRules | None = None
    ) -> None:
        self._open_tools = open_tools
        self._opened: TrackTools | None = None
        self._bus = bus
        self._rules = rules or HubRules()
        self._rooms: dict[str, RoomSession] = {}
        self._tracks: dict[str, TrackSession] = {}
        self._connections: dict[str, TrackConnection] = {}
        self._feeds: dict[str, set[CaptionFeed]] = {}
        self._replays: dict[str, asyncio.Task[None]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._door = asyncio.Lock()
        self._monitor: asyncio.Task[None] | None = None
        self._closing = False

    # --- life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to work, and caption what a process before this one received but did not finish."""
        self._opened = await self._open_tools()
        self._tools.scheduler.start()
        self._monitor = asyncio.create_task(self._watch(), name="hub-monitor")
        for track in await self._store.tracks(unsettled=True):
            length = await asyncio.to_thread(self._tools.journal.length_samples, track.session)
            if length > track.settled_samples:
                _log.info(
                    "track_recovered",
                    room=track.room,
                    seconds=round((length - track.settled_samples) / 16_000, 1),
                )
                await self._restore(track, length)

    def missing(self) -> list[str]:
        """Return what keeps the service from working, in sentences; empty when it is ready."""
        return ["The service is starting."] if self._opened is None else list(self._opened.missing)

    @property
    def _tools(self) -> TrackTools:
        if self._opened is None:
            raise Unavailable("The service is starting; try again in a moment.")
        return self._opened

    @property
    def _store(self) -> TranscriptStore:
        return self._tools.store

    async def close(self) -> None:
        """Finish open utterances, as long as that may take, and stop."""
        self._closing = True
        if self._opened is None:
            return
        for connection in list(self._connections.values()):
            connection.let_go(ShuttingDown("The service is shutting down; reconnect and resume."))
        if self._monitor:
            self._monitor.cancel()
        await self._cancel(self._replays.values())
        tracks = list(self._tracks.values())
        parking = [asyncio.create_task(track.park()) for track in tracks]
        if parking:
            _, late = await asyncio.wait(parking, timeout=self._rules.shutdown_seconds)
            await self._cancel(late)
            await asyncio.gather(*(track.abandon() for track in tracks), return_exceptions=True)
        await self._cancel(self._background)
        await self._tools.scheduler.close()
        for feed in [feed for feeds in self._feeds.values() for feed in feeds]:
            feed.let_go(ShuttingDown("The service is shutting down; reconnect."))
        await self._store.close()

    def statistics(self) -> HubStatistics:
        """Return how busy the process is."""
        tracks = list(self._tracks.values())
        return HubStatistics(
            rooms=len(self._rooms),
            tracks=len(self._connections),
            talking=sum(track.talking for track in tracks),
            readers=self._bus.readers(),
            queued_finals=self._tools.scheduler.queued("final"),
            queued_drafts=self._tools.scheduler.queued("draft"),
            behind_seconds=max((track.behind_seconds() for track in tracks), default=0.0),
        )

    # --- rooms ------------------------------------------------------------------------------------

    async def create_room(self, name: str | None = None, title: str = "") -> Room:
        """Return a new room, or the one of that name; None makes up a name nobody can guess."""
        name = check_room_name(name or secrets.token_urlsafe(9).replace("-", "a").replace("_", "b"))
        return await self._store.create_room(Room(name, title or name, created_at=self._tools.clock.now()))

    async def room(self, name: str) -> Room:
        """Return a room; raises `RoomUnknown`."""
        room = await self._store.room(check_room_name(name))
        if room is None:
            raise RoomUnknown(f"There is no room {name}.")
        return room

    async def rooms(self) -> Sequence[Room]:
        """Return all rooms, newest first."""
        return await self._store.rooms()

    async def delete_room(self, name: str) -> None:
        """Delete a room with everything said in it; raises `RoomUnknown`."""
        await self.room(name)
        gone = RoomDeleted("This room was deleted.")
        async with self._door:
            for session, track in list(self._tracks.items()):
                if track.room.name == name:
                    self._let_go(session, gone)
                    await self._cancel([self._replays.pop(session)] if session in self._replays else [])
                    await self._tracks.pop(session).abandon()
            for feed in self._feeds.pop(name, set()):
                feed.let_go(gone)
            self._rooms.pop(name, None)
            for kept in await self._store.tracks(name):
                await asyncio.to_thread(self._tools.journal.delete, kept.session)
            await self._store.delete_room(name)

    async def transcript(self, room: str) -> Sequence[Caption]:
        """Return the latest revision of every final with text, in the order of their start."""
        await self.room(room)
        return [caption for caption in await self._store.captions(room) if caption.text]

    async def correct(self, room: str, caption_id: str, text: str) -> Caption:
        """Replace the text of a final by a clerk's; raises `RoomUnknown`, `CaptionUnknown`."""
        await self.room(room)
        return await (await self._enter(room)).correct(caption_id, text)

    # --- speaking ---------------------------------------------------------------------------------

    async def join(self, join: Join) -> TrackConnection:
        """Return a connection through which a participant is heard.

        Raises:
            SessionUnknown: There is no such session to resume.
            ModelMissing: The weights are not on this machine.
            CapacityReached: One track more than this process takes.
            ShuttingDown: The service takes no more.
        """
        participant = check_participant(join.participant)
        name = check_participant(join.name or participant, "name")
        async with self._door:
            if self._closing:
                raise ShuttingDown("The service is shutting down.")
            if self._tools.missing:
                raise ModelMissing(" ".join(self._tools.missing))
            room = await self._enter(join.room)
            track = await self._resume(join, participant) if join.session else None
            if track is None:
                if len(self._connections) >= self._rules.max_tracks:
                    raise CapacityReached(
                        "This machine carries as many participants as it can. Try again later."
                    )
                track = await self._open(room, participant, name, join.language)
            self._displace(room.name, participant, track)
            connection = TrackConnection(track, self._leave)
            self._connections[track.track.session] = connection
        replay = self._replays.get(track.track.session)
        if replay:
            await asyncio.wait([replay])
        async with track.feeding:
            connection.received_samples = track.received_samples
        return connection

    async def _open(self, room: RoomSession, participant: str, name: str, language: str) -> TrackSession:
        await room.begin()
        track = Track(
            session=secrets.token_urlsafe(16),
            room=room.name,
            participant=participant,
            name=name,
            language=language,
            origin_seconds=room.seconds_now,
        )
        await self._store.save_track(track)
        return self._start_track(track, room, 0)

    async def _resume(self, join: Join, participant: str) -> TrackSession:
        session = join.session or ""
        running = self._tracks.get(session)
        track = running.track if running else await self._store.track(session)
        if track is None or track.closed or track.room != join.room or track.participant != participant:
            raise SessionUnknown("There is no such session to resume in this room; connect without it.")
        if running:
            return running
        length = await asyncio.to_thread(self._tools.journal.length_samples, session)
        return self._start_track(track, await self._enter(track.room), max(length, track.received_samples))

    def _start_track(self, track: Track, room: RoomSession, start_samples: int) -> TrackSession:
        started = TrackSession(track, room, self._tools, start_samples=start_samples)
        self._tracks[track.session] = started
        return started

    def _displace(self, room: str, participant: str, track: TrackSession) -> None:
        """Let go of older connections of the same participant; their tracks end."""
        for session, other in list(self._tracks.items()):
            if other.room.name == room and other.track.participant == participant:
                self._let_go(session, replaced())
                if other is not track:
                    self._spawn(self._stop(session))

    def _let_go(self, session: str, why: AssistantError) -> None:
        connection = self._connections.pop(session, None)
        if connection:
            connection.let_go(why)

    async def _leave(self, connection: TrackConnection, *, stop: bool) -> int:
        """A connection ended: with `stop` for good, else it may be resumed."""
        session = connection.session
        if self._connections.get(session) is connection:
            del self._connections[session]
        return await self._stop(session) if stop else 0

    async def _stop(self, session: str) -> int:
        track = self._tracks.get(session)
        if track is None:
            return 0
        seq = await track.stop()
        self._tracks.pop(session, None)
        return seq

    # --- reading ----------------------------------------------------------------------------------

    async def read(self, room: str, lang: str = SOURCE, since: int | None = None) -> CaptionFeed:
        """Return a reader's captions; the room is made if it does not exist.

        Args:
            room: The room's name.
            lang: What to show.
            since: The newest event the reader has seen; what came after it comes first.

        Raises:
            SinceInFuture: The room has not come so far.
            LanguageUnavailable: The room cannot show `lang`.
        """
        languages = (SOURCE,)
        check_shown_language(lang, languages)
        entered = await self._enter(room)
        async with entered.lock:
            if since is not None and since > entered.seq:
                raise SinceInFuture(
                    f"This room has come to {entered.seq}, not to {since}. Connect without since."
                )
            subscription = self._bus.subscribe(entered.name)
            missed: list[Caption] = list(entered.open_captions.values())
            if since is not None:
                missed = [caption for caption in missed if caption.seq > since]
                missed += await self._store.captions(entered.name, since=since)
            hello = Hello(entered.name, entered.seq, languages, tuple(entered.open_captions))
        feed = CaptionFeed(entered, subscription, hello, sorted(missed, key=lambda caption: caption.seq))
        self._feeds.setdefault(entered.name, set()).add(feed)
        feed.on_close(lambda: self._feeds.get(entered.name, set()).discard(feed))
        return feed

    async def _enter(self, name: str) -> RoomSession:
        """Return the room in use, made if need be."""
        check_room_name(name)
        if name not in self._rooms:
            room = await self.create_room(name)
            self._rooms.setdefault(name, RoomSession(room, self._store, self._bus, self._tools.clock))
        return self._rooms[name]

    # --- background -------------------------------------------------------------------------------

    async def _restore(self, track: Track, length_samples: int) -> None:
        room = await self._enter(track.room)
        restored = self._start_track(track, room, track.settled_samples)
        self._replays[track.session] = asyncio.create_task(self._replay(restored, length_samples))

    async def _replay(self, track: TrackSession, length_samples: int) -> None:
        """Hear again what the journal holds of a track."""
        try:
            while track.received_samples < length_samples:
                end = min(track.received_samples + _REPLAY_SAMPLES, length_samples)
                span = Span(track.received_samples, end)
                pcm = await asyncio.to_thread(self._tools.journal.read, track.track.session, span)
                await track.feed(pcm, journalled=True)
        finally:
            self._replays.pop(track.track.session, None)

    async def _watch(self) -> None:
        """Tell readers how late captions are, and park tracks that nobody is connected to."""
        while True:
            await asyncio.sleep(1.0)
            behind: dict[str, float] = {}
            for session, track in list(self._tracks.items()):
                name = track.room.name
                behind[name] = max(behind.get(name, 0.0), track.behind_seconds())
                silent_seconds = self._tools.clock.monotonic() - track.last_audio_monotonic
                gone = session not in self._connections and session not in self._replays
                if gone and silent_seconds >= self._rules.park_seconds:
                    self._spawn(self._park(session))
            for name, room in self._rooms.items():
                status = Status.of(behind.get(name, 0.0))
                room.tell(status if status.degraded else ON_TIME)

    async def _park(self, session: str) -> None:
        async with self._door:
            track = self._tracks.get(session)
            if track is None or session in self._connections:
                return
            del self._tracks[session]
            await track.park()

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - nobody awaits this work; the log is where it shows
                _log.exception("background_work_failed", error=type(error).__name__)

        task = asyncio.create_task(guarded())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _cancel(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        tasks = list(tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
