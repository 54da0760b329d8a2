"""Waiting until something has become so; no test waits for a time to pass."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

PATIENCE_SECONDS = 120.0
"""Only a test that fails waits for so long, so a busy machine may take most of it."""

_LOOK_SECONDS = 0.01

Found = TypeVar("Found")


@overload
async def until(
    condition: Callable[[], Awaitable[Found]], what: str = "", *, patience_seconds: float = ...
) -> Found: ...


@overload
async def until(
    condition: Callable[[], Found], what: str = "", *, patience_seconds: float = ...
) -> Found: ...


async def until(
    condition: Callable[[], object], what: str = "", *, patience_seconds: float = PATIENCE_SECONDS
) -> object:
    """Return what a condition returns, at once or when it is awaited, as soon as that is true.

    Args:
        condition: Looked at a hundred times a second.
        what: Named where it never is; the condition's source is quoted without it.
        patience_seconds: How long it may take.

    Raises:
        AssertionError: It was waited for in vain.
    """
    found: object = None
    try:
        async with asyncio.timeout(patience_seconds) as patience:
            while True:
                found = condition()
                if inspect.isawaitable(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        if not patience.expired():
            raise  # the condition's own
        raise AssertionError(_in_vain(condition, what, patience_seconds, found)) from None


def wait_until(
    condition: Callable[[], Found], what: str = "", *, patience_seconds: float = PATIENCE_SECONDS
) -> Found:
    """Return what a condition returns as soon as that is true, outside of an event loop; as `until`."""
    deadline = time.monotonic() + patience_seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(_in_vain(condition, what, patience_seconds, found))
        time.sleep(_LOOK_SECONDS)
    return found


def _in_vain(condition: Callable[[], object], what: str, patience_seconds: float, found: object) -> str:
    if not what:
        try:
            what = " ".join(inspect.getsource(condition).split())
        except (OSError, TypeError):  # a bound method of C has none
            what = repr(condition)
    return f"waited {patience_seconds:g} s in vain for {what}; last saw {found!r}"
