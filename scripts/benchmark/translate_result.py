"""What translating parallel text amounts to, route by route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.core.translation.routes import Route
from benchmark.live_text import LiveText
from benchmark.result import Percentiles
from benchmark.spoken import SpokenScore


@dataclass(frozen=True, slots=True)
class RouteScore:
    """One route over one parallel text.

    Attributes:
        text: The name of the parallel text.
        route: What translated.
        sentences: How many.
        bleu: 0..100.
        chrf: 0..100.
        sentence_seconds: By the clock, one sentence at a time.
        caption_seconds: By the clock, as many sentences together as a caption has.
        cpu_seconds: Of all processes that took part, for the sentences one at a time.
        words: Words of the translations, as white space divides them.
    """

    text: str
    route: Route
    sentences: int
    bleu: float
    chrf: float
    sentence_seconds: Percentiles
    caption_seconds: Percentiles
    cpu_seconds: float
    words: int

    @property
    def pair(self) -> tuple[str, str]:
        """From which language into which."""
        return self.route.legs[0].source, self.route.legs[-1].target

    @property
    def cpu_seconds_each(self) -> float:
        """Computing time of a sentence on one core."""
        return self.cpu_seconds / self.sentences

    @property
    def words_per_cpu_second(self) -> float | None:
        """Words of the translation that a core writes in a second; None where it took no time."""
        return self.words / self.cpu_seconds if self.cpu_seconds else None


@dataclass(frozen=True, slots=True)
class LiveScore:
    """One policy of showing partial translations, over the lines of one parallel text.

    Attributes:
        text: The name of the parallel text.
        route: What translated.
        policy: The policy's name.
        live: What readers saw.
    """

    text: str
    route: Route
    policy: str
    live: LiveText


@dataclass(frozen=True, slots=True)
class TranslateRun:
    """A run over all routes.

    Attributes:
        scores: One per route and parallel text.
        lives: One per policy, direction and parallel text.
        memory_bytes: What each model takes when loaded, by its name.
        signatures: How sacrebleu computed BLEU and chrF.
        spoken: One per way and direction, where sentences are spoken.
    """

    scores: tuple[RouteScore, ...]
    lives: tuple[LiveScore, ...]
    memory_bytes: Mapping[str, int]
    signatures: tuple[str, str]
    spoken: tuple[SpokenScore, ...] = ()


def names_of(route: Route) -> str:
    """Return the names of the models of a route, in order."""
    return " + ".join(leg.name for leg in route.legs)


def direction_of(route: Route) -> str:
    """Return from where to where a route leads, with the languages in between."""
    return "→".join([route.legs[0].source, *(leg.target for leg in route.legs)])
