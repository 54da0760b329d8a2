"""One text model under the names of several, to measure what many languages cost where few are installed.

Each stand-in is a model of its own to the service: loaded, and computing, as a real one would. What it
writes is not the language it stands for.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.core.errors import ModelMissing
from assistant.settings import Settings
from assistant.weights import WeightsStore
from assistant.weights.catalog import Model, catalog_path, load_catalog
from assistant.weights.manifest import InstalledFile, write_manifest

_SPOKEN = "en"
_NOWHERE = "https://stand-in.invalid/"


@dataclass(frozen=True, slots=True)
class Weights:
    """What a service finds installed.

    Attributes:
        directory: Where the weights are.
        catalog: Their catalogue; None for the one that ships.
    """

    directory: Path
    catalog: Path | None


@contextmanager
def standing_in(settings: Settings, installed: str, languages: Sequence[str]) -> Iterator[Weights]:
    """Yield weights in which one model also translates into languages that have none; then remove them.

    Args:
        settings: Where the real weights and their catalogue are.
        installed: The language into which the model from English translates.
        languages: Those into which something must translate.

    Raises:
        ModelMissing: No model from English into `installed` is installed.
    """
    store = WeightsStore(settings.weights_dir, load_catalog(settings.catalog))
    present = _from_english(store)
    if installed not in present:
        raise ModelMissing(f"No model from English into “{installed}” is installed that could stand in.")
    model = present[installed]
    stand_ins = [_named_for(model, language) for language in languages if language not in present]
    with tempfile.TemporaryDirectory(prefix="bench-weights-") as folder:
        directory = Path(folder) / "models"
        directory.mkdir()
        for name in store.installed():
            (directory / name).symlink_to(store.path(name).resolve(), target_is_directory=True)
        for each in stand_ins:
            _link(store, model.name, directory / each.name)
        entries = [catalog_entry(each, store.files(model.name).files) for each in stand_ins]
        catalog = Path(folder) / "catalog.toml"
        real = catalog_path(settings.catalog).read_text(encoding="utf-8")
        catalog.write_text("\n".join([real, *entries]), encoding="utf-8")
        yield Weights(directory, catalog)


def _from_english(store: WeightsStore) -> dict[str, Model]:
    """Return the installed models that translate from English, by the language they write."""
    known = {model.name: model for model in store.catalog.models}
    installed = [known[name] for name in store.installed() if name in known]
    return {
        model.languages[1]: model
        for model in installed
        if model.kind == "translation" and model.languages[0] == _SPOKEN
    }


def _named_for(model: Model, language: str) -> Model:
    name = f"translate-{_SPOKEN}-{language}-like-{model.languages[1]}"
    return replace(model, name=name, title=f"{model.title}, for “{language}”", languages=(_SPOKEN, language))


def _link(store: WeightsStore, name: str, directory: Path) -> None:
    """Lay links to an installed model's files into a directory of another name."""
    manifest = store.files(name)
    for path in manifest.files:
        link = directory / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((store.path(name) / path).resolve())
    write_manifest(directory, replace(manifest, model=directory.name))


def catalog_entry(model: Model, described: Mapping[str, InstalledFile]) -> str:
    """Return the catalogue's entry of a model with these files; what JSON writes here is TOML as well."""
    head = {
        "name": model.name,
        "title": model.title,
        "kind": model.kind,
        "languages": model.languages,
        "memory_bytes": model.memory_bytes,
        "licence": model.licence,
        "attribution": model.attribution,
        "homepage": model.homepage,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    files = ",\n".join(
        f'    {{ path = {json.dumps(path)}, size_bytes = {file.size_bytes}, sha256 = "{file.sha256}" }}'
        for path, file in described.items()
    )
    source = ["[[models.sources]]", 'kind = "url"', f'base = "{_NOWHERE}"', f"files = [\n{files},\n]"]
    return "\n".join(["[[models]]", *lines, "", *source, ""])
