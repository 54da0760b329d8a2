"""Slows down whoever tries tokens that are wrong, address by address.

Only the answer to a wrong token waits: a right one is never held up, whoever else sits behind the same
address. So this does not make guessing hopeless; that tokens are long does. It keeps a page with an old
token, or a program that goes mad, from being more than a trickle, and the log tells of whoever goes on.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from assistant.ports.system import Clock

_log = structlog.get_logger(__name__)

_FREE = 5
"""Wrong tokens of an address that are answered at once: links that have ended are opened by many."""
_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 5.0
_FORGOTTEN_SECONDS = 900.0
_MOST_ADDRESSES = 10_000
_MOST_WAITING = 1_000
"""Answers that wait at a time, in all; beyond that they come at once, so that they hold nothing up."""


@dataclass(slots=True)
class _Tries:
    count: int
    at_seconds: float


class WrongTokens:
    """Counts wrong tokens by address, of the latest addresses, and waits before the next one is answered."""

    def __init__(
        self,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most_addresses: int = _MOST_ADDRESSES,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._most_addresses = most_addresses
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._waiting = 0

    @property
    def addresses(self) -> int:
        """How many addresses are remembered."""
        return len(self._tries)

    async def slow_down(self, address: str) -> None:
        """Count one more wrong token of an address, and wait as long as its answer should take."""
        pause_seconds = self._pause_seconds(address)
        if pause_seconds <= 0 or self._waiting >= _MOST_WAITING:
            return
        self._waiting += 1
        try:
            await self._sleep(pause_seconds)
        finally:
            self._waiting -= 1

    def _pause_seconds(self, address: str) -> float:
        now = self._clock.monotonic()
        tries = self._tries.pop(address, None)
        if tries is None or now - tries.at_seconds > _FORGOTTEN_SECONDS:
            tries = _Tries(0, now)
        tries.count, tries.at_seconds = tries.count + 1, now
        self._tries[address] = tries
        if len(self._tries) > self._most_addresses:
            self._tries.popitem(last=False)
        if tries.count.bit_count() == 1 and tries.count > _FREE:
            _log.warning("wrong_tokens", address=address, count=tries.count)
        beyond = tries.count - _FREE
        # The exponent is bounded before the power is taken.
        return min(_LONGEST_SECONDS, _FIRST_SECONDS * 2 ** min(beyond - 1, 16)) if beyond > 0 else 0.0
