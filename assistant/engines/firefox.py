"""Firefox Translations: Marian students of Mozilla's, run by fxtranslate (Rust)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fxtranslate

from assistant.core.errors import PackageInvalid
from assistant.core.translation.chunking import translate_in_chunks
from assistant.core.translation.relexification import FRENCH_LETTERS, FrenchCode, WordForWord
from assistant.engines.text_packages import FirefoxFiles, firefox_files
from assistant.engines.vocabulary import vocabulary_letters

_PROBE = "2024."
"""Something that every model has an answer to."""


class FirefoxTranslator:
    """A `Translator` over the files of one Firefox model; 20 ms a sentence on one core.

    The library holds the interpreter while it computes, so it belongs into a process of its own.
    `fxtranslate.Translator.load` downloads, and is never called.

    Args:
        directory: Holds `model.*.bin`, `vocab.*.spm` (or `srcvocab.*.spm` and `trgvocab.*.spm`) and
            perhaps `lex.*.bin`, and the tables of a model that reads or writes French in Portuguese words:
            `words.*.tsv`, `code.*.tsv`.

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
            self._french = _french_of(directory, files, vocabulary_letters(self._vocabulary))
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
        known = vocabulary_letters(self._vocabulary)
        return known | FRENCH_LETTERS if isinstance(self._french, WordForWord) else known

    def _translate(self, chunks: list[str]) -> list[str]:
        if self._french is None:
            return [self._model.translate(chunk) for chunk in chunks]
        return [self._answer(chunk, self._french) for chunk in chunks]

    def _answer(self, chunk: str, french: WordForWord | FrenchCode) -> str:
        """Return the translation of a chunk; names that the model changed are hidden from it once."""
        first = french.prepare(chunk)
        answer = first.restored(self._model.translate(first.text))
        lost = [name for name in first.names if name not in answer]
        if not lost:
            return answer
        second = french.prepare(chunk, lost)
        other = second.restored(self._model.translate(second.text))
        return other if sum(name not in other for name in first.names) < len(lost) else answer


def _french_of(
    directory: Path, files: FirefoxFiles, letters: frozenset[str]
) -> WordForWord | FrenchCode | None:
    """Return what puts French into Portuguese words for a model, or takes it out of them; None for others."""
    if files.words:
        return WordForWord.read(directory / files.words, letters)
    return FrenchCode.read(directory / files.code) if files.code else None
