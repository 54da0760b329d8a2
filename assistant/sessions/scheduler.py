"""One queue for all recognitions of all tracks: finals before drafts, the oldest first.

Each track has at most one request waiting, so the queue is bounded by the number of tracks. A draft
is built when its turn comes, from the newest audio, so it is never out of date.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import structlog

from assistant.core.audio import seconds_of
from assistant.core.errors import AssistantError, ShuttingDown
from assistant.core.hypothesis import Hypothesis
from assistant.ports import Telemetry, Transcriber, TranscriptionRequest

_log = structlog.get_logger(__name__)
_ATTEMPTS = 3

Kind = Literal["draft", "final"]
BuildRequest = Callable[[], TranscriptionRequest | None]


@dataclass(order=True, slots=True)
class _Waiting:
    rank: int
    due_seconds: float
    order: int
    kind: Kind = field(compare=False)
    build: BuildRequest = field(compare=False)
    done: asyncio.Future[Hypothesis | None] = field(compare=False)


class InferenceScheduler:
    """Runs recognitions on as many threads as the transcriber has workers."""

    def __init__(self, transcriber: Transcriber, telemetry: Telemetry) -> None:
        self._transcriber = transcriber
        self._telemetry = telemetry
        self._queue: list[_Waiting] = []
        self._order = itertools.count()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._threads: ThreadPoolExecutor | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to work; call it inside the event loop."""
        workers = self._transcriber.capabilities.workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="recognise")
        self._tasks = [asyncio.create_task(self._work(), name=f"recognise-{n}") for n in range(workers)]

    async def close(self) -> None:
        """Stop; requests that still wait end with `ShuttingDown`."""
        self._closed = True
        for waiting in self._queue:
            if not waiting.done.done():
                waiting.done.set_exception(ShuttingDown("The service is shutting down."))
        self._queue.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._threads:
            await asyncio.to_thread(self._threads.shutdown)

    def queued(self, kind: Kind) -> int:
        """Return how many requests of one kind wait for their turn."""
        return sum(waiting.kind == kind and not waiting.done.done() for waiting in self._queue)

    async def run(
        self, kind: Kind, build: BuildRequest, *, due_seconds: float, urgent: bool = False
    ) -> Hypothesis | None:
        """Recognise what `build` returns when the turn comes; None where it returns None.

        A recognition that fails is tried again; one that keeps failing counts as nothing heard.

        Args:
            kind: Finals go first.
            build: Makes the request, on the event loop, just before it runs.
            due_seconds: Among requests of one kind the lowest runs first (monotonic time).
            urgent: A draft that goes with the finals, because audio waits for it.

        Raises:
            ShuttingDown: The scheduler was closed.
        """
        rank = 0 if kind == "final" or urgent else 1
        for attempt in range(1, _ATTEMPTS + 1):
            if self._closed:
                raise ShuttingDown("The service is shutting down.")
            done: asyncio.Future[Hypothesis | None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._queue, _Waiting(rank, due_seconds, next(self._order), kind, build, done))
            self._wake.set()
            try:
                return await done
            except AssistantError:
                raise
            except Exception as error:  # noqa: BLE001 - one bad stretch of audio must not end a track
                _log.warning("recognition_failed", kind=kind, attempt=attempt, error=type(error).__name__)
        return None

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            waiting = heapq.heappop(self._queue)
            if waiting.done.done():
                continue  # whoever asked was cancelled
            try:
                result = await self._recognise(waiting, loop)
            except asyncio.CancelledError:
                _fail(waiting, ShuttingDown("The service is shutting down."))
                raise
            except Exception as error:  # noqa: BLE001 - handed to whoever asked, who knows what was lost
                _fail(waiting, error)
            else:
                if not waiting.done.done():
                    waiting.done.set_result(result)

    async def _recognise(self, waiting: _Waiting, loop: asyncio.AbstractEventLoop) -> Hypothesis | None:
        request = waiting.build()
        if request is None:
            return None
        result = await loop.run_in_executor(self._threads, self._transcriber.transcribe, request)
        self._count(waiting.kind, request, result)
        return result

    def _count(self, kind: Kind, request: TranscriptionRequest, result: Hypothesis) -> None:
        self._telemetry.inference_done(kind, seconds_of(len(request.waveform)), result.compute_seconds)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
