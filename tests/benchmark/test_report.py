"""Scores of a run, and the tables made of them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from benchmark.material import Passage, Recording
from benchmark.options import parse_arguments
from benchmark.reference import Reading, Reference, TimedText
from benchmark.result import Cost, Percentiles, Run, percentiles, score_of
from benchmark.scoring import ErrorCount, Shown
from benchmark.service import Load
from benchmark.sheets import markdown_of, print_sheets, target_sheets
from benchmark.streaming import Take
from benchmark.tables import report_of, targets_of
from rich.console import Console

from assistant.client import CaptionEvent

SPEECH = Recording("talk", Path("talk.wav"), "fr", "read", 2.0, (Passage("fr", "l'eau coûte 20 euros"),))
NOISE = Recording("fan", Path("fan.wav"), "noise", "noise", 5.0, ())
HEARD = ((" L'eau", 0.5), (" coûte", 1.0), (" vingt", 1.4), (" euro", 1.9))
READING = Reading(tuple(TimedText(*word) for word in HEARD), "fr", 0.5)


def shown(at: float, text: str, *, final: bool = False, refined: bool = False) -> Shown:
    rev = round(at * 10)
    return Shown(
        at, CaptionEvent(rev, "c", rev, "p", "P", "fr", "fr", text, 0, final, 0.0, 1.0, refined=refined)
    )


EVENTS = (
    shown(100.8, "L'eau"),
    shown(101.5, "L'eau coule"),
    shown(103.9, "L'eau coûte 20 heures", final=True),
    shown(105.0, "L’eau coûte 20 euros", final=True, refined=True),
)


@pytest.fixture
def run() -> Run:
    speech = score_of(Take(SPEECH, 100.0, 4.0, EVENTS), READING)
    noise = score_of(Take(NOISE, 110.0, 7.0, (shown(112.0, "Merci"), shown(113.0, "", final=True))), None)
    cost = Cost(4.0, 5.0, Load(2.0, 300 << 20, 0.1))
    return Run((speech, noise), 1, cost, cost, 0.25)


def test_a_score_tells_live_and_refined_apart(run: Run) -> None:
    """Errors are counted before and after the second pass, and of the reference, against the same words."""
    score = run.scores[0]
    assert score.live == ErrorCount(words=5, errors=1)
    assert score.settled == ErrorCount(words=5, errors=0)
    assert score.reference == ErrorCount(words=5, errors=1)
    assert (score.captions, score.refined, score.changed) == (1, 1, 1)
    assert score.steadiness.taken_back == 1
    assert [round(lag.first_shown_seconds, 2) for lag in score.lags] == [0.3, 0.3, 2.9, 2.5]


def test_words_on_noise_are_invented(run: Run) -> None:
    """A word that was shown and taken back counts."""
    assert run.invented_words == 1


def test_targets_are_held_against_the_run(run: Run) -> None:
    """Each promise is kept, missed, or not measured; those for one speaker only where one spoke."""
    assert [target.kept for target in targets_of(run)] == [True, False, False, False, True, True, False]
    assert [target.kept for target in targets_of(Run((), 1, None, None, None))] == [None] * 7
    crowd = targets_of(replace(run, speakers=3))
    assert [target.kept for target in crowd] == [None, None, None, None, True, True, False]


def test_mixed_languages_do_not_flatter(run: Run) -> None:
    """A recording in two languages, which the reference cannot follow, has a row but no part in the sums."""
    mixed = replace(
        SPEECH, lang="multi", kind="switch", passages=(Passage("fr", "oui"), Passage("en", "yes"))
    )
    score = score_of(Take(mixed, 100.0, 4.0, EVENTS), READING)
    both = replace(run, scores=(*run.scores, score))
    assert targets_of(both)[4] == targets_of(run)[4]
    assert "| switch, multi | 1 | 2 |" in markdown_of(report_of(both, "Heading"))


def test_every_report_can_be_written(run: Run) -> None:
    """Terminal, Markdown and JSON show the same run, also where nothing was measured."""
    for each in (run, Run(run.scores[:1], 2, Cost(4.0, 5.0, None), None, None), Run((), 1, None, None, None)):
        text = io.StringIO()
        report = report_of(each, "Heading")
        print_sheets([*report.sheets, *target_sheets(report.targets)], Console(file=text, width=140))
        assert "Steadiness" in text.getvalue()
        assert ("Targets" in text.getvalue()) == bool(each.scores)
        assert json.loads(json.dumps(report.document))["speakers"] == each.speakers
    markdown = markdown_of(report_of(run, "Heading"))
    assert markdown.startswith("## Heading\n")
    assert "| read, fr | 1 | 5 | 20.0 | 0.0 | 20.0 | -20.0 |" in markdown
    assert "| fr | 5 | 20.0 | 0.0 | 20.0 | +0.0 | -20.0 | +20.0 | 1 | 1 | 1 |" in markdown
    assert "| CPU seconds per audio second | 0.50 | 0.50 |" in markdown
    assert "| 1 speaker: first shown p50 | 0.60 s | 0.40 s | 0.30 s | kept | kept |" in markdown


def test_percentiles_are_values_that_occurred() -> None:
    """The nearest rank is taken, and nothing comes of nothing."""
    assert percentiles([float(value) for value in range(1, 101)]) == Percentiles(50.0, 95.0)
    assert percentiles([3.0]) == Percentiles(3.0, 3.0)
    assert percentiles([]) is None


def test_what_the_reference_read_is_remembered(tmp_path: Path) -> None:
    """A recording that was read before is not read again; the weights are not even loaded."""
    memory = tmp_path / "reference.json"
    first = Reference(tmp_path / "nothing", pin_language=True, memory=memory)
    first._remember({first._key(SPEECH): READING})
    again = Reference(tmp_path / "nothing", pin_language=True, memory=memory)
    assert again.read_all([SPEECH], lambda _: None) == {"talk": READING}
    assert [word.text for word in READING.spoken("fr")] == ["l", "eau", "coûte", "vingt", "euro"]


def test_options_have_usable_defaults() -> None:
    """Without options the recordings of the tests are used, from any directory."""
    options = parse_arguments([])
    assert (options.material / "manifest.jsonl").exists()
    assert parse_arguments(["--languages", "en, fr"]).languages == ["en", "fr"]
