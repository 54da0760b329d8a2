"""The real service after a council has met, on a free port, for the pages that clerks use."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.av_decoder import create_decoder
from assistant.adapters.docs_publisher import LaSuiteDocs
from assistant.adapters.prometheus_telemetry import PrometheusTelemetry
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock
from assistant.bots.bot_manager import BotManager
from assistant.captioning.deps import TrackDeps
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.translation.routes import RouteTable, Scores, TextModel
from assistant.minutes.caption_editor import CaptionEditor, CaptionEditorDeps
from assistant.minutes.drafts import MinutesRules
from assistant.minutes.service import MinutesService
from assistant.readers.links import ReaderLinks
from assistant.recordings.jobs import JobService
from assistant.service.caption_service import CaptionService
from assistant.translation.translator import TranslationService
from assistant.web.app import create_app
from assistant.web.server import CaptionServer
from assistant.web.services import Lifetime, Part, Services, WebSettings
from assistant.web.wrong_tokens import WrongTokens
from tests.caption_service import service_of
from tests.council import COUNCIL, hold
from tests.fakes import (
    CountingTelemetry,
    LevelDetector,
    LevelTranscriber,
    ScriptedTextEngine,
    no_reply,
    split_at_dots,
)
from tests.waiting import PATIENCE_SECONDS, until


@dataclass
class Council:
    """A running service; `call` runs something in its loop."""

    url: str
    service: CaptionService
    minutes: MinutesService
    loop: asyncio.AbstractEventLoop

    def call(self, work: Coroutine[Any, Any, object]) -> object:
        """Run a coroutine in the service's loop and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)


@dataclass(frozen=True)
class Partners:
    """What a service has that talks to other systems."""

    listeners: BotManager | None = None
    jobs: JobService | None = None
    lasuite_tokens: tuple[str, ...] = ()
    audio_idle_seconds: float = 60.0

    @property
    def parts(self) -> tuple[Part, ...]:
        """What lives as long as the service."""
        return tuple(part for part in (self.listeners, self.jobs) if part)


async def _at_once(_seconds: float) -> None:
    """Answer wrong tokens without the pause that others get."""


@contextmanager
def council_service(
    folder: Path,
    token: str = "",
    officers: tuple[str, ...] = (),
    partners: Callable[[CaptionService, SqlStores, Path], Partners] | None = None,
    *,
    rough: bool = False,
) -> Iterator[Council]:
    """Run the service until the block ends.

    Args:
        folder: Where it keeps its data.
        token: Of the service; empty: it asks for none.
        officers: Tokens of those who may lower a protection level.
        partners: Makes what a service has that talks to other systems.
        rough: Whether its translations from French to English are rough.
    """
    ready = threading.Event()
    found: list[Council] = []
    stop = asyncio.Event()

    async def run() -> None:
        time, telemetry = SystemClock(), CountingTelemetry()
        english = TextModel("fr-en", "fr", "en", "argos", Scores(0.8), 10.0, rough)
        engine = ScriptedTextEngine(models=(english,))

        stores = SqlStores.at(f"sqlite+aiosqlite:///{folder / 't.db'}")
        journal = FileAudioJournal(folder / "journal")

        async def open_deps() -> tuple[TrackDeps, TranslationService]:
            await stores.database.start()
            deps = TrackDeps(
                store=stores.transcripts,
                journal=journal,
                scheduler=InferenceScheduler(LevelTranscriber(), telemetry, time),
                new_detector=LevelDetector,
                clock=time,
                telemetry=telemetry,
                keep_audio=True,
            )
            routes = RouteTable(engine.models)
            return deps, TranslationService(engine, routes, split_at_dots, telemetry, time, replies=no_reply)

        service = service_of(open_deps, stores)
        minutes = MinutesService(
            service.rooms, stores.minutes, stores.meetings, time, MinutesRules("Europe/Paris")
        )
        service.rooms.followers.add(minutes.follower)
        editor = CaptionEditorDeps(stores.transcripts, stores.meetings, journal, audio_kept=True)
        beside = partners(service, stores, folder) if partners else Partners()
        services = Services(
            service,
            WebSettings(
                token=token,
                officer_tokens=officers,
                lasuite_tokens=beside.lasuite_tokens,
                audio_kept=True,
                audio_idle_seconds=beside.audio_idle_seconds,
                uploads_dir=folder / "uploads",
            ),
            new_decoder=create_decoder,
            metrics=PrometheusTelemetry(),
            clock=time,
            lifetime=Lifetime(service, (minutes, *beside.parts)),
            links=ReaderLinks("http://127.0.0.1", token, 24.0, time, stores.links),
            docs=LaSuiteDocs("", ""),
            minutes=minutes,
            clerks=CaptionEditor(service.rooms, service.tracks, editor),
            meetings=stores.meetings,
            listeners=beside.listeners,
            jobs=beside.jobs,
        )
        app = create_app(services, wrong_tokens=WrongTokens(time, sleep=_at_once))
        server = CaptionServer(app, host="127.0.0.1", port=0)
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        hostile = ("mallory", "<script>alert(1)</script>", "<img src=x onerror=alert(2)> Bonsoir.")
        await hold(service, "conseil", (*COUNCIL, hostile))
        found.append(Council(f"http://127.0.0.1:{server.port}", service, minutes, asyncio.get_running_loop()))
        ready.set()
        await stop.wait()
        server.should_exit = True
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    if not ready.wait(PATIENCE_SECONDS):
        raise TimeoutError("the service did not start")
    try:
        yield found[0]
    finally:
        found[0].loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE_SECONDS)
