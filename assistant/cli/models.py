"""`assistant models`: which weights there are, and getting them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zipfile import is_zipfile

import typer
from rich.table import Table

from assistant.cli.console import (
    Bars,
    Catalogue,
    DataDirectory,
    ModelsDirectory,
    complain,
    human_bytes,
    out,
    read_settings,
)
from assistant.core.errors import InvalidInput
from assistant.core.translation.routes import MEASURES, RouteTable, Scores
from assistant.engines.text_packages import engine_of, files_below
from assistant.weights import WeightsStore
from assistant.weights.catalog import load_catalog
from assistant.weights.text_models import find_text_models

if TYPE_CHECKING:
    from assistant.settings import Settings
    from assistant.weights.signing import TrustedKeys

Names = Annotated[list[str] | None, typer.Argument(help="Names from the catalogue.", show_default=False)]
AllowUnknownHash = Annotated[
    bool,
    typer.Option(
        "--allow-unknown-hash",
        help="Accept files whose SHA-256 the catalogue does not know. Only if you trust them.",
    ),
]

_SHOWN = ("name", "title", "kind", "languages", "size_bytes", "memory_bytes", "licence", "rough")
"""What the list tells of a model, as the catalogue has it."""

_WHY = {
    "here": "{better} is installed already",
    "fetched": "{better} could be reached and is better than {built_in}, which came along",
    "unreachable": "nothing better than {built_in}, which came along, could be reached",
    "broken": "nothing better than {built_in}, which came along, could be fetched",
    "unwanted": "the settings let nothing better than {built_in}, which came along, be looked for",
}
"""Why a model is used, by what came of looking for a better one."""

_NEXT_START = "A running service learns of it at its next start."


def models_app() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="List, fetch, check and carry the weights.", no_args_is_help=True)
    app.command("list")(list_models)
    for command in (pull, verify, bundle, install, keygen):
        app.command()(command)
    return app


def list_models(
    json_output: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """List the models and say which are installed, and what can be translated with them."""
    store = _store(data_dir, models_dir, catalog)
    rows = [*_catalogue_rows(store), *_package_rows(store)]
    text_models = find_text_models(store, lambda name, error: complain(f"{name}: {error.message}"))
    settings = read_settings()
    routes = RouteTable(
        (model for model, _ in text_models), settings.translation_models, rough=settings.rough_translations
    )
    if json_output:
        report = {"models": rows, "translations": list(_translations(routes))}
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    out().print(_table(rows))
    out().print("\n[bold]scores of translation models on FLORES dev[/bold]")
    out().print(_scores_table(rows))
    _print_translations(routes)


def pull(
    names: Names = None,
    default: Annotated[
        bool, typer.Option("--default", help="Beside those named, also the ones that the service needs.")
    ] = False,
    better: Annotated[
        bool,
        typer.Option(
            "--better",
            help="Also look, the first time only, for better ones than those that come along.",
        ),
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

    if allow_unknown_hash and _trusted() is not None:
        raise InvalidInput(
            "--allow-unknown-hash is not possible where ASSISTANT_BUNDLE_PUBLIC_KEY is set: only signed"
            " bundles and files whose hash the catalogue knows are installed."
        )
    store = _store(data_dir, models_dir, catalog)
    wanted = [*(names or ()), *(store.catalog.default if default or not names else ())]
    with Bars() as bars:
        fetched = pull_models(store, wanted, bars, allow_unknown_hash=allow_unknown_hash)
    for name in fetched:
        out().print(f"{name} is installed.")
    if not fetched and not default:
        out().print(f"{', '.join(wanted)}: installed already.")
    if better:
        _look_for_better(store, read_settings())


def _look_for_better(store: WeightsStore, settings: Settings) -> None:
    """Fetch better models than the built-in ones where they can be had, and say which are used."""
    from assistant.weights.better import look_for_better
    from assistant.weights.package_index import may_fetch

    with Bars() as bars:
        looks = look_for_better(store, bars, wanted=lambda: settings.fetch_better and may_fetch())
    if not looks:
        return
    text_models = (model for model, _ in find_text_models(store, lambda *_: None))
    routes = RouteTable(text_models, settings.translation_models, rough=settings.rough_translations)
    for look in looks:
        source, target = look.built_in.languages
        route = routes.route(source, target)
        used = " and ".join(leg.name for leg in route.legs) if route else "nothing"
        rough = ", which is rough," if route and route.rough else ""
        reason = _WHY[look.why].format(better=look.better, built_in=look.built_in.name)
        out().print(f"{source} → {target}: {used}{rough} is used, since {reason}.")


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
        known = name in {model.name for model in store.catalog.models}
        out().print(f"{name} is what {'the catalogue says' if known else 'was installed'}.")
    if not checked:
        out().print("No weights are installed.")


def bundle(
    archive: Annotated[Path, typer.Argument(help="The file to write, such as weights.tar.")],
    names: Names = None,
    sign: Annotated[
        Path | None,
        typer.Option(
            "--sign",
            metavar="KEYFILE",
            help="Sign it with this private key, which “assistant models keygen” made.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """Write installed models, by default all, into one archive for machines that are never online."""
    from assistant.weights.bundle import write_bundle
    from assistant.weights.signing import read_private_key

    key = read_private_key(sign) if sign else None
    store = _store(data_dir, models_dir, catalog)
    chosen = names or list(store.installed())
    with Bars() as bars:
        write_bundle(store, chosen, archive, bars, key=key)
    out().print(f"{archive} holds {', '.join(chosen) or 'nothing'} ({human_bytes(archive.stat().st_size)}).")


def install(
    source: Annotated[
        Path,
        typer.Argument(
            help="An archive that “assistant models bundle” wrote, an .argosmodel file, or a directory"
            " with a Firefox model."
        ),
    ],
    pair: Annotated[
        str,
        typer.Option("--pair", help="From and to which language a Firefox model translates, such as en-fr."),
    ] = "",
    rough: Annotated[
        bool,
        typer.Option("--rough", help="Have readers told that a text model of your own is rough."),
    ] = False,
    allow_unknown_hash: AllowUnknownHash = False,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
    catalog: Catalogue = None,
) -> None:
    """Install the models of an archive or a text model of your own, after checking every file.

    Where ASSISTANT_BUNDLE_PUBLIC_KEY is set, only signed bundles and what the catalogue knows by its hash.
    """
    trusted = _trusted()
    store = _store(data_dir, models_dir, catalog)
    if source.is_dir() or source.suffix == ".argosmodel" or is_zipfile(source):
        _install_package(store, source, pair, rough=rough, only_known=trusted is not None)
        return
    from assistant.weights.bundle import install_bundle

    with Bars() as bars:
        installed = install_bundle(
            store, source, bars, allow_unknown_hash=allow_unknown_hash, trusted=trusted
        )
    for name in installed:
        out().print(f"{name} is installed.")
    # Whether others are broken is for the list to tell.
    if any(model.name in installed for model, _ in find_text_models(store, lambda *_: None)):
        out().print(_NEXT_START)
    if not installed:
        out().print("All models of the archive are installed already.")


def keygen(
    keyfile: Annotated[Path, typer.Argument(help="The file of the private key, such as bundles.key.")],
) -> None:
    """Make a key that signs bundles: the private one in a file, the public one beside it as KEYFILE.pub.

    Machines that install bundles get the public one in ASSISTANT_BUNDLE_PUBLIC_KEY; the private one stays.
    """
    from assistant.weights.signing import make_key

    public = make_key(keyfile)
    beside = keyfile.with_name(keyfile.name + ".pub")
    try:
        beside.write_text(public, "utf-8")
    except OSError as error:
        complain(f"{beside} cannot be written ({error.strerror}); this is the public key:")
    out().print(public, end="")
    out().print(f"The private key is in {keyfile}; only its owner can read it.")


def _install_package(store: WeightsStore, source: Path, pair: str, *, rough: bool, only_known: bool) -> None:
    from assistant.weights.packages import install_package

    with Bars() as bars:
        name, fresh = install_package(
            store, source, pair=pair, rough=rough, try_out=_try_out, progress=bars, only_known=only_known
        )
    out().print(f"{name} is installed{'' if fresh else ' already'}.")
    if fresh:
        out().print(_NEXT_START)


def _try_out(directory: Path) -> None:
    """Let a text model translate a sentence, so that a broken one is found out before it is needed."""
    from assistant.engines.translation_process import try_model

    try_model(engine_of(files_below(directory)), directory)


def _trusted() -> TrustedKeys | None:
    """Return the keys by which bundles must be signed; None where none is asked for."""
    from assistant.weights.signing import read_trusted_keys

    return read_trusted_keys(read_settings().bundle_public_key)


def _store(data_dir: Path | None, models_dir: Path | None, catalog: Path | None) -> WeightsStore:
    settings = read_settings(data_dir=data_dir, models_dir=models_dir, catalog=catalog)
    return WeightsStore(settings.weights_dir, load_catalog(settings.catalog))


def _table(rows: Iterable[Mapping[str, Any]]) -> Table:
    # Made to fit a terminal of 80 columns; JSON has the rest.
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("model", "state", "size", "memory", "language", "licence"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in {"size", "memory"} else "left")
    for row in rows:
        table.add_row(
            row["name"],
            "installed" if row["installed"] else "default" if row["default"] else "",
            human_bytes(row["size_bytes"]),
            human_bytes(row["memory_bytes"]),
            _languages(row["kind"], row["languages"]),
            row["licence"],
        )
    return table


def _scores_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("model", "COMET", "BLEU", ""):
        table.add_column(heading, no_wrap=True, justify="right" if heading.isupper() else "left")
    for row in rows:
        if row["kind"] == "translation":
            comet, bleu = (row["scores"].get(measure) for measure in MEASURES)
            table.add_row(
                row["name"],
                "–" if comet is None else f"{comet:.3f}",
                "–" if bleu is None else f"{bleu:.1f}",
                "rough" if row["rough"] else "",
            )
    return table


def _scores(scores: Scores) -> dict[str, float]:
    return {measure: score for measure in MEASURES if (score := scores.by(measure)) is not None}


def _languages(kind: str, languages: Sequence[str]) -> str:
    if kind == "translation":
        return " → ".join(languages)
    return "many" if "*" in languages else ", ".join(languages)


def _catalogue_rows(store: WeightsStore) -> Iterator[dict[str, Any]]:
    installed = set(store.installed())
    for model in store.catalog.models:
        of_the_catalogue = {field: getattr(model, field) for field in _SHOWN}
        yield of_the_catalogue | {
            "scores": _scores(model.scores),
            "quality": model.scores.comet,  # what scripts knew before there were several measures
            "default": model.name in store.catalog.default,
            "installed": model.name in installed,
        }


def _package_rows(store: WeightsStore) -> Iterator[dict[str, Any]]:
    """Yield what an operator installed that the catalogue does not have."""
    known = {model.name for model in store.catalog.models}
    for name in store.installed():
        if name not in known:
            manifest = store.files(name)
            yield {
                "name": name,
                "title": name,
                "kind": "translation" if manifest.languages else "speech",
                "languages": list(manifest.languages) or ["*"],
                "size_bytes": sum(entry.size_bytes for entry in manifest.files.values()),
                "memory_bytes": None,
                "licence": "own",
                "rough": manifest.rough,
                "scores": {},
                "quality": None,
                "default": False,
                "installed": True,
            }


def _translations(routes: RouteTable) -> Iterator[dict[str, Any]]:
    for target in routes.targets:
        for source, route in routes.into(target).items():
            yield {
                "from": source,
                "to": target,
                "via": list(route.via),
                "models": [leg.name for leg in route.legs],
                "rough": route.rough,
            }


def _print_translations(routes: RouteTable) -> None:
    console = out()
    console.print("\n[bold]translations[/bold]")
    if not routes.targets:
        console.print("none: no translation model is installed")
    for entry in _translations(routes):
        way = f"through {' and '.join(entry['via'])}" if entry["via"] else "direct"
        rough = ", rough" if entry["rough"] else ""
        console.print(f"{entry['from']} → {entry['to']}  {way} ({', '.join(entry['models'])}){rough}")
