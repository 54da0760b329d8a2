"""What readers of other languages saw: scores, tables and whole runs against a scripted service."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from benchmark.__main__ import main
from benchmark.bench import Bench
from benchmark.doors import Linger, Notes, OurDoor
from benchmark.options import parse_arguments
from benchmark.recordings import run_recordings
from benchmark.scoring import Shown, Steadiness
from benchmark.sheets import markdown_of
from benchmark.slowed import Comparison, with_comparisons
from benchmark.streaming import Plan
from benchmark.talk import TalkPlan
from benchmark.talk_tables import steps_report
from benchmark.talkers import run_talkers
from benchmark.translated import TranslationScore, translation_scores
from benchmark.translated_tables import translated_sheet, translated_targets
from rich.console import Console

from assistant.client import CaptionEvent, Endpoint
from assistant.client.messages import parse_message
from assistant.core.errors import LanguageUnavailable
from tests.benchmark.test_talk import run_of, talk_of
from tests.benchmark.test_whole_runs import material, options_of
from tests.client.scripted_service import ScriptedService, caption, running

__all__ = ["material"]  # the fixture of the whole runs


@dataclass(frozen=True)
class Speaker:
    """A speaker's captions."""

    events: tuple[Shown, ...]
    read: dict[str, tuple[Shown, ...]] = field(default_factory=dict)


def said(at: float, rev: int, text: str, *, stable: int = 0, final: bool = False, lang: str = "en") -> Shown:
    return Shown(at, CaptionEvent(rev, "c", rev, "p", "P", lang, lang, text, stable, final, 0.0, 1.0))


def shown(at: float, rev: int, text: str, source_rev: int, *, final: bool = False, stable: int = 0) -> Shown:
    event = CaptionEvent(
        rev, "c", rev, "p", "P", "pt", "en", text, stable, final, 0.0, 1.0, source_rev=source_rev
    )
    return Shown(at, event)


SAID = (
    said(1.0, 1, "The council"),
    said(2.0, 2, "The council meets", stable=11),
    said(3.0, 4, "The council meets to", stable=11),
    said(4.0, 5, "The council meets today", stable=17),
    said(5.0, 8, "The council meets today.", stable=24, final=True),
)
READ = (
    shown(2.5, 3, "A câmara", 2),
    shown(3.25, 6, "A câmara reúne", 4),
    shown(4.5, 7, "O conselho reúne", 5),
    shown(5.25, 9, "O conselho reúne hoje.", 8, final=True),
)


def score_of(events: tuple[Shown, ...] = SAID, read: tuple[Shown, ...] = READ) -> TranslationScore:
    (score,) = translation_scores([Speaker(events, {"pt": read})])
    return score


def test_waits_are_counted_from_what_became_stable() -> None:
    """Each growth of the stable prefix waits for its own translation, the final for the final one."""
    score = score_of()
    assert (score.captions, score.untranslated, score.growths) == (1, 0, 2)
    assert score.stable_seconds == (0.5, 0.5)
    assert score.final_seconds == (0.25,)
    assert score.steadiness == Steadiness(2, 4)  # “A câmara” became “O conselho”
    assert score.flicker == 0.5


def test_a_later_translation_answers_for_earlier_words() -> None:
    """Skipping a revision is allowed: the translation of a newer one shows the older words too."""
    score = score_of(read=READ[2:])
    assert score.stable_seconds == (2.5, 0.5)
    assert score_of(read=READ[3:]).stable_seconds == (3.25, 1.25)


def test_old_and_empty_translations_answer_for_nothing() -> None:
    """A translation of an older revision, or without text, is no translation of these words."""
    empty = replace(READ[2], caption=replace(READ[2].caption, text=" "))
    score = score_of(read=(READ[0], empty))
    assert (score.stable_seconds, score.growths) == ((0.5,), 2)
    assert (score.final_seconds, score.untranslated) == ((), 1)


def test_a_translation_that_arrives_first_waited_for_nothing() -> None:
    """The two connections are not in step; no wait is negative."""
    early = (replace(READ[0], at_seconds=1.9), *READ[1:])
    assert score_of(read=early).stable_seconds == (0.0, 0.5)


