"""The mode `translate`: routes, scores, memory, tables, and a whole run with the real models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from benchmark.__main__ import main
from benchmark.live_text import Anew, live_text_of
from benchmark.parallel_text import ParallelText
from benchmark.result import Percentiles
from benchmark.retranslated import Retranslated
from benchmark.sheets import markdown_of
from benchmark.text_engine import memory_bytes_of, translate_along
from benchmark.translate import routes_of, score_policies, score_route
from benchmark.translate_result import RouteScore, TranslateRun, direction_of, names_of
from benchmark.translate_tables import translate_report

from assistant.core.translation.routes import Route
from assistant.settings import Settings
from tests.benchmark.text_engines import ScriptedEngine, hoard, model, take_nothing

ENGLISH = ("The council meets today.", "The budget was adopted.", "Who is against it?", "Nobody.")
PORTUGUESE = ("A câmara reúne hoje.", "O orçamento foi aprovado.", "Quem está contra?", "Ninguém.")
FRENCH = ("Le conseil se réunit.", "Le budget est adopté.", "Qui est contre ?", "Personne.")
TEXT = ParallelText("flores-dev", {"en": ENGLISH, "fr": FRENCH, "pt": PORTUGUESE})

EN_PT, FR_EN = model("en", "pt"), model("fr", "en")
DIRECT = Route((EN_PT,))
LEXICONS = {
    "en-pt": dict(zip(ENGLISH, PORTUGUESE, strict=True)),
    "fr-en": dict(zip(FRENCH, ENGLISH, strict=True)),
}


def score(route: Route = DIRECT, **more: object) -> RouteScore:
    lag = Percentiles(0.02, 0.04)
    plain = RouteScore("flores-dev", route, 50, 47.04, 70.0, lag, lag, cpu_seconds=1.0, words=1000)
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of RouteScore


def test_each_direct_model_is_measured_and_detours_where_there_is_none() -> None:
    """Two models of one direction have a route each, the better one first; the rest goes through a third."""
    argos = model("en", "pt", "argos-en-pt", 0.8)
    routes = routes_of([argos, EN_PT, FR_EN, model("de", "en")], TEXT)
    assert [(direction_of(route), names_of(route)) for route in routes] == [
        ("en→pt", "en-pt"),
        ("en→pt", "argos-en-pt"),
        ("fr→en", "fr-en"),
        ("fr→en→pt", "fr-en + en-pt"),
    ]


async def test_a_route_is_scored_against_the_other_language() -> None:
    """A perfect translation has 100, one that leaves text as it is has little; each leg is used."""
    engine = ScriptedEngine([EN_PT, FR_EN], LEXICONS)
    perfect = await score_route(engine, TEXT, Route((FR_EN, EN_PT)))
    assert (perfect.bleu, perfect.chrf) == pytest.approx((100, 100))
    assert (perfect.sentences, perfect.words, perfect.pair) == (4, 12, ("fr", "pt"))
    assert engine.calls[1] == ("en-pt", [ENGLISH[0]])
    assert ("fr-en", list(FRENCH[:3])) in engine.calls
    lazy = await score_route(ScriptedEngine([EN_PT]), TEXT, DIRECT)
    assert lazy.chrf < 30


async def test_cpu_of_the_engine_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computing time is what the meter saw while sentences came one at a time, without loading."""
    readings = iter([10.0, 12.0])
    monkeypatch.setattr("benchmark.translate.LoadMeter.cpu_seconds", lambda _: next(readings))
    measured = await score_route(ScriptedEngine([EN_PT], LEXICONS), TEXT, DIRECT)
    assert measured.cpu_seconds_each == 0.5
    assert measured.words_per_cpu_second == 6.0


async def test_policies_see_the_route_of_the_text() -> None:
    """Each policy has a score, in the language of the route's end."""
    engine = ScriptedEngine([EN_PT], LEXICONS)
    lives = await score_policies(engine, TEXT, DIRECT)
    assert [(live.policy, live.live.captions) for live in lives] == [("as the service", 4), ("all anew", 4)]
    assert ("en-pt", ["The council meets"]) in engine.calls


def test_memory_is_what_a_fresh_process_grows_by() -> None:
    """What the model takes counts, what the process had before does not."""
    assert 45 << 20 < memory_bytes_of(hoard, "any") < 60 << 20
    assert memory_bytes_of(take_nothing, "any") < 5 << 20


