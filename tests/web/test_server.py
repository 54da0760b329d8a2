"""Starting, stopping, and what the log shows of it."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
import structlog

from assistant.adapters.event_log import configure_logging
from assistant.web.server import CaptionServer
from tests.waiting import until
from tests.web.fakes import FakeCaptions
from tests.web.serving import ending, receive, serving


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Log as JSON into a string, and put logging back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging("json", "info", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = before, level


async def test_stopping_tells_everybody_and_closes_the_service_once() -> None:
    """Speakers are told to resume; readers get the last captions, then the reason; then all ends."""
    fake = FakeCaptions()
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(serving(fake))
        speaker = await stack.enter_async_context(service.audio())
        reader = await stack.enter_async_context(service.captions())
        await receive(speaker)
        await receive(reader)
        assert fake.starts == 1
        stopping = asyncio.create_task(service.server.shutdown())
        assert (await receive(reader))["text"] == "The last words."
        assert await ending(reader) == ("shutting_down", 4503)
        assert await ending(speaker) == ("shutting_down", 4503)
        await stopping
        assert fake.closes == 1


async def test_ready_turns_false_before_the_door_closes() -> None:
    """While open work is finished, balancers are told to send nobody here."""

    class SlowCaptions(FakeCaptions):
        async def close(self) -> None:
            await released.wait()

    released = asyncio.Event()
    async with serving(SlowCaptions()) as service:
        stopping = asyncio.create_task(service.server.shutdown())
        await until(lambda: service.server._services.lifetime.closing)
        ready = await service.http.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["missing"] == ["The service is shutting down."]
        released.set()
        await stopping


async def test_a_service_that_fails_to_close_does_not_keep_the_server(log: io.StringIO) -> None:
    """Connections end even when the service cannot close properly; the log says so."""

    class BrokenCaptions(FakeCaptions):
        async def close(self) -> None:
            raise OSError("disk gone")

    async with serving(BrokenCaptions()):
        pass
    assert "hub_close_failed" in log.getvalue()


async def test_tokens_and_words_stay_out_of_the_log(log: io.StringIO) -> None:
    """Neither requests nor socket handshakes nor faults write the token."""
    token = "s3cret"  # noqa: S105 - guards nothing
    fake = FakeCaptions(feed_fault=ZeroDivisionError("inside"))
    async with serving(fake, token=token) as service:
        await service.http.get("/v1/rooms?token=s3cret")
        async with service.audio(token=token) as socket:
            await receive(socket)
            await socket.send(bytes(640))
            assert (await ending(socket))[0] == "internal"
    written = log.getvalue()
    assert "accepted" in written
    assert "socket_failed" in written
    assert "s3cret" not in written


async def test_the_server_runs_by_itself() -> None:
    """`serve()` is all an entry point has to call."""
    async with serving() as service:
        app = service.server.config.app
    server = CaptionServer(app, host="127.0.0.1", port=0)  # type: ignore[arg-type] # the same application
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    assert server.port > 0
    server.should_exit = True
    await running
