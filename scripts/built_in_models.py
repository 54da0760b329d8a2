"""Writes a built-in model into the catalogue: the files beside it with their sizes and hashes, and its score.

    .venv/bin/python scripts/built_in_models.py fr-en --bleu 31.2 [--comet 0.82] [--models DIRECTORY]

The files lie in `models/translate-fr-en-small/`. An entry that is there already is replaced, so this is run
again whenever the model was trained on. A direction whose BLEU on FLORES dev is below `ROUGH_BELOW` is marked
as rough.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from assistant.core.errors import WeightsError
from assistant.engines.text_packages import firefox_files
from assistant.weights.catalog import parse_catalog
from assistant.weights.manifest import sha256_of

ROUGH_BELOW = {"fr-en": 28.0, "en-fr": 24.0}
"""BLEU on FLORES dev (997 sentences) from which on a direction is not rough."""

_TITLES = {"fr-en": "French to English, built in", "en-fr": "English to French, built in"}
_PARENTS = {"fr-en": "Portuguese to English", "en-fr": "English to Portuguese"}
_ATTRIBUTION = "Trained by this project from Mozilla's Firefox Translations tiny, {}; see its card."
_ENTRY = re.compile(r"\[\[models\]\]\nname = \"([^\"]+)\"\n.*?(?=\n\[\[models\]\]\n|\Z)", re.DOTALL)
_DEFAULT = re.compile(r"^default = \[(.*)\]$", re.MULTILINE)
_MEMORY_BYTES = 91_000_000


def entry_of(pair: str, folder: Path, scores: dict[str, float]) -> str:
    """Return the catalogue's entry of a built-in model.

    Args:
        pair: From and to which language, a key of `ROUGH_BELOW`.
        folder: Where its files are; those that no model is made of, such as its card, are left out.
        scores: By measure (`bleu`, 0..100; `comet`, 0..1), on FLORES dev.

    Raises:
        PackageInvalid: Files are missing there.
    """
    names = firefox_files(path.name for path in folder.iterdir()).names
    files = "".join(
        f'    {{ path = "{name}", size_bytes = {(folder / name).stat().st_size},'
        f' sha256 = "{sha256_of(folder / name)}" }},\n'
        for name in sorted(names)
    )
    source, target = pair.split("-")
    told = ", ".join(f"{measure} = {score}" for measure, score in sorted(scores.items()))
    rough = "rough = true\n" if scores["bleu"] < ROUGH_BELOW[pair] else ""
    return f"""[[models]]
name = "{folder.name}"
title = "{_TITLES[pair]}"
kind = "translation"
languages = ["{source}", "{target}"]
memory_bytes = {_MEMORY_BYTES}
scores = {{ {told} }}
{rough}better = ["translate-{pair}", "argos-{pair}"]
licence = "MPL-2.0"
attribution = "{_ATTRIBUTION.format(_PARENTS[pair])}"
homepage = "https://github.com/mozilla/translations"

[[models.sources]]
kind = "file"
folder = "{folder.name}"
files = [
{files}]
"""


def written(catalogue: str, name: str, entry: str) -> str:
    """Return a catalogue with an entry, in place of an earlier one of that name, and among the defaults."""
    for found in _ENTRY.finditer(catalogue):
        if found[1] == name:
            catalogue = catalogue[: found.start()] + entry.rstrip("\n") + "\n" + catalogue[found.end() :]
            break
    else:
        catalogue = catalogue.rstrip("\n") + "\n\n" + entry
    default = _DEFAULT.search(catalogue)
    if default is None:
        raise WeightsError("The catalogue has no line of defaults.")
    if f'"{name}"' not in default[1]:
        line = f'default = [{default[1]}, "{name}"]'
        catalogue = catalogue[: default.start()] + line + catalogue[default.end() :]
    return catalogue


def main(arguments: list[str]) -> None:
    """Write one model into the catalogue."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pair", choices=sorted(ROUGH_BELOW))
    parser.add_argument("--bleu", type=float, required=True, help="on FLORES dev, 0..100")
    parser.add_argument("--comet", type=float, help="on FLORES dev, 0..1")
    parser.add_argument("--models", type=Path, default=Path(__file__).parents[1] / "models")
    chosen = parser.parse_args(arguments)
    folder = chosen.models / f"translate-{chosen.pair}-small"
    scores = {"bleu": chosen.bleu} | ({} if chosen.comet is None else {"comet": chosen.comet})
    path = chosen.models / "catalog.toml"
    text = written(path.read_text("utf-8"), folder.name, entry_of(chosen.pair, folder, scores))
    parse_catalog(text)
    path.write_text(text, "utf-8")
    print(f"{path} has {folder.name} as it lies there.")


if __name__ == "__main__":
    main(sys.argv[1:])
