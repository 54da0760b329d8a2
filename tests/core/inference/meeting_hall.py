"""A simulated machine: people talk, workers recognise, time passes at once.

Only the pure parts are real: whose turn it is, how wide the step is, what things cost.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field

from assistant.core.inference.capacity import CostMeter, Costs
from assistant.core.inference.pacing import Pace
from assistant.core.inference.queue import InferenceRequest, Kind, RequestQueue

STEP_SECONDS = 0.4
UTTERANCE_SECONDS = 5.0
BULK_SECONDS = 20.0


@dataclass
class Person:
    """Talks from `start` to `end` without pause, or pushes files in (`bulk`)."""

    name: str
    start: float
    end: float
    bulk: bool = False
    newest: float = 0.0
    finals: int = 0
    asking: bool = False
    waiting_finals: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Served:
    """One request that ran."""

    person: str
    kind: Kind
    asked: float
    began: float
    ended: float
    batch: int


class MeetingHall:
    """Runs a meeting of `people` on a machine on which things cost `costs`."""

    def __init__(self, people: list[Person], costs: Costs, *, workers: int, batch: int = 1) -> None:
        self.served: list[Served] = []
        self.steps: list[tuple[float, float]] = []
        self._people = people
        self._costs = costs
        self._meter = CostMeter(costs)
        self._queue = RequestQueue(workers, batch)
        self._pace = Pace(workers, batch)
        self._asked: dict[InferenceRequest, Person] = {}
        self._free = workers
        self._events: list[tuple[float, int, list[InferenceRequest], float]] = []
        self._order = itertools.count()

    def run(self, until: float, tick: float = 0.02) -> MeetingHall:
        """Let time pass in small ticks."""
        now = 0.0
        while now < until:
            while self._events and self._events[0][0] <= now:
                ended, _, turns, began = heapq.heappop(self._events)
                self._finish(turns, began, ended)
            for person in self._people:
                self._talk(person, now)
            sizes = self._pace.call_sizes(self._meter.costs, now)
            while self._free and (turns := self._queue.take(now, sizes)):
                self._begin(turns, now)
            self.steps.append((now, self._pace.step_seconds(STEP_SECONDS, self._meter.costs, now)))
            now += tick
        return self

    def waits(self, kind: Kind, *, bulk: bool = False, since: float = 0.0) -> list[float]:
        """Return how long requests of one kind waited."""
        names = {person.name for person in self._people if person.bulk == bulk}
        return [
            one.began - one.asked
            for one in self.served
            if one.kind == kind and one.person in names and one.asked >= since
        ]

    def intervals(self, name: str, since: float = 0.0) -> list[float]:
        """Return the times between the partials of one person."""
        times = [one.began for one in self.served if (one.person, one.kind) == (name, "partial")]
        return [after - before for before, after in itertools.pairwise(times) if before >= since]

    def _talk(self, person: Person, now: float) -> None:
        if person.bulk and person.start <= now < person.end:
            person.waiting_finals = person.waiting_finals or [now]
        elif not person.bulk and person.start <= now:
            due = person.start + (person.finals + len(person.waiting_finals) + 1) * UTTERANCE_SECONDS
            if due <= min(now, person.end):
                person.waiting_finals.append(now)
        if person.asking:
            return
        talking = person.start <= now < person.end and not person.bulk
        step = self._pace.step_seconds(STEP_SECONDS, self._meter.costs, now)
        if person.waiting_finals:
            self._ask(person, "final", person.waiting_finals[0], now)
        elif talking and now - max(person.newest, person.start) >= step:
            self._ask(person, "partial", now, now)

    def _ask(self, person: Person, kind: Kind, due: float, now: float) -> None:
        turn = InferenceRequest(kind, due, now, bulk=person.bulk)
        person.asking = True
        if not person.bulk:
            self._pace.asked(person.name)
        self._asked[turn] = person
        self._queue.add(turn)

    def _begin(self, turns: list[InferenceRequest], now: float) -> None:
        self._free -= 1
        if turns[0].kind == "partial":
            seconds = self._costs.call_seconds(len(turns))
            for turn in turns:
                self._asked[turn].newest = now
                self._pace.waited(now - turn.asked_seconds, now)
        else:
            each = BULK_SECONDS if turns[0].bulk else UTTERANCE_SECONDS
            seconds = self._costs.final_share * each * len(turns)
        heapq.heappush(self._events, (now + seconds, next(self._order), turns, now))

    def _finish(self, turns: list[InferenceRequest], began: float, ended: float) -> None:
        self._free += 1
        self._queue.ended(turns, ended)
        kind, seconds = turns[0].kind, ended - began
        if kind == "partial":
            self._meter.partials_ran(len(turns), seconds)
        elif not turns[0].bulk:
            self._meter.finals_ran(UTTERANCE_SECONDS * len(turns), seconds)
        for turn in turns:
            person = self._asked.pop(turn)
            person.asking = False
            self.served.append(Served(person.name, kind, turn.asked_seconds, began, ended, len(turns)))
            if not person.bulk:
                self._pace.ended(person.name, ended)
            if kind == "final":
                person.waiting_finals.pop(0)
                person.finals += 1


def talkers(count: int, *, start: float = 0.0, end: float) -> list[Person]:
    """Return people who begin a little after each other."""
    return [Person(f"p{number}", start + 0.137 * (number % 10), end) for number in range(count)]
