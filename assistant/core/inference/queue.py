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

_LIVE_FINAL, _AGED_BULK, _LIVE_DRAFT, _BULK = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class InferenceRequest:
    """One request that waits.

    Attributes:
        kind: A partial or a final.
        due_seconds: Since when its result is wanted; the lowest goes first (monotonic time).
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
class RequestRules:
    """How live and bulk work share the workers.

    Attributes:
        live_seconds: Somebody speaks live until nothing live was asked for or ran for so long.
        bulk_rest: While somebody speaks live, bulk rests for so many times as long as it ran.
        bulk_patience_seconds: So often one bulk request goes before live partials.
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

    def __init__(self, workers: int, batch: int = 1, rules: RequestRules | None = None) -> None:
        self._workers = workers
        self._batch = max(1, batch)
        self._rules = rules or RequestRules()
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

    def add(self, turn: InferenceRequest) -> None:
        """Let a request wait."""
        self._waiting[turn] = None
        if not turn.bulk:
            self._live_seconds = max(self._live_seconds, turn.asked_seconds)

    def discard(self, turn: InferenceRequest) -> None:
        """Forget a request, if it still waits."""
        self._waiting.pop(turn, None)

    def live(self, now_seconds: float) -> bool:
        """Return whether somebody speaks live, so that bulk work has to hold back."""
        return now_seconds - self._live_seconds < self._rules.live_seconds

    def take(self, now_seconds: float, most_live: Mapping[Kind, int] | None = None) -> list[InferenceRequest]:
        """Return what a free worker runs next, in one call; empty where nothing may run now.

        A worker takes no more than its fair share of what waits, so that with little to do
        everything runs at once and alone, and no more live requests of a kind than `most_live` says.
        """
        order = {turn: (self._rank(turn, now_seconds), self._since(turn)) for turn in self._waiting}
        ready = sorted(order, key=lambda turn: order[turn])
        if not ready or not self._may_run(order[ready[0]][0], now_seconds):
            return []
        most = self._batch if ready[0].bulk or most_live is None else most_live[ready[0].kind]
        chosen = self._call(ready, most, now_seconds)
        for turn in chosen:
            del self._waiting[turn]
        if chosen[0].bulk:
            self._bulk_running[chosen[0]] = self._bulk_began_seconds = now_seconds
        return chosen

    def ended(self, turns: Sequence[InferenceRequest], now_seconds: float) -> None:
        """Note that a call which `take` returned is over."""
        if turns[0].bulk:
            ran_seconds = now_seconds - self._bulk_running.pop(turns[0])
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
        alike = [turn for turn in ready if (turn.kind, turn.bulk) == (first.kind, first.bulk)]
        share = math.ceil(len(alike) / self._workers)
        return [turn for turn in alike if not turn.alone][: min(most, self._batch, share)]

    def _may_run(self, rank: int, now_seconds: float) -> bool:
        """Whether enough of the workers' time stays free for live work, should there be any."""
        if rank != _BULK or not self.live(now_seconds):
            return True
        rested = now_seconds >= self._bulk_rests_until_seconds
        return rested and len(self._bulk_running) < max(1, self._workers // 2)

    def _rank(self, turn: InferenceRequest, now_seconds: float) -> int:
        if not turn.bulk:
            hurried = turn.urgent or (turn.kind == "final" and not turn.patient)
            return _LIVE_FINAL if hurried else _LIVE_DRAFT
        waited = now_seconds - max(turn.asked_seconds, self._bulk_began_seconds)
        aged = waited >= self._rules.bulk_patience_seconds and not self._bulk_running
        return _AGED_BULK if aged else _BULK

    @staticmethod
    def _since(turn: InferenceRequest) -> float:
        return turn.asked_seconds if turn.bulk else turn.due_seconds
