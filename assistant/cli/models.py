"""`assistant models`: which weights there are, and getting them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assistant.catalog import Model, load_catalog
from assistant.cli.console import (
    Bars,
    Catalogue,
    DataDirectory,
    ModelsDirectory,
    human_bytes,
    out,
    read_settings,
)
from assistant.weights import WeightsStore

Names = Annotated[list[str] | None, typer.Argument(help="Names from the catalogue.", show_default=False)]
AllowUnknownHash = Annotated[
    bool,
    typer.Option(
        "--allow-unknown-hash",
        help="Accept files whose SHA-256 the catalogue does not know. Only if you trust them.",
    ),
]


def models_app() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="List, fetch, check and carry the weights.", no_args_is_help=True)
    app.command("list")(list_models)
    app.command("pull")(pull)
    app.command("verify")(verify)
    app.command("bundle")(bundle)
    app.command("install")(install)
    return app


def list_models(
    json_output: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """List the models of the catalogue and say which are installed."""
    store = _store(data_dir, models_dir, catalog)
    installed, defaults = set(store.installed()), set(store.catalog.default)
    if json_output:
        rows = [_row(model, store, installed=model.name in installed) for model in store.catalog.models]
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table(box=None, header_style="bold")
    for heading in ("model", "", "size", "memory", "languages", "licence"):
        table.add_column(heading, no_wrap=True)
    for model in store.catalog.models:
        marks = ("installed" if model.name in installed else "", "default" if model.name in defaults else "")
        table.add_row(
            model.name,
            " ".join(filter(None, marks)),
            human_bytes(model.size_bytes),
            human_bytes(model.memory_bytes),
            _languages(model),
            model.licence,
        )
    out().print(table)


def pull(
    names: Names = None,
    default: Annotated[
        bool, typer.Option("--default", help="Beside those named, also the ones that the service needs.")
    ] = False,
    allow_unknown_hash: AllowUnknownHash = False,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """Fetch models, by default those that the service needs, from the catalogue's sources.

    What is installed already is left alone; what broke off goes on where it stopped.
    """
    from assistant.weights.pull import pull_models

    store = _store(data_dir, models_dir, catalog)
    wanted = [*(names or ()), *(store.catalog.default if default or not names else ())]
    with Bars() as bars:
        fetched = pull_models(store, wanted, bars, allow_unknown_hash=allow_unknown_hash)
    for name in fetched:
        out().print(f"{name} is installed.")
    if not fetched and not default:
        out().print(f"{', '.join(wanted)}: installed already.")


def verify(
    names: Names = None,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """Hash every file of installed models, by default of all, and delete what is wrong."""
    store = _store(data_dir, models_dir, catalog)
    checked = names or list(store.installed())
    for name in checked:
        store.verify(name)
        out().print(f"{name} is what the catalogue says.")
    if not checked:
        out().print("No weights are installed.")


def bundle(
    archive: Annotated[Path, typer.Argument(help="The file to write, such as weights.tar.")],
    names: Names = None,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """Write installed models, by default all, into one archive for machines that are never online."""
    from assistant.weights.bundle import write_bundle

    store = _store(data_dir, models_dir, catalog)
    chosen = names or list(store.installed())
    with Bars() as bars:
        write_bundle(store, chosen, archive, bars)
    out().print(f"{archive} holds {', '.join(chosen) or 'nothing'} ({human_bytes(archive.stat().st_size)}).")


def install(
    archive: Annotated[Path, typer.Argument(help="An archive that “assistant models bundle” wrote.")],
    allow_unknown_hash: AllowUnknownHash = False,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """Install the models of an archive, after checking every file."""
    from assistant.weights.bundle import install_bundle

    store = _store(data_dir, models_dir, catalog)
    with Bars() as bars:
        installed = install_bundle(store, archive, bars, allow_unknown_hash=allow_unknown_hash)
    for name in installed:
        out().print(f"{name} is installed.")
    if not installed:
        out().print("All models of the archive are installed already.")


def _store(data_dir: Path | None, models_dir: Path | None, catalog: Path | None) -> WeightsStore:
    settings = read_settings(data_dir=data_dir, models_dir=models_dir, catalog=catalog)
    return WeightsStore(settings.weights_dir, load_catalog(settings.catalog))


def _languages(model: Model) -> str:
    if model.kind == "translation":
        return " → ".join(model.languages)
    return "many" if "*" in model.languages else ", ".join(model.languages)


def _row(model: Model, store: WeightsStore, *, installed: bool) -> dict[str, object]:
    return {
        "name": model.name,
        "title": model.title,
        "kind": model.kind,
        "languages": list(model.languages),
        "size_bytes": model.size_bytes,
        "memory_bytes": model.memory_bytes,
        "licence": model.licence,
        "default": model.name in store.catalog.default,
        "installed": installed,
    }
