"""The operator's language model over a real HTTP server that answers well, badly, slowly or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from assistant.adapters.openai_model import ModelAccess, OpenAiModel, check_address, is_private
from assistant.core.errors import ModelAnswerInvalid, ModelUnreachable
from assistant.ports.minutes import ModelPrompt
from assistant.tasks.retries import Backoff

PROMPT = ModelPrompt("Write minutes.", "[1] A: Hello.", {"type": "object"})
GOOD = {"choices": [{"message": {"content": '{"statements": []}', "reasoning_content": "secret thoughts"}}]}

Answer = Callable[[dict[str, Any], asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Run a server on loopback; yield its address and the bodies that it got."""
    asked: list[dict[str, Any]] = []
    handling: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling[asyncio.create_task(handle(reader, writer))] = writer

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await converse(reader, writer)
        finally:
            writer.close()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split("\r\n")[0])
        asked.append(json.loads(await reader.readexactly(length)) | {"head": head})
        await answer(asked[-1], writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", asked
    finally:
        server.close()
        await asyncio.sleep(0)  # who was on the way in has come in
        for task, writer in handling.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*handling, return_exceptions=True)
        await asyncio.sleep(0)  # the connections are gone


def saying(status: int, body: object) -> Answer:
    async def answer(_: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)
        await writer.drain()

    return answer


AT_ONCE = Backoff(0.01, 0.01)


async def ask(answer: Answer, patience_seconds: float = 5.0) -> tuple[str, list[dict[str, Any]]]:
    async with serving(answer) as (url, asked):
        model = OpenAiModel(
            ModelAccess(url, "small", "key", timeout_seconds=patience_seconds), pauses=AT_ONCE
        )
        return await model.complete(PROMPT), asked


async def test_it_is_asked_for_json_of_a_schema() -> None:
    """At temperature 0, with its name and key; what it thought is not read."""
    content, (asked,) = await ask(saying(200, GOOD))
    assert content == '{"statements": []}'
    assert (asked["model"], asked["temperature"], asked["stream"]) == ("small", 0, False)
    assert asked["response_format"]["type"] == "json_schema"
    assert "authorization: bearer key" in str(asked["head"])


async def test_a_server_without_schemas_is_asked_for_json() -> None:
    """Once; from then on at once."""

    async def answer(asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        strict = asked["response_format"]["type"] == "json_schema"
        await saying(400 if strict else 200, {"error": "schema"} if strict else GOOD)(asked, writer)

    content, asked = await ask(answer)
    assert content == '{"statements": []}'
    assert [one["response_format"]["type"] for one in asked] == ["json_schema", "json_object"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"not json"),
        (200, {"choices": []}),
        (200, {"choices": [{"message": {"content": None}}]}),
        (200, {"choices": [{"message": {"content": " "}}]}),
        (401, {"error": "key"}),
        (302, {}),
        (200, b"x" * (1 << 20) + b"x"),
    ],
)
async def test_nonsense_is_no_answer(status: int, body: object) -> None:
    """Nor is a redirect followed, nor an endless answer read."""
    with pytest.raises(ModelAnswerInvalid):
        await ask(saying(status, body))


async def test_a_server_that_fails_is_asked_twice() -> None:
    """Then it counts as away."""
    asked: list[int] = []

    async def answer(body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        await saying(503, {})(body, writer)

    with pytest.raises(ModelUnreachable):
        await ask(answer)
    assert len(asked) == 2


async def test_slow_or_broken_servers_do_not_hold_up() -> None:
    """One that says nothing in time, and one that closes in the middle."""

    async def silent(_: dict[str, Any], __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def broken(_: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")

    for answer in (silent, broken):
        with pytest.raises(ModelUnreachable):
            await ask(answer, patience_seconds=0.3)
    with pytest.raises(ModelUnreachable):
        await OpenAiModel(ModelAccess("http://127.0.0.1:9/v1", "m"), pauses=AT_ONCE).complete(PROMPT)


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("192.168.0.9", True),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("8.8.8.8", False),
        ("2001:4860:4860::8888", False),
        ("::ffff:8.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104 - it must not pass
        ("nonsense", False),
    ],
)
def test_private_addresses_are_told_apart(address: str, *, private: bool) -> None:
    """Those of this machine and of networks that the internet does not route."""
    assert is_private(address) is private


async def test_words_go_nowhere_else() -> None:
    """Unless the operator names the host; a name that nobody knows is refused too."""
    with pytest.raises(ModelUnreachable, match="outside this network"):
        await check_address("http://8.8.8.8/v1", ())
    await check_address("http://8.8.8.8/v1", ("8.8.8.8",))
    await check_address("http://127.0.0.1:1/v1", ())
    with pytest.raises(ModelUnreachable):
        await check_address("http://nobody.invalid/v1", ())
