"""`assistant translate`: lines of standard input in another language at standard output."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING, Annotated

import typer

from assistant.cli.console import DataDirectory, GlossaryFile, ModelsDirectory, complain, read_settings
from assistant.core.errors import InvalidInput, LanguageUnavailable
from assistant.core.language import parse_language

if TYPE_CHECKING:
    from assistant.core.translation.routes import Route
    from assistant.translation.lines import TranslatedLine

_TURN_LINES = 32
"""So many lines are translated at a time, unless somebody types them."""


def translate(
    source: Annotated[str, typer.Option("--from", help="The language of the lines, such as fr.")],
    target: Annotated[str, typer.Option("--to", help="The language to translate into, such as en.")],
    glossary: GlossaryFile = None,
    json_output: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Write each line as JSON: its route, if that is rough, if all of it was translated.",
        ),
    ] = False,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
) -> None:
    """Translate text on this machine: standard input, line by line, to standard output.

    There are as many lines out as in. A sentence that cannot be translated stays as it is; its line is named
    at the end, and the exit status is 1.
    """
    if sys.stdin is None or sys.stdout is None:
        raise InvalidInput("Standard input or output is closed: lines come from the one and go to the other.")
    languages = parse_language(source), parse_language(target)
    settings = read_settings(data_dir=data_dir, models_dir=models_dir, glossary=glossary)

    from assistant.bootstrap import build_glossary, build_translations
    from assistant.translation.lines import translate_lines

    terms = build_glossary(settings)

    async def run() -> list[int]:
        """Translate all there is; return the numbers of lines that did not come through whole."""
        service = build_translations(settings)
        failed: list[int] = []
        number = 0
        try:
            route = service.routes.route(*languages)
            if route is None:
                service.check_targets([languages[1]])
                raise LanguageUnavailable(
                    f"Nothing leads from {languages[0]} to {languages[1]} with the models that are installed;"
                    " “assistant models list” shows what can be translated."
                )
            lines = _lines(sys.stdin.buffer)
            turn_lines = 1 if sys.stdin.isatty() else _TURN_LINES
            while turn := list(islice(lines, turn_lines)):
                for line in await translate_lines(turn, service, route, terms):
                    number += 1
                    failed += [] if line.whole else [number]
                    _write(_told(line, route) if json_output else line.text)
        finally:
            await service.close()
        return failed

    if failed := asyncio.run(run()):
        shown = ", ".join(map(str, failed[:20])) + (", …" if len(failed) > len(failed[:20]) else "")
        complain(f"Not all could be translated, and stands there as it was: line {shown}.")
        raise typer.Exit(1)


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Yield the lines of a stream without their ends; what is no UTF-8 becomes a mark for that."""
    for raw in stream:
        yield raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")


def _told(line: TranslatedLine, route: Route) -> str:
    told = {
        "text": line.text,
        "translated": line.whole,
        "models": [leg.name for leg in route.legs],
        "via": list(route.via),
        "rough": route.rough,
    }
    return json.dumps(told, ensure_ascii=False)


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()
