"""A stream of events lets go of what it holds, however early its reader leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from assistant.web.streams import OwningStream

SCOPE: dict[str, Any] = {"type": "http", "asgi": {"spec_version": "2.3"}}


@pytest.mark.parametrize("read", [0, 1, 3])
async def test_what_is_held_is_let_go(read: int) -> None:
    """The reader leaves before the first event, at the first one, or after the last one."""
    held: list[str] = []
    left = asyncio.Event()
    sent = 0

    async def events() -> AsyncGenerator[str, None]:
        held.append("events")
        try:
            for number in range(3):
                yield f"data: {number}\n\n"
        finally:
            held.remove("events")

    async def receive() -> dict[str, str]:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal sent
        sent += bool(message.get("body"))
        if sent == read:
            left.set()
            await asyncio.sleep(10.0 if read < 3 else 0.0)  # as a socket whose reader is gone

    kept = AsyncExitStack()
    held.append("file")
    kept.callback(held.remove, "file")
    if not read:
        left.set()
    await asyncio.wait_for(OwningStream(events(), kept)(SCOPE, receive, send), 5.0)
    assert held == []
    assert sent == read
