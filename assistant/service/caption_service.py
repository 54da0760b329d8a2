"""Live captions as one service: what starts with it, what is watched while it runs, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from itertools import count

import structlog

from assistant.captioning.deps import TrackDeps
from assistant.captioning.speech_translator import SpeechTranslator
from assistant.captioning.track_registry import TrackRegistry
from assistant.core.errors import AssistantError, RoomDeleted, StoreUnavailable, Unavailable
from assistant.core.space_reserve import SpaceReserve
from assistant.core.started import started
from assistant.ports.media import OpenRecording
from assistant.ports.system import ServiceStatistics
from assistant.readers.registry import Readers
from assistant.recordings.service import RecordingService
from assistant.recordings.transcription import RecordingDeps
from assistant.rooms.glossary_service import GlossaryService
from assistant.rooms.registry import RoomDeps, RoomRegistry
from assistant.tasks.owner import TaskOwner
from assistant.translation.translator import TranslationService

_log = structlog.get_logger(__name__)
_SCRUB_LOOKS = 10
_DISK_SECONDS = 1.0
_NOT_DELETED = "This room could not be deleted; connect again in a moment."


class CaptionService:
    """Starts, watches and closes what captions meetings; the work itself is done by its parts.

    Attributes:
        rooms: Which rooms there are, and what was said in them.
        tracks: Who speaks.
        readers: Who reads.
        glossaries: Names and terms.
        recordings: Finished recordings.
        reserve: Says what may still use the disk.
    """

    def __init__(
        self,
        open_deps: Callable[[], Awaitable[tuple[TrackDeps, TranslationService]]],
        rooms: RoomRegistry,
        tracks: TrackRegistry,
        readers: Readers,
        glossaries: GlossaryService,
        recordings: RecordingService,
        open_recording: OpenRecording,
        reserve: SpaceReserve | None = None,
    ) -> None:
        """Create a service; `open_deps` opens what all tracks share, and what translates, when it starts."""
        self.rooms = rooms
        self.tracks = tracks
        self.readers = readers
        self.glossaries = glossaries
        self.recordings = recordings
        self.reserve = reserve or SpaceReserve()
        self._open_deps = open_deps
        self._open_recording = open_recording
        self._started: TrackDeps | None = None
        self._speech: SpeechTranslator | None = None
        self._watching = TaskOwner()

    async def start(self) -> None:
        """Begin to work, and caption what a process before this one received but did not finish."""
        deps, translations = await self._open_deps()
        await self.glossaries.start()
        deps.scheduler.start()
        self.rooms.start(
            RoomDeps(deps.clock, translations, deps.scheduler.capabilities, languages=deps.languages)
        )
        deps.final_audio.ask(self.rooms.wants_speech)
        self.tracks.start(deps)
        self.recordings.start(
            RecordingDeps(
                scheduler=deps.scheduler,
                new_detector=deps.new_detector,
                open_recording=self._open_recording,
                clock=deps.clock,
                languages=deps.languages,
                missing=deps.missing,
                crosstalk=deps.crosstalk.enabled,
            )
        )
        self._speech = SpeechTranslator(
            deps.scheduler, deps.clock, deps.final_audio, self.rooms.translations_of
        )
        self.rooms.followers.add(self._speech)
        await asyncio.to_thread(self.reserve.measure)
        self._started = deps
        self._watching.start(self._watch(), "service-monitor")
        self._watching.start(self._watch_disk(), "disk-monitor")
        await self.tracks.recover()

    async def close(self) -> None:
        """Finish open utterances, as long as that may take, and stop."""
        if self._started is None:
            return
        await self._watching.close()
        await self.tracks.close()
        await self.rooms.followers.close()
        if self._speech:
            await self._speech.close()
        await self._started.scheduler.close()
        await self.readers.close()
        await self.rooms.close()
        await self.rooms.translations.close()
        await self._started.store.close()

    async def delete_room(self, name: str) -> None:
        """Delete a room with everything said in it; raises `RoomUnknown`."""
        await self.rooms.room(name)
        async with self.tracks.deleting(name, RoomDeleted("This room was deleted.")):
            try:
                await self.rooms.delete_room(name)
            except BaseException as error:
                # Nothing was awaited since the log was closed: readers learn why before they see its end.
                why = error if isinstance(error, AssistantError) else Unavailable(_NOT_DELETED)
                self.readers.let_go(why, room=name)
                raise

    def missing(self) -> list[str]:
        """Return what keeps the service from working, in sentences; empty when it is ready."""
        return ["The service is starting."] if self._started is None else list(self._started.missing)

    def problems(self) -> list[str]:
        """Return why something cannot be kept now, in sentences; whoever is connected is served meanwhile."""
        if self._started is None:
            return []
        low, away = self.reserve.problem, self._started.store.problem
        further = [*([low] if low else []), *([away.message] if away else [])]
        return [*self.tracks.problems(), *further]

    def statistics(self) -> ServiceStatistics:
        """Return how busy the process is."""
        if self._started is None:
            return ServiceStatistics()
        scheduler, tracks = self._started.scheduler, list(self.tracks.tracks.values())
        return ServiceStatistics(
            rooms=len(self.rooms.in_use),
            tracks=len(self.tracks.connections),
            talking=sum(track.talking for track in tracks),
            readers=self.readers.count,
            queued_finals=scheduler.queued("final"),
            queued_partials=scheduler.queued("partial"),
            behind_seconds=max((track.behind_seconds() for track in tracks), default=0.0),
            capacity=self.tracks.capacity or 0,
            step_seconds=scheduler.step_seconds(self._started.rules.step_seconds),
        )

    # --- inside -------------------------------------------------------------------------------------

    @property
    def _deps(self) -> TrackDeps:
        return started(self._started)

    async def _scrub(self, *, quiet: bool) -> None:
        try:
            await self._deps.store.scrub(quiet=quiet)
        except StoreUnavailable as error:  # the next time
            _log.warning("deleted_data_remains", code=error.code)

    async def _watch(self) -> None:
        """Tell readers how late captions are, and park tracks that nobody is connected to."""
        for look in count():
            await asyncio.sleep(self.tracks.rules.look_seconds)
            if look % _SCRUB_LOOKS == 0:
                await self._scrub(quiet=not self.tracks.tracks)
            self.tracks.park_idle()
            self.tracks.keep_trying()
            self.tracks.observe_talking()
            behind: dict[str, float] = {}
            for track in self.tracks.tracks.values():
                name = track.room.name
                behind[name] = max(behind.get(name, 0.0), track.behind_seconds())
            now = self._deps.clock.monotonic()
            for name, room in self.rooms.in_use.items():
                room.observe_lateness(behind.get(name, 0.0), now)

    async def _watch_disk(self) -> None:
        """Look how much is free, whether a store that was away is back, and say so when that changes."""
        told: list[str] = []
        while True:
            await asyncio.sleep(_DISK_SECONDS)
            if self.reserve.measured:
                await asyncio.to_thread(self.reserve.measure)
            if self._deps.store.problem:
                with contextlib.suppress(StoreUnavailable):
                    await self._deps.store.probe()
            problems = self.problems()
            if problems != told:
                _log.warning("storage_trouble" if problems else "storage_well", problems=problems)
                told = problems
