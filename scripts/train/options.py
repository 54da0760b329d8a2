"""What all recipes have in common on the command line and in their output folder."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from train.errors import NotTrainable

_AUTO = "auto"

AnyRecipe = TypeVar("AnyRecipe", bound=Any)


def add_common(parser: argparse.ArgumentParser, steps: Sequence[str], sizes: Sequence[str]) -> None:
    """Declare what every recipe reads."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("output", type=Path, metavar="FOLDER", help="where everything is kept")
    parser.add_argument("--size", choices=sizes, default=sizes[0], help="(default: %(default)s)")
    parser.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="NAME=VALUE",
        help="change one value of the recipe, such as steps=20000",
    )  # fmt: skip
    parser.add_argument("--minutes", type=float, default=float("inf"), help="learn for so long, then stop")
    parser.add_argument("--stop-after", choices=steps, default=steps[-1], help="do no more than this")
    parser.add_argument(
        "--device", choices=(_AUTO, "cuda", "cpu"), default=_AUTO, help="(default: %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=0, help="of this process (default: all cores)")


def recipe_of(folder: Path, wanted: AnyRecipe, changes: Sequence[str]) -> AnyRecipe:
    """Return the recipe that a folder was begun with, or begin it with `wanted` and these changes.

    Raises:
        NotTrainable: A change names nothing, or the folder was begun with another recipe.
    """
    path = folder / "recipe.json"
    wanted = replace(wanted, **dict(_change(wanted, change) for change in changes))
    document = json.loads(json.dumps(asdict(wanted)))
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
        return wanted
    begun = json.loads(path.read_text("utf-8"))
    if set(begun) != set(document):
        raise NotTrainable(f"{path} was written by another version of this recipe; use a new folder.")
    if changes and begun != document:
        raise NotTrainable(f"{folder} was begun with another recipe; use a new folder, or leave out --set.")
    plain = {name: value for name, value in begun.items() if not isinstance(value, dict)}
    return replace(wanted, **plain)


def run_steps(work: object, steps: Sequence[str], last: str) -> None:
    """Call methods by name up to the last one wanted, until one says that the next cannot be done."""
    for step in steps[: steps.index(last) + 1]:
        if not getattr(work, step)():
            return


def device_of(wanted: str) -> str:
    """Return `cuda` or `cpu`; raises `NotTrainable` where a GPU is wanted and there is none."""
    import torch  # noqa: PLC0415 - slow to import, and not needed by every step

    if wanted == "cuda" and not torch.cuda.is_available():
        raise NotTrainable("PyTorch finds no GPU here.")
    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == _AUTO else wanted


def device_title(device: str, threads: int) -> str:
    """Return what computes, in words."""
    import torch  # noqa: PLC0415

    return torch.cuda.get_device_name() if device == "cuda" else f"{threads} cores"


def threads_of(wanted: int) -> int:
    """Return the number of threads; all cores for 0."""
    return wanted or len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Log:
    """Progress, told on standard error and kept in `log.txt` of the folder."""

    folder: Path

    def say(self, line: str) -> None:
        """Tell a line."""
        stamped = f"{time.strftime('%H:%M:%S')} {line}"
        print(stamped, file=sys.stderr, flush=True)
        with (self.folder / "log.txt").open("a", encoding="utf-8") as log:
            log.write(stamped + "\n")


def _change(recipe: object, text: str) -> tuple[str, int | float]:
    name, _, value = text.partition("=")
    kinds = {each.name: each.type for each in fields(recipe) if each.type in ("int", "float")}  # type: ignore[arg-type] # a dataclass
    try:
        return name, int(value) if kinds[name] == "int" else float(value)
    except (KeyError, ValueError):
        raise NotTrainable(f"“{text}” changes nothing: NAME=VALUE with one of {', '.join(kinds)}.") from None
