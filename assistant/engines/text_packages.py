"""What the two kinds of text models are made of: which files, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from assistant.core.errors import LanguageUnknown, PackageInvalid
from assistant.core.language import parse_language
from assistant.core.translation.routes import Engine

METADATA = "metadata.json"
"""The file that only an Argos package has."""

ARGOS_MODEL = "model"
"""The directory of an Argos package that CTranslate2 reads."""

_FIREFOX_SIGNS = ("model.?*.bin", "vocab*.spm", "srcvocab*.spm", "trgvocab*.spm", "lex.*.bin")
"""Names that only files of a Firefox model have; `model.bin` is of others as well."""

_ARGOS_TOKENIZERS = ("sentencepiece.model", "bpe.model")
_ARGOS_VOCABULARIES = ("shared_vocabulary", "source_vocabulary", "target_vocabulary")
_ARGOS_CODES = {"pb": "pt", "zt": "zh", "nb": "no"}
"""Argos' own codes for Brazilian Portuguese and traditional Chinese, and one that Whisper names otherwise."""


@dataclass(frozen=True, slots=True)
class FirefoxFiles:
    """The files of a Firefox model, by name.

    Attributes:
        model: The weights.
        source_vocabulary: SentencePiece model of the language it reads.
        target_vocabulary: SentencePiece model of the language it writes; most models have one file for both.
        shortlist: Which words may translate which; makes it a third faster, but is not needed.
        words: Which Portuguese word stands for which French one in what it reads, if any does.
        code: Which Portuguese word stands for which French form in what it writes, if any does.
    """

    model: str
    source_vocabulary: str
    target_vocabulary: str
    shortlist: str | None
    words: str | None
    code: str | None

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        vocabularies = {self.source_vocabulary, self.target_vocabulary}
        named = {self.model, *vocabularies, self.shortlist, self.words, self.code}
        return frozenset(name for name in named if name)


def files_below(directory: Path) -> list[str]:
    """Return the files of a model as `engine_of` takes them: their paths below its directory."""
    return [path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()]


def engine_of(names: Iterable[str]) -> Engine:
    """Return what runs the model that is made of files of these names.

    Args:
        names: Paths below the model's directory.

    Raises:
        PackageInvalid: Files are missing, and the message names them; or these are no model.
    """
    present = frozenset(names)
    if METADATA in present:
        check_argos_files(present)
        return "argos"
    if not any(fnmatchcase(name, sign) for name in present for sign in _FIREFOX_SIGNS):
        raise PackageInvalid(
            f"There is no text model in it: neither an Argos package ({METADATA}) nor a Firefox model"
            " (model.*.bin, vocab.*.spm)."
        )
    firefox_files(present)
    return "firefox"


def firefox_files(names: Iterable[str]) -> FirefoxFiles:
    """Return which file of a Firefox model is what; raises as `engine_of`."""
    ordered = sorted(names)

    def first(*patterns: str) -> str | None:
        return next((name for pattern in patterns for name in ordered if fnmatchcase(name, pattern)), None)

    model = first("model.*.bin", "model.bin")
    source = first("srcvocab.*.spm", "vocab.*.spm", "vocab.spm")
    target = first("trgvocab.*.spm", "vocab.*.spm", "vocab.spm")
    if model is None or source is None or target is None:
        missing = ["the weights (model.*.bin)"] if model is None else []
        if source is None and target is None:
            missing.append("the vocabulary (vocab.*.spm, or srcvocab.*.spm with trgvocab.*.spm)")
        elif source is None or target is None:
            missing.append(f"the vocabulary {'srcvocab' if source is None else 'trgvocab'}.*.spm")
        raise PackageInvalid(f"The Firefox model lacks {' and '.join(missing)}.")
    tables = first("words.*.tsv"), first("code.*.tsv")
    return FirefoxFiles(model, source, target, first("lex.*.bin", "lex.bin"), *tables)


def check_argos_files(names: Iterable[str]) -> None:
    """Raise as `engine_of` if something that an Argos package needs is missing."""
    present = frozenset(names)
    stems = {name.rpartition(".")[0] for name in present}
    shared, *separate = (f"{ARGOS_MODEL}/{name}" for name in _ARGOS_VOCABULARIES)
    missing = [name for name in (METADATA, f"{ARGOS_MODEL}/model.bin") if name not in present]
    if not present & set(_ARGOS_TOKENIZERS):
        missing.append(f"the tokenizer ({' or '.join(_ARGOS_TOKENIZERS)})")
    if shared not in stems and not set(separate) <= stems:
        missing.append(f"the vocabulary ({shared}.json or .txt)")
    if missing:
        raise PackageInvalid(f"The Argos package lacks {' and '.join(missing)}.")


def argos_languages(metadata: object) -> tuple[str, str]:
    """Return from and to which language a package translates, given the content of its metadata.

    Raises:
        PackageInvalid: It does not say so, or names a language that nobody here speaks.
    """
    if not isinstance(metadata, Mapping):
        raise PackageInvalid(f"{METADATA} of the Argos package is no JSON object.")
    codes = [metadata.get(key) for key in ("from_code", "to_code")]
    if not all(isinstance(code, str) for code in codes):
        raise PackageInvalid(f"{METADATA} of the Argos package lacks from_code or to_code.")
    try:
        source, target = (parse_language(_ARGOS_CODES.get(str(code), str(code))) for code in codes)
    except LanguageUnknown as error:
        raise PackageInvalid(f"{METADATA} of the Argos package: {error.message}") from error
    if source == target:
        raise PackageInvalid(f"{METADATA} of the Argos package names the same language twice.")
    return source, target
