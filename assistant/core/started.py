"""What there is only once the service has started."""

from __future__ import annotations

from typing import TypeVar

from assistant.core.errors import Unavailable

T = TypeVar("T")


def started(part: T | None) -> T:
    """Return what there is once the service has started; raises `Unavailable` before."""
    if part is None:
        raise Unavailable("The service is starting; try again in a moment.")
    return part
