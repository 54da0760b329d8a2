"""Who is speaking: joining, resuming, taking over, leaving, and coming back after a crash."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import structlog

from assistant.captioning.audio_sweep import sweep_journal
from assistant.captioning.connection import TrackConnection
from assistant.captioning.deps import TrackDeps
from assistant.captioning.track import TrackSession, TrackState
from assistant.core.errors import (
    AssistantError,
    CapacityReached,
    ModelMissing,
    ParticipantReplaced,
    RoomDeleted,
    SessionUnknown,
    ShuttingDown,
    StoreUnavailable,
)
from assistant.core.inference.capacity import TalkingAverage
from assistant.core.rooms import Track, check_participant
from assistant.core.space_reserve import SpaceReserve, Use
from assistant.core.speech.audio import Pcm, Span, samples_of, seconds_of
from assistant.core.started import started
from assistant.rooms.room import RoomSession
from assistant.tasks.named_locks import NamedLocks
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff, keep_trying

_log = structlog.get_logger(__name__)
_REPLACED = "A newer connection of this participant took over."
_REPLAY_PAUSES = Backoff(0.25, 1.0)


@dataclass(frozen=True, slots=True)
class Join:
    """A participant who wants to be heard.

    Attributes:
        room: The room's name; it is made if it does not exist.
        participant: The speaker's id; a newer connection of the same one takes over.
        name: The speaker's name as shown.
        language: A pinned BCP-47 primary subtag, or `auto`.
        session: The session to resume after a broken connection.
        admitted: Whether the meeting was let in already, so that nobody of it is refused for want of power.
    """

    room: str
    participant: str
    name: str
    language: str = "auto"
    session: str | None = None
    admitted: bool = False


@dataclass(frozen=True, slots=True)
class TrackRegistryRules:
    """The limits of one process.

    Attributes:
        max_tracks: Connected tracks, silent ones included.
        max_talkers: People talking at a time, beyond whom nobody joins; 0: what the scheduler measures.
        finals_behind_seconds: Nobody joins while finals wait for longer.
        park_seconds: A track without a connection leaves memory after so long.
        shutdown_seconds: How long open utterances may take to finish at the end.
        look_seconds: How often the service looks who can be parked, what can be written and what runs late.
        disk_patience_seconds: How long a sender is held back for a disk that takes nothing, before it is sent
            away to come back.
        replay_seconds: How much audio at a time is heard again that a process before this one received.
    """

    max_tracks: int = 200
    max_talkers: int = 0
    finals_behind_seconds: float = 20.0
    park_seconds: float = 30.0
    shutdown_seconds: float = 20.0
    look_seconds: float = 1.0
    disk_patience_seconds: float = 30.0
    replay_seconds: float = 10.0


class TrackRegistry:
    """All tracks of this process, and who is connected to them.

    A track without a connection can be resumed: first in memory, later (parked) from the store.

    Attributes:
        tracks: Those in memory, by session.
        connections: Who is connected, by session.
        rules: The limits of this process.
    """

    def __init__(
        self,
        enter: Callable[[str], Awaitable[RoomSession]],
        rules: TrackRegistryRules | None = None,
        reserve: SpaceReserve | None = None,
    ) -> None:
        """Create a registry; nobody is heard before `start`.

        Args:
            enter: Returns a room in use, made if need be.
            rules: The limits of this process.
            reserve: Says what may still use the disk.
        """
        self.tracks: dict[str, TrackSession] = {}
        self.connections: dict[str, TrackConnection] = {}
        self._started: TrackDeps | None = None
        self._enter = enter
        self.rules = rules or TrackRegistryRules()
        self._reserve = reserve or SpaceReserve()
        self._tended: set[str] = set()
        self._replays: dict[str, asyncio.Task[None]] = {}
        # Sessions that were not heard again to their end; the next process does that, nobody resumes them.
        self._broken_off: set[str] = set()
        self._stops: dict[str, asyncio.Task[int]] = {}
        self._replaying = TaskOwner()
        self._background = TaskOwner()
        # Held by whoever lets somebody in, parks a track or lets go of those of a room, one at a time.
        # It is taken before `TrackSession.receiving` and before a room is entered, never while one of these
        # is done.
        self._door = asyncio.Lock()
        # Those of rooms, taken before `_door`, are held until a deletion has left the disk, which may take a
        # while: who wants to be heard elsewhere does not wait for that.
        self._doors = NamedLocks()
        self._closing = False
        self._talking = TalkingAverage()

    def start(self, deps: TrackDeps) -> None:
        """Let people be heard."""
        self._started = deps

    @property
    def _deps(self) -> TrackDeps:
        return started(self._started)

    async def connect(self, join: Join) -> TrackConnection:
        """Return a connection through which a participant is heard.

        Raises:
            SessionUnknown: There is no such session to resume.
            ModelMissing: The weights are not on this machine.
            CapacityReached: A new track, where one more would harm the others; never one that resumes.
            DiskLow: A new track, where the last of the disk is kept for those that are running.
            StoreUnavailable: It cannot be told now what of the track is safe.
            ShuttingDown: The service takes no more.
        """
        participant = check_participant(join.participant)
        name = check_participant(join.name or participant, "name")
        stopping = self._stops.get(join.session or "")
        if stopping:  # what is sent into a track that ends would end with it
            await asyncio.wait([stopping])
        async with self._doors.of(join.room), self._door:
            if self._closing:
                raise ShuttingDown("The service is shutting down.")
            if self._deps.missing:
                raise ModelMissing(" ".join(self._deps.missing))
            room = await self._enter(join.room)
            if join.session:
                track = await self._resume(join, join.session, participant)
            else:
                self._check_room_for_one_more(admitted=join.admitted)
                track = await self._open(room, participant, name, join.language)
            self._displace(track)
            connection = TrackConnection(track, self._leave, self.rules.disk_patience_seconds)
            self.connections[track.track.session] = connection
            track.state = TrackState.CONNECTED
            # Else who comes back after a pause could be cut off before their first audio is here.
            track.last_audio_monotonic = self._deps.clock.monotonic()
        replay = self._replays.get(track.track.session)
        if replay:
            await asyncio.wait([replay])
        try:
            # The client forgets what lies before this: it is told of what the journal has, not memory.
            async with track.receiving:
                connection.received_samples = await self._safe_samples(track)
        except BaseException:
            await self._leave(connection, stop=False)
            raise
        return connection

    async def _safe_samples(self, track: TrackSession) -> int:
        """Return how much of a track was received, all of it in the journal."""
        if track.track.session in self._broken_off:
            raise StoreUnavailable("What was said before cannot be read now; connect again.")
        await track.acknowledge()
        return track.front_end.received_samples

    async def recover(self) -> None:
        """Caption what a process before this one received but did not finish; what it finished goes."""
        journal, run = self._deps.journal, self._deps.rounds.threads.run
        for track in await self._deps.store.tracks(open_only=True):
            # A room that was deleted since has no audio any more.
            async with self._doors.of(track.room), self._door:
                length_samples = await run(journal.length_samples, track.session)
                left_samples = length_samples - track.durable_samples
                if left_samples > 0:
                    _log.info("track_recovered", room=track.room, seconds=round(seconds_of(left_samples), 1))
                    room = await self._enter(track.room)
                    restored = self._start(track, room, track.durable_samples, length_samples)
                    replay = self._replay(restored, length_samples)
                    self._replays[track.session] = self._replaying.start(replay, "track-replay")
        if not self._deps.keep_audio:
            await sweep_journal(self._deps, self.tracks)

    @asynccontextmanager
    async def deleting(self, room: str, why: RoomDeleted) -> AsyncIterator[None]:
        """Let go of everybody in a room and forget their audio; until the block ends nobody is let in.

        Whoever wants to be heard meanwhile waits, and finds the room as the block leaves it.
        """
        async with self._doors.of(room):
            async with self._door:
                for session in [session for session, track in self.tracks.items() if track.room.name == room]:
                    self._let_go(session, why)
                    if replay := self._replays.get(session):
                        replay.cancel()
                        await asyncio.wait([replay])
                    with contextlib.suppress(StoreUnavailable):  # what is deleted need not be kept
                        await self.tracks.pop(session).abandon()
            for kept in await self._deps.store.tracks(room):
                await self._deps.rounds.threads.run(self._deps.journal.delete, kept.session)
            yield

    async def rename(self, room: str, participant: str, name: str) -> None:
        """Let the tracks of a participant in a room go on under another name."""
        for track in list(self.tracks.values()):
            if track.room.name == room and track.track.participant == participant:
                await track.rename(name)

    @property
    def capacity(self) -> int | None:
        """How many people may talk at the same time; None while nothing is known."""
        return self.rules.max_talkers or self._deps.scheduler.talkers()

    def observe_talking(self) -> float:
        """Count the people who talk live; return the average of the last seconds. Call it each second."""
        talking = sum(track.talking and not track.playhead.ahead for track in self.tracks.values())
        return self._talking.observe(talking, self._deps.clock.monotonic())

    def park_idle(self) -> None:
        """Let tracks that nobody is connected to leave memory after a while."""
        now = self._deps.clock.monotonic()
        for session, track in self.tracks.items():
            if now - track.last_audio_monotonic >= self.rules.park_seconds and self._idle(session):
                self._tend(session, self._park)

    def keep_trying(self) -> None:
        """Write what a disk that was full or away did not take, also where nobody sends any more."""
        for session, track in self.tracks.items():
            if track.front_end.journal.problem:
                self._tend(session, self._write)

    def problems(self) -> list[str]:
        """Return why audio cannot be kept now, in sentences."""
        problems = [track.front_end.journal.problem for track in self.tracks.values()]
        return sorted({problem.message for problem in problems if problem})

    def _idle(self, session: str) -> bool:
        busy = session in self._replays or session in self._stops
        return session in self.tracks and session not in self.connections and not busy

    def _tend(self, session: str, work: Callable[[TrackSession], Awaitable[None]]) -> None:
        """Do something for a track in the background, one thing at a time."""
        if session in self._tended:
            return
        self._tended.add(session)

        async def tend() -> None:
            try:
                track = self.tracks.get(session)
                if track:  # its room may have been deleted since
                    await work(track)
            except StoreUnavailable as error:
                _log.warning("track_not_stored", code=error.code)
            finally:
                self._tended.discard(session)

        self._background.start(tend(), "track-tending")

    @staticmethod
    async def _write(track: TrackSession) -> None:
        with contextlib.suppress(StoreUnavailable):
            await track.acknowledge()

    async def close(self) -> None:
        """Let everybody go and finish open utterances, as long as that may take."""
        self._closing = True
        for session in list(self.connections):
            self._let_go(session, ShuttingDown("The service is shutting down; reconnect and resume."))
        await self._replaying.close()
        tracks = list(self.tracks.values())
        parking = TaskOwner()
        for track in tracks:
            parking.start(track.park(), "track-parking")
        await parking.close(self.rules.shutdown_seconds)
        await asyncio.gather(*(track.abandon() for track in tracks), return_exceptions=True)
        self.tracks.clear()
        await self._background.close()

    async def _open(self, room: RoomSession, participant: str, name: str, language: str) -> TrackSession:
        await room.begin()
        track = Track(
            session=secrets.token_hex(16),
            room=room.name,
            participant=participant,
            name=name,
            language=language,
            origin_seconds=room.seconds_now,
        )
        await self._deps.store.save_track(track)
        return self._start(track, room, 0, 0)

    def _check_room_for_one_more(self, *, admitted: bool) -> None:
        if len(self.connections) >= self.rules.max_tracks:
            raise CapacityReached("This machine carries as many participants as it can. Try again later.")
        self._reserve.check(Use.TRACK)
        if not admitted:
            self.check_power()

    def check_power(self) -> None:
        """Raise `CapacityReached` where one more who talks would harm the others."""
        capacity = self.capacity
        # Half a person is rounded up, for speech is never quite without pauses.
        if capacity is not None and self.observe_talking() >= capacity - 0.5:
            raise CapacityReached(
                "As many people are talking as this machine can caption. Join again when fewer talk."
            )
        behind_seconds = max((track.finals_behind_seconds() for track in self.tracks.values()), default=0.0)
        if behind_seconds > self.rules.finals_behind_seconds:
            raise CapacityReached("Captions are far behind on this machine. Join again in a minute.")

    async def _resume(self, join: Join, session: str, participant: str) -> TrackSession:
        running = self.tracks.get(session)
        track = running.track if running else await self._deps.store.track(session)
        foreign = track is None or track.room != join.room or track.participant != participant
        if track is None or track.closed or foreign or session in self._stops:
            raise SessionUnknown("There is no such session to resume in this room; connect without it.")
        if running:
            return running
        if session in self._broken_off:  # it would go on behind what nobody has heard
            raise StoreUnavailable(
                "What was said before cannot be read now; it is captioned at the next start."
            )
        # What is captioned is not asked for again, even where a loss of power took its audio.
        known_samples = max(track.received_samples, track.durable_samples)
        received_samples = await self._deps.rounds.threads.run(
            self._deps.journal.skip_to, session, known_samples
        )
        return self._start(track, await self._enter(track.room), received_samples, received_samples)

    def _start(
        self, track: Track, room: RoomSession, start_samples: int, recorded_samples: int
    ) -> TrackSession:
        session = TrackSession(track, room, self._deps, start_samples, recorded_samples)
        self.tracks[track.session] = session
        return session

    def _displace(self, track: TrackSession) -> None:
        """Let go of older connections of the same participant; their other tracks end."""
        for session, other in self.tracks.items():
            if (other.track.room, other.track.participant) == (track.track.room, track.track.participant):
                self._let_go(session, ParticipantReplaced(_REPLACED))
                if other is not track:
                    self._background.start(self._stop(session), "track-displaced")

    def _let_go(self, session: str, why: AssistantError) -> None:
        connection = self._disconnect(session)
        if connection:
            connection.let_go(why)

    def _disconnect(self, session: str) -> TrackConnection | None:
        if session in self.tracks:
            self.tracks[session].state = TrackState.DETACHED
        return self.connections.pop(session, None)

    async def _leave(self, connection: TrackConnection, *, stop: bool) -> int:
        """A connection ended: with `stop` for good, else it may be resumed."""
        if self.connections.get(connection.session) is connection:
            self._disconnect(connection.session)
        return await self._stop(connection.session) if stop else 0

    async def _stop(self, session: str) -> int:
        """End a track for good, once, whoever asks; return the `seq` of its last caption."""
        if session not in self.tracks:
            return 0
        if session not in self._stops:
            stopping = self._background.start(self._finish(session), "track-stopping", awaited=True)
            self._stops[session] = stopping
            stopping.add_done_callback(lambda _: self._stops.pop(session, None))
        return await asyncio.shield(self._stops[session])

    async def _finish(self, session: str) -> int:
        track, replay = self.tracks[session], self._replays.get(session)
        if replay:  # what a process before this one received is heard to its end first
            await asyncio.wait([replay])
        if session in self._broken_off or self.tracks.get(session) is not track:
            return 0
        seq = await track.stop()
        self.tracks.pop(session, None)
        return seq

    async def _park(self, track: TrackSession) -> None:
        # Finals may wait for a disk that is away: nobody may have to wait at the door for that.
        await track.drain()
        async with self._door:
            session = track.track.session
            if self._idle(session) and self.tracks[session] is track and not track.talking:
                await track.park()
                self.tracks.pop(session, None)

    async def _replay(self, track: TrackSession, length_samples: int) -> None:
        """Hear again what the journal holds of a track."""
        session = track.track.session
        try:
            step_samples = samples_of(self.rules.replay_seconds)
            while track.front_end.received_samples < length_samples:
                end = min(track.front_end.received_samples + step_samples, length_samples)
                span = Span(track.front_end.received_samples, end)
                await track.receive(await self._recorded(session, span), journalled=True)
        except BaseException:
            self._broken_off.add(session)
            raise
        finally:
            self._replays.pop(session, None)

    async def _recorded(self, session: str, span: Span) -> Pcm:
        """Return what the journal holds of a span, however long that takes; silence where it is gone."""
        load = partial(self._deps.rounds.threads.run, self._deps.journal.load, session, span)

        def note(error: StoreUnavailable, _: int) -> None:
            _log.warning("track_waits", code=error.code)

        try:
            return await keep_trying(load, StoreUnavailable, _REPLAY_PAUSES, note)
        except ValueError:
            _log.error("audio_gone", seconds=round(seconds_of(span.length_samples), 1))
            return np.zeros(span.length_samples, dtype=np.int16)
