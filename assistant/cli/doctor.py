"""`assistant doctor`: what this machine has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from assistant.cli.console import DataDirectory, ModelsDirectory, SpeechModel, human_bytes, out, read_settings

if TYPE_CHECKING:
    from assistant.operations.doctor import Report
    from assistant.settings import Settings


def doctor(
    json_output: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    egress: Annotated[
        bool,
        typer.Option(
            "--egress", help="Only list every outside address that could be reached, and what names it."
        ),
    ] = False,
    model: SpeechModel = None,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
) -> None:
    """Say what this machine has, how many live speakers it should carry, and what it would talk to."""
    settings = read_settings(model=model, data_dir=data_dir, models_dir=models_dir)
    if egress:
        _tell_egress(settings, json_output=json_output)
        return
    from assistant.operations.doctor import examine

    report = examine(settings)
    if json_output:
        typer.echo(json.dumps(asdict(report), indent=2))
        return
    table = Table("", "", box=None, show_header=False)
    for label, value in _rows(report):
        table.add_row(label, value)
    out().print(table)


def _tell_egress(settings: Settings, *, json_output: bool) -> None:
    from assistant.operations.egress import download_addresses, outside_addresses

    serving, fetching = outside_addresses(settings), download_addresses(settings)
    if json_output:
        listed = {"service": [*map(asdict, serving)], "models_pull": [*map(asdict, fetching)]}
        typer.echo(json.dumps(listed, indent=2))
        return
    # However narrow the terminal is, an address is told whole.
    longest = max((len(found.address) for found in (*serving, *fetching)), default=0)
    address = Column("address", overflow="fold", min_width=longest)
    table = Table(address, Column("named by", overflow="fold"), "for", box=None)
    for found in (*serving, *fetching):
        place = f"{found.address} (this machine)" if found.local else found.address
        table.add_row(place, found.setting, found.use)
    if not serving:
        out().print("The service reaches nothing: no setting names an outside address.")
    out().print(table)


def _rows(report: Report) -> Iterator[tuple[str, str]]:
    yield "machine", f"{report.system}, Python {report.python}"
    yield "cores", str(report.cores)
    yield "instructions", ", ".join(report.instruction_sets) or "none known that would make it faster"
    yield "memory", f"{human_bytes(report.memory_bytes)}, {human_bytes(report.free_memory_bytes)} free"
    yield "GPUs", str(report.gpus) if report.gpus else "none that CTranslate2 can use"
    yield "computes", f"{report.compute_type} on {report.device}"
    yield "weights", f"{', '.join(report.installed) or 'none'} (in {report.weights_dir})"
    if report.missing:
        yield (
            "missing",
            f"{', '.join(report.missing)}: run “assistant models pull {' '.join(report.missing)}”",
        )
    read = "; ".join(f"{lang} (from {', '.join(sources)})" for lang, sources in report.translations)
    yield "translates", f"into {read}" if read else "nothing: no text models are installed"
    if report.always_into:
        yield "always into", _named(report.always_into, report.unreachable, "no installed model leads there")
    if report.preferred:
        yield "prefers", _named(report.preferred, report.absent, "not installed")
    yield "data", f"{report.data_dir}, {human_bytes(report.free_disk_bytes)} free"
    yield "live speakers", f"about {report.estimate.speakers} talking at the same time"
    yield "", f"an estimate ({report.estimate.basis})"
    yield "outside", "; ".join(report.outside) or "none: nothing leaves this machine"
    yield "", "“assistant doctor --egress” says which setting names each."
    yield "", "Only “assistant models pull” uses the catalogue's sources, and only when it is called."


def _named(names: Sequence[str], lacking: Sequence[str], lack: str) -> str:
    return "; ".join(f"{name}: {lack}" if name in lacking else name for name in names)
