"""The bench as a program, against scripted services: what it plays, prints and writes."""

from __future__ import annotations

import asyncio
import json
import wave
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from benchmark.__main__ import main
from benchmark.doors import Linger
from benchmark.talk import TalkPlan
from websockets.asyncio.server import ServerConnection, serve

from tests.client.scripted_service import ScriptedService, caption, running


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for late revisions here."""
    plan = partial(TalkPlan, tail_seconds=0.1, linger=Linger(quiet_seconds=0.1))
    monkeypatch.setattr("benchmark.talkers.TalkPlan", plan)


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """Two recordings of half a second in which somebody says “un deux”."""
    lines = []
    for name in ("a", "b"):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(np.full(8000, 3000, "<i2").tobytes())
        entry = {"id": name, "path": f"{name}.wav", "lang": "fr", "seconds": 0.5, "kind": "read"}
        lines.append(json.dumps(entry | {"text": "un deux"}))
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines))
    return tmp_path


def options_of(material: Path, *more: str) -> list[str]:
    outputs = ["--json", str(material / "run.json"), "--markdown", str(material / "run.md")]
    return [
        "--material", str(material), "--results", str(material / "results"), "--no-reference", *outputs, *more
    ]  # fmt: skip


async def test_steps_of_talkers_end_in_tables(material: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each number of talkers is run, and terminal, JSON and Markdown tell of both."""
    said = caption(7, "un deux", participant="000-fr", final=True)
    service = ScriptedService(events=[said, caption(8, "x", participant="nobody", id="c2")])
    async with running(service):
        arguments = ["--talkers", "1,2", "--minutes", "0.03", "--invented", "without", "--url", service.url]
        assert await asyncio.to_thread(main, options_of(material, *arguments)) == 0
    assert sorted(c["participant"] for c in service.connections if "participant" in c) == [
        "000-fr", "000-fr", "001-fr"
    ]  # fmt: skip
    document = json.loads((material / "run.json").read_text())
    assert [run["talkers"] for run in document["runs"]] == [1, 2]
    first = document["runs"][0]["tracks"][0]
    assert first["live"] == {"words": 4, "errors": 2}
    assert [recording["id"] for recording in first["recordings"]] == ["a", "b"]
    assert first["captions"][0]["final"] is True
    markdown = (material / "run.md").read_text()
    assert markdown.startswith("## whisper-base, 1, 2 talkers without pause, 0.03 minutes")
    assert "**Words and cost**" in markdown
    assert "Minute by minute" in capsys.readouterr().out


async def test_a_peer_is_measured_like_us(material: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --peer the same material goes to the peer's socket, and its captions into the same tables."""
    heard: list[int] = []

    async def server(connection: ServerConnection) -> None:
        await connection.send('{"type": "config", "useAudioWorklet": true}')
        async for frame in connection:
            heard.append(len(frame))
            if not frame:
                break
        await connection.send('{"lines": [{"text": "un deux un deux"}], "buffer_transcription": ""}')
        await connection.send('{"type": "ready_to_stop"}')
        await connection.wait_closed()

    async with serve(server, "127.0.0.1", 0, close_timeout=1) as listening:
        url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        arguments = ["--talkers", "1", "--minutes", "0.03", "--peer", "whisperlivekit", "--peer-url", url]
        assert await asyncio.to_thread(main, options_of(material, *arguments)) == 0
    document = json.loads((material / "run.json").read_text())
    assert document["heading"].startswith("whisperlivekit, ")
    assert document["runs"][0]["tracks"][0]["settled"] == {"words": 4, "errors": 0}
    assert sum(heard) == 2 * 16_000 * 1.7
    assert "1 talking" in capsys.readouterr().out


async def test_a_service_that_is_not_there_is_said(
    material: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that cannot begin ends with a sentence and a status of its own."""
    arguments = [
        "--talkers",
        "1",
        "--minutes",
        "0.03",
        "--peer",
        "whisperlive",
        "--peer-url",
        "ws://127.0.0.1:9",
    ]
    assert await asyncio.to_thread(main, options_of(material, *arguments)) == 1
    assert "No peer answers at ws://127.0.0.1:9" in capsys.readouterr().out
