"""The catalogue of weights: which models there are, from where, with which hashes and licences.

The catalogue is a TOML file (`models/catalog.toml`). This module only reads it; fetching and
checking is the work of `assistant.weights`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, cast, get_args

from assistant.core.errors import ModelUnknown, WeightsError
from assistant.core.translation.routes import Scores
from assistant.engines.registry import DEFAULT_RECOGNISER, check_recogniser

FORMAT = 1
"""The version of the file format that this module reads."""

ModelKind = Literal["speech", "translation"]
SourceKind = Literal["wheel", "archive", "url", "file"]

_MOST_OF = {"comet": 1.0, "bleu": 100.0}
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"https?://[^\s@]+")


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of an installed model.

    Attributes:
        path: Where it lies under the model's directory, with `/`.
        size_bytes: Its length, or None where nobody published it.
        sha256: Its hash in hexadecimal, or None where nobody published it.
        members: The members of the downloads that make it when put one after the other.
    """

    path: str
    size_bytes: int | None
    sha256: str | None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Download:
    """One thing to fetch: a wheel by requirement, anything by URL, or a file that lies beside the catalogue.

    Attributes:
        name: File name; unique within its source.
        size_bytes: Its length, or None where nobody published it.
        sha256: Its hash in hexadecimal, or None where nobody published it.
        requirement: `name==version` for the configured package index; else empty.
        url: Where it is on the net; else empty.
        beside: Its path below the catalogue's directory, with `/`; else empty.
    """

    name: str
    size_bytes: int | None
    sha256: str | None
    requirement: str = ""
    url: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One place that has a whole model.

    Attributes:
        kind: `wheel` (members of wheels), `archive` (a zip file), `url` (each file by itself), `file` (each
            lies beside the catalogue).
        downloads: What must be fetched.
        files: What it makes; empty for an archive that is taken as it is.
    """

    kind: SourceKind
    downloads: tuple[Download, ...]
    files: tuple[WeightFile, ...]

    @property
    def size_bytes(self) -> int | None:
        """The length of the installed files, or of the downloads where that is not known."""
        sizes = [item.size_bytes for item in self.files or self.downloads]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def vouched(self) -> bool:
        """Whether hashes vouch for every byte that would be installed."""
        files_known = bool(self.files) and all(file.sha256 for file in self.files)
        return files_known or all(download.sha256 for download in self.downloads)


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue.

    Attributes:
        name: How the configuration and the command line call it.
        title: How people call it.
        kind: What it does.
        languages: BCP-47 codes; `*` for all of Whisper's; of a translation: from, to.
        memory_bytes: Main memory that it takes when loaded, roughly.
        licence: SPDX expression.
        terms: The licence's text, or where it is; may be empty.
        attribution: Who made it.
        homepage: Where it is described.
        sources: Where it can be had, in the order to try.
        scores: How well a translation does on FLORES dev.
        rough: Whether readers of its translations have to be told that they are rough.
        better: Names of models that are looked for once, at installation, to be used instead of this one.
        engine: The recogniser that runs it (`engines.registry`); empty for a translation model, whose files
            show what runs it.
    """

    name: str
    title: str
    kind: ModelKind
    languages: tuple[str, ...]
    memory_bytes: int
    licence: str
    terms: str
    attribution: str
    homepage: str
    sources: tuple[Source, ...]
    scores: Scores = field(default_factory=Scores)
    rough: bool = False
    better: tuple[str, ...] = ()
    engine: str = ""

    @property
    def size_bytes(self) -> int | None:
        """The length of its files as the first source has them, or None where that is not known."""
        return self.sources[0].size_bytes

    @property
    def licence_text(self) -> str:
        """What is laid beside the weights."""
        lines = [self.title, f"Source: {self.homepage}", f"Licence: {self.licence}", self.attribution]
        return "\n".join(lines) + "\n\n" + self.terms.strip() + "\n"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models that there are weights of.

    Attributes:
        models: The models, in the order of the file.
        default: The names of those that are fetched by default.
        directory: Where the files of sources of the kind `file` are; None for a catalogue that is no file.
    """

    models: tuple[Model, ...]
    default: tuple[str, ...]
    directory: Path | None = None

    def model(self, name: str) -> Model:
        """Return a model.

        Raises:
            ModelUnknown: There is none of that name.
        """
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models)
        raise ModelUnknown(f"The catalogue has no model “{name}”; it has {known}.")

    def recogniser(self, name: str) -> str:
        """Return which recogniser runs speech weights, also those that only an operator installed."""
        engines = (model.engine for model in self.models if model.name == name)
        return next(engines, "") or DEFAULT_RECOGNISER


def catalog_path(chosen: Path | None = None) -> Path:
    """Return the catalogue's path: the chosen one, else the one that ships with the package."""
    if chosen is not None:
        return chosen
    beside = Path(__file__).with_name("catalog.toml")
    # A wheel carries the catalogue inside the package; a working tree has it one level up.
    return beside if beside.exists() else Path(__file__).parents[2] / "models" / "catalog.toml"


