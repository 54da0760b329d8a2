"""Captions as server-sent events, over a real server."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from assistant.core.captions.lateness import Status
from assistant.core.errors import RoomDeleted
from tests.captions import a_caption
from tests.waiting import PATIENCE_SECONDS, until
from tests.web.fakes import FakeCaptions
from tests.web.serving import Service, serving

_PATH = "/v1/rooms/weekly/captions/events"


class _Events:
    """Reads an event stream block by block."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> list[str]:
        """Return the lines up to the next empty one."""
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := await anext(self._lines):
                lines.append(line)
        return lines

    async def event(self) -> tuple[str | None, dict[str, Any]]:
        """Return id and data of the next event that is no comment."""
        while True:
            fields = dict(line.split(": ", 1) for line in await self.block() if not line.startswith(":"))
            if "data" in fields:
                return fields.get("id"), json.loads(fields["data"])


@asynccontextmanager
async def _reading(service: Service, query: str = "", **headers: str) -> AsyncIterator[_Events]:
    async with service.http.stream("GET", _PATH + query, headers=headers) as response:
        yield _Events(response)


async def test_events_are_those_of_the_socket_and_numbered() -> None:
    """`hello` and `status` have no id, a caption has its `seq`; proxies are told not to hold back."""
    async with serving() as service, _reading(service) as events:
        headers = events.response.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert headers["cache-control"] == "no-store"
        assert headers["x-accel-buffering"] == "no"
        first = await events.block()
        assert first[0] == "retry: 2000"
        assert json.loads(first[1].removeprefix("data: "))["type"] == "hello"
        service.fake.publish(Status(4.0, degraded=True))
        service.fake.publish(a_caption(9))
        assert await events.event() == (None, {"type": "status", "behind_seconds": 4.0, "degraded": True})
        number, caption = await events.event()
        assert number == "9"
        assert (caption["type"], caption["text"]) == ("caption", "Bonjour à tous.")


async def test_a_browser_resumes_by_itself() -> None:
    """Last-Event-ID, which a reconnecting EventSource sends, beats the `since` of the address."""
    fake = FakeCaptions(finals={"weekly": [a_caption(3), a_caption(5), a_caption(6)]})
    async with serving(fake) as service, _reading(service, "?since=1", **{"Last-Event-ID": "5"}) as events:
        assert (await events.event())[1]["type"] == "hello"
        assert (await events.event())[0] == "6"


async def test_a_quiet_stream_shows_signs_of_life() -> None:
    """Comments come while nothing is said, and no caption is lost between them."""
    async with serving(heartbeat_seconds=0.02) as service, _reading(service) as events:
        await events.block()
        for _ in range(3):
            assert (await events.block())[0].startswith(":")
        service.fake.publish(a_caption(9))
        assert (await events.event())[0] == "9"


_BAD_REQUESTS = [
    (f"{_PATH}?lang=klingon", "language_unknown"),
    (f"{_PATH}?lang=de", "language_unavailable"),
    (f"{_PATH}?since=8", "since_in_future"),
    (f"{_PATH}?since=x", "invalid_input"),
    ("/v1/rooms/we%20ekly/captions/events", "room_name_invalid"),
]


async def test_bad_requests_are_ordinary_errors() -> None:
    """What cannot be streamed is answered with a status and JSON."""
    async with serving() as service:
        for path, code in _BAD_REQUESTS:
            response = await service.http.get(path)
            assert (path, response.status_code, response.json()["error"]["code"]) == (path, 400, code)


async def test_the_reason_of_an_end_is_the_last_event() -> None:
    """When the service lets a reader go, an error message comes and the stream ends."""
    async with serving() as service, _reading(service) as events:
        await events.event()
        service.fake.publish(RoomDeleted("This room was deleted."))
        assert (await events.event())[1] == {
            "type": "error",
            "code": "room_deleted",
            "message": "This room was deleted.",
        }
        with pytest.raises(StopAsyncIteration):
            await events.block()


async def test_a_reader_that_leaves_is_noticed() -> None:
    """The feed is closed when the browser goes away."""
    async with serving() as service:
        async with _reading(service) as events:
            await events.event()
        await until(service.fake.feeds[0].closed.is_set)


async def test_a_stuck_reader_is_let_go() -> None:
    """A browser that reads nothing loses its feed and connection."""
    async with serving(reader_stall_seconds=0.3) as service:
        with sockets.socket() as deaf:
            deaf.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
            deaf.connect(("127.0.0.1", service.server.port))
            deaf.sendall(f"GET {_PATH} HTTP/1.1\r\nHost: {service.host}\r\n\r\n".encode())
            await until(lambda: service.fake.feeds)
            for number in range(1_500):
                service.fake.publish(a_caption(8 + number, "x" * 9_000))
            await until(service.fake.feeds[0].closed.is_set)
