"""Moves received audio to the journal, off the event loop, in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from assistant.core.errors import StoreUnavailable
from assistant.core.speech.audio import Pcm, Span, joined
from assistant.ports.storage import AudioJournal
from assistant.tasks.owner import TaskOwner
from assistant.tasks.threads import Threads

T = TypeVar("T")
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
        self._tasks = TaskOwner()
        self._task: asyncio.Task[None] | None = None

    async def run(self, call: Callable[[], int]) -> int:
        """Run `call` in the next round; return what it returns, or raise what it raises."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        if self._task is None:
            self._task = self._tasks.start(self._work(), "journal-rounds")
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


class JournalWriter:
    """The journal of one track.

    Samples wait in memory until `write` or `sync`, about a second, and stay there until they were forced
    to disk: after a failure nobody knows what is there of the others, so they are written again.

    Attributes:
        problem: Why nothing can be kept now; None while all is well.
    """

    def __init__(
        self,
        journal: AudioJournal,
        session: str,
        rounds: WriteRounds,
        *,
        keep: bool = False,
        recorded_samples: int = 0,
    ) -> None:
        """Record one track.

        Args:
            journal: Where it is recorded.
            session: The track's name there.
            rounds: Short writes of many tracks.
            keep: Whether audio stays until its room is deleted.
            recorded_samples: How much of the track the record has already.
        """
        self.problem: StoreUnavailable | None = None
        self._keep = keep
        self._journal = journal
        self._session = session
        self._rounds = rounds
        self._taken_samples = recorded_samples
        self._written_samples = recorded_samples
        self._forced_samples = recorded_samples
        self._pending: list[Pcm] = []  # taken, and not written
        self._unforced: list[Pcm] = []  # written, and not forced
        self._doubtful = False
        # One use of the record at a time, in the order in which they were asked for.
        self._lock = asyncio.Lock()
        # Taken inside `_lock`, in the thread: who is cancelled gives `_lock` back while the thread goes on.
        self._writing = threading.Lock()

    def add(self, pcm: Pcm) -> None:
        """Take in the samples that follow; they wait in memory."""
        self._pending.append(pcm)
        self._taken_samples += len(pcm)

    @property
    def pending_samples(self) -> int:
        """How many samples were taken in and are not with the operating system yet."""
        return self._taken_samples - self._written_samples

    async def write(self) -> int:
        """Hand all samples so far to the operating system; return how many of the track it has."""
        async with self._lock:
            return await self._rounds.run(self._write_and_measure)

    async def sync(self) -> int:
        """Force all samples so far to disk; return how many of the track survive a loss of power."""
        return await self._alone(self._write_and_sync)

    async def load(self, span: Span) -> Pcm:
        """Return recorded samples, however old; raises ValueError where they were dropped or never came."""
        return await self._alone(lambda: self._write_and_load(span))

    async def drop_before(self, samples: int) -> None:
        """Allow the space of earlier samples to be freed."""
        if not self._keep:
            await self._alone(lambda: self._journal.drop_before(self._session, samples))

    async def release(self) -> None:
        """Close the file of the record until more samples come."""
        await self._alone(lambda: self._journal.release(self._session))

    async def delete(self) -> None:
        """Remove the record, or leave it as it is where it is kept."""
        if self._keep:
            await self.write()
            return
        await self._alone(lambda: self._journal.delete(self._session))
        self._pending.clear()
        self._unforced.clear()

    async def _alone(self, work: Callable[[], T]) -> T:
        """Run what blocks in a thread, while nothing else uses the record."""
        async with self._lock:
            return await self._rounds.threads.run(self._exclusively, work)

    # --- in threads -------------------------------------------------------------------------------

    def _write(self) -> None:
        """Append what the journal lacks; where that fails, all of it is still here."""
        if self._doubtful or not self._holds_what_was_written():
            self._doubtful = True
            unforced = joined(self._unforced)
            self._journal.restart_at(self._session, self._forced_samples, unforced)
            self._written_samples = self._forced_samples + len(unforced)
            self._doubtful = False
        pending = list(self._pending)
        if not pending:
            self.problem = None
            return
        samples = joined(pending)
        self._journal.append(self._session, samples)
        del self._pending[: len(pending)]
        self._unforced.extend(pending)
        self._written_samples += len(samples)
        self.problem = None

    def _holds_what_was_written(self) -> bool:
        try:
            return self._journal.length_samples(self._session) == self._written_samples
        except StoreUnavailable:
            return False

    def _exclusively(self, work: Callable[[], T]) -> T:
        with self._writing:
            return work()

    def _write_and_measure(self) -> int:
        with self._writing, self._noted():
            self._write()
            return self._written_samples

    def _write_and_sync(self) -> int:
        with self._noted():
            self._write()
            try:
                self._forced_samples = self._journal.sync(self._session)
            except StoreUnavailable:
                self._doubtful = True
                raise
            self._unforced.clear()
            return self._forced_samples

    def _write_and_load(self, span: Span) -> Pcm:
        with self._noted():
            if self._doubtful or span.end_samples > self._written_samples:
                self._write()
            return self._journal.load(self._session, span)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Remember why the disk fails, until something was written."""
        try:
            yield
        except StoreUnavailable as error:
            self.problem = error
            raise
