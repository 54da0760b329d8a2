"""Routes between languages."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.translation.routes import (
    MEASURES,
    Engine,
    Measure,
    Route,
    RouteTable,
    Scores,
    TextModel,
    ranked,
)


def model(
    pair: str,
    name: str = "",
    *,
    quality: float | None = 0.9,
    bleu: float | None = None,
    cost_ms: float = 25.0,
    engine: Engine = "firefox",
    rough: bool = False,
) -> TextModel:
    source, target = pair.split("-")
    return TextModel(name or pair, source, target, engine, Scores(quality, bleu), cost_ms, rough)


def names(table: RouteTable, source: str, target: str) -> list[str] | None:
    route = table.route(source, target)
    return [leg.name for leg in route.legs] if route else None


def test_a_direct_model_is_taken() -> None:
    """What one model can do goes through one model."""
    table = RouteTable([model("en-fr"), model("fr-en")])
    route = table.route("en", "fr")
    assert route is not None
    assert (route.via, route.scores, route.cost_ms) == ((), Scores(0.9), 25.0)


def test_a_direct_model_beats_a_better_detour() -> None:
    """A poor direct model is taken all the same: names and terms get lost on detours."""
    models = [model("fr-pt", quality=0.3), model("fr-en", quality=1.0), model("en-pt", quality=1.0)]
    assert names(RouteTable(models), "fr", "pt") == ["fr-pt"]


def test_without_a_direct_model_two_are_joined() -> None:
    """French is read in Portuguese through English; each leg takes its share of quality and time."""
    models = [model("fr-en", quality=0.8, cost_ms=10), model("en-pt", quality=0.5, cost_ms=30)]
    route = RouteTable(models).route("fr", "pt")
    assert route is not None
    assert (route.via, route.scores, route.cost_ms) == (("en",), Scores(0.4), 40)


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
        scores=st.builds(
            Scores,
            comet=st.sampled_from([None, 0.5, 0.8, 0.9]),
            bleu=st.sampled_from([None, 25.0, 40.0]),
        ),
        cost_ms=st.sampled_from([10.0, 20.0]),
        rough=st.booleans(),
    ),
    max_size=12,
)
PREFERRED = st.lists(st.sampled_from("abcdefgh"), max_size=3)


def candidates(models: list[TextModel]) -> list[Route]:
    """Return models as routes between the same two languages."""
    return [Route((replace(each, source="fr", target="en"),)) for each in models]


def test_one_measure_decides_never_one_against_the_other() -> None:
    """The one that most have; with a tie COMET; those without it come behind, the cheapest first."""
    both = model("fr-en", "both", quality=0.8, bleu=44.0)
    bleu = model("fr-en", "bleu", quality=None, bleu=30.0)
    comet = model("fr-en", "comet", quality=0.9)
    none = model("fr-en", "none", quality=None, cost_ms=1)
    slow = model("fr-en", "slow", quality=None, cost_ms=2)

    def order(*models: TextModel) -> str:
        return " ".join(route.legs[0].name for route in ranked(candidates(list(models))))

    assert order(bleu, both) == "both bleu"
    assert order(bleu, comet) == "comet bleu"
    assert order(bleu, both, comet) == "comet both bleu"
    assert order(bleu, both, model("fr-en", "more", quality=None, bleu=50.0), comet) == "more both bleu comet"
    assert order(slow, none, bleu, comet) == "comet none slow bleu"
    assert order(slow, none) == "none slow"


def test_a_model_that_nobody_scored_comes_behind_the_poorest() -> None:
    """Nothing is known of it, however cheap it is."""
    unscored = model("fr-en", "unscored", quality=None, cost_ms=1)
    assert names(RouteTable([unscored, model("fr-en", "poor", quality=0.1)]), "fr", "en") == ["poor"]


def test_what_is_not_rough_beats_what_is() -> None:
    """Whatever the scores say, but not against the operator's word; a rough direct one beats a detour."""
    rough = model("fr-en", "rough", quality=0.99, cost_ms=1, rough=True)
    fine = model("fr-en", "fine", quality=None)
    assert names(RouteTable([rough, fine]), "fr", "en") == ["fine"]
    assert names(RouteTable([rough, fine], ["rough"]), "fr", "en") == ["rough"]
    detour = [model("fr-pt"), model("pt-en")]
    assert names(RouteTable([rough, *detour]), "fr", "en") == ["rough"]


