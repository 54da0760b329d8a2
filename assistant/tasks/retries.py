"""Trying again: after pauses that grow, and that differ for all who wait for the same."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_never,
    wait_exponential,
)

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after failures in a row.

    The expected pause doubles with each failure up to the longest one. The pause itself is that much shorter
    or longer by chance, and is never longer than the longest: whoever lost something in the same moment does
    not come back in the same moment.

    Attributes:
        first_seconds: The expected pause after the first failure.
        most_seconds: The longest pause.
        uniform: Draws a number between two others.
        spread: The share of the expected pause by which it may be shorter or longer.
    """

    first_seconds: float
    most_seconds: float
    uniform: Callable[[float, float], float] = field(default=random.uniform, repr=False, compare=False)
    spread: float = 0.5

    def pause_seconds(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = max(1, failures)
        expected_seconds = wait_exponential(self.first_seconds, self.most_seconds)(state)
        longest_seconds = min(self.most_seconds, (1 + self.spread) * expected_seconds)
        return self.uniform((1 - self.spread) * expected_seconds, longest_seconds)


async def keep_trying(
    work: Callable[[], Awaitable[T]],
    after: type[E],
    pauses: Backoff,
    told: Callable[[E, int], None] = lambda _error, _failures: None,
    *,
    attempts: int | None = None,
) -> T:
    """Return what `work` returns, and do it again after each failure.

    Args:
        work: What has to be done.
        after: The errors after which it is tried again; every other one is raised.
        pauses: How long is waited in between.
        told: Told of each of these errors and of how many there were in a row, before the pause.
        attempts: How often it is tried before its last error is raised; None for as often as it takes.
    """

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, after):
            told(error, state.attempt_number)

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(after),
        wait=lambda state: pauses.pause_seconds(state.attempt_number),
        stop=stop_after_attempt(attempts) if attempts else stop_never,
        before_sleep=tell,
        reraise=True,
    )
    return await retrying(work)
