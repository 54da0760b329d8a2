"""Train models of our own: a recipe that anyone can repeat.

Each recipe keeps what it has done in its output folder and goes on there when it is called again,
so it can be stopped at any time. All of them run on a CPU too, at toy size.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from train.errors import NotTrainable

_RECIPES = {
    "warm-start": "a text model between French and English, from one that knows Portuguese",
    "word-tables": "French in Portuguese words and back, for models that know Portuguese",
    "short-windows": "a Whisper model that needs no audio window of 30 seconds",
}
"""Each has a module `command` in the package of its name, with `add_arguments` and `run`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a recipe; return 0, or 2 with a sentence when it cannot be run."""
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="scripts/train/run",
        description=summary,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    recipes = parser.add_subparsers(dest="recipe", required=True, metavar="RECIPE")
    asked = sys.argv[1:] if arguments is None else arguments
    for name, what in _RECIPES.items():
        recipe = recipes.add_parser(name, help=what)
        if name in asked[:1]:
            command = import_module(f"train.{name.replace('-', '_')}.command")
            recipe.description = command.__doc__
            command.add_arguments(recipe)
    chosen = parser.parse_args(asked)
    try:
        command.run(chosen)
    except NotTrainable as problem:
        print(f"{parser.prog}: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
