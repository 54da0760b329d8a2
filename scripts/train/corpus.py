"""Parallel sentences, and what they are: where they come from and who may use them."""

from __future__ import annotations

import lzma
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from train.errors import NotTrainable

SOURCES = Path(__file__).with_name("sources.toml")


class Pair(NamedTuple):
    """The same sentence in two languages."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where pairs come from.

    Attributes:
        title: What it is.
        licence: Under which it may be used.
        attribution: Whom to name.
        share: What share of all target pieces is of it, in parts of the sum over all that is there.
        stock_names: Whether the same few people fill its pairs.
    """

    title: str
    licence: str
    attribution: str
    share: float
    stock_names: bool = False


Corpus = Mapping[str, Sequence[Pair]]
"""The pairs of each tag."""


def read_sources(path: Path = SOURCES) -> dict[str, Source]:
    """Return what is known of each tag.

    Raises:
        NotTrainable: The file cannot be read, or lacks something.
    """
    try:
        return {tag: Source(**entry) for tag, entry in tomllib.loads(path.read_text("utf-8")).items()}
    except (OSError, TypeError, ValueError) as error:
        raise NotTrainable(f"{path} does not say where text comes from: {error}") from error


def read_corpus(
    files: Iterable[Path], columns: Sequence[str], languages: tuple[str, str], most_words: int
) -> dict[str, list[Pair]]:
    """Return the pairs of tab-separated files (.xz or plain): a tag, then a sentence in each language.

    Args:
        files: In UTF-8.
        columns: The language of each column after the tag.
        languages: Which of them is read and which is written.
        most_words: Pairs with a longer side are left out.

    Raises:
        NotTrainable: A file is no such thing, or there is not one pair.
    """
    missing = [language for language in languages if language not in columns]
    if missing:
        raise NotTrainable(f"The columns {','.join(columns)} hold no {missing[0]}: name them with --columns.")
    source, target = (columns.index(language) + 1 for language in languages)
    corpus: defaultdict[str, list[Pair]] = defaultdict(list)
    for path in files:
        for row in _rows(path, len(columns) + 1):
            pair = Pair(row[source].strip(), row[target].strip())
            if all(0 < len(side.split()) <= most_words for side in pair):
                corpus[row[0]].append(pair)
    if not corpus:
        raise NotTrainable("There is no sentence to learn from.")
    return dict(corpus)


def check_licensed(corpus: Corpus, sources: Mapping[str, Source]) -> None:
    """Refuse text of which nobody said under which licence it is.

    Raises:
        NotTrainable: Names its tag.
    """
    unknown = sorted(set(corpus) - set(sources))
    if unknown:
        raise NotTrainable(
            f"Nothing says under which licence the pairs of “{unknown[0]}” are: describe them in a file "
            f"like {SOURCES.name} and name it with --sources."
        )


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    opened = lzma.open if path.suffix == ".xz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                row = line.rstrip("\n").split("\t")
                if len(row) != columns:
                    raise NotTrainable(f"{path}, line {number}: {columns} columns wanted, {len(row)} found.")
                yield row
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise NotTrainable(f"{path} cannot be read as text: {error}") from error
