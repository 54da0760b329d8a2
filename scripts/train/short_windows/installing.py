"""Weights that learnt, as a model of the service: a directory of its own, and a catalogue that knows it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from benchmark.stand_ins import catalog_entry

from assistant.weights.catalog import Catalog, Model, catalog_path, load_catalog
from assistant.weights.manifest import InstalledFile, inspect, sha256_of
from train.errors import NotTrainable

_BESIDE = ("config.json", "tokenizer.json", "vocabulary.json", "vocabulary.txt", "preprocessor_config.json")


def install(model: Path, weights: Path, catalog: Path) -> None:
    """Lay beside `model.bin` what belongs to it, and write a catalogue that has the model, too.

    Args:
        model: A directory `models/NAME` with the weights that learnt.
        weights: The directory of those that they were.
        catalog: Where to write; it holds everything of the catalogue that ships besides.

    Raises:
        NotTrainable: The catalogue lacks the weights that they were.
    """
    for name in _BESIDE:
        if (weights / name).is_file():
            shutil.copyfile(weights / name, model / name)
    known = _known(load_catalog(), weights.name)
    title = f"{known.title}, for short windows"
    entry = catalog_entry(replace(known, name=model.name, title=title), _files(model))
    catalog.write_text(f"{catalog_path().read_text('utf-8')}\n{entry}", "utf-8")


def _known(catalog: Catalog, name: str) -> Model:
    for model in catalog.models:
        if model.name == name:
            return model
    raise NotTrainable(f"The catalogue knows no “{name}”, so it cannot have a model made from it.")


def _files(directory: Path) -> dict[str, InstalledFile]:
    return {path.name: inspect(path, sha256_of(path)) for path in sorted(directory.iterdir())}
