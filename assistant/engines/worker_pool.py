"""Processes for documents and files: few, at the lowest priority, and killed when they take too much."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, NoReturn, TypeVar

import structlog

from assistant.core.errors import AssistantError, ShuttingDown, WorkersBusy, WorkTooLarge
from assistant.core.fair_queue import FairQueue
from assistant.engines.child_process import ChildProcess
from assistant.engines.pooled_worker import ERROR, HEADER, LENGTH, TOLD, TOO_LARGE
from assistant.tasks.owner import TaskOwner

_MODULE = "assistant.engines.pooled_worker"
_ENVIRONMENT = {
    # Libraries that would compute on all cores.
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # One arena: what is let go by one document is had by the next.
    "MALLOC_ARENA_MAX": "1",
}

_log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How much is done at a time, and what one request may take.

    Attributes:
        workers: How many processes work at a time.
        waiting: How many requests may wait in all.
        waiting_each: How many requests of one credential may wait.
        cpu_seconds: How long a request may compute.
        wall_seconds: How long a request may take, while others at a higher priority compute included.
        memory_bytes: How much data a process may hold in memory.
        result_bytes: How large the result of a request may be.
        idle_seconds: A process with nothing to do ends after so long, and gives back its memory.
    """

    workers: int = 2
    waiting: int = 64
    waiting_each: int = 16
    cpu_seconds: int = 60
    wall_seconds: float = 240.0
    memory_bytes: int = 1 << 30
    result_bytes: int = 128 << 20
    idle_seconds: float = 20.0


@dataclass(eq=False, slots=True)
class _Request:
    """Some work, and who waits for it."""

    work: Callable[..., Any]
    told: Callable[..., None] | None
    done: asyncio.Future[Any]
    worker: _Worker | None = None


