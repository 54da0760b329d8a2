"""Work that many ask for at once, done once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from assistant.tasks.owner import TaskOwner

T = TypeVar("T")


class SharedRuns:
    """Lets everybody who asks for the same while it waits to begin have the same result.

    Who asks when it has begun shares the next run, since what it rests on may have changed meanwhile:
    so nobody gets a result that is older than their request, and of each key one run goes on and at
    most one waits.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, _Run] = {}
        self._tasks = TaskOwner()

    async def run(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return what `make` returns, or what it returned to somebody else who asked for the same key.

        A run is broken off when nobody waits for it any more.
        """
        run = self._next.get(key)
        if run is None:
            run = self._next[key] = _Run(self._running.get(key))
            run.task = self._tasks.start(self._make(key, run, make), "shared-run", awaited=True)
        run.waiters += 1
        try:
            result: T = await asyncio.shield(run.task)
            return result
        finally:
            run.waiters -= 1
            if not run.waiters:
                run.task.cancel()
                self._forget(self._next, key, run)

    async def _make(self, key: Hashable, run: _Run, make: Callable[[], Awaitable[T]]) -> T:
        if run.before:
            await asyncio.wait([run.before])
        self._forget(self._next, key, run)
        self._running[key] = run.task
        try:
            return await make()
        finally:
            if self._running.get(key) is run.task:
                del self._running[key]

    @staticmethod
    def _forget(runs: dict[Hashable, _Run], key: Hashable, run: _Run) -> None:
        if runs.get(key) is run:
            del runs[key]


class _Run:
    """One run, what has to end before it begins, and how many wait for it."""

    def __init__(self, before: asyncio.Task[Any] | None) -> None:
        self.before = before
        self.waiters = 0
        self.task: asyncio.Task[Any]
