"""The whole service on loopback, as strangers and friends reach it, and what it wrote into its log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from assistant.adapters.event_log import configure_logging
from assistant.adapters.http_jobs import HttpRecordingSource
from assistant.adapters.lasuite_jobs import LaSuiteDialect
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock
from assistant.bots.bot_manager import BotManager
from assistant.bots.consent_links import ConsentLinks
from assistant.bots.deps import BotDeps
from assistant.export.formats import render
from assistant.export.openai_formats import diarized
from assistant.ports.jobs import Document
from assistant.recordings.jobs import JobDeps, JobRules, JobService
from assistant.service.caption_service import CaptionService
from tests.bots.scripted_meeting import ScriptedPlatform
from tests.browser.council_service import Council, Partners, council_service
from tests.waiting import PATIENCE_SECONDS

SERVICE, OFFICER, LASUITE = (f"{name}-of-the-fuzzed-service" for name in ("token", "officer", "lasuite"))
CONSENT = ConsentLinks("https://here.example", "secret-of-the-fuzzed-platform", 24.0, SystemClock())
WRONG = "a-token-that-nobody-was-given"

FAULTS = ("Traceback", "socket_failed", "Exception in ASGI application", "exception", '"level": "error"')
"""What the log has of faults; none may come of anything that is sent."""


@dataclass
class WholeService:
    """A running service.

    Attributes:
        council: Where it is, and its inside.
        tokens: One of each kind, by who has it; empty: none.
        written: What it logs.
    """

    council: Council
    tokens: Mapping[str, str]
    written: io.StringIO = field(repr=False)

    @property
    def url(self) -> str:
        """Its base address."""
        return self.council.url

    def log(self) -> str:
        """Return what was logged so far."""
        return self.written.getvalue()

    def faults(self) -> list[str]:
        """Return lines of the log that tell of faults in the service."""
        return [line for line in self.log().splitlines() if any(fault in line for fault in FAULTS)]


@contextmanager
def whole_service(folder: Path) -> Iterator[WholeService]:
    """Run the service, with all its doors, until the block ends; its log is kept in all its detail."""
    with _log_kept() as written, council_service(folder, SERVICE, (OFFICER,), _partners) as council:
        link = _link(council)
        tokens = {
            "nobody": "",
            "stranger": WRONG,
            "reader": link,
            "lasuite": LASUITE,
            "participant": CONSENT.url("conseil", "roy").partition("#")[2],
            "officer": OFFICER,
            "service": SERVICE,
        }
        yield WholeService(council, tokens, written)


def _link(council: Council) -> str:
    import httpx  # noqa: PLC0415 - only here

    answer = httpx.post(
        f"{council.url}/v1/rooms/conseil/links",
        headers={"Authorization": f"Bearer {SERVICE}"},
        trust_env=False,
        timeout=PATIENCE_SECONDS,
    )
    return str(answer.json()["url"].rpartition("token=")[2])


def _partners(service: CaptionService, stores: SqlStores, folder: Path) -> Partners:
    clock = SystemClock()
    tools = JobDeps(
        recordings=service.recordings,
        reserve=service.reserve,
        store=stores.jobs,
        source=HttpRecordingSource(("https://storage.example/",), 1 << 20),
        dialect=LaSuiteDialect(),
        webhook=None,
        docs=_NoDocs(),
        clock=clock,
        result_url=lambda job, secret: f"https://here.example/api/v2/results/{job}/{secret}",
        render=lambda told: diarized(told.captions, duration_seconds=told.duration_seconds),
        write=lambda captions, title: render(captions, "md", title=title).decode(),
        summarise=_summary,
    )
    listeners = BotManager(
        BotDeps(
            service.rooms,
            service.tracks,
            service.readers,
            stores.meetings,
            (ScriptedPlatform(),),
            clock,
            _link_to,
            consent=CONSENT,
        ),
        [],
    )
    return Partners(
        listeners, JobService(tools, JobRules(folder / "jobs")), (LASUITE,), audio_idle_seconds=600.0
    )


async def _link_to(room: str) -> str:
    return f"https://here.example/rooms/{room}"


async def _summary(text: str) -> str:
    return text[:10]


class _NoDocs:
    """Publishes nothing."""

    async def publish(self, document: Document) -> tuple[str, str]:
        """Say that it is done."""
        del document
        return "1", "https://docs.example/1"


@contextmanager
def _log_kept() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    configure_logging("json", "debug", written)
    try:
        yield written
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
