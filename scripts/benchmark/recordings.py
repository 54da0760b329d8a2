"""The mode without a name: recordings one after another, each scored by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.bench import Bench, Done, ProgressOf
from benchmark.material import Recording
from benchmark.reference import Reading
from benchmark.result import Cost, Run, Score, score_of
from benchmark.service import Load, Running, measured
from benchmark.sheets import Report
from benchmark.streaming import Plan, Session, Take
from benchmark.streams import NothingFits
from benchmark.tables import report_of


@dataclass(frozen=True, slots=True)
class Part:
    """Recordings that were streamed together, and what that cost; None where it is not known."""

    takes: list[Take]
    load: Load | None


def run_recordings(bench: Bench) -> Report:
    """Play the chosen recordings and report on them.

    Raises:
        NothingFits: No recording matches.
    """
    options = bench.options
    chosen = bench.material(minutes=options.minutes, invented=options.invented != "without")
    recordings = [each for each in chosen if options.invented != "only" or each.speechless]
    if not recordings:
        raise NothingFits("No recording matches.")
    speakers = "1 speaker" if options.speakers == 1 else f"{options.speakers} speakers"
    return report_of(_measure(bench, recordings), bench.heading(speakers))


def _measure(bench: Bench, recordings: Sequence[Recording]) -> Run:
    """Stream, then read the reference, so that the two don't take each other's time."""
    speech = [recording for recording in recordings if not recording.speechless]
    speechless = [recording for recording in recordings if recording.speechless]
    with bench.progress() as advance:
        parts = _stream(bench, [part for part in (speech, speechless) if part], advance)
    readings: dict[str, Reading] = bench.readings(speech)
    computing_seconds = sum(reading.compute_seconds for reading in readings.values())
    heard_seconds = sum(recording.seconds for recording in speech)
    return Run(
        scores=tuple(
            score_of(take, readings.get(take.recording.id)) for part in parts for take in part.takes
        ),
        speakers=bench.options.speakers,
        speech=_cost_of(parts[0]) if speech else None,
        speechless=_cost_of(parts[-1]) if speechless else None,
        reference_real_time_factor=computing_seconds / heard_seconds if readings else None,
    )


def _stream(bench: Bench, parts: Sequence[Sequence[Recording]], advance: ProgressOf) -> list[Part]:
    """Stream what has speech and what has none one after the other: they cost differently."""
    with bench.service() as running:
        speakers = bench.options.speakers
        return [
            asyncio.run(_stream_part(bench, running, part, speakers, advance("streaming", part)))
            for part in parts
        ]


def low_load(bench: Bench, running: Running, recordings: Sequence[Recording], speakers: int) -> list[Score]:
    """Play recordings through a running service, so many at a time, and score them without a reference."""
    with bench.progress() as advance:
        part = asyncio.run(
            _stream_part(bench, running, recordings, speakers, advance("low load", recordings))
        )
    return [score_of(take, None) for take in part.takes]


async def _stream_part(
    bench: Bench, running: Running, recordings: Sequence[Recording], speakers: int, done: Done
) -> Part:
    """Stream recordings through a running service and measure what that costs."""
    plan = Plan(bench.room(), speakers=speakers, pin_language=not bench.options.auto_language)
    session = Session(bench.door(running, bench.options.read), plan, recordings, done)
    async with measured(running.pid) as load:
        takes = await session.run()
    return Part(takes, load())


def _cost_of(part: Part) -> Cost:
    began = min(take.began_at for take in part.takes)
    ends = [take.began_at + take.streamed_seconds for take in part.takes]
    ends += [take.events[-1].at_seconds for take in part.takes if take.events]
    streamed_seconds = sum(take.streamed_seconds for take in part.takes)
    return Cost(streamed_seconds, wall_seconds=max(ends) - began, load=part.load)
