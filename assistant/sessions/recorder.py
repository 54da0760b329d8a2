"""Moves received audio to the journal, off the event loop, in order."""

from __future__ import annotations

import asyncio

import numpy as np

from assistant.core.audio import Pcm, Span
from assistant.ports import AudioJournal


class Recorder:
    """The journal of one track. Samples wait in memory until `write`, about a second at most."""

    def __init__(self, journal: AudioJournal, session: str) -> None:
        self._journal = journal
        self._session = session
        self._pending: list[Pcm] = []
        self._lock = asyncio.Lock()

    def add(self, pcm: Pcm) -> None:
        """Take samples that follow."""
        self._pending.append(pcm)

    async def write(self) -> None:
        """Hand everything taken so far to the operating system."""
        async with self._lock:
            await asyncio.to_thread(self._write)

    async def sync(self) -> int:
        """Force everything taken so far to disk; return how many samples are safe."""
        async with self._lock:
            return await asyncio.to_thread(self._write_and_sync)

    async def read(self, span: Span) -> Pcm:
        """Return the samples of `span`."""
        async with self._lock:
            return await asyncio.to_thread(self._write_and_read, span)

    async def drop_before(self, samples: int) -> None:
        """Allow the space of earlier samples to be freed."""
        async with self._lock:
            await asyncio.to_thread(self._journal.drop_before, self._session, samples)

    async def delete(self) -> None:
        """Remove the record."""
        async with self._lock:
            self._pending.clear()
            await asyncio.to_thread(self._journal.delete, self._session)

    def _write(self) -> None:
        pending, self._pending = self._pending, []
        if pending:
            self._journal.append(self._session, np.concatenate(pending))

    def _write_and_sync(self) -> int:
        self._write()
        return self._journal.sync(self._session)

    def _write_and_read(self, span: Span) -> Pcm:
        self._write()
        return self._journal.read(self._session, span)
