"""What is said in samples, by the way of recordings, without a file and without a service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assistant.adapters.system_clock import SystemClock
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.captions.caption import Caption
from assistant.core.glossary.glossary import Glossary
from assistant.core.recording_faults import RecordingFault
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.ports.speech import Transcriber, VoiceDetector
from assistant.recordings.service import RecordingService
from assistant.recordings.transcription import (
    RecordingDeps,
    RecordingRequest,
    RecordingRules,
    RecordingTranscript,
)
from tests.fakes import CountingTelemetry, LevelDetector

_BLOCK_SAMPLES = 10 * SAMPLE_RATE


class Blocks:
    """A `RecordingReader` of samples that are made when they are read, shaped (samples, channels)."""

    def __init__(self, blocks: Iterator[Pcm], duration_seconds: float | None, channels: int = 1) -> None:
        self.channels = channels
        self.duration_seconds = duration_seconds
        self.faults: tuple[RecordingFault, ...] = ()
        self.closed = False
        self._blocks = blocks

    def read(self) -> Pcm | None:
        """Return the block that follows."""
        return next(self._blocks, None)

    def counted_seconds(self) -> float:
        """Return what it claims."""
        return self.duration_seconds or 0.0

    def close(self) -> None:
        """Note it."""
        self.closed = True


def blocks_of(pcm: Pcm) -> Blocks:
    """Return a reader of samples, mono or shaped (samples, channels), in blocks as files have them."""
    shaped = pcm.reshape(len(pcm), -1)
    pieces = (shaped[start : start + _BLOCK_SAMPLES] for start in range(0, len(shaped), _BLOCK_SAMPLES))
    return Blocks(pieces, len(pcm) / SAMPLE_RATE, shaped.shape[1])


async def transcribed(recording: Pcm | Blocks, transcriber: Transcriber, **more: Any) -> list[Caption]:
    """Return the captions of a recording of one voice, or of one for each channel."""
    return list((await transcript_of(recording, transcriber, **more)).captions)


async def transcript_of(
    recording: Pcm | Blocks,
    transcriber: Transcriber,
    *,
    new_detector: Callable[[], VoiceDetector] = LevelDetector,
    glossary: Glossary | None = None,
    progress: Callable[[float], None] = lambda _: None,
    languages: frozenset[str] = frozenset(),
    **asked: Any,
) -> RecordingTranscript:
    """Return what a recording comes to, of one voice or of one for each channel."""
    reader = blocks_of(recording) if isinstance(recording, np.ndarray) else recording
    scheduler = InferenceScheduler(transcriber, CountingTelemetry(), SystemClock())

    def open_it(path: Path, *, by_channel: bool = False) -> Blocks:
        del path, by_channel
        return reader

    deps = RecordingDeps(scheduler, new_detector, open_it, SystemClock(), languages)
    service = RecordingService(lambda: glossary or Glossary(), RecordingRules())
    service.start(deps)
    scheduler.start()
    try:
        request = RecordingRequest(Path("talk.wav"), **asked)
        return await service.transcribe(request, progress=progress)
    finally:
        await scheduler.close()


def transcribed_now(
    pcm: Pcm, transcriber: Transcriber, new_detector: Callable[[], VoiceDetector], **asked: Any
) -> list[Caption]:
    """Return the captions of a recording, outside of an event loop."""
    return asyncio.run(transcribed(pcm, transcriber, new_detector=new_detector, **asked))