def test_refined_translations_count_for_the_words_only_once() -> None:
    """The first final translation ends the wait, and what is refined later is no flicker."""
    refined = shown(9.0, 12, "O concelho reúne hoje.", 11, final=True)
    refined = replace(refined, caption=replace(refined.caption, refined=True))
    again = replace(
        said(8.0, 11, "The Council meets today.", stable=24, final=True),
        caption=replace(SAID[-1].caption, rev=11, refined=True),
    )
    assert score_of((*SAID, again), (*READ, refined)) == score_of()


def test_what_is_not_translated_is_counted() -> None:
    """A caption that came as it was said, and one that never came, count; the reader's own language not."""
    as_said = [replace(SAID[-1], caption=replace(SAID[-1].caption, untranslated="no_route"))]
    assert score_of(read=tuple(as_said)).untranslated_share == 1.0
    assert score_of(read=()).untranslated_share == 1.0
    failed = replace(READ[-1], caption=replace(READ[-1].caption, rev=10, lang="en", untranslated="failed"))
    assert score_of(read=(*READ[:3], failed)).untranslated == 1
    own = said(1.0, 1, "A câmara reúne.", stable=15, final=True, lang="pt")
    nothing = score_of((own,), (own,))
    assert (nothing.captions, nothing.untranslated_share, nothing.flicker) == (0, None, None)
    noise = (SAID[0], said(5.0, 8, "", final=True))
    assert score_of(noise, ()).captions == 0


def test_the_worst_language_is_held_to_the_promise() -> None:
    """All speakers are added up by language; the slowest and the least steady one decide."""
    slow = tuple(replace(each, at_seconds=each.at_seconds + 1.0) for each in READ)
    speaker = Speaker(SAID, {"pt": READ, "fr": ()})
    scores = translation_scores([speaker, Speaker(SAID, {"pt": slow, "fr": ()})])
    assert [(score.lang, score.captions) for score in scores] == [("pt", 2), ("fr", 2)]
    (row, empty) = translated_sheet(scores, "Read").rows
    assert row == ("pt", "2", "0.0", "0.50 / 1.50", "4 of 4", "0.25 / 1.25", "2 of 2", "0.50")
    assert empty == ("fr", "2", "100.0", "–", "0 of 4", "–", "0 of 2", "–")
    final, flicker = translated_targets(scores)
    assert (final.measured, final.kept) == ("0.25 s (pt; p95 1.25 s)", True)
    assert (flicker.measured, flicker.kept) == ("0.50 (pt)", False)
    assert [target.kept for target in translated_targets([])] == [None, None]


def test_readers_are_weighed_against_nobody() -> None:
    """The same talk alone and with readers: how much later, and what it costs; eight are promised."""
    alone = run_of([talk_of(1.0, 3)])
    languages = ["pt", "es", "it", "fr", "de", "nl", "pl", "ro"]
    read = {lang: (_in(lang, READ[-1]),) for lang in languages}
    slower = talk_of(1.11, 3)
    eight = run_of([replace(slower, events=(*slower.events, SAID[-1]), read=read)])
    report = with_comparisons(steps_report([eight], "Eight"), [Comparison(alone, eight)])
    assert "| 1 | 8 | 1.20 / 1.60 | 1.31 / 1.71 | +9.2 / +6.9 |" in markdown_of(report)
    target = report.targets[-1]
    assert (target.measured, target.kept) == ("9.2", True)
    document: dict[str, Any] = report.document
    assert len(document["alone"]) == 1
    few = run_of([replace(slower, read={"pt": READ})])
    assert with_comparisons(steps_report([few], "One"), [Comparison(alone, few)]).targets[-1].kept is None


def _in(lang: str, event: Shown) -> Shown:
    return replace(event, caption=replace(event.caption, lang=lang))


def test_translations_are_told_by_their_fields() -> None:
    """The client sees what a caption renders, and why one came as it was said."""
    plain = parse_message(json.dumps(caption(1, "x")))
    assert isinstance(plain, CaptionEvent)
    assert (plain.source_rev, plain.untranslated) == (None, "")
    rendered = parse_message(json.dumps(caption(2, "x", lang="pt", source_rev=1)))
    assert isinstance(rendered, CaptionEvent)
    assert rendered.source_rev == 1
    as_said = parse_message(json.dumps(caption(2, "x", untranslated="no_route")))
    assert isinstance(as_said, CaptionEvent)
    assert as_said.untranslated == "no_route"


