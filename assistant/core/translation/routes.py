"""Which text models translate between which languages, and the best way from one to another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

Engine = Literal["firefox", "argos"]
How = Literal["text", "speech"]
Measure = Literal["comet", "bleu"]

MEASURES: tuple[Measure, ...] = ("comet", "bleu")
"""What quality is measured by; where as many candidates have one as the other, the first decides."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How well something translates the sentences of FLORES dev, as published or measured by this project.

    Attributes:
        comet: COMET (wmt22-comet-da), 0..1; None where nobody measured it.
        bleu: BLEU (sacrebleu), 0..100; None where nobody measured it.
    """

    comet: float | None = None
    bleu: float | None = None

    def by(self, measure: Measure) -> float | None:
        """Return what one measure says."""
        return self.comet if measure == "comet" else self.bleu


@dataclass(frozen=True, slots=True)
class TextModel:
    """One installed text model.

    Attributes:
        name: Its name in the catalogue, or the one it was installed under.
        source: BCP-47 primary subtag of the language it reads.
        target: BCP-47 primary subtag of the language it writes.
        engine: What runs it.
        scores: How good it is.
        cost_ms: Computing time of a sentence of 20 words on one core, roughly.
        rough: Whether its readers have to be told that it often gets things wrong.
    """

    name: str
    source: str
    target: str
    engine: Engine
    scores: Scores
    cost_ms: float
    rough: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """How text gets from one language to another: through one model, or several in a row."""

    legs: tuple[TextModel, ...]

    @property
    def via(self) -> tuple[str, ...]:
        """The languages in between; empty for a direct model."""
        return tuple(leg.target for leg in self.legs[:-1])

    @property
    def scores(self) -> Scores:
        """What is left after all legs, since each one loses something; only by measures that all have."""
        comet, bleu = ([leg.scores.by(measure) for leg in self.legs] for measure in MEASURES)
        return Scores(_left(comet, 1.0), _left(bleu, 100.0))

    @property
    def rough(self) -> bool:
        """Whether one of its legs is."""
        return any(leg.rough for leg in self.legs)

    @property
    def cost_ms(self) -> float:
        """Computing time of a sentence."""
        return sum(leg.cost_ms for leg in self.legs)


def ranked(routes: Iterable[Route], preferred: Sequence[str] = ()) -> list[Route]:
    """Return routes between the same two languages, the best first, whatever their order was.

    A direct model that the operator prefers comes before all others, what is not rough before what is. Then
    one measure decides, never one against the other: the one that most of them have, COMET where as many have
    either. Those without it come behind. Last, the cheaper wins, and of equals the first by name.

    Args:
        routes: The candidates.
        preferred: Names of models, the most wanted first.
    """
    candidates = list(routes)
    wanted = {name: place for place, name in reversed(list(enumerate(preferred)))}
    having = {
        measure: sum(each.scores.by(measure) is not None for each in candidates) for measure in MEASURES
    }
    decides = max(MEASURES, key=lambda measure: having[measure])

    def place(route: Route) -> tuple[float, bool, bool, float, float, str]:
        score = route.scores.by(decides)
        direct = len(route.legs) == 1
        return (
            wanted.get(route.legs[0].name, math.inf) if direct else math.inf,
            route.rough,
            score is None,
            -(score or 0.0),
            route.cost_ms,
            repr(route),
        )

    return sorted(candidates, key=place)


class RouteTable:
    """The best route of every pair of languages that the models connect, as `ranked` has it.

    A direct model beats every detour, and detours go through the best model of each pair.

    Args:
        models: What is installed.
        preferred: Names of models, the most wanted first.
        rough: Whether rough models are used; else it is as if they were not installed.
    """

    def __init__(
        self, models: Iterable[TextModel], preferred: Sequence[str] = (), *, rough: bool = True
    ) -> None:
        direct: defaultdict[tuple[str, str], list[Route]] = defaultdict(list)
        for model in models:
            if model.source != model.target and (rough or not model.rough):
                direct[model.source, model.target].append(Route((model,)))
        self._routes = _with_detours({pair: ranked(each, preferred)[0] for pair, each in direct.items()})

    def route(self, source: str, target: str) -> Route | None:
        """Return the route between two different languages; None where there is none."""
        return self._routes.get((source, target))

    @property
    def targets(self) -> tuple[str, ...]:
        """Every language that something can be translated into, in the order of its code."""
        return tuple(sorted({target for _, target in self._routes}))

    def into(self, target: str) -> Mapping[str, Route]:
        """Return the routes into a language by the language they come from."""
        return {source: route for (source, to), route in sorted(self._routes.items()) if to == target}


def _left(scores: Sequence[float | None], perfect: float) -> float | None:
    known = [score / perfect for score in scores if score is not None]
    return perfect * math.prod(known) if len(known) == len(scores) else None


def _with_detours(direct: Mapping[tuple[str, str], Route]) -> dict[tuple[str, str], Route]:
    """Return routes of one model or two: a third translation of a translation is no help to a reader."""
    detours: defaultdict[tuple[str, str], list[Route]] = defaultdict(list)
    for (source, middle), (start, target) in product(direct, repeat=2):
        # A direct model was chosen for its pair, perhaps by the operator: no detour beats it.
        if middle == start and source != target and (source, target) not in direct:
            legs = direct[source, middle].legs + direct[start, target].legs
            detours[source, target].append(Route(legs))
    return {**direct, **{pair: ranked(each)[0] for pair, each in detours.items()}}
