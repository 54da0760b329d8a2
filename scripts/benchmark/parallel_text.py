"""Parallel text: files `NAME.LANG` with a sentence in each line, the same one in each language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.core.errors import LanguageUnknown
from assistant.core.language import parse_language


class ParallelTextBroken(Exception):
    """A folder holds no parallel text, or files that do not belong together."""


@dataclass(frozen=True, slots=True)
class ParallelText:
    """The same sentences in several languages.

    Attributes:
        name: What the files are called, without the language.
        lines: The sentences of each language, in the same order and of the same number.
    """

    name: str
    lines: Mapping[str, tuple[str, ...]]

    @property
    def sentences(self) -> int:
        """How many there are in each language."""
        return len(next(iter(self.lines.values())))


def read_parallel(folder: Path, most_sentences: int | None = None) -> list[ParallelText]:
    """Return the parallel texts of a folder by name; files whose name ends in no language are left out.

    Args:
        folder: Where the files lie.
        most_sentences: Only so many of each, from the beginning.

    Raises:
        ParallelTextBroken: There is none, or two files of a name differ in their number of lines.
    """
    texts = [_read(name, files, most_sentences) for name, files in _named(folder).items() if len(files) > 1]
    if not texts:
        raise ParallelTextBroken(
            f"{folder} holds no parallel text: two files NAME.LANG of one name, such as news.en and news.pt."
        )
    return texts


def _named(folder: Path) -> dict[str, dict[str, Path]]:
    named: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        name, _, tag = path.name.rpartition(".")
        language = _language(tag)
        if name and language and path.is_file():
            named[name][language] = path
    return named


def _language(tag: str) -> str | None:
    try:
        return parse_language(tag)
    except LanguageUnknown:
        return None


def _read(name: str, files: Mapping[str, Path], most_sentences: int | None) -> ParallelText:
    lines = {language: _lines(path) for language, path in files.items()}
    counts = {language: len(each) for language, each in lines.items()}
    if len(set(counts.values())) > 1 or not all(counts.values()):
        listed = ", ".join(f"{files[language].name}: {count}" for language, count in counts.items())
        raise ParallelTextBroken(f"Parallel files have as many lines as each other, and some ({listed}).")
    return ParallelText(name, {language: each[:most_sentences] for language, each in lines.items()})


def _lines(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ParallelTextBroken(f"{path} cannot be read as text in UTF-8: {error}") from error
    # Only line feeds end a line: sentences may hold rarer characters that also separate lines.
    return tuple(line.strip() for line in text.removesuffix("\n").split("\n")) if text else ()
