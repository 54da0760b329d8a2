"""Firefox Translations: Marian students of Mozilla's, run by fxtranslate (Rust)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fxtranslate

from assistant.core.errors import PackageInvalid
from assistant.core.translation.chunking import translate_in_chunks
from assistant.engines.text_packages import firefox_files
from assistant.engines.vocabulary import vocabulary_letters

_PROBE = "2024."
"""Something that every model has an answer to."""


class FirefoxTranslator:
    """A `Translator` over the files of one Firefox model; 20 ms a sentence on one core.

    The library holds the interpreter while it computes, so it belongs into a process of its own.
    `fxtranslate.Translator.load` downloads, and is never called.

    Args:
        directory: Holds `model.*.bin`, `vocab.*.spm` (or `srcvocab.*.spm` and `trgvocab.*.spm`) and
            perhaps `lex.*.bin`.

    Raises:
        PackageInvalid: One of them is missing, or is not what it should be.
    """

    def __init__(self, directory: Path) -> None:
        try:
            files = firefox_files(path.name for path in directory.iterdir())
            self._vocabulary = directory / files.source_vocabulary
            self._model = fxtranslate.Translator(
                model=(directory / files.model).read_bytes(),
                src_vocab=(directory / files.source_vocabulary).read_bytes(),
                trg_vocab=(directory / files.target_vocabulary).read_bytes(),
                shortlist=(directory / files.shortlist).read_bytes() if files.shortlist else None,
            )
            # With a damaged vocabulary the library loads, and has nothing to say.
            sound = bool(self._model.translate(_PROBE))
        except OSError as error:
            raise PackageInvalid(f"The Firefox model cannot be read ({error.strerror}).") from error
        except BaseException as error:
            # Over a damaged shortlist it panics, which in Python is no Exception.
            if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
                sound = False
            else:
                raise
        if not sound:
            raise PackageInvalid("The Firefox model is damaged.")

    def translate(self, sentences: Sequence[str]) -> list[str]:
        """Return the translation of each sentence, in order."""
        return translate_in_chunks(sentences, self._translate)

    def letters(self) -> frozenset[str]:
        """Return every character that the model can read."""
        return vocabulary_letters(self._vocabulary)

    def _translate(self, chunks: list[str]) -> list[str]:
        return [self._model.translate(chunk) for chunk in chunks]
