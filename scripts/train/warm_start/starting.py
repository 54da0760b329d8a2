"""What learning begins with: the parent, with the pieces of its vocabulary that each language needs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from assistant.core.errors import AssistantError
from assistant.weights.catalog import load_catalog
from assistant.weights.manifest import sha256_of
from train.errors import NotTrainable
from train.warm_start.groups import Group
from train.warm_start.marian import MarianModel
from train.warm_start.model_files import ModelFiles
from train.warm_start.recipe import Recipe
from train.warm_start.vocabulary import commonest, open_vocabulary
from train.warm_start.wording import Table, signs_of

PARENTS = {"fr": "translate-pt-en", "en": "translate-en-pt"}
"""The model of the catalogue that goes on learning, by the language that will be read."""


def parent_files(recipe: Recipe, folder: Path | None) -> ModelFiles:
    """Return the parent's files, whose hashes are the catalogue's.

    Args:
        recipe: Says which parent.
        folder: Where it lies; None for where `assistant models pull` puts it.

    Raises:
        NotTrainable: It is not there, or is something else.
    """
    name = PARENTS[recipe.source]
    if folder is None:
        from assistant.cli.console import read_settings  # noqa: PLC0415 - reads the environment

        folder = read_settings().weights_dir / name
    if not folder.is_dir():
        raise NotTrainable(f"{folder} is not there: “assistant models pull {name}” fetches it.")
    found = ModelFiles.found(folder)
    try:
        sources = load_catalog().model(name).sources
    except AssistantError as error:
        raise NotTrainable(error.message) from error
    known = {(file.path, file.sha256) for source in sources for file in source.files}
    for path in (found.model, *found.vocabularies):
        if (path.name, sha256_of(path)) not in known:
            raise NotTrainable(f"{path} is not what the catalogue has as {name}: its SHA-256 is another.")
    return found


def begin(
    parent: ModelFiles,
    begun: ModelFiles,
    recipe: Recipe,
    table: Table,
    groups: Mapping[str, Group],
) -> None:
    """Write the parent with two vocabularies of its own pieces.

    Args:
        parent: Has one vocabulary.
        begun: Where to; its table is there already.
        recipe: Says how many pieces each language has.
        table: May need signs.
        groups: What is learnt from, as the model has it.
    """
    whole = open_vocabulary(parent.vocabularies[0])
    chosen = []
    for side, language in enumerate((recipe.source, recipe.target)):
        number = recipe.french_pieces if language == "fr" else recipe.english_pieces
        lots = [(group.share, [pair[side] for pair in group.pairs]) for group in groups.values()]
        chosen.append(commonest(whole, lots, number, signs_of(table) if language == "fr" else ""))
    for vocabulary, path in zip(chosen, begun.vocabularies, strict=True):
        path.write_bytes(vocabulary.content)
    model = MarianModel.read(parent.model).with_vocabularies(*(each.stand_for for each in chosen))
    model.write(begun.model)


def go_on_from(earlier: ModelFiles, begun: ModelFiles) -> None:
    """Begin with a model that was made before, as it is; its card and licence stay with it."""
    for path, copy in zip(
        (earlier.model, *earlier.vocabularies), (begun.model, *begun.vocabularies), strict=True
    ):
        shutil.copyfile(path, copy)
    for path in sorted(earlier.folder.iterdir()):
        if path.stem.startswith(("README", "LICENSE")):
            shutil.copyfile(path, begun.folder / f"{path.stem}.earlier{path.suffix}")