def load_catalog(chosen: Path | None = None) -> Catalog:
    """Return the catalogue at `catalog_path(chosen)`.

    Raises:
        WeightsError: It cannot be read, or has a mistake.
    """
    path = catalog_path(chosen)
    try:
        return parse_catalog(path.read_text("utf-8"), path.parent)
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"The catalogue {path} cannot be read.") from error


def parse_catalog(text: str, directory: Path | None = None) -> Catalog:
    """Return the catalogue that `text` (TOML) describes.

    Args:
        text: What it says.
        directory: Where the files are that lie beside it.

    Raises:
        WeightsError: It has a mistake; the message names the entry.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WeightsError(f"The catalogue is not valid TOML: {error}.") from error
    if table.get("format") != FORMAT:
        raise WeightsError(f"The catalogue has format {table.get('format')}; this version reads {FORMAT}.")
    models = tuple(_model(entry, table.get("licences", {})) for entry in table.get("models", []))
    names = [model.name for model in models]
    default = tuple(table.get("default", []))
    if len(set(names)) != len(names) or not set(default) <= set(names):
        raise WeightsError("The catalogue names a model twice, or a default that it does not have.")
    for model in models:
        pairs = [other.languages for other in models if other.name in model.better]
        if len(pairs) != len(model.better) or set(pairs) - {model.languages}:
            raise WeightsError(f"The better ones of {model.name} are not all models of its languages.")
    return Catalog(models, default, directory)


def safe_path(path: str) -> str:
    """Return `path` if it is relative, normal and stays below where it is put.

    Raises:
        WeightsError: It is not.
    """
    parts = PurePosixPath(path).parts
    if (
        not parts
        or path != "/".join(parts)
        or path.startswith("/")
        or set(parts) & {"..", "."}
        or "\\" in path
    ):
        raise WeightsError(f"“{path}” is no path of a file below the model's directory.")
    if ":" in path or any(ord(letter) < ord(" ") for letter in path):
        raise WeightsError(f"{path!r} has characters that file names may not have.")
    return path


def safe_name(name: str) -> str:
    """Return `name` if a model may be called that.

    Raises:
        WeightsError: It may not.
    """
    if not _NAME.fullmatch(name):
        raise WeightsError(f"{name[:80]!r} is no name of a model.")
    return name


def _model(entry: Mapping[str, Any], licences: Mapping[str, str]) -> Model:
    name = safe_name(str(entry.get("name", "")))
    try:
        kind = _kind(entry["kind"])
        return Model(
            name=name,
            title=str(entry["title"]),
            kind=kind,
            languages=tuple(entry["languages"]),
            memory_bytes=int(entry["memory_bytes"]),
            licence=str(entry["licence"]),
            terms=str(licences.get(entry["licence"], "")),
            attribution=str(entry["attribution"]),
            homepage=str(entry["homepage"]),
            sources=_sources(entry["sources"]),
            scores=_scores(entry),
            rough=_rough(entry.get("rough", False), kind),
            better=tuple(map(safe_name, entry.get("better", ()))),
            engine=check_recogniser(entry.get("engine", DEFAULT_RECOGNISER)) if kind == "speech" else "",
        )
    except KeyError as error:
        raise WeightsError(f"The catalogue's entry {name} lacks {error}.") from error
    except (WeightsError, TypeError, ValueError) as error:
        raise WeightsError(f"The catalogue's entry {name} has a mistake: {error}.") from error


def _kind(text: object) -> ModelKind:
    if text not in get_args(ModelKind):
        raise WeightsError(f"unknown kind {text!r}")
    return cast("ModelKind", text)


def _scores(entry: Mapping[str, Any]) -> Scores:
    # Catalogues of operators may be from before there were several measures.
    told = entry.get("scores", {"comet": entry["quality"]} if "quality" in entry else {})
    for measure, number in dict(told).items():
        most = _MOST_OF.get(measure)
        if most is None or not isinstance(number, float | int) or not 0 < number <= most:
            raise WeightsError(f"{measure} = {number!r} is no score: comet goes to 1, bleu to 100")
    return Scores(**told)


def _rough(told: object, kind: ModelKind) -> bool:
    if not isinstance(told, bool) or (told and kind != "translation"):
        raise WeightsError("only a translation model is rough = true or false")
    return told


def _sources(entries: Sequence[Mapping[str, Any]]) -> tuple[Source, ...]:
    if not entries:
        raise WeightsError("no sources")
    return tuple(_source(entry) for entry in entries)


def _source(entry: Mapping[str, Any]) -> Source:
    kind = entry["kind"]
    files = tuple(_file(file) for file in entry.get("files", []))
    if kind == "url":
        base = str(entry.get("base", ""))
        downloads = tuple(
            Download(file.path, file.size_bytes, file.sha256, url=_url(raw.get("url", base + file.path)))
            for file, raw in zip(files, entry["files"], strict=True)
        )
    elif kind == "file":
        folder = safe_path(str(entry["folder"]))
        downloads = tuple(
            Download(file.path, file.size_bytes, file.sha256, beside=f"{folder}/{file.path}")
            for file in files
        )
    elif kind == "wheel":
        downloads = tuple(_wheel(wheel) for wheel in entry["wheels"])
    elif kind == "archive":
        url = _url(entry["url"])
        downloads = (Download(safe_path(url.rsplit("/", 1)[-1]), *_measure(entry), url=url),)
    else:
        raise WeightsError(f"unknown kind of source {kind!r}")
    if not downloads or (kind == "wheel" and not all(file.members for file in files)):
        raise WeightsError("a source lacks files, or a file of a wheel lacks its members")
    if kind == "file" and not all(file.sha256 and file.size_bytes is not None for file in files):
        raise WeightsError("a file that lies beside the catalogue lacks its size_bytes or its sha256")
    return Source(kind, downloads, files)


def _wheel(entry: Mapping[str, Any]) -> Download:
    requirement = str(entry["requirement"])
    if requirement.count("==") != 1:
        raise WeightsError(f"{requirement!r} does not pin a version")
    return Download(safe_path(str(entry["file"])), *_measure(entry), requirement=requirement)


def _file(entry: Mapping[str, Any]) -> WeightFile:
    members: Sequence[str] = entry.get("members", ())
    return WeightFile(safe_path(str(entry["path"])), *_measure(entry), members=tuple(members))


def _measure(entry: Mapping[str, Any]) -> tuple[int | None, str | None]:
    size, digest = entry.get("size_bytes"), entry.get("sha256")
    if digest is not None and not _SHA256.fullmatch(str(digest)):
        raise WeightsError(f"{digest!r} is no SHA-256 in lower-case hexadecimal")
    return (None if size is None else int(size)), digest


def _url(text: object) -> str:
    if not isinstance(text, str) or not _URL.fullmatch(text):
        raise WeightsError(f"{text!r} is no http(s) URL without credentials")
    return text
