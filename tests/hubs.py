"""A hub on a real store, journal and log, with a scripted recogniser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.recording_file import open_recording
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock
from assistant.captioning.deps import TrackDeps, TrackRules
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.routes import RouteTable
from assistant.disk.reserve import SpaceReserve
from assistant.minutes.caption_editor import CaptionEditor, CaptionEditorDeps
from assistant.minutes.drafts import MinutesRules
from assistant.minutes.service import MinutesService
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


@dataclass(frozen=True)
class Beside:
    """What is built beside a hub."""

    stores: SqlStores
    clerks: CaptionEditor


_BESIDE: WeakKeyDictionary[MeetingHub, Beside] = WeakKeyDictionary()


def stores_of(hub: MeetingHub) -> SqlStores:
    """Return the stores of a hub."""
    return _BESIDE[hub].stores


def minutes_of(hub: MeetingHub, rules: MinutesRules | None = None) -> MinutesService:
    """Return what makes minutes of the rooms of a hub."""
    stores = stores_of(hub)
    return MinutesService(hub, stores.minutes, stores.meetings, SystemClock(), rules)


def clerks_of(hub: MeetingHub) -> CaptionEditor:
    """Return what clerks may do to the captions of a hub."""
    return _BESIDE[hub].clerks


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

    stores = SqlStores.at(f"sqlite+aiosqlite:///{folder / 't.db'}")
    journal = FileAudioJournal(folder / "journal")

    async def open_tools() -> TrackDeps:
        await stores.database.start()
        return TrackDeps(
            store=stores.transcripts,
            journal=journal,
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
        lambda room: MemoryRoomLog(room, stores.transcripts, stores.minutes),
        stores.minutes,
        rules,
        glossary,
        translate_to,
        linger_seconds=linger_seconds,
        reserve=reserve,
    )
    await hub.start()
    deps = CaptionEditorDeps(stores.transcripts, stores.meetings, journal, audio_kept=keep_audio)
    _BESIDE[hub] = Beside(stores, CaptionEditor(hub, deps))
    return hub
