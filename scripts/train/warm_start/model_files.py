"""The files of a Firefox model: of the parent, of what learning begins with, of what is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.core.errors import PackageInvalid
from assistant.engines.text_packages import FirefoxFiles, firefox_files
from train.errors import NotTrainable
from train.warm_start.recipe import Recipe

_KINDS = {"fr": "words", "en": "code"}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The directory of a Firefox model, as it is begun from or as it is made.

    Attributes:
        folder: The directory.
        names: Which file is what.
    """

    folder: Path
    names: FirefoxFiles

    @classmethod
    def found(cls, folder: Path) -> ModelFiles:
        """Look through a directory; raises `NotTrainable` if it holds no Firefox model."""
        try:
            return cls(folder, firefox_files(path.name for path in folder.iterdir()))
        except PackageInvalid as error:
            raise NotTrainable(f"{folder}: {error.message}") from error
        except OSError as error:
            raise NotTrainable(f"{folder} cannot be read ({error.strerror}).") from error

    @classmethod
    def named(cls, folder: Path, recipe: Recipe) -> ModelFiles:
        """Return the files of a model that is made, called as Firefox calls its own."""
        pair = recipe.source + recipe.target
        table = f"{table_kind(recipe.source)}.{pair}.tsv"
        names = FirefoxFiles(
            model=f"model.{pair}.intgemm.alphas.bin",
            source_vocabulary=f"srcvocab.{pair}.spm",
            target_vocabulary=f"trgvocab.{pair}.spm",
            shortlist=None,
            words=table if recipe.source == "fr" else None,
            code=table if recipe.source == "en" else None,
        )
        return cls(folder, names)

    @property
    def model(self) -> Path:
        """The weights."""
        return self.folder / self.names.model

    @property
    def vocabularies(self) -> tuple[Path, Path]:
        """Of what is read, of what is written; one file can be both."""
        return self.folder / self.names.source_vocabulary, self.folder / self.names.target_vocabulary

    @property
    def table(self) -> Path | None:
        """The French and Portuguese words; a parent has none."""
        name = self.names.words or self.names.code
        return self.folder / name if name else None


def table_kind(source: str) -> str:
    """Return how a table is called, on the command line and in a model, by the language read."""
    return _KINDS[source]
