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
        leaving = tasks.start(_gone(request), "request-client", awaited=True)
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise InvalidInput("The client went away.")
        return working.result()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
