"""What of a LiveKit room's chat reaches the listener: its own words, however clients send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from livekit import rtc

from assistant.adapters import livekit_chat
from assistant.adapters.livekit_chat import LiveKitChat
from assistant.core.meetings.chat_words import ChatWord
from tests.waiting import until


@dataclass
class Stream:
    """A text stream as the library hands it over; without an end it goes on for ever."""

    pieces: list[str]
    ends: bool = True
    fails: bool = False
    read: int = 0
    closed: bool = False

    async def __aiter__(self) -> AsyncIterator[str]:
        for piece in self.pieces:
            self.read += 1
            yield piece
        if self.fails:
            raise rtc.StreamError("the sender went")
        if not self.ends:
            await asyncio.Event().wait()

    def close(self) -> None:
        """Let go of the stream."""
        self.closed = True


@dataclass(frozen=True)
class Sender:
    """Somebody in the room."""

    identity: str


@dataclass(frozen=True)
class Packet:
    """A data packet."""

    data: bytes
    topic: str | None = "lk-chat-topic"
    participant: Sender | None = Sender("ana")


@dataclass
class Room:
    """Takes what is registered with a room of the library."""

    handlers: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def register_text_stream_handler(self, topic: str, handler: Callable[..., Any]) -> None:
        """Keep a handler."""
        self.handlers[topic] = handler

    def on(self, event: str, handler: Callable[..., Any]) -> None:
        """Keep a handler."""
        self.handlers[event] = handler


@pytest.fixture
def told() -> list[tuple[str, ChatWord]]:
    """What the listener was told."""
    return []


@pytest.fixture
def room(told: list[tuple[str, ChatWord]]) -> Room:
    """A room whose chat is followed."""
    room = Room()
    LiveKitChat(room, lambda identity, word: told.append((identity, word)))  # type: ignore[arg-type] # scripted
    return room


async def test_a_stream_is_read_in_pieces(room: Room, told: list[tuple[str, ChatWord]]) -> None:
    """Its word counts when it has ended, as that of whom the library names."""
    stream = Stream(["/sous-", "titres", " non"])
    room.handlers["lk.chat"](stream, "ana")
    await until(lambda: told)
    assert told == [("ana", ChatWord("fr", heard=False))]
    assert stream.closed


async def test_streams_that_are_no_word_are_let_go(
    room: Room, told: list[tuple[str, ChatWord]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long ones as soon as that is seen, endless ones after a while, and those that break off."""
    monkeypatch.setattr(livekit_chat, "_READ_SECONDS", 0.05)
    long = Stream(["/captions off", "x" * 15_000, "y", "z"])
    streams = [long, Stream(["/captions off"], ends=False), Stream(["/captions off"], fails=True)]
    for stream in [*streams, Stream(["What about /captions off?"])]:
        room.handlers["lk.chat"](stream, "ana")
    await until(lambda: all(stream.closed for stream in streams))
    await asyncio.sleep(0.1)
    assert told == []
    assert long.read == 2


def test_an_older_packet_counts_once(room: Room, told: list[tuple[str, ChatWord]]) -> None:
    """Of whom the server names, unless a stream says the same."""
    fields = {"id": "1", "timestamp": 1, "message": "/captions on", "from": "bob"}
    room.handlers["data_received"](Packet(json.dumps(fields).encode()))
    room.handlers["data_received"](Packet(json.dumps(fields | {"ignoreLegacy": True}).encode()))
    assert told == [("ana", ChatWord("en", heard=True))]


@pytest.mark.parametrize(
    "packet",
    [
        Packet(b""),
        Packet(b"\xff\xfe"),
        Packet(b"[" * 900),
        Packet(b"1" * 900),
        Packet(b'"/captions off"'),
        Packet(b'{"message": ["/captions off"]}'),
        Packet(b'{"message": "/captions off"}', topic="meeting-assistant"),
        Packet(b'{"message": "/captions off"}', topic=None),
        Packet(b'{"message": "/captions off"}', participant=None),
        Packet(b'{"message": "/captions off", "more": "' + b"x" * 1_000 + b'"}'),
    ],
)
def test_other_packets_are_left_alone(room: Room, told: list[tuple[str, ChatWord]], packet: Packet) -> None:
    """What is no JSON, nested or large, of another topic, or of nobody."""
    room.handlers["data_received"](packet)
    assert told == []