def test_published_figures_stand_behind_each_direction() -> None:
    """Rows of one direction stay together; other texts than FLORES have nothing published."""
    argos = Route((model("en", "pt", "argos-en-pt", 0.8),))
    scores = (score(), score(argos, bleu=43.0), score(Route((FR_EN, EN_PT))), score(text="news"))
    report = translate_report(TranslateRun(scores, (), {"en-pt": 91 << 20}, ("B", "C")), "Heading")
    rows = [(row[0], row[2], row[4]) for row in report.sheets[0].rows]
    assert rows == [
        ("en→pt", "en-pt", "47.0"),
        ("en→pt", "argos-en-pt", "43.0"),
        ("en→pt", "Argos", "43.9"),
        ("en→pt", "Firefox tiny", "49.4"),
        ("fr→en→pt", "fr-en + en-pt", "47.0"),
        ("en→pt", "en-pt", "47.0"),
    ]
    markdown = markdown_of(report)
    assert "| published (FLORES, Mozilla's evaluation) | Firefox tiny | – | 49.4 | – | 0.890 |" in markdown
    assert "| en→pt | en-pt | 20 / 40 | 20 / 40 | 20.0 | 1000 | 1.0 |" in markdown
    assert "| en-pt | 91 |" in markdown


def test_promises_are_about_the_model_that_is_used() -> None:
    """The best model of English to Portuguese is held to BLEU and time, and only on FLORES to BLEU."""
    argos = Route((model("en", "pt", "argos-en-pt", 0.8),))

    def verdicts(*scores: RouteScore) -> list[bool | None]:
        return [t.kept for t in translate_report(TranslateRun(scores, (), {}, ("", "")), "").targets]

    assert verdicts(score(), score(argos, bleu=10.0, cpu_seconds=50.0)) == [True, True]
    assert verdicts(score(bleu=45.9, cpu_seconds=1.3)) == [False, False]
    assert verdicts(score(text="news")) == [None, True]
    assert verdicts(score(Route((FR_EN,)))) == [None, None]


@pytest.fixture
def parallel(tmp_path: Path) -> Path:
    folder = tmp_path / "mt"
    folder.mkdir()
    for lang, lines in TEXT.lines.items():
        (folder / f"town.{lang}").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def arguments_of(parallel: Path, *more: str) -> list[str]:
    results = parallel.parent
    return [
        "translate",
        "--mt",
        str(parallel),
        "--results",
        str(results),
        "--json",
        str(results / "j"),
        *more,
    ]


def test_without_a_model_between_the_languages_nothing_is_reported(
    parallel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run ends with a sentence that names the languages, and lets go of the engine."""
    engine = ScriptedEngine([model("de", "it")])
    monkeypatch.setattr("benchmark.translate.open_text_engine", lambda: engine)
    assert main(arguments_of(parallel)) == 2
    assert "No installed model translates between the languages there (en, fr, pt)" in capsys.readouterr().out
    assert engine.closed


@pytest.mark.weights
def test_the_real_models_translate(parallel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both real models are scored, timed and weighed; what was written can be read back."""
    if not (Settings().weights_dir / "translate-en-pt").is_dir():
        pytest.skip("the English–Portuguese models are not installed: assistant models pull --default")
    for file in parallel.iterdir():
        # Processor time is counted in hundredths of a second, so three sentences may take none.
        file.write_text(file.read_text("utf-8") * 20, "utf-8")
    assert main(arguments_of(parallel, "--sentences", "20")) == 0
    document = json.loads((parallel.parent / "j").read_text())
    assert {"en→pt", "pt→en"} <= {route["direction"] for route in document["routes"]}
    for route in document["routes"]:
        assert route["chrf"] > (40 if "fr" not in route["direction"] else 25)
        assert route["sentences"] == 20
        assert route["cpu_seconds_each"] > 0
    assert all(10 << 20 < size < 200 << 20 for size in document["memory_bytes"].values())
    assert {live["live"]["captions"] for live in document["live_text"]} == {20}
    assert "tok:13a" in capsys.readouterr().out


async def test_the_service_shows_less_that_it_takes_back() -> None:
    """Its policy holds back the last word of an open sentence and promises sentences that have ended."""

    async def hesitating(sentences: Sequence[str]) -> list[str]:
        return [text if text.endswith(".") else f"{text}x" for text in sentences]

    policy = Retranslated(hesitating, "en", "pt")
    growing = ("One two three", "One two three four five", "One two three four five. Six seven")
    steps = [await policy.show(source, final=False) for source in growing]
    steps.append(await policy.show("One two three four five. Six seven.", final=True))
    assert [(step.text, step.stable) for step in steps] == [
        ("One two", 0),
        ("One two three four", 0),
        ("One two three four five. Six", 24),
        ("One two three four five. Six seven.", 35),
    ]


async def test_live_text_goes_along_a_whole_route() -> None:
    """A policy translates through all legs."""
    engine = ScriptedEngine([EN_PT, FR_EN], LEXICONS)

    async def translate(sentences: Sequence[str]) -> list[str]:
        return await translate_along(engine, Route((FR_EN, EN_PT)), sentences)

    live = await live_text_of(FRENCH[3:], translate, Anew, ("fr", "pt"))
    assert live.steadiness.final_words == 1
    assert engine.calls == [("fr-en", ["Personne."]), ("en-pt", ["Nobody."])]
