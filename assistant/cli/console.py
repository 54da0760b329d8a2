"""What the commands share: options, settings, and how they speak to the terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from assistant.core.errors import InvalidInput
from assistant.settings import Settings

DataDirectory = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Where transcripts, the audio journal and weights are kept.", show_default=False
    ),
]
ModelsDirectory = Annotated[
    Path | None,
    typer.Option(
        "--models-dir",
        help="Where weights are kept; default: models in the data directory.",
        show_default=False,
    ),
]
Catalogue = Annotated[
    Path | None,
    typer.Option(
        "--catalog", help="Another catalogue of weights than the one that ships.", show_default=False
    ),
]
SpeechModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Speech recognition weights, a name from the catalogue; default: whisper-base.",
        show_default=False,
    ),
]
GlossaryFile = Annotated[
    Path | None,
    typer.Option(
        "--glossary",
        help="Names and terms as they are to be written: CSV, TBX, or text with one per line.",
        show_default=False,
    ),
]


def read_settings(**chosen: str | int | Path | None) -> Settings:
    """Return the settings of the environment, with those that were chosen on the command line.

    Raises:
        InvalidInput: One of them cannot be; the message names it, but not its value.
    """
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        # Values may be secrets (tokens, database passwords), so only names and reasons are shown.
        faults = {_said_as(str(fault["loc"][0]), given): _reason(fault) for fault in error.errors()}
        told = "; ".join(f"{name}: {reason}" for name, reason in faults.items())
        raise InvalidInput(f"The settings are not valid ({told}).") from None


def _said_as(setting: str, given: Collection[str]) -> str:
    """Return what people wrote to choose a setting: an option, or a variable of the environment."""
    return f"--{setting.replace('_', '-')}" if setting in given else f"ASSISTANT_{setting.upper()}"


def _reason(fault: ErrorDetails) -> str:
    own = fault.get("ctx", {}).get("error")
    return str(own or fault["msg"]).removesuffix(".")


def out() -> Console:
    """Return the console of results."""
    return Console(highlight=False, soft_wrap=True)


def complain(sentence: str) -> None:
    """Write a sentence where errors go."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(sentence, style="red", markup=False)


def human_bytes(size_bytes: int | None) -> str:
    """Return a length for people, such as `145 MB`."""
    if size_bytes is None:
        return "?"
    size, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:  # noqa: PLR2004  # the step from one decimal unit to the next
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"  # noqa: PLR2004  # two digits


class Bars:
    """Progress of work on weights as bars, or as plain lines where there is no terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._done_bytes = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, label: str, total_bytes: int | None) -> None:
        """Show a step."""
        if self._console.is_terminal:
            self._bars.add_task(label, total=total_bytes)
        else:
            self._console.print(
                f"{label} ({human_bytes(total_bytes)})" if total_bytes else label, markup=False
            )

    def reach(self, done_bytes: int) -> None:
        """Move the bar of the current step."""
        if self._bars.task_ids:
            self._bars.update(self._bars.task_ids[-1], completed=done_bytes)

    def note(self, sentence: str) -> None:
        """Write a sentence above the bars."""
        self._console.print(sentence, style="yellow", markup=False)


@contextmanager
def fraction_bar(label: str) -> Iterator[Any]:
    """Show a bar and give the function that moves it, which takes a number from 0 to 1."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(label, total=1.0)
        yield lambda fraction: bars.update(task, completed=fraction)
