"""What all routes share; built once per application, nothing global."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Protocol

from starlette.requests import HTTPConnection

from assistant.bots.bot_manager import BotManager
from assistant.core.errors import AssistantError
from assistant.minutes.caption_editor import CaptionEditor
from assistant.minutes.service import MinutesService
from assistant.ports.jobs import DocumentPublisher
from assistant.ports.media import AudioDecoder
from assistant.ports.meetings import MeetingStore
from assistant.ports.system import Clock, Workers
from assistant.readers.links import ReaderLinks
from assistant.recordings.jobs import JobService
from assistant.service.caption_service import CaptionService
from assistant.tasks.owner import TaskOwner
from assistant.tasks.shared_runs import SharedRuns
from assistant.tasks.threads import ThreadWorkers
from assistant.web.limits import Limits

DecoderFactory = Callable[[str, int, int], AudioDecoder]
"""Makes a decoder from encoding, sample rate and number of channels."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the web layer may be told.

    Attributes:
        token: What every request must carry; empty asks for none.
        lasuite_tokens: What La Suite's requests carry; each opens recordings and jobs, and nothing else.
        officer_tokens: Tokens of those who may lower a protection level; each opens everything else too.
        metrics_token: What a collector's requests carry; it opens `/metrics`, and nothing else.
        audio_kept: Whether clerks can listen to what was said.
        docs_configured: Whether there are Docs to which minutes can be pushed.
        allowed_origins: Origins of other sites whose pages may use the service and embed readers.
        loopback: Whether the service listens on this machine only.
        max_frame_bytes: The largest WebSocket frame of audio.
        max_body_bytes: The largest body of a request that brings neither a glossary nor a recording.
        max_glossary_bytes: The largest body of a request that brings a glossary, an agenda, minutes or a job.
        max_recording_bytes: The largest body of a request that brings a recording, which goes to disk.
        uploads_dir: Where recordings are kept while they are transcribed.
        audio_idle_seconds: An audio socket silent for longer is closed.
        reader_stall_seconds: A reader that takes nothing for longer is let go.
        ack_seconds: How often received audio is acknowledged.
        heartbeat_seconds: How often an idle event stream shows a sign of life.
        pages_dir: Where the pages are.
        max_field_bytes: How large all fields of a form may be together, without its file.
        limits: How much one caller may have, and how long a request may take.
    """

    token: str = ""
    lasuite_tokens: tuple[str, ...] = ()
    officer_tokens: tuple[str, ...] = ()
    metrics_token: str = ""
    audio_kept: bool = False
    docs_configured: bool = False
    allowed_origins: tuple[str, ...] = ()
    loopback: bool = True
    max_frame_bytes: int = 1 << 20
    max_body_bytes: int = 1 << 16
    max_glossary_bytes: int = 1 << 20
    max_recording_bytes: int = 2 << 30
    uploads_dir: Path = field(default_factory=lambda: Path(gettempdir()) / "meeting-assistant")
    audio_idle_seconds: float = 60.0
    reader_stall_seconds: float = 30.0
    ack_seconds: float = 1.0
    heartbeat_seconds: float = 15.0
    pages_dir: Path = field(default_factory=lambda: Path(__file__).parent / "static")
    max_field_bytes: int = 1 << 20
    limits: Limits = field(default_factory=Limits)


class MetricsPage(Protocol):
    """Something that writes measurements as Prometheus reads them."""

    @property
    def content_type(self) -> str:
        """The media type of `render()`."""

    def render(self) -> bytes:
        """Return all measurements now."""


class WebhookReader(Protocol):
    """Reads the webhooks of a meeting platform."""

    def meeting_begun(self, body: bytes, authorization: str) -> str | None:
        """Return the meeting in which something has begun; None for other events."""


class Part(Protocol):
    """Something beside the service that lives as long as it does."""

    @property
    def problem(self) -> AssistantError | None:
        """What keeps it from working; None while all is well."""

    async def start(self) -> None:
        """Begin to work; the service has started."""

    async def close(self) -> None:
        """Stop working; the service is still there."""


class Lifetime:
    """Starts the service and its parts once, and closes them once, whoever asks first."""

    def __init__(self, service: CaptionService, parts: Sequence[Part] = ()) -> None:
        self._service = service
        self._parts = tuple(parts)
        self._tasks = TaskOwner()
        self._closing: asyncio.Task[None] | None = None
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self) -> None:
        """Start the service, then its parts."""
        await self._service.start()
        for part in self._parts:
            await part.start()

    def problems(self) -> list[str]:
        """Return what keeps parts from working, in sentences."""
        return [part.problem.message for part in self._parts if part.problem]

    @property
    def closing(self) -> bool:
        """Whether the service was asked to close."""
        return self._closing is not None

    async def close(self) -> None:
        """Close the parts, then the service; later calls wait for the first."""
        if self._closing is None:
            self._closing = self._tasks.start(self._close(), "service-close", awaited=True)
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        for part in reversed(self._parts):
            await part.close()
        await self._service.close()

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Count a long-lived connection."""
        self._open += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    async def wait_idle(self, seconds: float) -> None:
        """Wait until no long-lived connection is open, at most so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)


@dataclass(frozen=True, slots=True)
class Services:
    """What all routes share.

    Attributes:
        captions: What the routes are doors to.
        settings: Limits, the token, and who may come in.
        new_decoder: Makes the decoder of an audio connection.
        metrics: What `/metrics` shows.
        clock: Times idle connections and acknowledgements.
        lifetime: Starts and closes the service and what works beside it.
        links: Makes links for people who only read, with the token of `settings`.
        docs: Where transcripts are published.
        minutes: Makes minutes of `captions`.
        clerks: Changes captions.
        meetings: Knows who was in them.
        workers: Make documents and read files.
        listeners: Go into meetings; None where no platform is configured.
        webhooks: Tell which meetings begin; None where no platform is configured.
        jobs: Does what La Suite asks for.
        documents: Makes each document once for all who ask for it meanwhile.
    """

    captions: CaptionService
    settings: WebSettings
    new_decoder: DecoderFactory
    metrics: MetricsPage
    clock: Clock
    lifetime: Lifetime
    links: ReaderLinks
    docs: DocumentPublisher
    minutes: MinutesService
    clerks: CaptionEditor
    meetings: MeetingStore
    workers: Workers = field(default_factory=ThreadWorkers)
    listeners: BotManager | None = None
    webhooks: WebhookReader | None = None
    jobs: JobService | None = None
    documents: SharedRuns = field(default_factory=SharedRuns)


def services_of(connection: HTTPConnection) -> Services:
    """Return the services of the application that handles `connection`."""
    services = connection.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application was not made by create_app")
    return services
