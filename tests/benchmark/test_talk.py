"""Talkers and silent tracks against a scripted service, and the tables made of them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmark.bench import Bench
from benchmark.doors import Late, Linger, Notes, OurDoor
from benchmark.languages import language_points
from benchmark.material import Passage, Recording
from benchmark.options import parse_arguments
from benchmark.overload import calm_of, load_ended_at, overload_report
from benchmark.reference import Reading, TimedText
from benchmark.result import score_of
from benchmark.scoring import ErrorCount, Missing, Shown
from benchmark.service import Load, Running, Sample, ServiceFailed
from benchmark.sheets import Report, markdown_of, print_sheets, target_sheets
from benchmark.silent import Silence, run_silent, silent_report
from benchmark.streaming import Take
from benchmark.streams import Piece, Stream, streams_of
from benchmark.talk import Talk, TalkPlan, talk_all
from benchmark.talk_result import TalkRun, talk_run_of, talk_score_of
from benchmark.talk_tables import carried, long_report, most_talkers, steps_report
from benchmark.talkers import measured_talk
from benchmark.update_cost import UpdateCost, Work, cost_report, work_in
from rich.console import Console

from assistant.client import CaptionEvent, Endpoint, StatusEvent
from tests.client.scripted_service import ScriptedService, caption, running

MIB = 1 << 20
PLAN = TalkPlan("bench", tail_seconds=0.1, stagger_seconds=0.05, linger=Linger(quiet_seconds=0.1))
READING = Reading((TimedText(" Un", 0.4), TimedText(" deux", 0.8), TimedText(" trois", 0.9)), "fr", 0.1)


def stream_of(seconds: float = 1.0, times: int = 1) -> Stream:
    """One talker who says three words each `seconds`."""
    recording = Recording("r", Path("r.wav"), "fr", "read", seconds, (Passage("fr", "un deux trois"),))
    piece = Piece(recording, np.full(round(16_000 * seconds), 1000, np.int16), 0)
    return streams_of([piece], [seconds * times])[0]


def shown(at: float, text: str, number: int = 1, *, stable: int = 0, final: bool = False) -> Shown:
    rev = round(at * 10)
    return Shown(
        at,
        CaptionEvent(rev, f"c{number}", rev, "p", "P", "fr", "fr", text, stable, final, float(number), 1.0),
    )


def talk_of(lag: float = 1.0, times: int = 1, seconds: float = 1.0, began_at: float = 100.0) -> Talk:
    """A talk whose captions become final so long after each recording's end."""
    ends = [began_at + (number + 1) * seconds for number in range(times)]
    events = [
        shown(end + lag, "Un deux trois", number, final=True) for number, end in enumerate(ends, start=1)
    ]
    return Talk(stream_of(seconds, times), began_at, ends[-1] + lag, tuple(events))


def run_of(talks: Sequence[Talk], **more: object) -> TalkRun:
    samples = tuple(Sample(100.0 + n, 0.5 * n, (500 + n) * MIB) for n in range(400))
    load = Load(30.0, 900 * MIB, 0.3, samples)
    return replace(talk_run_of(talks, {"r": READING}, load, 0.05, []), **more)  # type: ignore[arg-type]  # fields of TalkRun


def texts_of(report: Report) -> str:
    """All of a report, as everybody gets it."""
    text = io.StringIO()
    print_sheets([*report.sheets, *target_sheets(report.targets)], Console(file=text, width=200))
    json.dumps(report.document)
    return text.getvalue() + markdown_of(report)


async def test_talkers_talk_side_by_side() -> None:
    """Every talker has a participant of its own, pins its language and sends all of its stream."""
    service = ScriptedService(
        events=[caption(7, "un", participant="000-fr", final=True), caption(8, "x", participant="nobody")]
    )
    notes = Notes()
    async with running(service):
        talks = await talk_all(OurDoor(Endpoint(service.url)), PLAN, [stream_of(0.3), stream_of(0.3)], notes)
    joined = [c for c in service.connections if c["path"].endswith("audio")]
    assert [(c["participant"], c["language"]) for c in joined] == [("000-fr", "fr"), ("001-fr", "fr")]
    assert [service.samples(f"s{n}").tolist() for n in (0, 1)] == [[1000] * 4800 + [0] * 1600] * 2
    assert [[event.caption.text for event in talk.events] for talk in talks] == [["un"], []]
    assert [talk.trouble for talk in talks] == ["", ""]
    assert talks[0].began_at is not None
    assert talks[1].began_at is not None
    assert 0.02 < talks[1].began_at - talks[0].began_at < 0.3
    assert all(talk.ended_at >= (talk.began_at or 0.0) + 0.4 for talk in talks)


async def test_a_refused_talker_does_not_end_the_run() -> None:
    """Who is not let in is a result with the service's reason; the others talk on."""
    service = ScriptedService(
        refuse_with=("participant_invalid", 1), events=[caption(7, "x", participant="nobody")]
    )
    async with running(service):
        talks = await talk_all(
            OurDoor(Endpoint(service.url)), PLAN, [stream_of(0.2), stream_of(0.2)], Notes()
        )
    assert talks[0].began_at is None
    assert "Not now." in talks[0].trouble
    assert talks[1].trouble == ""


