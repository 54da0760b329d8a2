"""Peers: what they say on the wire, and whole talks with scripted servers that speak as they do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark.doors import Notes
from benchmark.material import Passage, Recording
from benchmark.peer_protocols import Transcript, WhisperLive, WhisperLiveKit
from benchmark.peers import PeerDoor, dialogue_maker
from benchmark.streams import Piece, streams_of
from benchmark.talk import Talk, TalkPlan, talk_all
from websockets.asyncio.server import ServerConnection, serve

from assistant.client.errors import ContractBroken, ServiceError
from tests.waiting import PATIENCE_SECONDS

PCM = np.array([0, 16384, -32768, 32767], np.int16)
Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, close_timeout=1) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def segment(start: float, end: float, text: str, **more: Any) -> dict[str, Any]:
    return {"start": f"{start:.3f}", "end": f"{end:.3f}", "text": text, **more}


def segments(*each: dict[str, Any]) -> str:
    return json.dumps({"uid": "u", "segments": each})


async def talk(url: str, peer: str, seconds: float = 0.4) -> tuple[Talk, Notes]:
    """One talk through a peer's door."""
    recording = Recording("r", Path("r.wav"), "fr", "read", seconds, (Passage("fr", "un deux"),))
    piece = Piece(recording, np.full(round(seconds * 16_000), 1000, np.int16), 0)
    notes = Notes()
    door = PeerDoor(url, dialogue_maker(peer, "whisper-base"), quiet_seconds=0.3)
    plan = TalkPlan("room", tail_seconds=0.1, patience_seconds=5.0)
    (result,) = await talk_all(door, plan, streams_of([piece], [seconds]), notes)
    return result, notes


def test_whisperlive_is_told_who_talks() -> None:
    """The opening names language, task and weights; audio is float32; the end has its own word."""
    dialogue = WhisperLive("u", "fr", "whisper-base")
    assert json.loads(dialogue.opening()[0]) == {
        "uid": "u", "language": "fr", "task": "transcribe", "model": "base", "use_vad": True
    }  # fmt: skip
    assert json.loads(WhisperLive("u", "auto", "small").opening()[0])["language"] is None
    assert np.frombuffer(dialogue.audio(PCM), "<f4").tolist() == pytest.approx(
        [0.0, 0.5, -1.0, 1.0], abs=1e-4
    )
    assert dialogue.closing() == b"END_OF_AUDIO"
    assert dialogue.receive('{"uid": "u", "message": "SERVER_READY", "backend": "faster_whisper"}') is None
    assert dialogue.ready
    assert not dialogue.finished
    dialogue.receive('{"uid": "u", "message": "DISCONNECT"}')
    assert dialogue.finished


def test_whisperlive_keeps_completed_segments() -> None:
    """Completed segments are stable and stay when the server sends only the newest; the open one is not."""
    dialogue = WhisperLive("u", "en", "base")
    assert dialogue.receive(segments(segment(0, 1, " Hello", completed=False))) == Transcript("Hello", 0)
    both = segments(segment(0, 1, " Hello.", completed=True), segment(1, 2, " You", completed=False))
    assert dialogue.receive(both) == Transcript("Hello. You", 6)
    assert dialogue.receive(both) == Transcript("Hello. You", 6)
    newest = segments(segment(1, 2.5, " You too.", completed=True))
    assert dialogue.receive(newest) == Transcript("Hello. You too.", 15)


def test_whisperlive_of_old_completes_all_but_the_last() -> None:
    """Servers that do not say what is completed are understood."""
    dialogue = WhisperLive("u", "en", "base")
    assert dialogue.receive(segments(segment(0, 1, "One"), segment(1, 2, "two"))) == Transcript("One two", 3)


def test_whisperlive_may_be_full() -> None:
    """A server without room, or with an error, is a refusal with its words."""
    for status in ("WAIT", "ERROR"):
        with pytest.raises(ServiceError, match="busy"):
            WhisperLive("u", "en", "base").receive(json.dumps({"status": status, "message": "busy"}))


def test_whisperlivekit_commits_lines() -> None:
    """Lines are stable, buffers are not, silence lines have no text."""
    dialogue = WhisperLiveKit("fr")
    assert dialogue.receive('{"type": "config", "useAudioWorklet": true}') is None
    assert dialogue.ready
    update = {
        "status": "active_transcription",
        "lines": [
            {"speaker": 1, "text": " Un."},
            {"speaker": -2, "text": None},
            {"speaker": 1, "text": "Deux"},
        ],
        "buffer_transcription": " trois",
        "buffer_diarization": "",
    }
    assert dialogue.receive(json.dumps(update)) == Transcript("Un. Deux trois", 8)
    assert not dialogue.finished
    dialogue.receive('{"type": "ready_to_stop"}')
    assert dialogue.finished
    assert np.frombuffer(dialogue.audio(PCM), "<i2").tolist() == PCM.tolist()
    assert dialogue.closing() == b""


