"""Background tasks: what is noted of their end, and that none outlives its owner."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from assistant.tasks.owner import TaskOwner
from tests.waiting import PATIENCE_SECONDS

PACKAGE = Path(__file__).parents[2] / "assistant"


async def forever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ValueError(" ".join(["what", "somebody", "said"]))


async def test_a_failure_is_logged_without_what_was_said() -> None:
    """By the task's name, the error's type and the place; the message may quote anything."""
    owner = TaskOwner()
    with capture_logs() as events:
        owner.start(fail(), "telling")
        await owner.wait()
        await asyncio.sleep(0)
    [event] = events
    assert event["event"] == "background_work_failed"
    assert (event["task"], event["error"], event["log_level"]) == ("telling", "ValueError", "error")
    assert event["at"].startswith("test_owner.py:")
    assert "in fail\n" in event["exception"]
    assert event["exception"].endswith("ValueError")
    assert "what somebody said" not in str(event)
    assert not owner


async def test_an_end_without_failure_is_not_logged() -> None:
    """Neither is one by cancellation, nor a failure that somebody awaits."""
    owner = TaskOwner()
    with capture_logs() as events:
        owner.start(asyncio.sleep(0), "resting")
        owner.start(forever(), "waiting")
        failing = owner.start(fail(), "awaited", awaited=True)
        await owner.close()
        assert isinstance(await asyncio.gather(failing, return_exceptions=True), list)
    assert events == []


async def test_nothing_outlives_its_owner() -> None:
    """What is cancelled is awaited, what it starts meanwhile too; the owner may be used again."""
    owner = TaskOwner()
    ended = []

    async def slow(successor: bool) -> None:  # noqa: FBT001 - a test
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            ended.append(successor)
            if successor:
                owner.start(slow(successor=False), "second")

    owner.start(slow(successor=True), "first")
    await asyncio.sleep(0)
    assert len(owner) == 1
    await owner.close()
    await asyncio.sleep(0)
    assert ended[0] is True
    assert not owner
    assert await owner.start(asyncio.sleep(0, "again"), "third") == "again"


async def test_patience_is_bounded() -> None:
    """What ends in time ends by itself; the rest is cancelled afterwards."""
    owner = TaskOwner()
    release = asyncio.Event()
    quick, stuck = owner.start(release.wait(), "quick"), owner.start(forever(), "stuck")
    await owner.wait(0.01)
    assert not quick.done()
    release.set()
    await owner.close(0.05)
    assert quick.result() is True
    assert stuck.cancelled()


async def test_a_task_may_close_its_own_owner() -> None:
    """It does not wait for itself."""
    owner = TaskOwner()
    other = owner.start(forever(), "other")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await owner.start(owner.close(), "closing")
    assert other.cancelled()


async def test_a_context_ends_its_tasks() -> None:
    """Tasks that are only needed during a call end with it, whether it fails or not."""
    started = []

    async def call() -> None:
        async with TaskOwner() as tasks:
            started.append(tasks.start(forever(), "waiting"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await call()
    assert started[0].cancelled()


LOOPS = {
    "bots/meeting_bot.py": "the next event of a meeting, beside the clock",
    "readers/feed.py": "the next event of a room, beside the end of the feed",
    "web/minutes_events.py": "the next event of the minutes, beside signs of life",
    "demo/meeting.py": "a program of its own; the meeting, beside the wish to stop",
}
"""Modules that make tasks without an owner: each cancels them in the function that makes them."""


def makes_tasks(module: Path) -> bool:
    """Return whether a module asks asyncio for a task."""
    called = [
        node.func for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    names = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}
    return bool(names & {"create_task", "ensure_future"})


def test_every_task_has_an_owner() -> None:
    """Only owners make tasks, and the few loops that are listed with a reason."""
    makers = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if makes_tasks(path)}
    assert makers == {*LOOPS, "tasks/owner.py"}


def test_nobody_keeps_a_set_of_tasks_of_their_own() -> None:
    """Background tasks of the house have a `TaskOwner`."""
    keepers = [path for path in PACKAGE.rglob("*.py") if ".discard)" in path.read_text("utf-8")]
    callbacks = [path for path in keepers if "add_done_callback" in path.read_text("utf-8")]
    assert [path.relative_to(PACKAGE).as_posix() for path in callbacks] == ["tasks/owner.py"]
