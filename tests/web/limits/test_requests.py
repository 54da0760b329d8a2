"""How large requests may be and how slow: just below passes, just above is refused with a code."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.web.limits import Limits
from tests.waiting import until
from tests.web.limits.raw_http import connected
from tests.web.serving import Service, ending, receive, serving

_QUICK = Limits(request_head_seconds=0.3, keep_alive_seconds=0.3, min_upload_bytes_per_second=1_000)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving() as running:
        yield running


@pytest.fixture
async def quick() -> AsyncIterator[Service]:
    async with serving(limits=_QUICK) as running:
        yield running


def _address(length: int) -> str:
    start = "/v1/rooms?pad="
    return start + "x" * (length - len(start))


async def test_an_address_has_a_most_length(service: Service) -> None:
    """8,000 bytes are read; one more gets 414, over HTTP as over a WebSocket."""
    assert (await service.http.get(_address(8_000))).status_code == 200
    refused = await service.http.get(_address(8_001))
    assert (refused.status_code, refused.json()["error"]["code"]) == (414, "url_too_long")
    pad = 8_000 - len("/v1/rooms/weekly/captions?pad=")
    async with service.captions("?pad=" + "x" * pad) as socket:
        assert (await receive(socket))["type"] == "hello"
    async with connected(service) as client:
        await client.send(
            f"GET /v1/rooms/weekly/captions?pad={'x' * (pad + 1)} HTTP/1.1\r\n", _UPGRADE, "\r\n"
        )
        assert (await client.answer()).code == "url_too_long"


async def test_an_address_that_never_ends_is_not_kept(service: Service) -> None:
    """What comes of it is bounded by the headers' limit, and the client can read why."""
    async with connected(service) as client:
        await client.send("GET /", "x" * 60_000)
        answer = await client.answer()
        assert (answer.status, answer.code) == (414, "url_too_long")
        await client.ended()


async def test_an_address_has_so_many_parameters(service: Service) -> None:
    """64 are read, 65 are not."""
    assert (await service.http.get("/v1/rooms?" + "&".join(["a=1"] * 64))).status_code == 200
    refused = await service.http.get("/v1/rooms?" + "&".join(["a=1"] * 65))
    assert (refused.status_code, refused.json()["error"]["code"]) == (414, "url_too_long")


@pytest.mark.parametrize(
    ("count", "length", "status"),
    [(99, 50, 200), (101, 50, 431), (1, 7_900, 200), (1, 8_001, 431), (4, 7_900, 200), (5, 7_900, 431)],
)
async def test_headers_have_a_number_and_a_size(
    service: Service, count: int, length: int, status: int
) -> None:
    """Too many, too long, or too much together gets 431."""
    lines = "".join(f"X-{number:03d}: {'y' * (length - 5)}\r\n" for number in range(count))
    async with connected(service) as client:
        await client.send(f"GET /v1/rooms HTTP/1.1\r\nHost: {service.host}\r\n{lines}\r\n"[: 1 << 20])
        answer = await client.answer()
    assert answer.status == status
    assert answer.code == ("" if status == 200 else "headers_too_large")


