"""Parallel text: files `NAME.LANG` with a sentence in each line, or a tab-separated one with both sides.

Beside `NAME.LANG` a folder `NAME.LANG.spoken` may hold a recording of each sentence.
"""

from __future__ import annotations

import lzma
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        recordings: A recording of each sentence, for languages in which they are spoken.
    """

    name: str
    lines: Mapping[str, tuple[str, ...]]
    recordings: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    @property
    def sentences(self) -> int:
        """How many there are in each language."""
        return len(next(iter(self.lines.values())))


def read_parallel(
    path: Path, most_sentences: int | None = None, columns: Sequence[str] = ("fr", "en")
) -> list[ParallelText]:
    """Return parallel texts by name; files of a folder whose name ends in no language are left out.

    Args:
        path: A folder, or a file in which each line has the name of a text, then a sentence in each language,
            between tabs (`.xz` too).
        most_sentences: Only so many of each, from the beginning.
        columns: The languages in such a file.

    Raises:
        ParallelTextBroken: There is none, or two files of a name differ in their number of lines.
    """
    if path.is_file():
        return _read_rows(path, most_sentences, columns)
    folder = path
    texts = [_read(name, files, most_sentences) for name, files in _named(folder).items() if len(files) > 1]
    if not texts:
        raise ParallelTextBroken(
            f"{folder} holds no parallel text: two files NAME.LANG of one name, such as news.en and news.pt."
        )
    return texts


def _read_rows(path: Path, most_sentences: int | None, columns: Sequence[str]) -> list[ParallelText]:
    found: defaultdict[str, list[list[str]]] = defaultdict(list)
    for number, line in enumerate(_text(path).removesuffix("\n").split("\n"), 1):
        name, *sentences = line.split("\t")
        if not name or len(sentences) != len(columns):
            raise ParallelTextBroken(
                f"{path}, line {number}: it is no name and sentences in {', '.join(columns)}, between tabs."
            )
        found[name].append([sentence.strip() for sentence in sentences])
    return [
        ParallelText(name, dict(zip(columns, zip(*rows[:most_sentences], strict=True), strict=True)))
        for name, rows in sorted(found.items())
    ]


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
    recordings = {language: _spoken(path) for language, path in files.items()}
    return ParallelText(
        name,
        {language: each[:most_sentences] for language, each in lines.items()},
        {language: each[:most_sentences] for language, each in recordings.items() if each},
    )


def _spoken(path: Path) -> tuple[Path, ...]:
    folder = path.with_name(f"{path.name}.spoken")
    return tuple(sorted(folder.iterdir())) if folder.is_dir() else ()


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return (lzma.decompress(content) if path.suffix == ".xz" else content).decode("utf-8")
    except (OSError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise ParallelTextBroken(f"{path} cannot be read as text in UTF-8: {error}") from error


def _lines(path: Path) -> tuple[str, ...]:
    text = _text(path)
    # Only line feeds end a line: sentences may hold rarer characters that also separate lines.
    return tuple(line.strip() for line in text.removesuffix("\n").split("\n")) if text else ()
