"""Routes between languages."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.translation.routes import Engine, RouteTable, TextModel


def model(
    pair: str, name: str = "", *, quality: float = 0.9, cost_ms: float = 25.0, engine: Engine = "firefox"
) -> TextModel:
    source, target = pair.split("-")
    return TextModel(name or pair, source, target, engine, quality, cost_ms)


def names(table: RouteTable, source: str, target: str) -> list[str] | None:
    route = table.route(source, target)
    return [leg.name for leg in route.legs] if route else None


def test_a_direct_model_is_taken() -> None:
    """What one model can do goes through one model."""
    table = RouteTable([model("en-fr"), model("fr-en")])
    route = table.route("en", "fr")
    assert route is not None
    assert (route.via, route.quality, route.cost_ms) == ((), 0.9, 25.0)


def test_a_direct_model_beats_a_better_detour() -> None:
    """A poor direct model is taken all the same: names and terms get lost on detours."""
    models = [model("fr-pt", quality=0.3), model("fr-en", quality=1.0), model("en-pt", quality=1.0)]
    assert names(RouteTable(models), "fr", "pt") == ["fr-pt"]


def test_without_a_direct_model_two_are_joined() -> None:
    """French is read in Portuguese through English; each leg takes its share of quality and time."""
    models = [model("fr-en", quality=0.8, cost_ms=10), model("en-pt", quality=0.5, cost_ms=30)]
    route = RouteTable(models).route("fr", "pt")
    assert route is not None
    assert (route.via, route.quality, route.cost_ms) == (("en",), 0.4, 40)


def test_there_is_no_route_of_three() -> None:
    """A translation of a translation of a translation is no help."""
    table = RouteTable([model("fr-en"), model("en-pt"), model("pt-es")])
    assert table.route("fr", "es") is None
    assert table.route("pt", "fr") is None
    assert table.route("xx", "yy") is None


def test_quality_counts_then_cost() -> None:
    """Of two models of a pair the better wins; of equals, the faster."""
    poor, good = model("en-fr", "poor", quality=0.8, cost_ms=1), model("en-fr", "good", quality=0.9)
    quick = model("en-fr", "quick", quality=0.9, cost_ms=5)
    assert names(RouteTable([poor, good]), "en", "fr") == ["good"]
    assert names(RouteTable([good, poor]), "en", "fr") == ["good"]
    assert names(RouteTable([good, quick]), "en", "fr") == ["quick"]
    assert names(RouteTable([quick, good]), "en", "fr") == ["quick"]


def test_of_two_detours_the_better_wins_then_the_faster() -> None:
    """The language in between is the one that loses least."""
    through_en = [model("fr-en", quality=0.9), model("en-pt", quality=0.9)]
    through_es = [model("fr-es", quality=0.95), model("es-pt", quality=0.9)]
    through_it = [model("fr-it", quality=0.95, cost_ms=1), model("it-pt", quality=0.9, cost_ms=1)]
    assert names(RouteTable(through_en + through_es), "fr", "pt") == ["fr-es", "es-pt"]
    assert names(RouteTable(through_en + through_es + through_it), "fr", "pt") == ["fr-it", "it-pt"]


def test_what_the_operator_prefers_wins() -> None:
    """However poor it scores; of several, the first in the list; names of nothing change nothing."""
    models = [model("en-fr", "best", quality=0.9), *(model("en-fr", name, quality=0.1) for name in "abc")]
    assert names(RouteTable(models, ["a"]), "en", "fr") == ["a"]
    assert names(RouteTable(models, ["b", "a", "c"]), "en", "fr") == ["b"]
    assert names(RouteTable(models, ["nothing", "c", "b"]), "en", "fr") == ["c"]
    assert names(RouteTable(models, ["nothing"]), "en", "fr") == ["best"]


def test_a_preferred_model_leads_detours_too() -> None:
    """A detour goes through the models that were chosen for its pairs."""
    models = [model("fr-en", "good"), model("fr-en", "own", quality=0.2), model("en-pt")]
    assert names(RouteTable(models, ["own"]), "fr", "pt") == ["own", "en-pt"]


def test_no_route_leads_in_a_circle() -> None:
    """Nothing is translated into its own language, and a model that claims to do so is left out."""
    table = RouteTable([model("en-fr"), model("fr-en"), model("en-en")])
    assert table.route("en", "en") is None
    assert table.targets == ("en", "fr")


def test_targets_and_their_sources_are_listed() -> None:
    """What can be read, and from what, in the order of the codes."""
    table = RouteTable([model("pt-en"), model("fr-en"), model("en-pt")])
    assert table.targets == ("en", "pt")
    assert list(table.into("en")) == ["fr", "pt"]
    assert {source: route.via for source, route in table.into("pt").items()} == {"en": (), "fr": ("en",)}
    assert table.into("xx") == {}
    assert RouteTable([]).targets == ()


LANGUAGES = "en fr pt es de".split()
MODELS = st.lists(
    st.builds(
        TextModel,
        name=st.sampled_from("abcdefgh"),
        source=st.sampled_from(LANGUAGES),
        target=st.sampled_from(LANGUAGES),
        engine=st.just("firefox"),
        quality=st.sampled_from([0.5, 0.8, 0.9]),
        cost_ms=st.sampled_from([10.0, 20.0]),
    ),
    max_size=12,
)


@given(MODELS, st.randoms())
def test_every_route_leads_where_it_says(models: list[TextModel], chance: random.Random) -> None:
    """Legs join, no language comes twice, and the order of the models decides nothing but ties."""
    table = RouteTable(models)
    shuffled = list(models)
    chance.shuffle(shuffled)
    again = RouteTable(shuffled)
    for target in table.targets:
        for source, route in table.into(target).items():
            stops = [source, *(leg.target for leg in route.legs)]
            assert stops[-1] == target
            assert [leg.source for leg in route.legs] == stops[:-1]
            assert len(set(stops)) == len(stops) <= 3
            other = again.route(source, target)
            assert other is not None
            assert (other.quality, other.cost_ms) == (route.quality, route.cost_ms)
            assert names(table, source, target)
