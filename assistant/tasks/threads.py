"""Threads for one kind of work, so that another kind that blocks cannot keep it waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A few threads of one name, started when they are first needed.

    The event loop's own pool is shared by whoever asks, so what a talker waits for never runs there.

    Args:
        name: What the threads are called.
        most: How many calls run at a time; the others wait in their order.
    """

    def __init__(self, name: str, most: int) -> None:
        self._executor = ThreadPoolExecutor(most, thread_name_prefix=name)

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking call; return what it returns, or raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, partial(call, *args, **kwargs)
        )


class ThreadWorkers:
    """The `Workers` of a service without processes for them: its own threads, without limits."""

    async def run(self, work: Callable[[], T], *, credential: str = "") -> T:
        """Return what `work` returns."""
        del credential
        return await asyncio.to_thread(work)

    async def run_told(
        self, work: Callable[[Callable[..., None]], T], told: Callable[..., None], *, credential: str = ""
    ) -> T:
        """Return what `work` returns, which tells how far it is."""
        del credential
        return await asyncio.to_thread(work, told)
