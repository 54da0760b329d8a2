"""A real server on a free port of the loopback interface, and clients that know its address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from assistant.adapters.av_decoder import create_decoder
from assistant.adapters.docs_publisher import LaSuiteDocs
from assistant.adapters.prometheus_telemetry import PrometheusTelemetry
from assistant.adapters.system_clock import SystemClock
from assistant.bots.bot_manager import BotManager
from assistant.engines.worker_pool import WorkerPool
from assistant.minutes.service import MinutesService
from assistant.readers.links import ReaderLinks
from assistant.tasks.threads import ThreadWorkers
from assistant.web.app import create_app
from assistant.web.server import CaptionServer
from assistant.web.services import Lifetime, Services, WebhookReader, WebSettings
from assistant.web.wrong_tokens import WrongTokens
from tests.waiting import PATIENCE_SECONDS
from tests.web.fakes import FakeCaptions

_PATIENT = {"open_timeout": PATIENCE_SECONDS, "ping_timeout": PATIENCE_SECONDS}


@dataclass
class Service:
    """A running service."""

    fake: FakeCaptions
    server: CaptionServer
    http: httpx.AsyncClient

    @property
    def host(self) -> str:
        """Name and port."""
        return f"127.0.0.1:{self.server.port}"

    def socket(self, path: str, **options: Any) -> connect:
        """Return a WebSocket connection to `path`, as `websockets.connect` does."""
        return connect(f"ws://{self.host}{path}", proxy=None, **_PATIENT | options)

    def audio(self, participant: str = "ana", **query: object) -> connect:
        """Return an audio connection into the room “weekly”."""
        pairs = "&".join(f"{name}={value}" for name, value in query.items())
        return self.socket(f"/v1/rooms/weekly/audio?participant={participant}&{pairs}")

    def captions(self, query: str = "", **options: Any) -> connect:
        """Return a reader's connection to the room “weekly”."""
        return self.socket(f"/v1/rooms/weekly/captions{query}", **options)


@asynccontextmanager
async def serving(
    fake: FakeCaptions | None = None,
    listeners: BotManager | None = None,
    webhooks: WebhookReader | None = None,
    workers: WorkerPool | None = None,
    wrong_tokens: WrongTokens | None = None,
    **settings: Any,
) -> AsyncIterator[Service]:
    """Run the service with a scripted captions until the block ends; `settings` as in WebSettings."""
    fake = fake or FakeCaptions()
    telemetry = PrometheusTelemetry()
    telemetry.follow(fake.statistics)
    web = WebSettings(**settings)
    clock = SystemClock()
    minutes = MinutesService(fake, fake.minutes_store, fake.meetings, clock)  # type: ignore[arg-type]
    services = Services(
        fake,  # type: ignore[arg-type] # scripted; fakes_checked compares
        web,
        new_decoder=create_decoder,
        metrics=telemetry,
        clock=clock,
        lifetime=Lifetime(fake, (minutes, *filter(None, (listeners, workers)))),  # type: ignore[arg-type]
        links=ReaderLinks("https://captions.example.org", web.token, 24.0, clock, fake.links),
        docs=LaSuiteDocs("", ""),
        minutes=minutes,
        clerks=fake,  # type: ignore[arg-type] # scripted
        meetings=fake.meetings,
        workers=workers or ThreadWorkers(),
        listeners=listeners,
        webhooks=webhooks,
    )
    app = create_app(services, wrong_tokens=wrong_tokens or WrongTokens(clock, sleep=_at_once))
    server = CaptionServer(app, host="127.0.0.1", port=0)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}", trust_env=False, timeout=PATIENCE_SECONDS
    ) as http:
        try:
            yield Service(fake, server, http)
        finally:
            fake.gate.set()
            await server.shutdown()


async def _at_once(_seconds: float) -> None:
    """Answer wrong tokens without the pause that others get."""


async def receive(socket: ClientConnection) -> dict[str, Any]:
    """Return the next message as JSON."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        message = json.loads(await socket.recv())
    assert isinstance(message, dict)
    return message


async def ending(socket: ClientConnection) -> tuple[str | None, int | None]:
    """Read to the end; return the code of the error message, if any, and the close code."""
    code = None
    try:
        while True:
            message = await receive(socket)
            if message["type"] == "error":
                assert set(message) == {"type", "code", "message"}
                assert message["message"].endswith((".", "…"))
                code = message["code"]
    except ConnectionClosed as closed:
        return code, closed.rcvd.code if closed.rcvd else None
