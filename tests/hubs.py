"""A hub on a real store, journal and log, with a scripted recogniser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.recording_file import open_recording
from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_jobs import SqlJobStore
from assistant.adapters.sql_links import SqlLinkStore
from assistant.adapters.sql_meetings import SqlMeetingStore
from assistant.adapters.sql_minutes import SqlMinutesStore
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.adapters.system_clock import SystemClock
from assistant.captioning.deps import TrackDeps, TrackRules
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.routes import RouteTable
from assistant.disk.reserve import SpaceReserve
from assistant.ports.system import Clock
from assistant.rooms.hub import MeetingHub, TrackRegistryRules
from assistant.translation.translator import TranslationService
from tests.fakes import (
    CountingTelemetry,
    LevelDetector,
    LevelTranscriber,
    ScriptedTextEngine,
    split_at_dots,
)

StartHub = Callable[..., Awaitable[MeetingHub]]


@pytest.fixture
def telemetry() -> CountingTelemetry:
    """What the hub reports."""
    return CountingTelemetry()


@pytest.fixture
async def start_hub(tmp_path: Path, telemetry: CountingTelemetry) -> AsyncIterator[StartHub]:
    """Start hubs on the same directory, one after the other; what is still open is closed."""
    running: list[MeetingHub] = []

    async def start(
        transcriber: LevelTranscriber | None = None,
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
    ) -> MeetingHub:
        hub = await open_hub(
            tmp_path,
            transcriber or LevelTranscriber(),
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
        )
        for room in rooms:
            await hub.create_room(room)
        running.append(hub)
        return hub

    yield start
    for hub in running:
        await hub.close()


async def open_hub(
    folder: Path,
    transcriber: LevelTranscriber,
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
) -> MeetingHub:
    """Start a hub whose data is in a folder."""
    text = engine or ScriptedTextEngine(models=())
    routes = RouteTable(text.models, preferred)

    async def open_tools() -> TrackDeps:
        database = await SqlDatabase.open(f"sqlite+aiosqlite:///{folder / 't.db'}")
        return TrackDeps(
            store=SqlTranscriptStore(database),
            meetings=SqlMeetingStore(database),
            jobs=SqlJobStore(database),
            minutes=SqlMinutesStore(database),
            links=SqlLinkStore(database),
            journal=FileAudioJournal(folder / "journal"),
            scheduler=InferenceScheduler(transcriber, telemetry, clock),
            new_detector=LevelDetector,
            clock=clock,
            telemetry=telemetry,
            desk=TranslationService(text, routes, split_at_dots, telemetry, clock),
            open_recording=open_recording,
            rules=track_rules or TrackRules(),
            missing=missing,
            keep_audio=keep_audio,
        )

    hub = MeetingHub(
        open_tools,
        MemoryRoomLog,
        rules,
        glossary,
        translate_to,
        linger_seconds=linger_seconds,
        reserve=reserve,
    )
    await hub.start()
    return hub