def test_a_detour_is_rough_if_a_leg_is() -> None:
    """Another language in between is taken where that avoids it."""
    through_en = [model("fr-en", quality=0.99, rough=True), model("en-pt", quality=0.99)]
    through_es = [model("fr-es", quality=0.3), model("es-pt", quality=0.3)]
    route = RouteTable(through_en).route("fr", "pt")
    assert route is not None
    assert route.rough
    assert names(RouteTable(through_en + through_es), "fr", "pt") == ["fr-es", "es-pt"]


def test_rough_routes_can_be_switched_off() -> None:
    """It is then as if rough models were not there, also those that the operator prefers."""
    models = [model("fr-en", rough=True), model("en-pt"), model("en-fr")]
    table = RouteTable(models, ["fr-en"], rough=False)
    assert table.targets == ("fr", "pt")
    assert (table.route("fr", "en"), table.route("fr", "pt")) == (None, None)
    assert names(table, "en", "pt") == ["en-pt"]


def test_a_detour_has_the_scores_that_all_its_legs_have() -> None:
    """A measure that one leg lacks says nothing of the whole."""
    legs = (model("fr-en", quality=0.5, bleu=50.0), model("en-pt", quality=None, bleu=40.0))
    assert Route(legs).scores == Scores(None, 20.0)


@given(MODELS, PREFERRED, st.randoms())
def test_ranking_is_a_total_order_whatever_the_order_of_the_candidates(
    models: list[TextModel], preferred: list[str], chance: random.Random
) -> None:
    """The same candidates always stand in the same order, and none is lost."""
    routes = candidates(models)
    shuffled = list(routes)
    chance.shuffle(shuffled)
    order = ranked(routes, preferred)
    assert ranked(shuffled, preferred) == order
    assert sorted(map(repr, order)) == sorted(map(repr, routes))


@given(MODELS, PREFERRED)
def test_the_first_is_beaten_by_none(models: list[TextModel], preferred: list[str]) -> None:
    """Neither by the operator's word, nor in roughness, nor by the measure that decides, nor by cost."""
    order = ranked(candidates(models), preferred)
    having = {measure: [r for r in order if r.scores.by(measure) is not None] for measure in MEASURES}
    decides: Measure = "bleu" if len(having["bleu"]) > len(having["comet"]) else "comet"
    for better, worse in pairwise(order):
        wanted = [preferred.index(name) if name in preferred else 99 for name in names_of(better, worse)]
        assert wanted[0] <= wanted[1]
        if wanted[0] == wanted[1]:
            assert better.rough <= worse.rough
            if better.rough == worse.rough:
                scores = [-1.0 if s is None else s for s in (r.scores.by(decides) for r in (better, worse))]
                assert scores[0] >= scores[1]
                assert scores[0] > scores[1] or better.cost_ms <= worse.cost_ms


def names_of(*routes: Route) -> list[str]:
    return [route.legs[0].name for route in routes]


@given(MODELS, PREFERRED, st.randoms())
def test_every_route_leads_where_it_says(
    models: list[TextModel], preferred: list[str], chance: random.Random
) -> None:
    """Legs join, no language comes twice, and the order of the models decides nothing."""
    table = RouteTable(models, preferred)
    shuffled = list(models)
    chance.shuffle(shuffled)
    again = RouteTable(shuffled, preferred)
    assert again.targets == table.targets
    for target in table.targets:
        for source, route in table.into(target).items():
            stops = [source, *(leg.target for leg in route.legs)]
            assert stops[-1] == target
            assert [leg.source for leg in route.legs] == stops[:-1]
            assert len(set(stops)) == len(stops) <= 3
            assert again.route(source, target) == route
            direct = [each for each in models if (each.source, each.target) == (source, target)]
            assert (len(route.legs) == 1) == bool(direct)
            assert route.rough == any(leg.rough for leg in route.legs)


@given(MODELS)
def test_without_rough_models_no_route_is_rough(models: list[TextModel]) -> None:
    """What is left is what would be there had they never been installed."""
    table, never = RouteTable(models, rough=False), RouteTable([each for each in models if not each.rough])
    assert table.targets == never.targets
    for target in table.targets:
        assert table.into(target) == never.into(target)
        assert not any(route.rough for route in table.into(target).values())
