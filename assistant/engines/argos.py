"""Argos Translate: its packages' tokenizer and CTranslate2 model, and nothing else of it.

The library would split sentences with models that it downloads; captions arrive as sentences.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ctranslate2

from assistant.core.errors import PackageInvalid
from assistant.core.translation.chunking import translate_in_chunks
from assistant.engines.text_packages import ARGOS_MODEL, argos_languages, check_argos_files, files_below
from assistant.engines.vocabulary import vocabulary_letters

BEAM_SIZE = 2
"""Argos' own 4 takes a fifth longer and scored no better on the model of the tests."""

_LENGTH_PENALTY = 0.2
_BATCH_TOKENS = 1024


class ArgosTranslator:
    """A `Translator` over one unpacked `.argosmodel`; int8 on one core of a CPU.

    Args:
        directory: Holds `metadata.json`, `model/`, and `sentencepiece.model` or `bpe.model`.
        beam_size: How many beginnings are followed at a time; 1 is greedy.

    Raises:
        PackageInvalid: One of them is missing, or is not what it should be.
    """

    def __init__(self, directory: Path, *, beam_size: int = BEAM_SIZE) -> None:
        self._beam_size = beam_size
        self._vocabulary = directory / "sentencepiece.model"
        check_argos_files(files_below(directory))
        package = _open(directory)
        self._tokenizer = package.tokenizer
        self._prefix: list[str] = [package.target_prefix] if package.target_prefix else []
        try:
            # The tokenizer reads its file when first used; a broken one is to be found out now.
            self._tokenizer.encode("a")
            self._model = ctranslate2.Translator(
                str(directory / ARGOS_MODEL), device="cpu", compute_type="int8", intra_threads=1
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise PackageInvalid("The Argos package is damaged.") from error

    def translate(self, sentences: Sequence[str]) -> list[str]:
        """Return the translation of each sentence, in order."""
        return translate_in_chunks(sentences, self._translate)

    def letters(self) -> frozenset[str]:
        """Return every character that the model can read; empty where its pieces are of another kind."""
        return vocabulary_letters(self._vocabulary) if self._vocabulary.is_file() else frozenset()

    def _translate(self, chunks: list[str]) -> list[str]:
        results = self._model.translate_batch(
            [self._tokenizer.encode(chunk) for chunk in chunks],
            target_prefix=[self._prefix] * len(chunks) if self._prefix else None,
            beam_size=self._beam_size,
            length_penalty=_LENGTH_PENALTY,
            replace_unknowns=True,
            max_batch_size=_BATCH_TOKENS,
            batch_type="tokens",
        )
        return [self._text(result.hypotheses[0]) for result in results]

    def _text(self, tokens: list[str]) -> str:
        if self._prefix and tokens[:1] == self._prefix:
            tokens = tokens[1:]
        return str(self._tokenizer.decode(tokens)).strip()


def _open(directory: Path) -> Any:  # noqa: ANN401 - the library has no types
    with _nowhere():
        # The library makes directories where it thinks the user lives as soon as it is imported.
        from argostranslate.package import Package  # noqa: PLC0415
    try:
        argos_languages(json.loads((directory / "metadata.json").read_text("utf-8")))
        return Package(directory)
    except (OSError, ValueError) as error:
        raise PackageInvalid("metadata.json of the Argos package cannot be read.") from error


@contextmanager
def _nowhere() -> Iterator[None]:
    """Let the library find a home that is empty and soon gone, and none of its own settings."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="argos-") as home:
        for name in before:
            if name.startswith(("ARGOS_", "SNAP")):
                del os.environ[name]
        os.environ |= dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), home)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
