"""French in Portuguese words: what the model reads or writes in place of the French of a pair."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from assistant.core.errors import PackageInvalid
from assistant.core.translation.relexification import AS_IT_IS, MARKS, FrenchCode, WordForWord
from train.corpus import Pair
from train.errors import NotTrainable

Table = WordForWord | FrenchCode


def read_table(path: Path, source: str, letters: frozenset[str]) -> Table:
    """Return the table of a direction: word for word where French is read, a code where it is written.

    Args:
        path: The table.
        source: The language read.
        letters: That the model knows.

    Raises:
        NotTrainable: It is not there, or is none.
    """
    try:
        return WordForWord.read(path, letters) if source == "fr" else FrenchCode.read(path)
    except PackageInvalid as error:
        raise NotTrainable(f"{path}: {error.message}") from error


def signs_of(table: Table) -> str:
    """Return what a table needs beyond letters."""
    return MARKS + AS_IT_IS if isinstance(table, FrenchCode) else ""


def in_portuguese_words(table: Table, pairs: Iterable[Pair]) -> list[Pair]:
    """Return pairs as the model has them."""
    if isinstance(table, FrenchCode):
        return [Pair(source, table.encode(target)) for source, target in pairs]
    return [Pair(table.prepare(source).text, target) for source, target in pairs]
