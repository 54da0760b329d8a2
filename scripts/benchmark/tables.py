"""A run as tables: which numbers stand where, and which promises they keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from benchmark.material import MIXED
from benchmark.result import Cost, Percentiles, Run, Score, grouped, total
from benchmark.scoring import ErrorCount

_DASH = "–"
_MOST_FIRST_SHOWN_SECONDS = 1.0
_MOST_STABLE_SECONDS = 2.0
_MOST_POINTS = 1.5

FIRST_SHOWN = attrgetter("first_shown_seconds")
STABLE = attrgetter("stable_seconds")
FINAL = attrgetter("final_seconds")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table.

    Attributes:
        title: Its heading.
        columns: The names of the columns.
        rows: Cells as text, as many as columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A promise of the product and whether a run keeps it; None when it was not measured."""

    name: str
    measured: str
    kept: bool | None


def sheets_of(run: Run) -> list[Sheet]:
    """Return the tables of a run."""
    sheets = [_lag_sheet(run), _accuracy_sheet(run), _steadiness_sheet(run), _cost_sheet(run)]
    if run.unspoken:
        sheets.append(_invented_sheet(run))
    sheets.append(_target_sheet(targets_of(run)))
    return sheets


def targets_of(run: Run) -> list[Target]:
    """Return the promises for one speaker, held against a run."""
    invented = run.invented_words if run.unspoken else None
    return [
        _p50_target("first shown", _MOST_FIRST_SHOWN_SECONDS, run.percentiles(FIRST_SHOWN)),
        _p50_target("stable", _MOST_STABLE_SECONDS, run.percentiles(STABLE)),
        _accuracy_target(run),
        Target("no invented words", _number(invented), None if invented is None else invented == 0),
    ]


def _p50_target(name: str, most_seconds: float, lag: Percentiles | None) -> Target:
    name = f"{name} p50 ≤ {most_seconds:.1f} s"
    if lag is None:
        return Target(name, _DASH, None)
    return Target(name, _seconds(lag.p50), lag.p50 <= most_seconds)


def _accuracy_target(run: Run) -> Target:
    """All speech in one language counts together, as people read it in the end."""
    comparable = _comparable(run)
    settled = total(score.settled for score in comparable)
    points = _points(settled, total(score.reference for score in comparable))
    kept = None if points is None else points <= _MOST_POINTS
    return Target(f"WER at most {_MOST_POINTS} points above the reference", _signed(points), kept)


def _lag_sheet(run: Run) -> Sheet:
    rows = []
    for name, of in (("first shown", FIRST_SHOWN), ("stable", STABLE), ("final", FINAL)):
        lag = run.percentiles(of)
        rows.append((name, _seconds(lag.p50), _seconds(lag.p95)) if lag else (name, _DASH, _DASH))
    timed = sum(len(score.lags) for score in run.spoken)
    shown = sum(score.steadiness.final_words for score in run.spoken)
    title = f"Lag after a word was said ({timed} of {shown} words timed)"
    return Sheet(title, ("", "p50", "p95"), tuple(rows))


def _accuracy_sheet(run: Run) -> Sheet:
    rows = [_accuracy_row(f"{kind}, {lang}", scores) for (kind, lang), scores in grouped(run.spoken).items()]
    rows.append(_accuracy_row("all in one language", _comparable(run)))
    columns = ("WER", "recordings", "words", "live finals", "after refining", "reference", "difference")
    return Sheet("Word error rate, %", columns, tuple(rows))


def _comparable(run: Run) -> list[Score]:
    """Return speech in one language: texts are compared as one language, which mixed ones are not."""
    return [score for score in run.spoken if score.recording.lang != MIXED]


def _accuracy_row(name: str, scores: Sequence[Score]) -> tuple[str, ...]:
    settled = total(score.settled for score in scores)
    reference = total(score.reference for score in scores)
    return (
        name,
        str(len(scores)),
        str(settled.words),
        _percent(total(score.live for score in scores)),
        _percent(settled),
        _percent(reference),
        _signed(_points(settled, reference)),
    )


def _steadiness_sheet(run: Run) -> Sheet:
    captions = sum(score.captions for score in run.spoken)
    refined = sum(score.refined for score in run.spoken)
    changed = sum(score.changed for score in run.spoken)
    rows = (
        ("flicker: words taken back per final word", _decimal(run.flicker)),
        ("finals", str(captions)),
        ("refined after the final", f"{refined} ({changed} with other words)"),
    )
    return Sheet("Steadiness", ("", "value"), rows)


def _cost_sheet(run: Run) -> Sheet:
    speech, quiet = _cost_column(run, run.speech), _cost_column(run, run.speechless)
    names = (
        "audio streamed, minutes",
        "CPU seconds per audio second",
        "peak memory, MiB",
        "wall seconds per audio second of a speaker",
        "cores that other programs kept busy",
    )
    rows = tuple(zip(names, speech, quiet, strict=True))
    reference = (
        "reference: computing seconds per audio second",
        _decimal(run.reference_real_time_factor),
        "",
    )
    title = f"Cost, {run.speakers} at a time"
    return Sheet(title, ("", "speech", "no speech"), (*rows, reference))


def _cost_column(run: Run, cost: Cost | None) -> tuple[str, ...]:
    if cost is None:
        return (_DASH,) * 5
    load = cost.load
    return (
        f"{cost.streamed_seconds / 60:.1f}",
        _decimal(cost.cpu_seconds_per_audio_second),
        f"{load.peak_bytes / 2**20:.0f}" if load else _DASH,
        _decimal(cost.wall_seconds * run.speakers / cost.streamed_seconds),
        _decimal(load.other_cores if load else None),
    )


def _invented_sheet(run: Run) -> Sheet:
    rows = [
        (score.recording.id, f"{score.recording.seconds:.0f} s", str(score.words_shown), score.final_text)
        for score in run.unspoken
    ]
    return Sheet(
        "Words shown where nobody speaks", ("recording", "length", "words", "last text"), tuple(rows)
    )


def _target_sheet(targets: Sequence[Target]) -> Sheet:
    verdicts = {True: "yes", False: "NO", None: "not measured"}
    rows = tuple((target.name, target.measured, verdicts[target.kept]) for target in targets)
    return Sheet("Targets (one speaker, 2 cores, Whisper base)", ("target", "measured", "kept"), rows)


def _points(settled: ErrorCount, reference: ErrorCount) -> float | None:
    if settled.rate is None or reference.rate is None:
        return None
    return 100 * (settled.rate - reference.rate)


def _percent(count: ErrorCount) -> str:
    return _DASH if count.rate is None else f"{100 * count.rate:.1f}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _signed(value: float | None) -> str:
    return _DASH if value is None else f"{value:+.1f}"


def _decimal(value: float | None) -> str:
    return _DASH if value is None else f"{value:.2f}"


def _number(value: int | None) -> str:
    return _DASH if value is None else str(value)
