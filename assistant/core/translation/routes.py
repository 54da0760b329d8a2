"""Which text models translate between which languages, and the best way from one to another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

Engine = Literal["firefox", "argos"]
How = Literal["text", "speech"]


@dataclass(frozen=True, slots=True)
class TextModel:
    """One installed text model.

    Attributes:
        name: Its name in the catalogue, or the one it was installed under.
        source: BCP-47 primary subtag of the language it reads.
        target: BCP-47 primary subtag of the language it writes.
        engine: What runs it.
        quality: How good it is, 0..1, as COMET scores it on FLORES; rough where nobody published it.
        cost_ms: Computing time of a sentence of 20 words on one core, roughly.
    """

    name: str
    source: str
    target: str
    engine: Engine
    quality: float
    cost_ms: float


@dataclass(frozen=True, slots=True)
class Route:
    """How text gets from one language to another: through one model, or several in a row."""

    legs: tuple[TextModel, ...]

    @property
    def via(self) -> tuple[str, ...]:
        """The languages in between; empty for a direct model."""
        return tuple(leg.target for leg in self.legs[:-1])

    @property
    def quality(self) -> float:
        """What is left after all legs, 0..1: each one loses something."""
        return math.prod(leg.quality for leg in self.legs)

    @property
    def cost_ms(self) -> float:
        """Computing time of a sentence."""
        return sum(leg.cost_ms for leg in self.legs)


class RouteTable:
    """The best route of every pair of languages that the models connect.

    The best is the one of the highest quality, and of those the cheapest. A model that the operator
    prefers wins over all others of its pair.

    Args:
        models: What is installed.
        preferred: Names of models, the most wanted first.
    """

    def __init__(self, models: Iterable[TextModel], preferred: Sequence[str] = ()) -> None:
        wanted = {name: -place for place, name in enumerate(preferred)}
        best: dict[tuple[str, str], TextModel] = {}
        for model in models:
            if model.source == model.target:
                continue
            pair = (model.source, model.target)
            if pair not in best or _worth(model, wanted) > _worth(best[pair], wanted):
                best[pair] = model
        self._routes = _routes(best)

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


def _worth(model: TextModel, wanted: Mapping[str, int]) -> tuple[bool, int, float, float]:
    return model.name in wanted, wanted.get(model.name, 0), model.quality, -model.cost_ms


def _routes(best: Mapping[tuple[str, str], TextModel]) -> dict[tuple[str, str], Route]:
    """Return routes of one model or two: a third translation of a translation is no help to a reader."""
    found = {pair: Route((model,)) for pair, model in best.items()}
    for first, second in product(best.values(), repeat=2):
        pair = (first.source, second.target)
        # A direct model was chosen for its pair, perhaps by the operator: no detour beats it.
        if first.target != second.source or first.source == second.target or pair in best:
            continue
        route, before = Route((first, second)), found.get(pair)
        if before is None or (route.quality, -route.cost_ms) > (before.quality, -before.cost_ms):
            found[pair] = route
    return found
