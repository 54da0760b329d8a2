"""Work for a request, broken off when whoever asked goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from assistant.core.errors import InvalidInput
from assistant.tasks.owner import TaskOwner

T = TypeVar("T")


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do the work, unless whoever asked for it goes away; the request's body has been read."""
    async with TaskOwner() as tasks:
        working = tasks.start(work, "request-work", awaited=True)
        await wait_unless_gone(request, working)
        return working.result()


async def wait_unless_gone(request: Request, working: asyncio.Task[T], seconds: float | None = None) -> None:
    """Wait for work, or for some seconds; raises `InvalidInput` where whoever asked for it goes away."""
    async with TaskOwner() as tasks:
        leaving = tasks.start(_gone(request), "request-client", awaited=True)
        await asyncio.wait([working, leaving], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if leaving.done() and not working.done():
            raise InvalidInput("The client went away.")


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