def test_whisperlivekit_is_found_at_its_path() -> None:
    """The path is added where it is missing; the language goes along with what else was named."""
    assert WhisperLiveKit("fr").address("ws://h:8000") == "ws://h:8000/asr?language=fr"
    assert WhisperLiveKit("auto").address("ws://h/x?a=1") == "ws://h/x?a=1&language=auto"


def test_whisperlivekit_must_take_samples() -> None:
    """A server that expects WebM is told how to be started; its errors are passed on."""
    with pytest.raises(ServiceError, match="--pcm-input"):
        WhisperLiveKit("fr").receive('{"type": "config", "useAudioWorklet": false}')
    with pytest.raises(ServiceError, match="FFmpeg"):
        WhisperLiveKit("fr").receive('{"error": "FFmpeg failed", "lines": []}')


@pytest.mark.parametrize("frame", ["nonsense", "[1]", b"\xff\x00"])
def test_other_protocols_are_noticed(frame: str | bytes) -> None:
    """What is no JSON object is an error, not a traceback."""
    with pytest.raises(ContractBroken):
        WhisperLiveKit("fr").receive(frame)


async def test_a_talk_through_whisperlive() -> None:
    """All samples arrive, partials and committed text are noted, and the open rest is final in the end."""
    heard = bytearray()
    ended = asyncio.Event()

    async def server(connection: ServerConnection) -> None:
        uid = json.loads(await connection.recv())["uid"]
        await connection.send(json.dumps({"uid": uid, "message": "SERVER_READY"}))
        async for frame in connection:
            if frame == b"END_OF_AUDIO":
                ended.set()
                return
            assert isinstance(frame, bytes)
            heard.extend(frame)
            if len(heard) == 4 * 1600:
                await connection.send(segments(segment(0, 0.1, "un", completed=False)))
            if len(heard) == 4 * 4800:
                await connection.send(
                    segments(
                        segment(0, 0.1, "Un", completed=True), segment(0.1, 0.3, "deux", completed=False)
                    )
                )

    async with listening(server) as url:
        result, notes = await talk(url, "whisperlive")
        await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)
    assert result.trouble == ""
    assert len(heard) == 4 * (6400 + 1600)
    shown = [(event.caption.text, event.caption.stable, event.caption.final) for event in result.events]
    assert shown == [("un", 0, False), ("Un deux", 2, False), ("Un deux", 7, True)]
    assert [event.caption.rev for event in notes.events] == [1, 2, 3]


async def test_a_talk_through_whisperlivekit() -> None:
    """The end of the audio is said with an empty frame, and what comes before `ready_to_stop` counts."""
    heard = bytearray()
    paths: list[str] = []

    async def server(connection: ServerConnection) -> None:
        assert connection.request is not None
        paths.append(connection.request.path)
        await connection.send('{"type": "config", "useAudioWorklet": true}')
        async for frame in connection:
            if not frame:
                break
            assert isinstance(frame, bytes)
            heard.extend(frame)
        await connection.send(json.dumps({"lines": [{"text": "Un"}], "buffer_transcription": "deux"}))
        await connection.send(json.dumps({"lines": [{"text": "Un deux"}], "buffer_transcription": ""}))
        await connection.send('{"type": "ready_to_stop"}')
        await connection.wait_closed()

    async with listening(server) as url:
        result, _ = await talk(url, "whisperlivekit")
    assert result.trouble == ""
    assert paths == ["/asr?language=fr"]
    assert len(heard) == 2 * (6400 + 1600)
    shown = [(event.caption.text, event.caption.stable, event.caption.final) for event in result.events]
    assert shown == [("Un deux", 2, False), ("Un deux", 7, False), ("Un deux", 7, True)]


async def test_a_peer_that_refuses_or_hangs_up_is_a_result() -> None:
    """A refused talk has not begun; one that was cut has, and both say why."""

    async def full(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"status": "WAIT", "message": 3.5}')
        await connection.wait_closed()

    async def cut(connection: ServerConnection) -> None:
        await connection.send('{"type": "config", "useAudioWorklet": true}')
        await connection.recv()

    async with listening(full) as url:
        result, _ = await talk(url, "whisperlive")
    assert result.began_at is None
    assert "3.5" in result.trouble
    async with listening(cut) as url:
        result, _ = await talk(url, "whisperlivekit")
    assert result.began_at is not None
    assert "closed" in result.trouble


async def test_a_peer_that_is_not_there_is_a_result() -> None:
    """Nobody at the address is said with the address."""
    async with listening(lambda connection: connection.wait_closed()) as url:
        pass
    result, _ = await talk(url, "whisperlive")
    assert url in result.trouble
