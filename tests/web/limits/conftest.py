"""Limits are kept on the event loop that the service runs on, not only on that of the standard library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run these tests on libuv's loop."""
    return {"uvloop": uvloop.new_event_loop}
