"""The mode in which people talk in LiveKit meetings: `--meetings`, and through sockets beside that."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmark.bench import Bench
from benchmark.doors import Door, Notes, OurDoor
from benchmark.light_guests import build, can_be_light, light_guests
from benchmark.livekit import LiveKitDoor, Shown, livekit_server, settings_of
from benchmark.normalisation import words_of
from benchmark.reference import Reading
from benchmark.result import percentiles
from benchmark.scoring import ErrorCount, count_errors
from benchmark.service import Load, LoadMeter, Running, ServiceFailed, measured
from benchmark.sheets import DASH, Report, Sheet, decimal_text, percent_text
from benchmark.streams import Stream, streams_of
from benchmark.talk import TalkPlan, talk_all
from benchmark.talk_result import TalkRun, TalkScore, talk_run_of, words_said
from benchmark.talk_tables import steps_report
from benchmark.talkers import recordings_in, summary_of

_MINUTES = 2.0
_BENCH, _GUESTS, _SERVER = "the bench", "the light participants", "livekit-server"


@dataclass(frozen=True, slots=True)
class _Way:
    """Talk that went one way.

    Attributes:
        run: What became of it.
        cores: Cores that each process of the load kept busy while everybody talked.
        foreign_cores: Cores that programs kept busy which are no part of the run; None where nobody knows.
        shown: What clients in the meetings saw; None through sockets.
        late_seconds: Speech that came to light participants after its time; None where there are none.
    """

    run: TalkRun
    cores: Mapping[str, float | None]
    foreign_cores: float | None
    shown: Shown | None = None
    late_seconds: float | None = None


def run_meetings(bench: Bench) -> Report:
    """Let one talk in each of so many meetings of three, after the same through our own sockets."""
    count, minutes = bench.options.meetings, bench.options.minutes or _MINUTES
    streams = streams_of(bench.pieces(), [60 * minutes] * count)
    readings = bench.readings(recordings_in(streams))
    results = bench.options.results
    light = bench.options.participants != "webrtc" and (
        can_be_light() or bench.options.participants == "light"
    )
    program = build(results) if light else None
    with livekit_server(results / "livekit.log") as (url, server):
        with bench.service(settings=settings_of(url)) as running:
            bench.say(f"{count} talking through sockets …")
            door = OurDoor(running.endpoint)
            direct = asyncio.run(_talk(bench, door, running, streams, readings, {_SERVER: server}))
        bench.say(summary_of(direct.run))
        with bench.service(settings=settings_of(url)) as running:
            bench.say(f"{count} meetings of three, one talking in each …")
            through = asyncio.run(_meet(bench, running, url, server, program, streams, readings))
        bench.say(summary_of(through.run))
    people = "light participants" if light else "a whole WebRTC stack for each participant"
    first = f"{count} talking for {minutes:g} minutes: first through sockets"
    heading = bench.heading(f"{first}, then in {count} LiveKit meetings, {people}")
    report = steps_report([direct.run, through.run], heading)
    sheets = (_comparison(direct, through), *report.sheets)
    document = report.document | {"sockets": _document(direct), "meetings": _document(through)}
    return Report(heading, sheets, report.targets, document)


async def _meet(
    bench: Bench,
    running: Running,
    url: str,
    server: int,
    program: Path | None,
    streams: list[Stream],
    readings: dict[str, Reading],
) -> _Way:
    async with AsyncExitStack() as stack:
        light = None
        if program is not None:
            log = bench.options.results / "meeting-load.log"
            light = await stack.enter_async_context(light_guests(program, log))
        door = LiveKitDoor(running.endpoint, url, light)
        others = {_SERVER: server} | ({_GUESTS: light.pid} if light else {})
        way = await _talk(bench, door, running, streams, readings, others)
        return replace(way, shown=door.shown, late_seconds=light.late_seconds if light else None)


async def _talk(
    bench: Bench,
    door: Door,
    running: Running,
    streams: list[Stream],
    readings: dict[str, Reading],
    others: Mapping[str, int],
) -> _Way:
    """Let all talk; `others` are processes that are part of the load, beside the bench itself."""
    notes = Notes()
    plan = TalkPlan(bench.room(), pin_language=False)  # nobody tells the language in a meeting
    processes = {_BENCH: os.getpid(), **others}
    began, used_before = time.monotonic(), time.process_time()
    async with AsyncExitStack() as stack:
        load = await stack.enter_async_context(measured(running.pid))
        loads = {
            name: await stack.enter_async_context(LoadMeter(pid, children=False).measured())
            for name, pid in processes.items()
        }
        talks = await talk_all(door, plan, streams, notes)
    bench_cores = (time.process_time() - used_before) / (time.monotonic() - began)
    if all(talk.began_at is None for talk in talks):
        raise ServiceFailed(f"No talker was let in: {talks[0].trouble}")
    run = talk_run_of(talks, readings, load(), bench_cores, notes.statuses)
    return _way(run, {name: load() for name, load in loads.items()})


def _way(run: TalkRun, loads: Mapping[str, Load]) -> _Way:
    """Return how a run went, with the processes that were measured beside the service."""
    cores = {name: load.cores(run.began_at, run.began_at + run.seconds) for name, load in loads.items()}
    ours = sum(load.cores(0.0, math.inf) or 0.0 for load in loads.values())
    return _Way(run, cores, max(0.0, run.load.other_cores - ours) if run.load else None)


def _document(way: _Way) -> dict[str, object]:
    cores = {**way.cores, "other programs": way.foreign_cores}
    added = percentiles(way.shown.added_seconds) if way.shown else None
    return {
        "cores": cores,
        "late_seconds": way.late_seconds,
        "added_seconds": asdict(added) if added else None,
    }


def _comparison(direct: _Way, through: _Way) -> Sheet:
    """Return both ways side by side, and what clients in the meetings saw."""
    both = direct.run, through.run
    rows = [
        ("stable p50 / p95, s", *map(_lag, both)),
        ("first shown p50 / p95, s", *map(_first, both)),
        ("word errors, %", *(percent_text(run.errors("settled").rate) for run in both)),
        ("cores of the service", *(decimal_text(run.cores) for run in both)),
        *(
            (f"cores of {name}", decimal_text(direct.cores.get(name)), decimal_text(cores))
            for name, cores in through.cores.items()
        ),
        ("cores of other programs", *(decimal_text(way.foreign_cores) for way in (direct, through))),
    ]
    if through.late_seconds is not None:
        rows.append(("speech that participants got after its time, s", "", f"{through.late_seconds:.1f}"))
    shown = through.shown or Shown()
    added = percentiles(shown.added_seconds)
    if added:
        rows.append(("later in the meeting than at a socket, s", "", f"{added.p50:.2f} / {added.p95:.2f}"))
    read = [id(score.talk.stream) for score in through.run.scores if _participant_of(score) in shown.lines]
    rows.append(("talks that somebody read in a meeting", "", str(len(read))))
    of_talk = "word errors of these, %, "
    rows.append((f"{of_talk}at our socket", *(_errors_in(run, _texts_at_socket(run), read) for run in both)))
    for what, texts in (
        ("LiveKit's client", {who: " ".join(lines.values()) for who, lines in shown.lines.items()}),
        ("a page that only appends", {who: " ".join(pieces) for who, pieces in shown.pieces.items()}),
    ):
        rows.append((of_talk + what, "", _errors_in(through.run, texts, read)))
    return Sheet("The same talk, through sockets and in meetings", ("", "sockets", "meetings"), tuple(rows))


def _texts_at_socket(run: TalkRun) -> dict[str, str]:
    """Return what stands of each participant in the end."""
    texts: dict[str, dict[str, str]] = {}
    for score in run.scores:
        for event in score.talk.events:
            texts.setdefault(event.caption.participant, {})[event.caption.id] = event.caption.text
    return {who: " ".join(lines.values()) for who, lines in texts.items()}


def _errors_in(run: TalkRun, texts: Mapping[str, str], streams: Collection[int]) -> str:
    """Return the word errors of texts by participant, of those who spoke these streams (by `id`)."""
    found = ErrorCount()
    for score in run.scores:
        if id(score.talk.stream) in streams:
            said = words_said(score.talk.stream)
            found += count_errors(said, words_of(texts.get(_participant_of(score), ""), score.lang))
    return percent_text(found.rate)


def _participant_of(score: TalkScore) -> str:
    return score.talk.events[0].caption.participant if score.talk.events else ""


def _lag(run: TalkRun) -> str:
    return f"{run.stable.p50:.2f} / {run.stable.p95:.2f}" if run.stable else DASH


def _first(run: TalkRun) -> str:
    return f"{run.first_shown.p50:.2f} / {run.first_shown.p95:.2f}" if run.first_shown else DASH
