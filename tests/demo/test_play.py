"""The demo meeting against a scripted service."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from assistant.client import Endpoint
from assistant.core.errors import TokenInvalid
from assistant.demo import meeting as meeting_module
from assistant.demo import stream_meeting
from assistant.demo.script import Script, read_script, tracks_of
from tests.client.scripted_service import ScriptedService, running
from tests.waiting import until

FRESH_ROOM = meeting_module._fresh_room


@pytest.fixture(autouse=True)
def deletions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rooms that the demo emptied; the scripted service has no HTTP door."""
    rooms: list[str] = []

    async def note(_: Endpoint, room: str) -> None:
        rooms.append(room)

    monkeypatch.setattr(meeting_module, "_fresh_room", note)
    return rooms


@pytest.fixture
def short() -> Script:
    """The first turn of the meeting only."""
    script = read_script()
    return replace(script, turns=script.turns[:1], tail_seconds=0.2)


@asynccontextmanager
async def meeting(service: ScriptedService, script: Script, **rules: float) -> AsyncIterator[asyncio.Event]:
    """A meeting that goes on while the block runs; ends within the farewell time."""
    stop = asyncio.Event()
    task = asyncio.create_task(stream_meeting(Endpoint(service.url), "demo", script, stop, **rules))
    try:
        yield stop
        stop.set()
        await asyncio.wait_for(task, 20)
    finally:
        task.cancel()


async def test_everyone_joins_and_stops(short: Script, deletions: list[str]) -> None:
    """Each participant has a track of their own in a fresh room, in step, ended by `stop`."""
    service = ScriptedService()
    async with running(service), meeting(service, short):
        await until(
            lambda: len(service.tracks) == 3 and all(len(t) > 20_000 for t in service.tracks.values())
        )
    assert deletions == ["demo"]
    assert [connection["name"] for connection in service.connections] == [
        "Alice Martin",
        "Étienne Laurent",
        "Tiago Almeida",
    ]
    assert service.closed == {"s0", "s1", "s2"}
    lengths = [service.samples(session).size for session in sorted(service.tracks)]
    assert max(lengths) - min(lengths) <= 800
    spoken = tracks_of(short)["alice"]
    heard = service.samples("s0")
    assert np.array_equal(heard, spoken[: heard.size])


async def test_the_pace_is_real_time(short: Script) -> None:
    """No more audio is sent than time has passed."""
    service = ScriptedService()
    clock = asyncio.get_running_loop()
    began = clock.time()
    async with running(service), meeting(service, short):
        await until(lambda: any(len(track) > 1.5 * 32_000 for track in service.tracks.values()))
        assert clock.time() - began >= 1.0, "half a second may go ahead"


async def test_the_meeting_begins_again(short: Script) -> None:
    """After the last turn the first one follows in the same track."""
    spoken = {name: track[:4000] for name, track in tracks_of(short).items()}
    service = ScriptedService()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meeting_module, "tracks_of", lambda _: spoken)
        async with running(service), meeting(service, short):
            await until(lambda: "s0" in service.tracks and service.samples("s0").size > 10_000)
    heard = service.samples("s0")
    assert np.array_equal(heard[:10_000], np.tile(spoken["alice"], 3)[:10_000])


async def test_a_service_that_restarts_finds_the_meeting_again(short: Script) -> None:
    """The tracks are resumed where the service lost them."""
    service = ScriptedService()
    async with running(service):
        stop = asyncio.Event()
        task = asyncio.create_task(stream_meeting(Endpoint(service.url), "demo", short, stop))
        await until(lambda: len(service.tracks) == 3)
    before = len(service.tracks["s0"])
    async with running(service):
        await until(lambda: all(len(track) > before + 16_000 for track in service.tracks.values()))
        stop.set()
        await task
    assert len(service.tracks) == 3


async def test_a_deleted_room_is_joined_anew(short: Script) -> None:
    """When the room is deleted under it, the meeting starts over with new tracks."""
    service = ScriptedService(break_after_samples=[4000])
    async with running(service), meeting(service, short, rest_seconds=0.05):
        await until(lambda: len(service.tracks) == 3)
        service.refuse_with = ("room_deleted", 1)
        await until(lambda: len(service.tracks) == 6)


async def test_stopping_while_nobody_answers_is_quick(short: Script) -> None:
    """The demo ends at once when there is no service to say goodbye to."""
    service = ScriptedService()
    async with running(service):
        pass
    async with asyncio.timeout(10), meeting(service, short):
        await asyncio.sleep(0)  # it has begun


async def test_the_room_is_emptied_once_the_service_is_up() -> None:
    """The demo waits for a service that is still starting, then makes its room anew, with the token."""
    requests: list[str] = []
    answers = iter([b"503 Service Unavailable", b"204 No Content", b"201 Created"])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 " + next(answers) + b"\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await FRESH_ROOM(Endpoint(f"http://127.0.0.1:{port}", "secret"), "demo")
    assert len(requests) == 3
    assert requests[2].startswith("POST /v1/rooms HTTP/1.1")
    assert requests[1].startswith("DELETE /v1/rooms/demo HTTP/1.1")
    assert "authorization: bearer secret" in requests[1].lower()


async def test_a_refused_token_is_reported(short: Script) -> None:
    """A wrong token will not become right by trying."""
    service = ScriptedService(refuse_status=(401, "token_invalid"))
    async with running(service):
        with pytest.raises(TokenInvalid):
            await stream_meeting(Endpoint(service.url), "demo", short, asyncio.Event())


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
async def test_a_signal_ends_the_program() -> None:
    """SIGTERM ends `play` with success although the service never answers."""
    asked = asyncio.Event()

    async def keep_waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(keep_waiting, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"import assistant.demo; assistant.demo.play({url!r})"
        )
        await asked.wait()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
