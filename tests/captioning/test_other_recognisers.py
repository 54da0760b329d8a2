"""A whole meeting with a recogniser that is not like Whisper: from the catalogue to the transcript."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from assistant.bootstrap import build_transcriber
from assistant.captioning.connection import TrackConnection
from assistant.captioning.fitted import fitted
from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption, check_successor
from assistant.core.speech.audio import Pcm
from assistant.engines.registry import RECOGNISERS
from assistant.readers.feed import CaptionFeed
from assistant.settings import Settings
from tests.caption_service import StartService
from tests.fakes import LevelDetector, LevelTranscriber, silence, speech
from tests.recordings.transcribing import transcribed_now
from tests.scripted_recogniser import FILES, ScriptedRecogniser, TimelessRecogniser
from tests.waiting import until

ENTRY = """
[[models]]
name = "small-stream"
title = "Small stream"
kind = "speech"
engine = "scripted"
languages = ["en", "fr"]
memory_bytes = 1
licence = "MIT"
attribution = "Made up for a test."
homepage = "https://models.example"
[[models.sources]]
kind = "url"
base = "https://models.example/"
"""

Load = Callable[[type[ScriptedRecogniser]], ScriptedRecogniser]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Registers a recogniser, names it in a catalogue, lays its weights, and loads it as the service does."""

    def build(kind: type[ScriptedRecogniser]) -> ScriptedRecogniser:
        monkeypatch.setitem(RECOGNISERS, "scripted", f"{kind.__module__}:{kind.__name__}")
        weights = tmp_path / "models" / "small-stream"
        weights.mkdir(parents=True)
        lines = []
        for name, content in FILES.items():
            (weights / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            lines.append(f'{{ path = "{name}", size_bytes = {len(content)}, sha256 = "{digest}" }}')
        catalog = tmp_path / "catalog.toml"
        catalog.write_text(f"format = 1\ndefault = []\n{ENTRY}files = [{', '.join(lines)}]\n", "utf-8")
        settings = Settings(
            catalog=catalog,
            model="small-stream",
            models_dir=tmp_path / "models",
            data_dir=tmp_path / "data",
            device="cpu",
            workers=2,
        )
        transcriber = build_transcriber(settings)
        assert isinstance(transcriber, kind)
        return transcriber

    return build


def talk(first: int, count: int) -> Pcm:
    """Return speech that rests for a fifth of a second behind every eighth word."""
    pieces = []
    for start in range(first, first + count, 8):
        pieces += [speech(start, min(8, first + count - start)), silence(0.192)]
    return np.concatenate(pieces)


async def say(connection: TrackConnection, *pieces: Pcm) -> None:
    for piece in pieces:
        for start in range(0, len(piece), 1_600):
            await connection.send_audio(piece[start : start + 1_600])
            await asyncio.sleep(0.004)


async def collect(feed: CaptionFeed, seen: list[Caption]) -> None:
    async for event in feed:
        if isinstance(event, Caption):
            seen.append(event)  # noqa: PERF401 - the list is read while it grows


def check_promises(seen: list[Caption]) -> None:
    """Fail where the stable prefix of a caption changed before its better revision."""
    revisions: defaultdict[str, list[Caption]] = defaultdict(list)
    for caption in seen:
        revisions[caption.id].append(caption)
    for captions in revisions.values():
        for before, after in pairwise(captions):
            check_successor(before, after)
            if not after.refined:
                assert after.text.startswith(before.text[: before.stable])
                assert after.stable >= before.stable


@pytest.mark.parametrize("kind", [ScriptedRecogniser, TimelessRecogniser])
async def test_a_meeting_is_captioned_whatever_the_recogniser_lacks(
    start_service: StartService, load: Load, kind: type[ScriptedRecogniser]
) -> None:
    """Two people, one of whom talks for forty seconds on end: partials, stable prefixes, finals, transcript.

    The recogniser streams, is never given words, and hears those that readers were promised otherwise.
    """
    transcriber = load(kind)
    service = await start_service(transcriber)
    seen: list[Caption] = []
    reading = asyncio.create_task(collect(await service.readers.open_feed("council"), seen))
    alice = await service.tracks.connect(Join("council", "alice", "Alice Martin", language="en"))
    bob = await service.tracks.connect(Join("council", "bob", "Bob Roy"))
    await say(alice, silence(0.5), speech(0, 6), silence(1.0), talk(6, 80), silence(1.0))
    await say(bob, silence(0.5), speech(100, 5), silence(1.0))
    last = max(await alice.stop(), await bob.stop())
    await until(lambda: seen[-1:] and seen[-1].seq >= last)
    reading.cancel()

    check_promises(seen)
    growing = [caption for caption in seen if not caption.final]
    assert any(0 < caption.stable < len(caption.text) for caption in growing)
    promised = [caption.text[: caption.stable].split() for caption in growing]
    assert max(map(len, promised)) > 8, "promises go on although what they hold is heard anew"

    transcript = await service.rooms.transcript("council")
    said = {name: [c for c in transcript if c.participant == name] for name in ("alice", "bob")}
    for name, first, count in (("alice", 0, 86), ("bob", 100, 5)):
        texts = " ".join(caption.text for caption in said[name]).lower().split()
        assert texts == [f"w{number}" for number in range(first, first + count)]
    assert len(said["alice"]) > 2, "who talks on gets several captions"
    for caption in transcript:
        times = [(word.span.start_samples, word.span.end_samples) for word in caption.words]
        assert times == sorted(times)
        assert all(start < end for start, end in times)
    assert {request.prefix for request in transcriber.requests} == {()}
    assert {request.quality for request in transcriber.requests} == {"partial", "final"}


def test_nothing_is_put_before_a_recogniser_that_lacks_nothing(load: Load) -> None:
    """Nor anything twice before one that does."""
    whole = LevelTranscriber()
    assert fitted(whole) is whole
    once = fitted(load(ScriptedRecogniser))
    assert fitted(once) is once


@pytest.mark.parametrize("kind", [ScriptedRecogniser, TimelessRecogniser])
def test_a_recording_is_transcribed_by_it(load: Load, kind: type[ScriptedRecogniser]) -> None:
    """Word times lie where somebody speaks, told or spread."""
    pcm = np.concatenate([silence(1.0), speech(0, 4), silence(2.0), speech(10, 3), silence(1.0)])
    first, second = transcribed_now(pcm, load(kind), LevelDetector)
    assert (first.text.lower(), second.text.lower()) == ("w0 w1 w2 w3", "w10 w11 w12")
    for caption in (first, second):
        lengths = [word.span.length_seconds for word in caption.words]
        assert lengths == pytest.approx([0.5] * len(lengths), abs=0.05)
        assert caption.words[0].span.start_samples == pytest.approx(0.35 * 16_000, abs=600)
