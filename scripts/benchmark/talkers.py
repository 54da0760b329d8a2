"""The modes in which people talk without pause: `--talkers` and `--long`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from benchmark.bench import Bench
from benchmark.doors import Notes
from benchmark.material import Recording
from benchmark.reference import Reading
from benchmark.service import Running, ServiceFailed, measured
from benchmark.sheets import Report
from benchmark.slowed import Comparison, with_comparisons
from benchmark.streams import Piece, Stream, streams_of
from benchmark.talk import TalkPlan, talk_all
from benchmark.talk_result import TalkRun, talk_run_of
from benchmark.talk_tables import carried, long_report, steps_report

_MINUTES = 5.0
_BUSY_CORES = 0.2


def run_talkers(bench: Bench) -> Report:
    """Let each number of talkers talk against a fresh service, one number after another."""
    minutes = bench.options.minutes or _MINUTES
    pieces = bench.pieces()
    options = bench.options
    runs, comparisons = [], []
    for count in options.talkers:
        lengths_seconds = [60 * minutes] * count
        alone = one_talk(bench, pieces, lengths_seconds) if options.stand_ins else None
        runs.append(one_talk(bench, pieces, lengths_seconds, options.read))
        comparisons += [Comparison(alone, runs[-1])] if alone else []
    counts = ", ".join(map(str, options.talkers))
    report = steps_report(runs, bench.heading(f"{counts} talkers without pause, {minutes:g} minutes"))
    return with_comparisons(report, comparisons) if comparisons else report


def run_long(bench: Bench) -> Report:
    """Let one talk for long."""
    minutes = bench.options.long
    run = one_talk(bench, bench.pieces(), [60 * minutes], bench.options.read)
    return long_report(run, bench.heading(f"1 talker without pause, {minutes:g} minutes"))


def one_talk(
    bench: Bench,
    pieces: Sequence[Piece],
    lengths_seconds: Sequence[float],
    read: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
) -> TalkRun:
    """Let talkers talk for so long each, then read the reference and score.

    Args:
        bench: The options.
        pieces: What they talk of.
        lengths_seconds: How long each talks.
        read: Languages that have a reader.
        settings: More of a fresh service's environment.
    """
    streams = streams_of(pieces, lengths_seconds)
    readings = bench.readings(recordings_in(streams))
    with bench.service(settings=settings) as running:
        bench.say(f"{len(streams)} talking for {max(lengths_seconds) / 60:.1f} minutes …")
        run = asyncio.run(measured_talk(bench, running, streams, readings, read))
    bench.say(summary_of(run))
    return run


async def measured_talk(
    bench: Bench,
    running: Running,
    streams: Sequence[Stream],
    readings: dict[str, Reading],
    read: Sequence[str] = (),
) -> TalkRun:
    """Play streams through a running service with readers; return what was shown and what it cost."""
    plan = TalkPlan(bench.room(), pin_language=not bench.options.auto_language)
    notes = Notes()
    door = bench.door(running, read)
    began, used_before = time.monotonic(), time.process_time()
    async with measured(running.pid) as load:
        talks = await talk_all(door, plan, streams, notes)
    generator_cores = (time.process_time() - used_before) / (time.monotonic() - began)
    if all(talk.began_at is None for talk in talks):
        raise ServiceFailed(f"No talker was let in: {talks[0].trouble}")
    return talk_run_of(talks, readings, load(), generator_cores, notes.statuses)


def recordings_in(streams: Sequence[Stream]) -> list[Recording]:
    """Return the recordings of all streams, each once."""
    found = {
        placement.piece.recording.id: placement.piece.recording
        for stream in streams
        for placement in stream.placements
    }
    return list(found.values())


def summary_of(run: TalkRun) -> str:
    """Return a run in one line, to watch a long series."""
    stable = f"stable {run.stable.p50:.2f} / {run.stable.p95:.2f} s" if run.stable else "nothing timed"
    cores = f", {run.cores:.2f} cores" if run.cores is not None else ""
    others = max(0.0, run.load.other_cores - run.generator_cores) if run.load else 0.0
    busy = f", while other programs kept {others:.1f} cores busy" if others > _BUSY_CORES else ""
    verdict = "carried" if carried(run) else "NOT carried"
    return f"{run.talkers} talking: {stable}{cores}, {verdict}{busy}"
