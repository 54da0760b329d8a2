"""A service on loopback that follows a script: it keeps the audio it gets and breaks when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response


@dataclass
class ScriptedService:
    """What the service does, and what it saw.

    Attributes:
        break_after_samples: Lose the connection when a track has got so much, once for each number.
        forget_samples: At a break, so much of the newest audio was not safe yet.
        break_at_stop: Settle the track at `stop` but lose the answer.
        refuse_with: Error code to answer audio connections with, with the number of times.
        refuse_status: Answer handshakes with this status and an error body.
        events: The captions of the room, sent in order.
        read: The same for readers of other languages, by `lang`; without an entry they are refused.
        break_after_events: Lose the captions connection after so many events, once for each number.
        held: When set, audio is not acknowledged.
    """

    break_after_samples: list[int] = field(default_factory=list)
    forget_samples: int = 0
    break_at_stop: bool = False
    refuse_with: tuple[str, int] = ("", 0)
    refuse_status: tuple[int, str] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    read: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    break_after_events: list[int] = field(default_factory=list)
    held: bool = False

    connections: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    tracks: dict[str, bytearray] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    open: dict[str, ServerConnection] = field(default_factory=dict)
    port: int = 0

    def samples(self, session: str) -> np.ndarray[Any, np.dtype[np.int16]]:
        """What a track holds."""
        return np.frombuffer(bytes(self.tracks[session]), "<i2").astype(np.int16)

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.port}"

    async def handshake(self, _: ServerConnection, request: Request) -> Response | None:
        """Note the token; refuse when the script says so."""
        self.tokens.append(request.headers.get("Authorization", ""))
        if self.refuse_status is None:
            return None
        status, code = self.refuse_status
        body = json.dumps({"error": {"code": code, "message": "No."}}).encode()
        return Response(status, HTTPStatus(status).phrase, Headers({"Content-Length": str(len(body))}), body)

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one connection."""
        assert connection.request is not None
        address = urlsplit(connection.request.path)
        parameters = {key: values[0] for key, values in parse_qs(address.query).items()}
        self.connections.append({"path": address.path, **parameters})
        try:
            if address.path.endswith("/audio"):
                await self.take_audio(connection, parameters)
            else:
                await self.give_captions(connection, parameters)
        except ConnectionClosed:
            pass

    async def take_audio(self, connection: ServerConnection, parameters: dict[str, str]) -> None:
        """Keep a track's audio, acknowledge it and break as scripted."""
        code, times = self.refuse_with
        if times:
            self.refuse_with = (code, times - 1)
            await send(connection, {"type": "error", "code": code, "message": "Not now."})
            await connection.close(4000)
            return
        session = parameters.get("session", f"s{len(self.tracks)}")
        if session in self.closed or ("session" in parameters and session not in self.tracks):
            await send(connection, {"type": "error", "code": "session_unknown", "message": "Unknown."})
            await connection.close(4404)
            return
        track = self.tracks.setdefault(session, bytearray())
        self.open[session] = connection
        await send(connection, {"type": "ready", "session": session, "offset_samples": len(track) // 2})
        async for frame in connection:
            if isinstance(frame, str):
                await self.end_track(connection, session)
                return
            track.extend(frame)
            if self.break_after_samples and len(track) // 2 >= self.break_after_samples[0]:
                self.break_after_samples.pop(0)
                if self.forget_samples:
                    del track[-2 * self.forget_samples :]
                connection.transport.abort()
                return
            if not self.held:
                safe = max(0, len(track) // 2 - self.forget_samples)
                await send(connection, {"type": "ack", "offset_samples": safe})

    async def acknowledge(self, session: str) -> None:
        """Say that all audio of a track is safe."""
        await send(self.open[session], {"type": "ack", "offset_samples": len(self.tracks[session]) // 2})

    async def end_track(self, connection: ServerConnection, session: str) -> None:
        """Close a track at its `stop`."""
        self.closed.add(session)
        if self.break_at_stop:
            connection.transport.abort()
            return
        await send(connection, {"type": "stopped", "seq": 7})

    async def give_captions(self, connection: ServerConnection, parameters: dict[str, str]) -> None:
        """Send the scripted events behind `since`."""
        since = int(parameters.get("since", -1))
        lang = parameters.get("lang", "source")
        if lang != "source" and lang not in self.read:
            refusal = {"type": "error", "code": "language_unavailable", "message": "Nobody can read that."}
            await send(connection, refusal)
            await connection.close(4400)
            return
        events = self.events if lang == "source" else self.read[lang]
        caught_up = max([event["seq"] for event in events[:2]], default=0)
        await send(
            connection,
            {"type": "hello", "room": "r", "seq": caught_up, "languages": ["source"], "open": ["c1"]},
        )
        for number, event in enumerate(event for event in events if event["seq"] > since):
            if self.break_after_events and number >= self.break_after_events[0]:
                self.break_after_events.pop(0)
                connection.transport.abort()
                return
            await send(connection, event)
        await connection.wait_closed()


async def send(connection: ServerConnection, message: dict[str, Any]) -> None:
    await connection.send(json.dumps(message))


@asynccontextmanager
async def running(service: ScriptedService) -> AsyncIterator[Server]:
    """Listen on the service's port, or on a free one that it keeps."""
    async with serve(
        service.handle, "127.0.0.1", service.port, process_request=service.handshake, close_timeout=1
    ) as server:
        service.port = server.sockets[0].getsockname()[1]
        yield server
        for connection in list(server.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


def caption(seq: int, text: str, **more: Any) -> dict[str, Any]:
    """A caption event on the wire."""
    return {
        "type": "caption",
        "seq": seq,
        "id": "c1",
        "rev": seq,
        "participant": "alice",
        "speaker": "Alice",
        "lang": "en",
        "source_lang": "en",
        "text": text,
        "stable": 0,
        "final": False,
        "start": 0.5,
        "end": 1,
        "edited": False,
        **more,
    }
