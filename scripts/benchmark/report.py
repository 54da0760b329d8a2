"""A run on the terminal, as Markdown for the documentation, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from benchmark.result import Percentiles, Run, Score
from benchmark.scoring import Shown
from benchmark.tables import FINAL, FIRST_SHOWN, STABLE, sheets_of, targets_of


def print_run(run: Run, console: Console) -> None:
    """Print the tables of a run."""
    for sheet in sheets_of(run):
        table = Table()
        for index, column in enumerate(sheet.columns):
            table.add_column(column, justify="left" if index == 0 else "right")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(f"\n[bold]{sheet.title}[/bold]")
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
        "speech": asdict(run.speech) if run.speech else None,
        "no_speech": asdict(run.speechless) if run.speechless else None,
        "reference_real_time_factor": run.reference_real_time_factor,
        "flicker": run.flicker,
        "invented_words": run.invented_words,
        "first_shown_seconds": _pair(run.percentiles(FIRST_SHOWN)),
        "stable_seconds": _pair(run.percentiles(STABLE)),
        "final_seconds": _pair(run.percentiles(FINAL)),
        "targets": [asdict(target) for target in targets_of(run)],
        "recordings": [_entry(score) for score in run.scores],
    }


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
        "events": [_event(shown, score.take.began_at) for shown in score.take.events],
    }


def _event(shown: Shown, began_at: float) -> dict[str, object]:
    caption = shown.caption
    return {
        "at_seconds": round(shown.at_seconds - began_at, 3),
        "id": caption.id,
        "lang": caption.lang,
        "stable": caption.text[: caption.stable],
        "unstable": caption.text[caption.stable :],
        "final": caption.final,
        "refined": caption.refined,
    }


def _pair(percentiles: Percentiles | None) -> dict[str, float] | None:
    return asdict(percentiles) if percentiles else None


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
