"""Tables as text: on the terminal, as Markdown, and how numbers are written in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from benchmark.targets import Target

DASH = "–"


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
class Report:
    """What a run has to say.

    Attributes:
        heading: What was run.
        sheets: Its tables.
        targets: The promises it can be held against.
        document: All that was measured, for programs; made of what JSON knows.
    """

    heading: str
    sheets: tuple[Sheet, ...]
    targets: tuple[Target, ...] = ()
    document: dict[str, object] = field(default_factory=dict)


def print_sheets(sheets: Sequence[Sheet], console: Console) -> None:
    """Print tables."""
    for sheet in sheets:
        table = Table()
        for index, column in enumerate(sheet.columns):
            table.add_column(column, justify="left" if index == 0 else "right")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(f"\n[bold]{sheet.title}[/bold]")
        console.print(table)


def markdown_of(report: Report) -> str:
    """Return the tables of a report as Markdown below its heading."""
    parts = [f"## {report.heading}"]
    for sheet in [*report.sheets, *target_sheets(report.targets)]:
        lines = [_line(sheet.columns), _line(["---"] + ["---:"] * (len(sheet.columns) - 1))]
        parts.append("\n".join([f"**{sheet.title}**", "", *lines, *map(_line, sheet.rows)]))
    return "\n\n".join(parts) + "\n"


def target_sheets(targets: Sequence[Target]) -> list[Sheet]:
    """Return the table of the targets that were measured, if there are any."""
    verdicts = {True: "kept", False: "NOT KEPT", None: DASH}
    rows = tuple(
        (target.name, target.must, target.aim, target.measured, verdicts[target.kept], verdicts[target.aimed])
        for target in targets
        if target.kept is not None
    )
    columns = ("target", "must", "aim", "measured", "must", "aim")
    return [Sheet("Targets (2 cores, Whisper base int8)", columns, rows)] if rows else []


def seconds_text(value: float | None) -> str:
    """Return seconds with two decimals."""
    return DASH if value is None else f"{value:.2f} s"


def pair_text(pair: tuple[float, float] | None) -> str:
    """Return two durations side by side."""
    return DASH if pair is None else f"{pair[0]:.2f} / {pair[1]:.2f}"


def signed_text(value: float | None) -> str:
    """Return a difference with its sign."""
    return DASH if value is None else f"{value:+.1f}"


def decimal_text(value: float | None) -> str:
    """Return a number with two decimals."""
    return DASH if value is None else f"{value:.2f}"


def percent_text(share: float | None) -> str:
    """Return a share as per cent, without the sign."""
    return DASH if share is None else f"{100 * share:.1f}"


def mebibytes_text(value: int | None) -> str:
    """Return bytes as MiB, without the unit."""
    return DASH if value is None else f"{value / 2**20:.0f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