_UPGRADE = (
    "Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


async def test_a_socket_keeps_to_the_same_headers(service: Service) -> None:
    """The handshake is refused in words, not with a broken connection."""
    for lines in ("X: " + "y" * 8_001 + "\r\n", "".join(f"X-{n}: y\r\n" for n in range(130))):
        async with connected(service) as client:
            await client.send("GET /v1/rooms/weekly/captions HTTP/1.1\r\n", _UPGRADE, lines, "\r\n")
            answer = await client.answer()
        assert (answer.status, answer.code) == (431, "headers_too_large")


async def test_headers_that_never_end_are_not_kept(service: Service) -> None:
    """One header without an end is cut at the limit."""
    async with connected(service) as client:
        await client.send("GET / HTTP/1.1\r\nX: ", "y" * 60_000)
        answer = await client.answer()
        assert (answer.status, answer.code) == (431, "headers_too_large")
        await client.ended()


_PIECES = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


@pytest.mark.parametrize(
    "behind", ["0\r\n" + "X: y\r\n" * 70_000, "0\r\nX: " + "y" * 400_000, "1;" + "y" * 400_000]
)
async def test_what_comes_behind_a_body_is_not_kept(service: Service, behind: str) -> None:
    """Headers that follow the pieces of a body have the same limit, and so has what tells of a piece."""
    async with connected(service) as client:
        await client.send(f"POST /v1/rooms HTTP/1.1\r\nHost: {service.host}\r\n{_PIECES}", behind)
        answer = await client.answer()
        assert (answer.status, answer.code) == (431, "headers_too_large")
        await client.ended()


async def test_headers_behind_a_body_are_passed_over(service: Service) -> None:
    """A few do no harm, and nobody takes them for those of the request."""
    async with connected(service) as client:
        await client.send(f"POST /v1/rooms HTTP/1.1\r\nHost: {service.host}\r\n{_PIECES}0\r\nX: y\r\n\r\n")
        assert (await client.answer()).status == 201


async def test_what_is_no_http_gets_a_code(service: Service) -> None:
    """It is answered in the one shape of errors."""
    async with connected(service) as client:
        await client.send("HELO captions\r\n\r\n")
        answer = await client.answer()
        assert (answer.status, answer.code) == (400, "invalid_input")


async def test_slow_headers_end(quick: Service) -> None:
    """Of 150 clients that send a byte now and then, or nothing at all, none stays."""

    async def loris(number: int) -> tuple[int, str]:
        async with connected(quick) as client:
            if number % 3 == 0:
                await client.ended()
                return 408, "request_too_slow"
            await client.send("GET / HTTP/1.1\r\n")
            drip = asyncio.create_task(_drip(client.writer, b"X: y\r\n"))
            answer = await client.answer()
            await client.ended()
            drip.cancel()
            return answer.status, answer.code

    answers = await asyncio.gather(*(loris(number) for number in range(150)))
    assert set(answers) == {(408, "request_too_slow")}
    async with connected(quick) as client:  # and who asks at once is served
        await client.send(f"GET /health/live HTTP/1.1\r\nHost: {quick.host}\r\n\r\n")
        assert (await client.answer()).status == 200


async def _drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for _ in range(1_000):
        writer.write(data)
        await asyncio.sleep(0.05)


async def test_a_slow_body_ends(quick: Service) -> None:
    """Too few bytes in a stretch of time gets 408; a body in pieces that is fast enough passes."""
    async with connected(quick) as client:
        await client.send(_post(quick, 5_000), b'{"title": "a')
        drip = asyncio.create_task(_drip(client.writer, b"b"))
        answer = await client.answer()
        assert (answer.status, answer.code) == (408, "request_too_slow")
        await client.ended()
        drip.cancel()
    body = json.dumps({"name": "slow", "title": "t" * 100, "glossary": [], "pad": "x" * 3_000}).encode()
    async with connected(quick) as client:
        await client.send(_post(quick, len(body)))
        for start in range(0, len(body), 500):
            await client.send(body[start : start + 500])
            await asyncio.sleep(0.1)
        assert (await client.answer()).status == 201


def _post(service: Service, length: int, path: str = "/v1/rooms", *further: str) -> str:
    lines = (f"Host: {service.host}", "Content-Type: application/json", f"Content-Length: {length}", *further)
    return f"POST {path} HTTP/1.1\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n"


async def test_an_idle_connection_ends(quick: Service) -> None:
    """It is kept for a moment for the next request."""
    async with connected(quick) as client:
        for _ in range(2):
            await client.send(f"GET /health/live HTTP/1.1\r\nHost: {quick.host}\r\n\r\n")
            assert (await client.answer()).status == 200
        await client.ended()


async def test_an_answer_that_nobody_reads_ends(tmp_path: Path) -> None:
    """A client that takes its answer a few bytes at a time does not keep the connection."""
    (tmp_path / "large.js").write_bytes(b"x" * 30_000_000)
    limits = Limits(answer_stall_seconds=0.3, min_upload_bytes_per_second=100_000)
    async with serving(limits=limits, pages_dir=tmp_path) as service, connected(service) as client:
        await client.send(f"GET /static/large.js HTTP/1.1\r\nHost: {service.host}\r\n\r\n")
        admission = service.server.admission
        await until(lambda: len(admission))
        await until(lambda: not len(admission))


@pytest.mark.parametrize("further", [(), ("Connection: close",)])
async def test_a_refused_upload_can_read_why(further: tuple[str, ...]) -> None:
    """A client that sends all before it reads gets the answer too, not a broken connection."""
    async with serving(max_recording_bytes=1 << 20) as service, connected(service) as client:
        size = 8 << 20
        await client.send(_post(service, size, "/v1/audio/transcriptions", *further), b"x" * size)
        answer = await client.answer()
        assert (answer.status, answer.code) == (413, "recording_too_large")


async def test_many_requests_at_once_are_refused(service: Service) -> None:
    """Who asks on without waiting for answers has a few in line, and no more."""
    one = f"GET /v1/rooms HTTP/1.1\r\nHost: {service.host}\r\n\r\n"
    async with connected(service) as client:
        await client.send(one * 9)
        assert [(await client.answer()).status for _ in range(9)] == [200] * 9
    async with connected(service) as client:
        await client.send(one * 100)
        answers = [await client.answer() for _ in range(10)]
        assert {answer.status for answer in answers} == {200, 429}


# --- bodies ---------------------------------------------------------------------------------------


def _nested(depth: int) -> str:
    return '{"name": "deep", "title": "t", "pad": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


@pytest.mark.parametrize(("depth", "status"), [(64, 201), (65, 400), (30_000, 400)])
async def test_json_is_nested_only_so_deep(service: Service, depth: int, status: int) -> None:
    """Deeper bodies are refused with a code, also when they come in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        body = _nested(depth).encode()
        for start in range(0, len(body), 5_000):
            yield body[start : start + 5_000]

    headers = {"Content-Type": "application/json"}
    for content in (_nested(depth).encode(), pieces()):
        answer = await service.http.post("/v1/rooms", content=content, headers=headers)
        assert answer.status_code == status
        assert status == 201 or answer.json()["error"]["code"] == "nested_too_deep"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/rooms"),
        ("PUT", "/v1/glossary"),
        ("PATCH", "/v1/rooms/weekly/minutes"),
        ("PUT", "/v1/rooms/weekly/agenda"),
        ("POST", "/v1/rooms/weekly/captions/replace"),
        ("POST", "/api/v2/async-jobs/transcribe"),
    ],
)
async def test_every_route_keeps_to_the_depth(service: Service, method: str, path: str) -> None:
    """None of them reads deeper JSON, in whatever encoding; it is never a fault of the service."""
    await service.fake.rooms.create_room("weekly")
    text = '{"metadata": ' * 20_000
    for body in (text.encode()[:60_000], text.encode("utf-16")[:60_000]):
        answer = await service.http.request(
            method, path, content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, answer.text
        assert re.fullmatch("[a-z_]+", answer.json()["error"]["code"])


async def test_numbers_have_so_many_digits(service: Service) -> None:
    """Longer ones are refused before anybody counts with them."""
    for digits in (41, 5_000):
        body = '{"name": "n", "title": "t", "pad": ' + "9" * digits + "}"
        answer = await service.http.post(
            "/v1/rooms", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "message_invalid")


async def test_compressed_bodies_are_refused(service: Service) -> None:
    """A little of it could unpack to anything."""
    answer = await service.http.post("/v1/rooms", content=b"{}", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "body_encoded")
    plain = {"Content-Encoding": "identity", "Content-Type": "application/json"}
    assert (await service.http.post("/v1/rooms", content=b"{}", headers=plain)).status_code == 201


# --- sockets --------------------------------------------------------------------------------------


async def test_sockets_do_not_unpack(service: Service) -> None:
    """Compression is not agreed on, whatever the client offers."""
    async with service.captions(compression="deflate") as socket:
        assert socket.response
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


@pytest.mark.parametrize(("length", "end"), [(4_097, ("frame_too_large", 4413)), (70_000, (None, 1009))])
async def test_what_readers_say_is_short(service: Service, length: int, end: tuple[str | None, int]) -> None:
    """A message too large gets an error; one that is far too large is not even received."""
    async with service.captions() as socket:
        await socket.send('{"type": "language", "lang": "' + "x" * length + '"}')
        assert await ending(socket) == end


async def test_text_among_audio_is_short(service: Service) -> None:
    """Only `stop` is said there."""
    async with service.audio() as socket:
        await receive(socket)
        await socket.send('{"type": "stop", "pad": "' + "x" * 5_000 + '"}')
        assert await ending(socket) == ("frame_too_large", 4413)


async def test_a_message_has_so_many_pieces(service: Service) -> None:
    """Empty pieces cost nothing to send, and are not kept without end."""
    async with service.captions() as socket:
        await receive(socket)

        async def pieces() -> AsyncIterator[str]:
            yield "{"
            for _ in range(20_000):
                yield ""

        await socket.send(pieces())
        assert await ending(socket) == (None, 1009)


async def test_deep_messages_are_refused(service: Service) -> None:
    """A socket's JSON is nested no deeper than its message."""
    async with service.captions() as socket:
        await receive(socket)
        await socket.send("[" * 4_000)
        assert await ending(socket) == ("message_invalid", 4400)


async def test_a_socket_that_answers_no_ping_ends() -> None:
    """Who is not there any more does not keep a place."""
    limits = Limits(socket_ping_seconds=0.2, socket_pong_seconds=0.2)
    async with serving(limits=limits) as service, connected(service) as client:
        await client.send("GET /v1/rooms/weekly/captions HTTP/1.1\r\n", _UPGRADE, "\r\n")
        assert (await client.answer()).status == 101
        await client.ended()


async def test_who_leaves_in_the_middle_of_an_upload_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of it stays, and the log has no failure of the service."""
    uploads = tmp_path / "uploads"
    async with serving(uploads_dir=uploads) as running:
        async with connected(running) as client:
            lines = (
                f"Host: {running.host}",
                "Content-Type: multipart/form-data; boundary=b",
                "Content-Length: 90000",
            )
            head = "POST /v1/audio/transcriptions HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n"
            part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            await client.send(head, part, bytes(20_000))
            await until(lambda: uploads.exists() and any(uploads.iterdir()))
        await until(lambda: not any(uploads.iterdir()))
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
