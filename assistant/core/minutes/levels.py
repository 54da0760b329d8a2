"""Protection levels: a scale that the operator sets, and what follows from a level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from assistant.core.errors import LevelUnknown


@dataclass(frozen=True, slots=True)
class Level:
    """One protection level.

    Attributes:
        code: Names it in the API and the store.
        names: What it is called in print, by BCP-47 primary subtag; without an entry the code is printed.
        marked: Whether it is printed on every page.
        numbered: Whether each copy carries a number and its recipient.
    """

    code: str
    names: Mapping[str, str] = field(default_factory=dict)
    marked: bool = True
    numbered: bool = False

    def __reduce__(self) -> tuple[type[Level], tuple[object, ...]]:
        """Return how it is made again in another process, where views of mappings cannot go."""
        return Level, (self.code, dict(self.names), self.marked, self.numbered)

    def name_in(self, lang: str) -> str:
        """Return what the level is called in a language."""
        return self.names.get(lang.split("-", maxsplit=1)[0]) or self.names.get("en") or self.code


@dataclass(frozen=True, slots=True)
class Scale:
    """Levels from the most open to the most closed one; the first holds where nothing else is said."""

    levels: tuple[Level, ...]

    def of(self, code: str) -> Level:
        """Return the level of that code, the lowest one for an empty code; raises `LevelUnknown`."""
        return self.levels[self.rank(code)]

    def rank(self, code: str) -> int:
        """Return how closed a level is, 0 for the most open; raises `LevelUnknown`."""
        if not code:
            return 0
        for rank, level in enumerate(self.levels):
            if level.code == code:
                return rank
        known = ", ".join(level.code for level in self.levels)
        raise LevelUnknown(f"“{code[:40]}” is no protection level here; there are {known}.")

    def highest(self, codes: Iterable[str]) -> str:
        """Return the most closed of some levels; the lowest where there are none.

        A level that the scale does not know (any more) counts as the most closed one.
        """
        known = {level.code for level in self.levels}
        ranks = [self.rank(code) if not code or code in known else len(self.levels) - 1 for code in codes]
        return self.levels[max(ranks, default=0)].code


_CODES = ("public", "internal", "restricted", "confidential")
_NAMES = {
    "en": ("Public", "Internal", "Restricted", "Confidential"),
    "fr": ("Public", "Interne", "Diffusion restreinte", "Confidentiel"),
    "de": ("Öffentlich", "Intern", "Nur für den Dienstgebrauch", "Vertraulich"),
    "es": ("Público", "Interno", "Difusión limitada", "Confidencial"),
    "pt": ("Público", "Interno", "Reservado", "Confidencial"),
    "it": ("Pubblico", "Interno", "Riservato", "Riservatissimo"),
}

DEFAULT_SCALE = Scale(
    tuple(
        Level(
            code,
            MappingProxyType({lang: names[rank] for lang, names in _NAMES.items()}),
            marked=code != "public",
            numbered=code == "confidential",
        )
        for rank, code in enumerate(_CODES)
    )
)
"""What holds where the operator sets no scale."""
