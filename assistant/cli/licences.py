"""`assistant licences`: under which terms everything comes that is installed here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from assistant.cli.console import Catalogue, out, read_settings
from assistant.weights.catalog import load_catalog

if TYPE_CHECKING:
    from assistant.operations.licences import Licensed

_REACH = {
    "weak": "changes to these files are published under the same terms",
    "strong": "whoever passes this on, as in an image, passes on all of it under the same terms, with source",
    "network": "as before, and whoever serves it to others offers them its source",
}


def licences(
    json_output: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    all_packages: Annotated[bool, typer.Option("--all", help="What is only for development too.")] = False,
    catalog: Catalogue = None,
) -> None:
    """List libraries, what they bundle, weights, fonts and data with their licences, copyleft ones marked."""
    from assistant.operations.licences import everything

    found = [
        item
        for item in everything(load_catalog(read_settings(catalog=catalog).catalog))
        if item.runtime or all_packages
    ]
    if json_output:
        typer.echo(json.dumps([asdict(item) for item in found], indent=2, ensure_ascii=False))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("kind", "name", "version", "licence", "copyleft"):
        table.add_column(heading, no_wrap=True)
    for item in found:
        name = f"{item.name} (in {item.part_of})" if item.part_of else item.name
        table.add_row(item.kind, name, item.version, item.licence, item.copyleft)
    out().print(table)
    for reach, meaning in _REACH.items():
        _tell(reach, meaning, [item for item in found if item.copyleft == reach])


def _tell(reach: str, meaning: str, items: Sequence[Licensed]) -> None:
    if items:
        names = ", ".join(dict.fromkeys(item.name for item in items))
        out().print(f"\n[bold]{reach} copyleft[/bold] ({meaning}): {names}")
