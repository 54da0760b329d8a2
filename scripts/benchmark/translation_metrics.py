"""BLEU and chrF of translations, as sacrebleu computes them by default."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu import BLEU, CHRF

METRICS = (BLEU(), CHRF())


def bleu_and_chrf(translated: Sequence[str], wanted: Sequence[str]) -> tuple[float, float]:
    """Return both (0..100) of sentences, each against one that a person wrote."""
    bleu, chrf = (metric.corpus_score(list(translated), [list(wanted)]).score for metric in METRICS)
    return bleu, chrf
