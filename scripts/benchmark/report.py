"""A run as tables for people, Markdown for the documentation and JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter

from rich.console import Console
from rich.table import Table

from benchmark.result import Percentiles, Run, Score, grouped, total
from benchmark.scoring import ErrorCount

_DASH = "–"
_MOST_FIRST_SHOWN_SECONDS = 1.0
_MOST_STABLE_SECONDS = 2.0
_MOST_POINTS = 1.5

_FIRST_SHOWN = attrgetter("first_shown_seconds")
_STABLE = attrgetter("stable_seconds")
_FINAL = attrgetter("final_seconds")


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
    sheets = [_lag_sheet(run), _accuracy_sheet(run), _cost_sheet(run)]
    if run.speechless:
        sheets.append(_invented_sheet(run))
    sheets.append(_target_sheet(targets_of(run)))
    return sheets


def targets_of(run: Run) -> list[Target]:
    """Return the promises for one speaker, held against a run."""
    invented = run.invented_words if run.speechless else None
    return [
        _p50_target("first shown", _MOST_FIRST_SHOWN_SECONDS, run.percentiles(_FIRST_SHOWN)),
        _p50_target("stable", _MOST_STABLE_SECONDS, run.percentiles(_STABLE)),
        _accuracy_target(run),
        Target("no invented words", _number(invented), None if invented is None else invented == 0),
    ]


def print_run(run: Run, console: Console) -> None:
    """Print the tables of a run."""
    for sheet in sheets_of(run):
        table = Table(title=sheet.title, title_justify="left", title_style="bold")
        for index, column in enumerate(sheet.columns):
            table.add_column(column, justify="left" if index == 0 else "right")
        for row in sheet.rows:
            table.add_row(*row)
        console.print()
        console.print(table)


def markdown_of(run: Run, heading: str) -> str:
    """Return the tables as Markdown below a heading."""
    parts = [f"## {heading}"]
    for sheet in sheets_of(run):
        lines = [_line(sheet.columns), _line(["---"] + ["---:"] * (len(sheet.columns) - 1))]
        parts.append("\n".join([f"**{sheet.title}**", "", *lines, *map(_line, sheet.rows)]))
    return "\n\n".join(parts) + "\n"


def json_of(run: Run) -> dict[str, object]:
    """Return all that was measured, for programs."""
    return {
        "speakers": run.speakers,
        "streamed_seconds": run.streamed_seconds,
        "wall_seconds": run.wall_seconds,
        "cpu_seconds_per_audio_second": run.cpu_seconds_per_audio_second,
        "peak_bytes": run.load.peak_bytes if run.load else None,
        "reference_real_time_factor": run.reference_real_time_factor,
        "flicker": run.flicker,
        "invented_words": run.invented_words,
        "first_shown_seconds": _pair(run.percentiles(_FIRST_SHOWN)),
        "stable_seconds": _pair(run.percentiles(_STABLE)),
        "final_seconds": _pair(run.percentiles(_FINAL)),
        "targets": [asdict(target) for target in targets_of(run)],
        "recordings": [_entry(score) for score in run.scores],
    }


def _p50_target(name: str, most_seconds: float, lag: Percentiles | None) -> Target:
    name = f"{name} p50 ≤ {most_seconds:.1f} s"
    if lag is None:
        return Target(name, _DASH, None)
    return Target(name, _seconds(lag.p50), lag.p50 <= most_seconds)


def _accuracy_target(run: Run) -> Target:
    """All speech counts together, as people read it in the end."""
    settled = total(score.settled for score in run.speech)
    points = _points(settled, total(score.reference for score in run.speech))
    kept = None if points is None else points <= _MOST_POINTS
    return Target(f"WER at most {_MOST_POINTS} points above the reference", _signed(points), kept)


def _lag_sheet(run: Run) -> Sheet:
    rows = []
    for name, of in (("first shown", _FIRST_SHOWN), ("stable", _STABLE), ("final", _FINAL)):
        lag = run.percentiles(of)
        rows.append((name, _seconds(lag.p50), _seconds(lag.p95)) if lag else (name, _DASH, _DASH))
    timed = sum(len(score.lags) for score in run.speech)
    shown = sum(score.steadiness.final_words for score in run.speech)
    title = f"Lag after a word was said ({timed} of {shown} words timed)"
    return Sheet(title, ("", "p50", "p95"), tuple(rows))


def _accuracy_sheet(run: Run) -> Sheet:
    rows = [_accuracy_row(f"{kind}, {lang}", scores) for (kind, lang), scores in grouped(run.speech).items()]
    rows.append(_accuracy_row("all", run.speech))
    columns = ("WER", "recordings", "words", "live finals", "after refining", "reference", "difference")
    return Sheet("Word error rate, %", columns, tuple(rows))


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


def _cost_sheet(run: Run) -> Sheet:
    captions = sum(score.captions for score in run.speech)
    refined = sum(score.refined for score in run.speech)
    changed = sum(score.changed for score in run.speech)
    longest_seconds = run.wall_seconds * run.speakers / run.streamed_seconds if run.streamed_seconds else None
    rows = (
        ("speakers at a time", str(run.speakers)),
        ("audio streamed", f"{run.streamed_seconds / 60:.1f} min"),
        ("flicker: words taken back per final word", _decimal(run.flicker)),
        ("finals", str(captions)),
        ("refined after the final", f"{refined} ({changed} with other words)"),
        ("CPU seconds per audio second", _decimal(run.cpu_seconds_per_audio_second)),
        ("peak memory", f"{run.load.peak_bytes / 2**20:.0f} MiB" if run.load else _DASH),
        ("wall seconds per audio second of a speaker", _decimal(longest_seconds)),
        ("reference: computing seconds per audio second", _decimal(run.reference_real_time_factor)),
    )
    return Sheet("Steadiness and cost", ("", "value"), rows)


def _invented_sheet(run: Run) -> Sheet:
    rows = [
        (score.recording.id, f"{score.recording.seconds:.0f} s", str(score.words_shown), score.final_text)
        for score in run.speechless
    ]
    return Sheet(
        "Words shown where nobody speaks", ("recording", "length", "words", "last text"), tuple(rows)
    )


def _target_sheet(targets: Sequence[Target]) -> Sheet:
    verdicts = {True: "yes", False: "NO", None: "not measured"}
    rows = tuple((target.name, target.measured, verdicts[target.kept]) for target in targets)
    return Sheet("Targets (one speaker, 2 cores, Whisper base)", ("target", "measured", "kept"), rows)


def _entry(score: Score) -> dict[str, object]:
    return {
        "id": score.recording.id,
        "kind": score.recording.kind,
        "lang": score.recording.lang,
        "live": asdict(score.live),
        "settled": asdict(score.settled),
        "reference": asdict(score.reference) if score.reference else None,
        "captions": score.captions,
        "refined": score.refined,
        "changed": score.changed,
        "taken_back": score.steadiness.taken_back,
        "words_shown": score.words_shown,
        "text": score.final_text,
        "lags": [asdict(lag) for lag in score.lags],
    }


def _points(settled: ErrorCount, reference: ErrorCount) -> float | None:
    if settled.rate is None or reference.rate is None:
        return None
    return 100 * (settled.rate - reference.rate)


def _pair(percentiles: Percentiles | None) -> dict[str, float] | None:
    return asdict(percentiles) if percentiles else None


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


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
