"""How often each talking person gets a partial, so that all are served in turn.

The step follows from what is known at once: how many people talk and what a partial costs. So it
widens before a queue has built up, narrows as soon as people stop, and does not swing. The time
that partials really waited is added, for all that the costs do not know, such as a burst of finals.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from assistant.core.inference.capacity import WIDEST_STEP_SECONDS, Costs
from assistant.core.inference.queue import Kind


@dataclass(frozen=True, slots=True)
class PaceRules:
    """How the step is chosen.

    Attributes:
        widest_seconds: The step never gets wider.
        busy_share: The share of the workers' time that live work may take.
        least_partial_share: What partials are given of it, however much the finals take.
        waiting_seconds: Time constant of the average wait.
        talking_seconds: A track that has asked for nothing for so long does not count as talking.
        unhurried_seconds: Calls are not shared while without that every track has its turn within this time.
        cheap_share: Calls are always shared where a further partial costs at most this share of the first.
    """

    widest_seconds: float = WIDEST_STEP_SECONDS
    busy_share: float = 0.9
    least_partial_share: float = 0.1
    waiting_seconds: float = 2.0
    talking_seconds: float = 2.5
    unhurried_seconds: float = 1.0
    cheap_share: float = 1.0 / 3.0


class Pace:
    """Chooses the step between the partials of a track; times are monotonic seconds.

    Args:
        workers: How many calls run at the same time.
        batch: How many partials share one call.
        rules: How the step is chosen.
    """

    def __init__(self, workers: int, batch: int = 1, rules: PaceRules | None = None) -> None:
        self._workers = workers
        self._batch = batch
        self._rules = rules or PaceRules()
        self._wanting: Counter[str] = Counter()
        self._heard: dict[str, float] = {}
        self._waiting = 0.0
        self._waited_at_seconds = -math.inf

    def asked(self, track: str) -> None:
        """Note that a track wants a partial or a final; it counts as talking until it has it."""
        self._wanting[track] += 1
        self._heard[track] = math.inf

    def waited(self, waited_seconds: float, now_seconds: float) -> None:
        """Note that a partial got its turn after so long."""
        elapsed = now_seconds - self._waited_at_seconds
        # The weight of one partial is bounded below, so that many at once count as well.
        kept = min(0.95, math.exp(-elapsed / self._rules.waiting_seconds))
        self._waiting = self._waiting * kept + waited_seconds * (1.0 - kept)
        self._waited_at_seconds = now_seconds

    def ended(self, track: str, now_seconds: float) -> None:
        """Note that a track has what it wanted, or needs it no more."""
        self._wanting[track] -= 1
        if not self._wanting[track]:
            del self._wanting[track]
            self._heard[track] = now_seconds

    def talking(self, now_seconds: float, *, besides: str = "") -> int:
        """Return how many tracks talk, one of them left out."""
        since = now_seconds - self._rules.talking_seconds
        self._heard = {track: heard for track, heard in self._heard.items() if heard > since}
        return len(self._heard) - (besides in self._heard)

    def call_sizes(self, costs: Costs | None, now_seconds: float) -> dict[Kind, int]:
        """Return how many live requests of each kind should share a call at most.

        Finals share calls only where that is as good as free: one that is in doubt is decoded several
        times, and those that share its call wait for that.
        """
        cheap = costs is not None and costs.further_share <= self._rules.cheap_share
        return {"partial": self.partial_call_size(costs, now_seconds), "final": self._batch if cheap else 1}

    def partial_call_size(self, costs: Costs | None, now_seconds: float) -> int:
        """Return how many partials should share a call at most.

        A shared call takes longer and every partial in it is as old as the call is long. With n partials
        of cost c a word waits n c / 2 + c on average when they run one by one, and 1.5 times the
        call's length when they share it. So sharing makes captions faster where a further partial
        costs less than a third of the first; where it costs more, it only saves work, and pays when
        there is too much of that.
        """
        rules = self._rules
        if costs is None:
            return 1
        if costs.further_share <= rules.cheap_share:
            return self._batch
        for size in range(1, self._batch):
            if self._turn_seconds(size, costs, now_seconds) <= rules.unhurried_seconds:
                return size
        return self._batch

    def _turn_seconds(self, batch: int, costs: Costs, now_seconds: float) -> float:
        """Return how long it takes until everybody who talks has had a turn."""
        rules = self._rules
        each = self.talking(now_seconds) / self._workers
        free_share = max(rules.least_partial_share, rules.busy_share - each * costs.final_share)
        return costs.round_seconds(each, batch=batch) / free_share

    def step_seconds(self, base_seconds: float, costs: Costs | None, now_seconds: float) -> float:
        """Return how much new audio a partial should wait for: `base_seconds` when there is time."""
        rules = self._rules
        faded = math.exp(-(now_seconds - self._waited_at_seconds) / rules.waiting_seconds)
        wanted = base_seconds + self._waiting * faded
        if costs is not None:
            batch = self.partial_call_size(costs, now_seconds)
            wanted = max(wanted, self._turn_seconds(batch, costs, now_seconds))
            if batch > 1 and costs.further_share > rules.cheap_share:
                wanted = max(wanted, rules.unhurried_seconds)
        return max(base_seconds, min(wanted, rules.widest_seconds))