async def test_each_language_has_a_reader_of_its_own() -> None:
    """What comes in another language is kept apart, and a language that cannot be read ends the run."""
    service = ScriptedService(
        events=[caption(7, "hello")], read={"pt": [caption(8, "olá", lang="pt", source_rev=7)]}
    )
    notes = Notes()
    async with running(service):
        async with OurDoor(Endpoint(service.url), ["pt"]).meeting("r", notes, Linger(0.1)) as meeting:
            await meeting.drain(8)
        with pytest.raises(LanguageUnavailable):
            async with OurDoor(Endpoint(service.url), ["pt", "xx"]).meeting("r", Notes()):
                pass
    assert [event.caption.text for event in notes.of("alice")] == ["hello"]
    assert {lang: [e.caption.text for e in events] for lang, events in notes.read_of("alice").items()} == {
        "pt": ["olá"]
    }


def translated_service(participant: str) -> ScriptedService:
    """A service in which one participant's “un deux” can be read in Portuguese."""
    told = {"participant": participant, "lang": "fr", "source_lang": "fr"}
    events = [
        caption(5, "un", stable=2, **told),
        caption(7, "un deux", final=True, stable=7, **told),
    ]
    read = [
        caption(6, "um", **told | {"lang": "pt", "source_rev": 5}),
        caption(8, "um dois", final=True, stable=7, **told | {"lang": "pt", "source_rev": 7}),
    ]
    return ScriptedService(events=events, read={"pt": read})


async def test_talkers_are_read_in_another_language(
    material: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--read` adds a table, promises and every event of the translation."""
    plan = partial(TalkPlan, tail_seconds=0.1, linger=Linger(quiet_seconds=0.1))
    monkeypatch.setattr("benchmark.talkers.TalkPlan", plan)
    service = translated_service("000-fr")
    async with running(service):
        arguments = ["--talkers", "1", "--minutes", "0.03", "--read", "pt-PT", "--url", service.url]
        assert await asyncio.to_thread(main, options_of(material, *arguments)) == 0
    assert sorted(c["lang"] for c in service.connections if "lang" in c) == ["pt", "source"]
    (run,) = json.loads((material / "run.json").read_text())["runs"]
    assert run["translations"]["pt"]["captions"] == 1
    assert len(run["translations"]["pt"]["stable_seconds"]) == 1
    assert [event["source_rev"] for event in run["tracks"][0]["read"]["pt"]] == [5, 7]
    markdown = (material / "run.md").read_text()
    assert "read in pt" in markdown.splitlines()[0]
    assert "**Read in other languages, 1 talker**" in markdown
    assert "translated final after the final, p50" in capsys.readouterr().out


async def test_recordings_are_read_in_another_language(
    material: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does it where recordings are played one after another."""
    plan = partial(Plan, tail_seconds=0.1, linger=Linger(quiet_seconds=0.1))
    monkeypatch.setattr("benchmark.recordings.Plan", plan)
    service = translated_service("000-a")
    async with running(service):
        arguments = options_of(material, "--read", "pt", "--url", service.url)
        bench = Bench(parse_arguments(arguments), Console(file=io.StringIO()))
        report = await asyncio.to_thread(run_recordings, bench)
    sheet = next(sheet for sheet in report.sheets if sheet.title == "Read in other languages, 1 at a time")
    assert [(row[0], row[1], row[4], row[6]) for row in sheet.rows] == [("pt", "1", "1 of 1", "1 of 1")]
    document: dict[str, Any] = report.document
    assert document["recordings"][0]["read"]["pt"][1]["stable"] == "um dois"


async def test_stand_ins_are_compared_with_nobody(material: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With stand-ins each number of talkers runs twice: first nobody reads another language."""
    plan = partial(TalkPlan, tail_seconds=0.1, linger=Linger(quiet_seconds=0.1))
    monkeypatch.setattr("benchmark.talkers.TalkPlan", plan)
    service = translated_service("000-fr")
    async with running(service):
        bench = Bench(
            parse_arguments(options_of(material, "--talkers", "1", "--minutes", "0.03", "--read", "pt")),
            Console(file=io.StringIO()),
        )
        bench.options.url, bench.options.stand_ins = service.url, "pt"
        report = await asyncio.to_thread(run_talkers, bench)
    assert [c["lang"] for c in service.connections if c["path"].endswith("captions")].count("pt") == 1
    assert [c["lang"] for c in service.connections if c["path"].endswith("captions")].count("source") == 2
    assert report.sheets[-1].title == "What readers of other languages cost"
    assert report.sheets[-1].rows[0][:2] == ("1", "1")
