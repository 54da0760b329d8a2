"""Whose turn it is at the recogniser.

Live finals first, then live partials, those that waited longest first; then *bulk*: everything of
tracks whose audio arrives faster than it plays, such as a file that is pushed in. Bulk takes what
live work leaves, and a little more after a while, so that it never stands still.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["partial", "final"]

_LIVE_FINAL, _AGED_BULK, _LIVE_PARTIAL, _BULK = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class InferenceRequest:
    """One request that waits.

    Attributes:
        kind: A partial or a final.
        due_seconds: Since when its result is wanted, in monotonic time; the lowest goes first.
        asked_seconds: When it was asked for; among bulk the lowest goes first, so tracks take turns. Whoever
            asks the scheduler leaves it out.
        urgent: A live partial that goes with the finals, because audio waits for it.
        bulk: Whether its audio arrived ahead of time.
        patient: A live final that goes with the partials, because readers have its words already.
        alone: Whether it must not share a call: one that it shared has failed, or who asked wants it so.
    """

    kind: Kind
    due_seconds: float
    asked_seconds: float = 0.0
    urgent: bool = False
    bulk: bool = False
    patient: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How live and bulk work share the workers.

    Attributes:
        live_seconds: Somebody counts as speaking live until nothing live was asked for or ran for so long.
        bulk_rest: While somebody speaks live, bulk rests so many times as long as it ran.
        bulk_patience_seconds: One bulk request goes before live partials after each time of this length.
    """

    live_seconds: float = 2.0
    bulk_rest: float = 2.0
    bulk_patience_seconds: float = 10.0


class RequestQueue:
    """Everything that waits, and what may run next; times are monotonic seconds.

    Args:
        workers: How many calls run at the same time.
        batch: How many requests share one call at most.
        rules: How live and bulk work share the workers.
    """

    def __init__(self, workers: int, batch: int = 1, rules: QueueRules | None = None) -> None:
        self._workers = workers
        self._batch = max(1, batch)
        self._rules = rules or QueueRules()
        self._waiting: dict[InferenceRequest, None] = {}
        self._bulk_running: dict[InferenceRequest, float] = {}
        self._bulk_began_seconds = -math.inf
        self._bulk_rests_until_seconds = -math.inf
        self._live_seconds = -math.inf

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[InferenceRequest]:
        """Yield those that wait, in the order in which they came."""
        return iter(self._waiting)

    def add(self, request: InferenceRequest) -> None:
        """Let a request wait."""
        self._waiting[request] = None
        if not request.bulk:
            self._live_seconds = max(self._live_seconds, request.asked_seconds)

    def discard(self, request: InferenceRequest) -> None:
        """Forget a request, if it still waits."""
        self._waiting.pop(request, None)

    def live(self, now_seconds: float) -> bool:
        """Return whether somebody speaks live, so that bulk work has to hold back."""
        return now_seconds - self._live_seconds < self._rules.live_seconds

    def take(self, now_seconds: float, most_live: Mapping[Kind, int] | None = None) -> list[InferenceRequest]:
        """Return what a free worker runs next, in one call; empty where nothing may run now.

        A worker takes no more than its fair share of what waits, so that with little to do
        everything runs at once and alone, and no more live requests of a kind than `most_live` says.
        """
        order = {each: (self._rank(each, now_seconds), self._since(each)) for each in self._waiting}
        ready = sorted(order, key=lambda request: order[request])
        if not ready or not self._may_run(order[ready[0]][0], now_seconds):
            return []
        most = self._batch if ready[0].bulk or most_live is None else most_live[ready[0].kind]
        chosen = self._call(ready, most, now_seconds)
        for request in chosen:
            del self._waiting[request]
        if chosen[0].bulk:
            self._bulk_running[chosen[0]] = self._bulk_began_seconds = now_seconds
        return chosen

    def ended(self, call: Sequence[InferenceRequest], now_seconds: float) -> None:
        """Note that a call which `take` returned is over."""
        if call[0].bulk:
            ran_seconds = now_seconds - self._bulk_running.pop(call[0])
            # A machine that slept meanwhile did not run for so long.
            rest_seconds = min(self._rules.bulk_rest * ran_seconds, self._rules.bulk_patience_seconds)
            self._bulk_rests_until_seconds = now_seconds + rest_seconds
        else:
            self._live_seconds = max(self._live_seconds, now_seconds)

    def _call(
        self, ready: Sequence[InferenceRequest], most: int, now_seconds: float
    ) -> list[InferenceRequest]:
        """Return the first of `ready` and those that share its call."""
        first = ready[0]
        if first.alone or (first.bulk and self.live(now_seconds)):
            return [first]
        alike = [each for each in ready if (each.kind, each.bulk) == (first.kind, first.bulk)]
        share = math.ceil(len(alike) / self._workers)
        return [each for each in alike if not each.alone][: min(most, self._batch, share)]

    def _may_run(self, rank: int, now_seconds: float) -> bool:
        """Whether enough of the workers' time stays free for live work, should there be any."""
        if rank != _BULK or not self.live(now_seconds):
            return True
        rested = now_seconds >= self._bulk_rests_until_seconds
        return rested and len(self._bulk_running) < max(1, self._workers // 2)

    def _rank(self, request: InferenceRequest, now_seconds: float) -> int:
        if not request.bulk:
            hurried = request.urgent or (request.kind == "final" and not request.patient)
            return _LIVE_FINAL if hurried else _LIVE_PARTIAL
        waited = now_seconds - max(request.asked_seconds, self._bulk_began_seconds)
        aged = waited >= self._rules.bulk_patience_seconds and not self._bulk_running
        return _AGED_BULK if aged else _BULK

    @staticmethod
    def _since(request: InferenceRequest) -> float:
        return request.asked_seconds if request.bulk else request.due_seconds
