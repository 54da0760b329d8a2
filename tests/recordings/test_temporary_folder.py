"""A folder for work leaves nothing behind, whenever whoever works in it is broken off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from assistant.recordings.temporary_folder import temporary_folder


@pytest.fixture
async def busy_threads() -> AsyncIterator[Event]:
    """The loop's only thread is busy until the event is set."""
    free = Event()
    with ThreadPoolExecutor(1) as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        pool.submit(free.wait, 30.0)
        yield free
        free.set()


async def work(parent: Path, begun: asyncio.Event, leave: asyncio.Event) -> None:
    """Write into a folder until told to leave."""
    async with temporary_folder(parent) as folder:
        (folder / "recording").write_bytes(b"said")
        begun.set()
        await leave.wait()


def left_in(parent: Path) -> list[str]:
    """Return what is in the folder."""
    return [path.name for path in parent.iterdir()]


async def broken_off(task: asyncio.Task[None], free: Event) -> None:
    """Cancel the work again and again while its thread is busy, as a cancel scope does."""
    for _ in range(3):
        await asyncio.sleep(0.01)
        task.cancel()
    free.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(int)  # behind all that was asked of the only thread


async def test_broken_off_while_it_is_made(tmp_path: Path, busy_threads: Event) -> None:
    """What is made or not made, once nobody wants it, is not there."""
    task = asyncio.create_task(work(tmp_path, asyncio.Event(), asyncio.Event()))
    await broken_off(task, busy_threads)
    assert left_in(tmp_path) == []


async def test_broken_off_while_it_is_removed(tmp_path: Path, busy_threads: Event) -> None:
    """A folder goes even if whoever awaits its removal is cancelled before that begins."""
    begun, leave, again = asyncio.Event(), asyncio.Event(), Event()
    busy_threads.set()
    task = asyncio.create_task(work(tmp_path, begun, leave))
    await begun.wait()
    assert len(left_in(tmp_path)) == 1
    blocking = asyncio.get_running_loop().run_in_executor(None, again.wait, 30.0)
    leave.set()
    await broken_off(task, again)
    await blocking
    assert left_in(tmp_path) == []
