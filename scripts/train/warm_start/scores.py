"""How well a finished package translates, as the service would use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.translation_metrics import bleu_and_chrf

from assistant.ports.translation import Translator

_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Score:
    """Of one text.

    Attributes:
        text: What it is called.
        sentences: How many there are.
        bleu: 0..100.
        chrf: 0..100.
    """

    text: str
    sentences: int
    bleu: float
    chrf: float


def score(translator: Translator, text: str, sources: Sequence[str], references: Sequence[str]) -> Score:
    """Translate all sentences and compare them with their references."""
    found: list[str] = []
    for start in range(0, len(sources), _AT_ONCE):
        found += translator.translate(sources[start : start + _AT_ONCE])
    return Score(text, len(sources), *bleu_and_chrf(found, references))