class WorkerPool:
    """The `Workers` of a service: child processes that start when they are needed."""

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self._limits = limits or PoolLimits()
        workers = self._limits.workers
        # Where there are several, one credential never has all of them.
        self._queue: FairQueue[_Request] = FairQueue(
            self._limits.waiting, self._limits.waiting_each, max(1, workers - 1)
        )
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="documents")
        self._idle: list[_Worker] = []
        self._tasks = TaskOwner()
        self._serving: dict[asyncio.Task[Any] | None, _Worker] = {}
        self._closed = False

    problem: AssistantError | None = None

    async def start(self) -> None:
        """Begin to work: processes start with the first request."""

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that there are."""
        workers = [*self._idle, *self._serving.values()]
        return [worker.pid for worker in workers if worker.pid is not None]

    async def run(self, work: Callable[[], T], *, credential: str = "") -> T:
        """Return what `work` returns, or raise what it raises; see `ports.system.Workers`."""
        result: T = await self._ask(work, None, credential)
        return result

    async def run_told(
        self, work: Callable[[Callable[..., None]], T], told: Callable[..., None], *, credential: str = ""
    ) -> T:
        """Return what `work` returns, which tells how far it is; `told` is called in another thread."""
        result: T = await self._ask(work, told, credential)
        return result

    async def close(self) -> None:
        """Kill all processes; what runs and what waits fails."""
        self._closed = True
        for request in self._queue.clear():
            _fail(request, _shutting_down())
        for worker in self._serving.values():
            worker.kill()
        await self._tasks.wait()
        for worker in self._idle:
            worker.retire(self._threads)
        self._idle.clear()
        self._threads.shutdown(wait=False)

    async def _ask(self, work: Callable[..., Any], told: Callable[..., None] | None, credential: str) -> Any:  # noqa: ANN401 - what the work returns
        if self._closed:
            raise _shutting_down()
        request = _Request(work, told, asyncio.get_running_loop().create_future())
        self._queue.put(credential, request)
        self._serve_next()
        try:
            return await request.done
        except asyncio.CancelledError:
            # Nobody waits for it any more, so nobody else waits behind it.
            self._queue.discard(credential, request)
            if request.worker:
                request.worker.kill()
            raise

    def _serve_next(self) -> None:
        while len(self._serving) < self._limits.workers and (following := self._queue.take()):
            credential, request = following
            worker = request.worker = self._idle.pop() if self._idle else _Worker(self._limits)
            worker.stop_clock()
            task = self._tasks.start(self._serve(credential, request, worker), "document")
            self._serving[task] = worker

    async def _serve(self, credential: str, request: _Request, worker: _Worker) -> None:
        loop = asyncio.get_running_loop()
        result, failure = None, None
        try:
            result = await loop.run_in_executor(self._threads, worker.do, request.work, request.told)
        except Exception as error:  # noqa: BLE001 - raised where the work was asked for
            failure = _shutting_down() if self._closed else error
        finally:
            # From here on the process is not this request's any more, and cancelling it harms nobody's.
            request.worker = None
            worker.rest(self._threads)
            self._queue.ended(credential)
        # First the place, then the result: who asks for more when they have it finds this process.
        self._serving.pop(asyncio.current_task())
        if worker.pid is not None:
            self._idle.append(worker)
            worker.start_clock(self._limits.idle_seconds, self._retire)
        if failure:
            _fail(request, failure)
        elif not request.done.done():
            request.done.set_result(result)
        if not self._closed:
            self._serve_next()

    def _retire(self, worker: _Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            worker.retire(self._threads)


class _Worker:
    """A place for one process, which starts with the first request and again after it was killed."""

    def __init__(self, limits: PoolLimits) -> None:
        self._limits = limits
        self._child: ChildProcess | None = None
        self._killed = False
        self._guard = threading.Lock()
        self._clock: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._child.pid if self._child else None

    def do(self, work: Callable[..., Any], told: Callable[..., None] | None) -> Any:  # noqa: ANN401 - any result
        """Return what the work returns; blocks."""
        request = pickle.dumps((work, told is not None), pickle.HIGHEST_PROTOCOL)
        child = self._started()
        answer = child.ask(
            LENGTH.pack(len(request)) + request,
            self._limits.wall_seconds,
            lambda answers: _read(answers, self._limits.result_bytes, told),
        )
        if answer is None:
            self._mourn(child)
        kind, last, body = answer
        if last:
            # What it had is given back before anything else is begun.
            self._child = None
            child.await_end()
        value = pickle.loads(body)  # noqa: S301 - our own process wrote it
        if kind == ERROR:
            raise value
        return value

    def kill(self) -> None:
        """End the process whatever it does; there will be another."""
        with self._guard:
            self._killed = True
            if self._child:
                self._child.kill()

    def rest(self, threads: ThreadPoolExecutor) -> None:
        """Nothing runs; a process that was killed just now is not used again."""
        if self._killed:
            self.retire(threads)
            self._killed = False

    def retire(self, threads: ThreadPoolExecutor) -> None:
        """End the process, which does nothing."""
        self.stop_clock()
        child, self._child = self._child, None
        if child:
            child.kill()
            threads.submit(child.bury)

    def start_clock(self, seconds: float, then: Callable[[_Worker], None]) -> None:
        """Call `then` when this has had nothing to do for so long."""
        self._clock = asyncio.get_running_loop().call_later(seconds, then, self)

    def stop_clock(self) -> None:
        """There is something to do."""
        if self._clock:
            self._clock.cancel()
            self._clock = None

    def _started(self) -> ChildProcess:
        with self._guard:
            if self._child and not self._child.alive:
                self._child.bury()
                self._child = None
            if self._child is None and not self._killed:
                limits = self._limits
                numbers = (limits.memory_bytes, limits.cpu_seconds, limits.result_bytes)
                self._child = ChildProcess(_MODULE, *map(str, numbers), environment=_ENVIRONMENT)
            if self._killed or self._child is None:
                raise _shutting_down()
            return self._child

    def _mourn(self, child: ChildProcess) -> NoReturn:
        """Raise why a process gave no answer."""
        with self._guard:
            self._child, killed = None, self._killed
        code = child.bury()
        if killed:
            raise _shutting_down()
        _log.warning("worker_killed", stuck=child.stuck, exit_code=code)
        if child.stuck:
            raise WorkersBusy("This took too long, since others go first; try again later.")
        raise WorkTooLarge(TOO_LARGE)


def _read(
    answers: IO[bytes], most_bytes: int, told: Callable[..., None] | None
) -> tuple[bytes, bool, bytes] | None:
    """Return kind, whether the process ends, and the value of the last answer; None where it is not whole."""
    while True:
        head = answers.read(HEADER.size)
        if len(head) < HEADER.size:
            return None
        kind, last, length = HEADER.unpack(head)
        body = answers.read(length) if length <= most_bytes else b""
        if len(body) < length:
            return None
        if kind != TOLD:
            return kind, last, body
        if told:
            told(*pickle.loads(body))  # noqa: S301 - our own process wrote it


def _fail(request: _Request, error: Exception) -> None:
    if not request.done.done():
        request.done.set_exception(error)


def _shutting_down() -> ShuttingDown:
    return ShuttingDown("The service is shutting down.")