async def test_a_run_without_any_talker_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody was let in there is nothing to report on."""
    monkeypatch.setattr("benchmark.talkers.TalkPlan", lambda *_, **__: PLAN)
    bench = Bench(
        parse_arguments(["--talkers", "1", "--results", str(tmp_path)]), Console(file=io.StringIO())
    )
    service = ScriptedService(refuse_with=("participant_invalid", 1))
    async with running(service):
        with pytest.raises(ServiceFailed, match="No talker was let in"):
            await measured_talk(bench, Running(Endpoint(service.url), None), [stream_of(0.2)], {})


def test_a_talk_is_scored_as_a_whole() -> None:
    """Errors, missing words and lags of all recordings count, timed by where they stand."""
    talk = talk_of(lag=1.0, times=2)
    score = talk_score_of(replace(talk, events=talk.events[:1]), {"r": READING})
    assert (score.live, score.settled, score.reference) == (
        ErrorCount(6, 3),
        ErrorCount(6, 3),
        ErrorCount(6, 0),
    )
    assert (score.missing, score.missing_in_reference) == (Missing(3, 3), Missing(0, 0))
    assert len(score.lags) == 3
    late = talk_score_of(talk, {"r": READING})
    assert late.settled == ErrorCount(6, 0)
    assert [round(lag.said_seconds, 2) for lag in late.lags] == [0.4, 0.8, 0.9, 1.4, 1.8, 1.9]
    assert [round(lag.stable_seconds, 2) for lag in late.lags] == [1.6, 1.2, 1.1] * 2
    assert talk_score_of(talk, {}).lags == ()


def test_talkers_are_carried_when_captions_keep_up() -> None:
    """Stable p95 within 4 s, not growing, all let in and none cut off."""
    good = run_of([talk_of(1.0, 3), talk_of(2.0, 3)])
    assert carried(good)
    assert not carried(run_of([talk_of(4.5, 3)]))
    assert not carried(run_of([talk_of(1.0, 3)], refusals=("full",)))
    assert not carried(run_of([replace(talk_of(1.0, 3), trouble="cut")]))
    assert most_talkers([good, run_of([talk_of(9.0)] * 4)]) == 2
    assert most_talkers([run_of([talk_of(9.0)] * 4)]) == 0
    assert most_talkers([talk_run_of([talk_of()], {}, None, 0.0, [])]) is None


def test_growing_lag_is_not_carried() -> None:
    """A run whose last minute is later than its second is not carried, though still in time."""
    talk = talk_of(1.0, times=3, seconds=60.0)
    # The words are in the first second of each minute.
    events = [
        replace(event, at_seconds=100.0 + 60 * number + (1.5 if number < 2 else 3.5))
        for number, event in enumerate(talk.events)
    ]
    run = run_of([replace(talk, events=tuple(events))])
    assert run.course is not None
    assert run.course.lag_grows
    assert run.stable is not None
    assert run.stable.p95 < 4.0
    assert not carried(run)
    targets = {target.name: target.kept for target in long_report(run, "Long").targets}
    assert targets["long talk: stable p95, beginning and end"] is False
    assert targets["long talk: memory, beginning and end, MiB"] is False


def test_steps_have_a_row_each() -> None:
    """One table for all numbers of talkers, with the most that were carried, and all that went wrong."""
    late = (Late(101.0, StatusEvent(7.0, degraded=True)),)
    runs = [
        run_of([talk_of(1.0, 3)]),
        run_of([talk_of(9.0, 3)] * 2, refusals=("room_full: no",), statuses=late),
    ]
    report = steps_report(runs, "Steps")
    text = texts_of(report)
    assert "most talkers carried: 1" in text
    assert "| 3 | 9.20 / 9.60 | 9.20 / 9.60 | – | – | too short | 7 s | NO |" in text
    assert "| 3 | refused | room_full: no |" in text
    targets = {target.name: target for target in report.targets}
    assert targets["speakers at once, stable p95 ≤ 4 s and not growing"].measured == "1"
    assert targets["1 speaker: stable p50"].kept is True
    assert targets["peak memory, 12 tracks, MB"].kept is None
    assert report.document["most_talkers"] == 1


def test_twelve_talkers_are_held_to_their_memory() -> None:
    """The promise on memory is for twelve tracks only; unmeasured runs have no verdict."""
    twelve = steps_report([run_of([talk_of(1.0)] * 12)], "Twelve")
    target = next(target for target in twelve.targets if "memory" in target.name)
    assert (target.measured, target.kept, target.aimed) == ("944", True, False)
    bare = steps_report([talk_run_of([talk_of()], {}, None, 0.0, [])], "Bare")
    assert [target.name for target in bare.targets if target.kept is not None] == [
        "shown words taken back, per word of the final"
    ]
    texts_of(bare)


def test_languages_are_compared_with_their_reference() -> None:
    """The worst language decides, not the mean of all."""
    heard = Reading(READING.words[:2], "fr", 0.1)
    score = talk_score_of(talk_of(), {"r": heard})
    worse = replace(score, lang="de", settled=ErrorCount(100, 35), reference=ErrorCount(100, 33))
    assert language_points([score, worse]) == {"fr": pytest.approx(-100 / 3), "de": pytest.approx(2.0)}


def test_overload_is_held_against_low_load() -> None:
    """Recovery is watched on the talker who goes on; words are compared recording by recording."""
    crowd = [talk_of(9.0, 1, began_at=100.0 + number) for number in range(2)]
    alone = talk_of(1.0, 6)
    run = run_of([alone, *crowd])
    assert load_ended_at(run) == 102.0
    recording = alone.stream.placements[0].piece.recording
    take = Take(recording, 0.0, 1.0, (shown(2.0, "un deux", final=True),))
    calm = calm_of(run, [score_of(take, None)])
    assert (calm.settled, calm.missing) == (ErrorCount(24, 8), Missing(8, 1))
    report = overload_report(run, calm, "Overload")
    text = texts_of(report)
    assert "| captions normal again after the load (stable p95 ≤ 4 s) | 0 s |" in text
    assert "| last caption of those who fell silent, after the load | 9 s |" in text
    assert [target.kept for target in report.targets] == [True, True]


async def test_silent_tracks_send_chunks_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many tracks are connected, each sends all its chunks, and what is shown is counted."""
    monkeypatch.setattr("benchmark.silent._SETTLE_SECONDS", 0.2)
    options = ["--silent", "3", "--seconds", "0.5", "--room-noise", "--results", str(tmp_path)]
    service = ScriptedService(events=[caption(1, "ghost")])
    async with running(service):
        arguments = [*options, "--url", service.url]
        bench = Bench(parse_arguments(arguments), Console(file=io.StringIO()))
        report = await asyncio.to_thread(run_silent, bench)
    assert sorted(c["participant"] for c in service.connections if "participant" in c) == [
        "s0000", "s0001", "s0002"
    ]  # fmt: skip
    assert [len(track) // 2 for track in service.tracks.values()] == [7 * 1600] * 3
    rms = float(np.sqrt(np.mean((service.samples("s1") / 32768.0) ** 2)))
    assert 20 * np.log10(rms) == pytest.approx(-60, abs=0.5)
    assert report.document["captions"] == 1
    assert report.targets[0].kept is None


def test_silence_is_held_to_its_promise_at_two_hundred_tracks() -> None:
    """CPU is given in % of one core; other numbers of tracks have no verdict."""
    silence = Silence(200, 60.0, False, 0, Load(12.0, 300 * MIB, 0.0), 0.1, 0.0)  # noqa: FBT003 - a field
    report = silent_report(silence, "Silent")
    assert (report.targets[0].measured, report.targets[0].kept, report.targets[0].aimed) == (
        "20.0",
        True,
        False,
    )
    assert "| service: CPU, % of one core | 20.0 |" in texts_of(report)
    assert silent_report(replace(silence, tracks=50), "Fewer").targets[0].kept is None


METRICS = """
# TYPE assistant_inference_real_time_factor histogram
assistant_inference_real_time_factor_bucket{kind="draft",le="+Inf"} 40
assistant_inference_real_time_factor_count{kind="draft"} 40
assistant_inference_real_time_factor_sum{kind="draft"} 4
assistant_inference_real_time_factor_count{kind="final"} 5
# TYPE assistant_inference_seconds counter
assistant_inference_seconds_total{kind="draft"} 6.0
assistant_inference_seconds_total{kind="final"} 2.0
assistant_inference_seconds_created{kind="draft"} 1.7e9
"""


def test_updates_are_counted_by_the_service() -> None:
    """Drafts and finals are read from the metrics page; what it does not have is nothing."""
    assert work_in(METRICS, "draft") == Work(40, 6.0)
    assert work_in(METRICS, "final") == Work(5, 2.0)
    assert work_in("", "draft") == Work()


def test_an_update_costs_its_share_of_the_service() -> None:
    """The service's CPU is divided as drafts and finals took; the clock stands in where it is unknown."""
    cost = UpdateCost(Work(40, 6.0), Work(5, 2.0), 4.0, Work(10, 6.0))
    assert cost.draft_cpu_seconds == pytest.approx(0.075)
    assert cost.ratio == pytest.approx(8.0)
    assert replace(cost, service_cpu_seconds=None).ratio == pytest.approx(4.0)
    report = cost_report(cost, "Cost")
    assert (report.targets[0].measured, report.targets[0].kept, report.targets[0].aimed) == (
        "8.0",
        True,
        True,
    )
    assert "| draft: its share of all CPU of the service | 40 | 0.075 | 8.0 |" in texts_of(report)
    empty = UpdateCost(Work(), Work(), None, Work())
    assert empty.ratio is None
    texts_of(cost_report(empty, "Empty"))
