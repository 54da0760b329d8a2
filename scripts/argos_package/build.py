"""Builds a package, and tries it out as the service would use it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ctranslate2.converters import MarianConverter, OpenNMTPyConverter

from assistant.engines.argos import ArgosTranslator
from assistant.engines.text_packages import argos_languages

ARGOS_VERSION = "1.9"
"""The version of Argos Translate whose layout this is."""

_NAMES = {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "pt": "Portuguese"}
"""How Argos calls the languages; others go by their code."""

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class NotPackaged(Exception):
    """The model cannot be made a package; the message says why."""


@dataclass(frozen=True, slots=True)
class Description:
    """What the package says of itself: languages (BCP-47 primary subtags) and its version."""

    source: str
    target: str
    version: str

    @property
    def stem(self) -> str:
        """The name of the directory inside."""
        return f"translate-{self.source}_{self.target}-{self.version.replace('.', '_')}"

    @property
    def file_name(self) -> str:
        """The name of the package, as Argos calls its own."""
        return f"{self.stem}.argosmodel"

    @property
    def metadata(self) -> dict[str, str]:
        """The content of `metadata.json`."""
        return {
            "package_version": self.version,
            "argos_version": ARGOS_VERSION,
            "from_code": self.source,
            "from_name": _NAMES.get(self.source, self.source),
            "to_code": self.target,
            "to_name": _NAMES.get(self.target, self.target),
        }


def build_package(
    package: Path,
    description: Description,
    *,
    model: Path,
    tokenizer: Path,
    licence: Path,
    vocabularies: Sequence[Path] = (),
    readme: Path | None = None,
) -> None:
    """Write `package`; the same files always make the same bytes.

    Raises:
        NotPackaged: The model is of no kind that can be converted.
        PackageInvalid: The languages cannot be.
    """
    argos_languages(description.metadata)
    with tempfile.TemporaryDirectory() as folder:
        converted = _converted(model, vocabularies, Path(folder) / "model")
        contents = {
            "metadata.json": json.dumps(description.metadata, indent=1).encode() + b"\n",
            "LICENSE": licence.read_bytes(),
            "sentencepiece.model": tokenizer.read_bytes(),
            **{f"model/{path.name}": path.read_bytes() for path in _files(converted)},
        }
        if readme:
            contents["README.md"] = readme.read_bytes()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(contents.items()):
            archive.writestr(_member(f"{description.stem}/{name}"), content)


def try_out(package: Path, sentence: str) -> str:
    """Return the translation of a sentence by a package.

    Raises:
        PackageInvalid: It cannot be loaded.
        NotPackaged: It has nothing to say: model and tokenizer do not belong together.
    """
    with opened(package) as translator:
        translation = translator.translate([sentence])[0]
    if not translation:
        raise NotPackaged("The model says nothing; do model and tokenizer belong together?")
    return translation


@contextmanager
def opened(package: Path) -> Iterator[ArgosTranslator]:
    """Yield what translates with a package, as the service does; raises `PackageInvalid`."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
        (directory,) = Path(folder).iterdir()
        yield ArgosTranslator(directory)


def _converted(model: Path, vocabularies: Sequence[Path], folder: Path) -> Path:
    """Return the directory of the model as CTranslate2 reads it, made in `folder` unless it is one."""
    if (model / "model.bin").is_file():
        return model
    if model.suffix == ".npz":
        if not vocabularies:
            raise NotPackaged(f"{model} is a Marian model: name its vocabularies with --vocabulary.")
        converter = MarianConverter(str(model), [str(path) for path in vocabularies])
    elif model.suffix == ".pt":
        converter = OpenNMTPyConverter(str(model))
    else:
        raise NotPackaged(f"{model} is no directory with a model.bin, no .npz and no .pt file.")
    try:
        converter.convert(str(folder), quantization="int8")
    except (ValueError, KeyError, RuntimeError, NotImplementedError, ImportError) as error:
        raise NotPackaged(f"{model} cannot be converted: {error}") from error
    return folder


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.iterdir()) if path.is_file())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _LONG_AGO)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member
