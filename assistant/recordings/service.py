"""Finished recordings, worked off beside live meetings: as fast as the machine can, behind who talks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from assistant.core.captions.caption import Caption
from assistant.core.errors import CapacityReached, ModelMissing, RecordingTooLong
from assistant.core.glossary.glossary import Glossary
from assistant.core.started import started
from assistant.recordings.transcription import (
    RecordingDeps,
    RecordingRequest,
    RecordingRules,
    RecordingTranscript,
    Transcription,
)

_COMPARED_BLOCKS = 6
_ALIKE_SHARE = 0.02


@asynccontextmanager
async def recordings_alone(deps: RecordingDeps, glossary: Glossary) -> AsyncIterator[RecordingService]:
    """Lend a service that has `deps` to itself, for recordings of any length."""
    service = RecordingService(lambda: glossary, RecordingRules(most_seconds=math.inf))
    service.start(deps)
    deps.scheduler.start()
    try:
        yield service
    finally:
        await deps.scheduler.close()


class RecordingService:
    """Transcribes recordings, a few at a time; live meetings go first.

    `glossary` tells the names and terms that hold everywhere.
    """

    def __init__(self, glossary: Callable[[], Glossary], rules: RecordingRules | None = None) -> None:
        self._started: RecordingDeps | None = None
        self._glossary = glossary
        self._rules = rules or RecordingRules()
        self._places = asyncio.Semaphore(self._rules.at_once)
        self._waiting = 0

    def start(self, deps: RecordingDeps) -> None:
        """Begin to take recordings."""
        self._started = deps

    @property
    def _deps(self) -> RecordingDeps:
        return started(self._started)

    async def transcribe(
        self,
        request: RecordingRequest,
        on_caption: Callable[[Caption], None] = lambda _: None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> RecordingTranscript:
        """Return what was said in a recording.

        Args:
            request: Which one, and how.
            on_caption: Told each final as soon as it is known; those of one channel come in order.
            progress: Told how much is done, 0..1.

        Raises:
            RecordingCorrupt, RecordingWithoutAudio, RecordingTooLong: It cannot be transcribed.
            RecognitionFailed: The recogniser cannot read all of it now.
            CapacityReached: Too many wait already.
            ModelMissing: The weights are not on this machine.
        """
        if self._deps.missing:
            raise ModelMissing(" ".join(self._deps.missing))
        async with self._place():
            by_channel = request.by_channel and await self._channels_differ(request.path)
            reader = await self._deps.threads.run(
                self._deps.open_recording, request.path, by_channel=by_channel
            )
            try:
                self._check_length(reader.duration_seconds or 0.0)
                glossary, told = self._glossary(), (on_caption, progress)
                return await Transcription(self._deps, self._rules, glossary, request, reader, *told).run()
            finally:
                await self._deps.threads.run(reader.close)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._waiting >= self._rules.waiting:
            raise CapacityReached("Enough recordings wait already; send this one again later.")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()

    def _check_length(self, seconds: float) -> None:
        if seconds > self._rules.most_seconds:
            hours = self._rules.most_seconds / 3600
            raise RecordingTooLong(f"A recording may last {hours:g} hours at most.")

    async def _channels_differ(self, path: Path) -> bool:
        """Whether the channels of a recording carry different voices, as far as its first minute tells."""

        def differ() -> bool:
            reader = self._deps.open_recording(path, by_channel=True)
            try:
                if reader.channels == 1:
                    return False
                whole = apart = 0.0
                for _ in range(_COMPARED_BLOCKS):
                    block = reader.read()
                    if block is None:
                        break
                    left, right = block[:, 0].astype(np.float64), block[:, 1].astype(np.float64)
                    whole += float(np.sum(left**2) + np.sum(right**2))
                    apart += float(np.sum((left - right) ** 2))
                return apart > _ALIKE_SHARE * whole
            finally:
                reader.close()

        return await self._deps.threads.run(differ)
