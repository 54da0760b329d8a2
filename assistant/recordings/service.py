"""Finished recordings, worked off beside live meetings: as fast as the machine can, behind who talks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import numpy as np

from assistant.core.captions.caption import Caption
from assistant.core.errors import CapacityReached, ModelMissing, RecordingTooLong
from assistant.core.glossary.glossary import Glossary
from assistant.core.started import started
from assistant.ports.media import RecordingReader
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
        begun: Callable[[], None] = lambda: None,
    ) -> RecordingTranscript:
        """Return what was said in a recording.

        Args:
            request: Which one, and how.
            on_caption: Told each final as soon as it is known; those of one channel come in order.
            progress: Told how much is done, 0..1.
            begun: Told that there is something to transcribe, maybe long before its turn comes.

        Raises:
            RecordingCorrupt, RecordingWithoutAudio, RecordingTooLong: It cannot be transcribed.
            RecognitionFailed: The recogniser cannot read all of it now.
            CapacityReached: Too many wait already.
            ModelMissing: The weights are not on this machine.
        """
        if self._deps.missing:
            raise ModelMissing(" ".join(self._deps.missing))
        async with self._place(request, begun) as reader:
            glossary, told = self._glossary(), (on_caption, progress)
            return await Transcription(self._deps, self._rules, glossary, request, reader, *told).run()

    @asynccontextmanager
    async def _place(
        self, request: RecordingRequest, begun: Callable[[], None]
    ) -> AsyncIterator[RecordingReader]:
        """Open a recording, so that whoever sent a broken one knows at once, and wait for its turn."""
        if self._waiting >= self._rules.waiting:
            raise CapacityReached("Enough recordings wait already; send this one again later.")
        with self._counted():
            by_channel = request.by_channel and await self._channels_differ(request.path)
            reader = await self._deps.threads.run(
                self._deps.open_recording, request.path, by_channel=by_channel
            )
            try:
                await self._check_length(reader)
                begun()
                await self._places.acquire()
            except BaseException:
                await self._deps.threads.run(reader.close)
                raise
        try:
            yield reader
        finally:
            self._places.release()
            await self._deps.threads.run(reader.close)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _check_length(self, reader: RecordingReader) -> None:
        """Refuse what is too long: what its header claims is counted before it is believed."""
        most_seconds = self._rules.most_seconds
        if (reader.duration_seconds or 0.0) <= most_seconds:
            return
        if await self._deps.threads.run(reader.counted_seconds) > most_seconds:
            raise RecordingTooLong(f"A recording may last {most_seconds / 3600:g} hours at most.")

    async def _channels_differ(self, path: Path) -> bool:
        """Whether the channels of a recording carry different voices, as far as a minute of sound tells.

        One that is another turned round carries the same.
        """

        def differ() -> bool:
            reader = self._deps.open_recording(path, by_channel=True)
            try:
                if reader.channels == 1:
                    return False
                powers = np.zeros(reader.channels)
                shared = np.zeros(reader.channels)
                compared = 0
                while compared < _COMPARED_BLOCKS and (block := reader.read()) is not None:
                    compared += bool(block.any())
                    channels = block.astype(np.float64)
                    powers += np.sum(channels**2, axis=0)
                    shared += channels[:, 0] @ channels
                apart = powers[0] + powers - 2 * np.abs(shared)
                return bool(np.any(apart > _ALIKE_SHARE * (powers[0] + powers)))
            finally:
                reader.close()

        return await self._deps.threads.run(differ)
