"""Guests of a soak who do not behave: they come and go, stall, and send what nobody asked for.

Each does one thing, within seconds, and is never surprised by how it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx
import numpy as np
from websockets.exceptions import WebSocketException

from assistant.client import AudioStream, Endpoint, Pace, Retry
from assistant.client.connection import dial
from assistant.core.errors import AssistantError
from assistant.core.speech.audio import SAMPLE_RATE, Pcm

Guest = Callable[[Endpoint, random.Random, Pcm], Awaitable[None]]

MOST_SECONDS = 20.0
"""However a guest is treated, it is gone after this long."""

_ROOMS = 4
_CHUNK_SAMPLES = SAMPLE_RATE // 10
_MOST_FLOOD_BYTES = 4 << 20
_FORMATS = ("pdf", "docx", "odt", "vtt", "json", "html")


async def comes_and_goes(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Speak or be silent for some seconds, then stop, or vanish without a word."""
    seconds = dice.uniform(1.0, 6.0)
    pcm = speech[: int(seconds * SAMPLE_RATE)] if dice.random() < 0.3 else _noise(dice, seconds)  # noqa: PLR2004
    async with AudioStream(endpoint, _room(dice), f"guest-{dice.randrange(8)}", retry=_RETRY) as stream:
        pace = Pace(asyncio.get_running_loop().time())
        for start in range(0, len(pcm), _CHUNK_SAMPLES):
            await pace.reach(start + _CHUNK_SAMPLES)
            await stream.send(pcm[start : start + _CHUNK_SAMPLES])
        if dice.random() < 0.5:  # noqa: PLR2004 - a coin
            await stream.stop()


async def stalls_as_reader(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Ask for captions and never take them off the line."""
    del speech
    url = endpoint.socket_url("rooms", "soak", "captions", lang=dice.choice(["source", "pt"]), since="0")
    socket = await dial(endpoint, url)
    try:
        socket.transport.pause_reading()
        await asyncio.sleep(dice.uniform(2.0, 15.0))
    finally:
        socket.transport.abort()


async def stalls_as_talker(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Join, send nothing, and hang up without a goodbye."""
    del speech
    socket = await dial(endpoint, _audio_url(endpoint, dice))
    try:
        await asyncio.sleep(dice.uniform(1.0, 10.0))
    finally:
        socket.transport.abort()


async def sends_garbage(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Send bytes that are no audio, and messages that are none."""
    del speech
    encoding = dice.choice(["pcm_s16le", "auto", "opus", "webm", "nonsense"])
    socket = await dial(endpoint, _audio_url(endpoint, dice, encoding=encoding))
    async with socket:
        for _ in range(dice.randrange(1, 20)):
            size = dice.choice([0, 1, 3, 1000, 60_000])
            await socket.send(dice.randbytes(size) if dice.random() < 0.7 else "{" * size)  # noqa: PLR2004
            await asyncio.sleep(0.05)


async def asks_for_nonsense(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Send requests with numbers, names and bodies that cannot be."""
    del speech
    async with _http(endpoint) as http:
        room = _room(dice)
        await http.get(
            endpoint.http_url("rooms", room, "transcript"), params={"since": 10**30, "format": "x"}
        )
        await http.post(endpoint.http_url("audio", "transcriptions"), files={"file": dice.randbytes(50_000)})
        await http.put(endpoint.http_url("rooms", room, "glossary"), content=dice.randbytes(5_000))
        await http.patch(endpoint.http_url("rooms", room, "captions", "x"), content=b"[" * 5_000)
        await http.get(endpoint.http_url("rooms", "../" * 50, "transcript"))


async def downloads(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Ask for the documents of the meeting, several at once."""
    del speech
    url = endpoint.http_url("rooms", "soak", "transcript")
    async with _http(endpoint) as http:
        await asyncio.gather(
            *(http.get(url, params={"format": dice.choice(_FORMATS)}) for _ in range(3)),
            return_exceptions=True,
        )


async def leaves_requests_half(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Open connections, say half a sentence, and keep them."""
    del speech
    address = urlsplit(endpoint.url)
    writers = []
    try:
        for _ in range(dice.randrange(1, 8)):
            _, writer = await asyncio.open_connection(address.hostname, address.port)
            writers.append(writer)
            writer.write(dice.choice([b"GET / HTTP/1.1\r\nHost: x\r\nX-", dice.randbytes(200), b""]))
        await asyncio.sleep(dice.uniform(2.0, 10.0))
    finally:
        for writer in writers:
            writer.transport.abort()


async def sends_too_much(endpoint: Endpoint, dice: random.Random, speech: Pcm) -> None:
    """Send some megabytes as fast as they go, where a form has one field."""
    del speech
    body = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n' + bytes(
        dice.randrange(_MOST_FLOOD_BYTES)
    )
    async with _http(endpoint) as http:
        await http.post(
            endpoint.http_url("audio", "transcriptions"),
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )


GUESTS: tuple[Guest, ...] = (
    comes_and_goes,
    stalls_as_reader,
    stalls_as_talker,
    sends_garbage,
    asks_for_nonsense,
    downloads,
    leaves_requests_half,
    sends_too_much,
)

_RETRY = Retry(patience_seconds=2.0)


async def behave_badly(endpoint: Endpoint, dice: random.Random, speech: Pcm, until: float) -> dict[str, int]:
    """Be one guest after another until a moment; return how many of each kind there were."""
    counts: dict[str, int] = {}
    now = asyncio.get_running_loop().time
    while now() < until:
        guest = dice.choice(GUESTS)
        name = guest.__name__.replace("_", " ")
        counts[name] = counts.get(name, 0) + 1
        # Being refused, cut off or left alone is what such guests are for.
        with contextlib.suppress(
            AssistantError, OSError, TimeoutError, WebSocketException, httpx.HTTPError, RuntimeError
        ):
            async with asyncio.timeout(max(0.1, min(MOST_SECONDS, until - now()))):
                await guest(endpoint, dice, speech)
        await asyncio.sleep(dice.uniform(0.2, 2.0))
    return counts


def _room(dice: random.Random) -> str:
    return f"soak-guests-{dice.randrange(_ROOMS)}"


def _audio_url(endpoint: Endpoint, dice: random.Random, encoding: str = "pcm_s16le") -> str:
    return endpoint.socket_url(
        "rooms",
        _room(dice),
        "audio",
        participant=f"guest-{dice.randrange(8)}",
        encoding=encoding,
        sample_rate="16000",
    )


def _noise(dice: random.Random, seconds: float) -> Pcm:
    generator = np.random.default_rng(dice.randrange(1 << 30))
    return generator.normal(0, 30, int(seconds * SAMPLE_RATE)).astype(np.int16)


def _http(endpoint: Endpoint) -> httpx.AsyncClient:
    return httpx.AsyncClient(headers=endpoint.headers, timeout=MOST_SECONDS, trust_env=False)
