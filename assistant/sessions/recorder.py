"""Moves received audio to the journal, off the event loop, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from assistant.core.audio import Pcm, Span, joined
from assistant.ports import AudioJournal
from assistant.sessions.threads import Threads

_JOURNAL_THREADS = 6
"""The disk forces what several tracks wrote at once faster than one after the other."""


class WriteRounds:
    """Short blocking calls of many tracks, in one thread together: to change threads costs more than they do.

    A round takes what came since the round before it began, so it is bounded by the number of tracks.

    Attributes:
        threads: Those of the journal, which nothing else uses: acknowledgements wait for nobody's document.
    """

    def __init__(self) -> None:
        self.threads = Threads("journal", _JOURNAL_THREADS)
        self._waiting: list[tuple[Callable[[], int], asyncio.Future[int]]] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, call: Callable[[], int]) -> int:
        """Run `call` in the next round; return what it returns, or raise what it raises."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="journal-rounds")
        return await done

    async def _work(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                results = await self.threads.run(_run_all, [call for call, _ in waiting])
                for (_, done), result in zip(waiting, results, strict=True):
                    if done.done():
                        continue  # whoever asked was cancelled
                    if isinstance(result, Exception):
                        done.set_exception(result)
                    else:
                        done.set_result(result)
        finally:
            self._task = None


def _run_all(calls: Sequence[Callable[[], int]]) -> list[int | Exception]:
    results: list[int | Exception] = []
    for call in calls:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 - handed to whoever asked; the other calls go on
            results.append(error)
    return results


class Recorder:
    """The journal of one track. Samples wait in memory until `write` or `sync`, about a second at most."""

    def __init__(
        self, journal: AudioJournal, session: str, rounds: WriteRounds, *, keep: bool = False
    ) -> None:
        """Record one track; with `keep` what was written stays until its room is deleted."""
        self._keep = keep
        self._journal = journal
        self._session = session
        self._rounds = rounds
        self._pending: list[Pcm] = []
        self._lock = asyncio.Lock()

    def add(self, pcm: Pcm) -> None:
        """Take samples that follow."""
        self._pending.append(pcm)

    async def write(self) -> int:
        """Hand everything taken so far to the operating system; return how many samples it has."""
        async with self._lock:
            return await self._rounds.run(self._write_and_measure)

    async def sync(self) -> int:
        """Force everything taken so far to disk; return how many samples are safe."""
        async with self._lock:
            return await self._rounds.threads.run(self._write_and_sync)

    async def read(self, span: Span) -> Pcm:
        """Return the samples of `span`."""
        async with self._lock:
            return await self._rounds.threads.run(self._write_and_read, span)

    async def drop_before(self, samples: int) -> None:
        """Allow the space of earlier samples to be freed."""
        if self._keep:
            return
        async with self._lock:
            await self._rounds.threads.run(self._journal.drop_before, self._session, samples)

    async def delete(self) -> None:
        """Remove the record, or leave it as it is where it is kept."""
        async with self._lock:
            if self._keep:
                await self._rounds.run(self._write_and_measure)
                return
            self._pending.clear()
            await self._rounds.threads.run(self._journal.delete, self._session)

    def _write(self) -> None:
        pending, self._pending = self._pending, []
        if pending:
            self._journal.append(self._session, joined(pending))

    def _write_and_measure(self) -> int:
        self._write()
        return self._journal.length_samples(self._session)

    def _write_and_sync(self) -> int:
        self._write()
        return self._journal.sync(self._session)

    def _write_and_read(self, span: Span) -> Pcm:
        self._write()
        return self._journal.read(self._session, span)
