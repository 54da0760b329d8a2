"""Tasks that run in the background, each with an owner."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

import structlog

_log = structlog.get_logger(__name__)
T = TypeVar("T")


class TaskOwner:
    """Owns background tasks: notes when one fails, and lets none outlive it.

    As a context it closes itself, for tasks that end with the call that starts them. Its length is the number
    of tasks that have not ended.
    """

    def __init__(self) -> None:
        # The event loop itself holds tasks only weakly: one that nobody holds may vanish half done.
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    async def __aenter__(self) -> Self:
        """Begin with no tasks."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cancel what has not ended, and wait until it has."""
        await self.close()

    def start(self, work: Coroutine[Any, Any, T], name: str, *, awaited: bool = False) -> asyncio.Task[T]:
        """Begin to work in the background.

        Args:
            work: What is to be done.
            name: The task's name; it is logged, so it may hold no secret and nothing that was said.
            awaited: Whether somebody awaits the task and sees how it fails, so that it is not logged as well.
        """
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_retrieve if awaited else _note_failure)
        return task

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until the tasks of this moment have ended, but no longer than `seconds`; cancel none."""
        if tasks := self._others():
            await asyncio.wait(tasks, timeout=seconds)

    async def close(self, patience_seconds: float = 0.0) -> None:
        """Cancel every task that has not ended after `patience_seconds`, and wait until all have.

        Tasks may be started again afterwards, as for the next connection.
        """
        if patience_seconds:
            await self.wait(patience_seconds)
        while tasks := self._others():  # one that is cancelled may start another
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _others(self) -> set[asyncio.Task[Any]]:
        """Return the tasks that have not ended but for the one that asks, which cannot wait for itself."""
        return {task for task in self._tasks if not task.done()} - {asyncio.current_task()}


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Take note of a failure, so that asyncio does not report it where the one who waited was cancelled."""
    if not task.cancelled():
        task.exception()


def _note_failure(task: asyncio.Task[Any]) -> None:
    """Log that a task failed, and where.

    The traceback is without the error's message, which may quote what was said.
    """
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):  # others, such as Ctrl-C, end the program, which tells of them itself
        frames = traceback.extract_tb(error.__traceback__)
        at = " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        trace = "".join([*traceback.StackSummary.from_list(frames).format(), type(error).__name__])
        _log.error(
            "background_work_failed",
            task=task.get_name(),
            error=type(error).__name__,
            at=at,
            exception=f"Traceback (most recent call last):\n{trace}",
        )
