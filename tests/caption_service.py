"""A service on a real store, journal and log, with a scripted recogniser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.recording_file import open_recording
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock
from assistant.captioning.crosstalk import Crosstalk
from assistant.captioning.deps import TrackDeps, TrackRules
from assistant.captioning.scheduler import InferenceScheduler
from assistant.captioning.track_registry import TrackRegistry, TrackRegistryRules
from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import Status
from assistant.core.glossary.glossary import Glossary
from assistant.core.rooms import Room
from assistant.core.space_reserve import SpaceReserve
from assistant.core.translation.routes import RouteTable
from assistant.minutes.caption_editor import CaptionEditor, CaptionEditorDeps
from assistant.minutes.drafts import MinutesRules
from assistant.minutes.service import MinutesService
from assistant.ports.room_log import RoomLog
from assistant.ports.speech import Transcriber, VoiceDetector
from assistant.ports.system import Clock
from assistant.readers.registry import Readers
from assistant.recordings.service import RecordingService
from assistant.rooms.glossary_service import GlossaryService
from assistant.rooms.registry import OpenLog, RoomRegistry, RoomRules
from assistant.service.caption_service import CaptionService
from assistant.translation.publisher import SavingRules
from assistant.translation.translator import TranslationService
from tests.fakes import (
    CountingTelemetry,
    LevelDetector,
    LevelTranscriber,
    ScriptedTextEngine,
    no_reply,
    split_at_dots,
)
from tests.waiting import until

StartService = Callable[..., Awaitable[CaptionService]]


_STORES: WeakKeyDictionary[CaptionService, SqlStores] = WeakKeyDictionary()
_JOURNALS: WeakKeyDictionary[CaptionService, FileAudioJournal] = WeakKeyDictionary()
_CLERKS: WeakKeyDictionary[CaptionService, CaptionEditor] = WeakKeyDictionary()


def service_of(
    open_deps: Callable[[], Awaitable[tuple[TrackDeps, TranslationService]]],
    stores: SqlStores,
    rules: TrackRegistryRules | None = None,
    glossary: Glossary | None = None,
    room_rules: RoomRules | None = None,
    reserve: SpaceReserve | None = None,
    open_log: OpenLog | None = None,
) -> CaptionService:
    """Return live captions that keep what they hear in stores."""

    async def memory_log(room: Room) -> RoomLog:
        return await MemoryRoomLog.open(room, stores.transcripts, stores.minutes)

    glossaries = GlossaryService(stores.transcripts, glossary)
    rooms = RoomRegistry(
        stores.transcripts,
        open_log or memory_log,
        glossaries,
        room_rules,
    )
    service = CaptionService(
        open_deps,
        rooms,
        TrackRegistry(rooms.enter_to_speak, rules, reserve),
        Readers(rooms, stores.transcripts, stores.minutes),
        glossaries,
        RecordingService(lambda: glossaries.for_all_rooms),
        open_recording,
        reserve,
    )
    _STORES[service] = stores
    return service


def stores_of(service: CaptionService) -> SqlStores:
    """Return the stores of a service."""
    return _STORES[service]


def journal_of(service: CaptionService) -> FileAudioJournal:
    """Return the journal of a service."""
    return _JOURNALS[service]


def running(*names: str) -> list[asyncio.Task[object]]:
    """Return the background tasks that have not ended and whose names begin with one of these."""
    return [task for task in asyncio.all_tasks() if task.get_name().startswith(names)]


async def crash(service: CaptionService) -> None:
    """End a service as if its process were killed: nothing is finished, and nobody is told."""
    tasks = running("service-monitor", "disk-monitor", "partials", "finals")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    service.tracks.tracks.clear()


def minutes_of(service: CaptionService, rules: MinutesRules | None = None) -> MinutesService:
    """Return what makes minutes of the rooms of a service."""
    stores = stores_of(service)
    return MinutesService(service.rooms, stores.minutes, stores.meetings, SystemClock(), rules)


def clerks_of(service: CaptionService) -> CaptionEditor:
    """Return what clerks may do to the captions of a service."""
    return _CLERKS[service]


@pytest.fixture
def telemetry() -> CountingTelemetry:
    """What the service reports."""
    return CountingTelemetry()


@pytest.fixture
async def start_service(tmp_path: Path, telemetry: CountingTelemetry) -> AsyncIterator[StartService]:
    """Start services on the same directory, one after the other; what is still open is closed."""
    running: list[CaptionService] = []
    recognisers: list[Transcriber] = []

    async def start(
        transcriber: Transcriber | None = None,
        rules: TrackRegistryRules | None = None,
        track_rules: TrackRules | None = None,
        missing: tuple[str, ...] = (),
        clock: Clock | None = None,
        text: ScriptedTextEngine | None = None,
        preferred: tuple[str, ...] = (),
        translate_to: tuple[str, ...] = (),
        linger_seconds: float = 0.0,
        glossary: Glossary | None = None,
        rooms: tuple[str, ...] = ("council",),
        *,
        keep_audio: bool = False,
        reserve: SpaceReserve | None = None,
        open_log: OpenLog | None = None,
        saving: SavingRules | None = None,
        new_detector: Callable[[], VoiceDetector] = LevelDetector,
        crosstalk: bool = False,  # the voices of most tests are one waveform at several levels
    ) -> CaptionService:
        recognisers.append(transcriber or LevelTranscriber())
        service = await open_service(
            tmp_path,
            recognisers[-1],
            telemetry,
            clock or SystemClock(),
            rules,
            text or ScriptedTextEngine(models=()),
            track_rules=track_rules or TrackRules(),
            missing=missing,
            preferred=preferred,
            translate_to=translate_to,
            linger_seconds=linger_seconds,
            glossary=glossary,
            keep_audio=keep_audio,
            reserve=reserve,
            open_log=open_log,
            saving=saving,
            new_detector=new_detector,
            crosstalk=crosstalk,
        )
        for room in rooms:
            await service.rooms.create_room(room)
        running.append(service)
        return service

    yield start
    for recogniser in recognisers:
        if isinstance(recogniser, LevelTranscriber):
            recogniser.hurry.set()
    for service in running:
        await service.close()


async def open_service(
    folder: Path,
    transcriber: Transcriber,
    telemetry: CountingTelemetry,
    clock: Clock,
    rules: TrackRegistryRules | None = None,
    engine: ScriptedTextEngine | None = None,
    *,
    track_rules: TrackRules | None = None,
    missing: tuple[str, ...] = (),
    preferred: tuple[str, ...] = (),
    translate_to: tuple[str, ...] = (),
    linger_seconds: float = 0.0,
    glossary: Glossary | None = None,
    keep_audio: bool = False,
    reserve: SpaceReserve | None = None,
    open_log: OpenLog | None = None,
    saving: SavingRules | None = None,
    new_detector: Callable[[], VoiceDetector] = LevelDetector,
    crosstalk: bool = False,  # the voices of most tests are one waveform at several levels
) -> CaptionService:
    """Start a service whose data is in a folder."""
    text = engine or ScriptedTextEngine(models=())
    routes = RouteTable(text.models, preferred)

    stores = SqlStores.at(f"sqlite+aiosqlite:///{folder / 't.db'}")
    journal = FileAudioJournal(folder / "journal")

    async def open_deps() -> tuple[TrackDeps, TranslationService]:
        await stores.database.start()
        deps = TrackDeps(
            store=stores.transcripts,
            journal=journal,
            scheduler=InferenceScheduler(transcriber, telemetry, clock),
            new_detector=new_detector,
            clock=clock,
            telemetry=telemetry,
            rules=track_rules or TrackRules(),
            missing=missing,
            keep_audio=keep_audio,
            crosstalk=Crosstalk(enabled=crosstalk),
        )
        return deps, TranslationService(text, routes, split_at_dots, telemetry, clock, replies=no_reply)

    service = service_of(
        open_deps,
        stores,
        rules,
        glossary,
        RoomRules(tuple(translate_to), linger_seconds, saving=saving or SavingRules()),
        reserve,
        open_log,
    )
    _JOURNALS[service] = journal
    await service.start()
    deps = CaptionEditorDeps(stores.transcripts, stores.meetings, journal, audio_kept=keep_audio)
    _CLERKS[service] = CaptionEditor(service.rooms, service.tracks, deps)
    return service


async def captioned(service: CaptionService, count: int, room: str = "council") -> list[Caption]:
    """Return a room's transcript once it has so many captions."""

    async def enough() -> list[Caption]:
        captions = list(await service.rooms.transcript(room))
        return captions if len(captions) >= count else []

    return await until(enough, f"{count} captions in {room}")


async def caught_up(service: CaptionService, seen: Sequence[Caption | Status], room: str = "council") -> None:
    """Wait until who collects what is said, as it is said, has got the newest event of a room."""
    feed = await service.readers.open_feed(room)
    feed.close()
    newest = feed.hello.seq
    await until(
        lambda: not newest or any(isinstance(event, Caption) and event.seq >= newest for event in seen),
        f"event {newest} of {room}",
    )
