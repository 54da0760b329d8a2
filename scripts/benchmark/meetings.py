"""The mode in which people talk in LiveKit meetings: `--meetings`, and through sockets beside that."""

from __future__ import annotations

import asyncio
import time

from assistant.client import Endpoint
from benchmark.bench import Bench
from benchmark.doors import Door, Notes, OurDoor
from benchmark.livekit import LiveKitDoor, Shown, livekit_server, settings_of
from benchmark.reference import Reading
from benchmark.result import percentiles
from benchmark.service import Running, ServiceFailed, measured
from benchmark.sheets import DASH, Report, Sheet
from benchmark.streams import Stream, streams_of
from benchmark.talk import TalkPlan, talk_all
from benchmark.talk_result import TalkRun, talk_run_of
from benchmark.talk_tables import steps_report
from benchmark.talkers import recordings_in, summary_of

_MINUTES = 2.0


def run_meetings(bench: Bench) -> Report:
    """Let one talk in each of so many meetings of three, after the same through our own sockets."""
    count, minutes = bench.options.meetings, bench.options.minutes or _MINUTES
    streams = streams_of(bench.pieces(), [60 * minutes] * count)
    readings = bench.readings(recordings_in(streams))
    with livekit_server(bench.options.results / "livekit.log") as url:
        with bench.service(settings=settings_of(url)) as running:
            bench.say(f"{count} talking through sockets …")
            direct = asyncio.run(_talk(bench, OurDoor(running.endpoint), running, streams, readings))
        bench.say(summary_of(direct))
        with bench.service(settings=settings_of(url)) as running:
            bench.say(f"{count} meetings of three, one talking in each …")
            through, shown = asyncio.run(_meet(bench, running, url, streams, readings))
        bench.say(summary_of(through))
    heading = bench.heading(
        f"{count} talking for {minutes:g} minutes: first through sockets, then in {count} LiveKit meetings"
    )
    report = steps_report([direct, through], heading)
    sheets = (_comparison(direct, through, shown), *report.sheets)
    return Report(heading, sheets, report.targets, report.document)


async def _meet(
    bench: Bench, running: Running, url: str, streams: list[Stream], readings: dict[str, Reading]
) -> tuple[TalkRun, Shown]:
    door = LiveKitDoor(Endpoint(running.endpoint.url), url)
    return await _talk(bench, door, running, streams, readings), door.shown


async def _talk(
    bench: Bench, door: Door, running: Running, streams: list[Stream], readings: dict[str, Reading]
) -> TalkRun:
    notes = Notes()
    plan = TalkPlan(bench.room(), pin_language=False)  # nobody tells the language in a meeting
    began, used_before = time.monotonic(), time.process_time()
    async with measured(running.pid) as load:
        talks = await talk_all(door, plan, streams, notes)
    generator_cores = (time.process_time() - used_before) / (time.monotonic() - began)
    if all(talk.began_at is None for talk in talks):
        raise ServiceFailed(f"No talker was let in: {talks[0].trouble}")
    return talk_run_of(talks, readings, load(), generator_cores, notes.statuses)


def _comparison(direct: TalkRun, through: TalkRun, shown: Shown) -> Sheet:
    """Return both ways side by side, and what the way back into the meeting adds."""
    rows = [
        ("stable p50 / p95, s", _lag(direct), _lag(through)),
        ("first shown p50 / p95, s", _first(direct), _first(through)),
        ("word errors, %", _errors(direct), _errors(through)),
        ("cores of the service", _cores(direct), _cores(through)),
    ]
    added = percentiles(shown.added_seconds)
    if added:
        rows.append(("later in the meeting than at a socket, s", "", f"{added.p50:.2f} / {added.p95:.2f}"))
    return Sheet("The same talk, through sockets and in meetings", ("", "sockets", "meetings"), tuple(rows))


def _lag(run: TalkRun) -> str:
    return f"{run.stable.p50:.2f} / {run.stable.p95:.2f}" if run.stable else DASH


def _first(run: TalkRun) -> str:
    return f"{run.first_shown.p50:.2f} / {run.first_shown.p95:.2f}" if run.first_shown else DASH


def _errors(run: TalkRun) -> str:
    errors = run.errors("settled")
    return DASH if errors.rate is None else f"{100 * errors.rate:.1f}"


def _cores(run: TalkRun) -> str:
    return DASH if run.cores is None else f"{run.cores:.2f}"
