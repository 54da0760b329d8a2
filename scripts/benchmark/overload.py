"""The mode `--overload`: more talk than can be carried, then one goes on alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from benchmark.bench import Bench
from benchmark.languages import difference
from benchmark.recordings import low_load
from benchmark.result import Percentiles, Score, percentiles
from benchmark.scoring import ErrorCount, Missing, WordLag
from benchmark.sheets import DASH, Report, Sheet, pair_text, percent_text, signed_text
from benchmark.streams import streams_of
from benchmark.talk_result import TalkRun
from benchmark.talk_tables import document_of, steps_report
from benchmark.talkers import measured_talk, recordings_in, summary_of
from benchmark.targets import MOST_STABLE_P95_SECONDS, OVERLOAD_POINTS, RECOVERY

_MINUTES = 2.0
_BUCKET_SECONDS = 10.0
_CALM_SPEAKERS = 2


@dataclass(frozen=True, slots=True)
class Bucket:
    """Ten seconds of the one who goes on.

    Attributes:
        start_seconds: Since the others fell silent; negative before that.
        stable: Lag of the words said in it; None where none could be timed.
    """

    start_seconds: float
    stable: Percentiles | None


@dataclass(frozen=True, slots=True)
class Calm:
    """The same recordings at low load, each counted as often as it was said under load.

    Attributes:
        live: Word errors of the finals as they came first.
        settled: Word errors of what stands in the end.
        missing: Words said that stand nowhere in the end.
    """

    live: ErrorCount
    settled: ErrorCount
    missing: Missing


def run_overload(bench: Bench) -> Report:
    """Overload a service, watch it recover, and play the same recordings at low load."""
    options = bench.options
    minutes = options.minutes or _MINUTES
    count = options.overload
    lengths = [60 * (minutes + options.calm_minutes), *[60 * minutes] * (count - 1)]
    streams = streams_of(bench.pieces(), lengths)
    recordings = recordings_in(streams)
    readings = bench.readings(recordings)
    with bench.service() as running:
        bench.say(f"{count} talking for {minutes:g} minutes, then one for {options.calm_minutes:g} more …")
        run = asyncio.run(measured_talk(bench, running, streams, readings))
        bench.say(summary_of(run))
        bench.say("The same recordings at low load …")
        calm = calm_of(run, low_load(bench, running, recordings, _CALM_SPEAKERS))
    what = f"{count} talkers for {minutes:g} minutes, then one for {options.calm_minutes:g}"
    return overload_report(run, calm, bench.heading(what))


def calm_of(run: TalkRun, scores: Iterable[Score]) -> Calm:
    """Return what the recordings of a run amount to at low load."""
    by_id = {score.recording.id: score for score in scores}
    same = [
        by_id[placement.piece.recording.id]
        for score in run.scores
        for placement in score.talk.stream.placements
    ]
    return Calm(
        live=sum((score.live for score in same), ErrorCount()),
        settled=sum((score.settled for score in same), ErrorCount()),
        missing=sum((score.missing for score in same), Missing()),
    )


def load_ended_at(run: TalkRun) -> float:
    """Return the moment at which all but the longest talk had been said."""
    ends = sorted((score.talk.began_at or 0.0) + score.seconds for score in run.scores)
    return ends[-2] if len(ends) > 1 else ends[-1]


def buckets_of(lags: Iterable[WordLag], began_at: float, ended_at: float) -> list[Bucket]:
    """Return the lags of the one who goes on, in steps of 10 s from the end of the load backwards and on.

    Args:
        lags: Of that talker.
        began_at: The moment of its first sample.
        ended_at: The moment at which the load ended, on the same clock.
    """
    stable: dict[int, list[float]] = {}
    for lag in lags:
        after_seconds = began_at + lag.said_seconds - ended_at
        stable.setdefault(int(after_seconds // _BUCKET_SECONDS), []).append(lag.stable_seconds)
    if not stable:
        return []
    numbers = range(min(stable), max(stable) + 1)
    return [Bucket(number * _BUCKET_SECONDS, percentiles(stable.get(number, []))) for number in numbers]


def recovery_seconds(buckets: Sequence[Bucket]) -> float | None:
    """Return how long after the load the lag is normal again, and stays so; None when it never is.

    Normal is a stable p95 of at most 4 s. Ten seconds in which no word was timed are not normal.
    """
    after = [bucket for bucket in buckets if bucket.start_seconds >= 0]
    late = [bucket.start_seconds + _BUCKET_SECONDS for bucket in after if not _normal(bucket)]
    if not after or not _normal(after[-1]):
        return None
    return max(late, default=0.0)


def overload_report(run: TalkRun, calm: Calm, heading: str) -> Report:
    """Return the report: the overload itself, its recovery, and words beside low load."""
    ended_at = load_ended_at(run)
    longest = max(run.scores, key=lambda score: score.seconds)
    buckets = buckets_of(longest.lags, longest.talk.began_at or 0.0, ended_at)
    recovery = recovery_seconds(buckets)
    settled = run.errors("settled")
    points = difference(settled, calm.settled)
    plain = steps_report([run], heading)
    last_out = max(
        score.talk.ended_at for score in run.scores if score is not longest or len(run.scores) == 1
    )
    rows = (
        ("captions normal again after the load (stable p95 ≤ 4 s)", _after(recovery)),
        ("last caption of those who fell silent, after the load", f"{last_out - ended_at:.0f} s"),
        ("most behind, as readers were told", f"{run.behind_seconds:.0f} s"),
    )
    words = (
        _words_row("under overload", run.errors("live"), settled, run.missing),
        _words_row("at low load", calm.live, calm.settled, calm.missing),
        ("difference", signed_text(difference(run.errors("live"), calm.live)), signed_text(points), "", ""),
    )
    sheets = (
        Sheet("Recovery", ("", "value"), rows),
        Sheet(
            "The one who goes on, by seconds after the load",
            ("from", "stable p50 / p95, s"),
            _course(buckets),
        ),
        Sheet("Words of the finals", ("", "WER live, %", "refined", "words missing", "longest"), words),
    )
    targets = (
        OVERLOAD_POINTS.held(points),
        RECOVERY.held(recovery if recovery is not None else float("inf") if buckets else None),
    )
    document: dict[str, object] = {
        "overload": document_of(run),
        "low_load": asdict(calm),
        "recovery_seconds": recovery,
        "buckets": [asdict(bucket) for bucket in buckets],
    }
    return Report(heading, (*plain.sheets, *sheets), targets, document)


def _normal(bucket: Bucket) -> bool:
    return bucket.stable is not None and bucket.stable.p95 <= MOST_STABLE_P95_SECONDS


def _after(seconds: float | None) -> str:
    return "not while it was watched" if seconds is None else f"{seconds:.0f} s"


def _course(buckets: Sequence[Bucket]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (f"{b.start_seconds:+.0f} s", pair_text((b.stable.p50, b.stable.p95)) if b.stable else DASH)
        for b in buckets
    )


def _words_row(name: str, live: ErrorCount, settled: ErrorCount, missing: Missing) -> tuple[str, ...]:
    return (
        name,
        percent_text(live.rate),
        percent_text(settled.rate),
        str(missing.words),
        str(missing.longest_run),
    )
