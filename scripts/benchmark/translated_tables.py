"""What readers of other languages saw as a table, and which promises that keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from benchmark.result import Percentiles
from benchmark.scoring import Shown
from benchmark.sheets import DASH, Sheet, decimal_text, pair_text, percent_text
from benchmark.targets import TRANSLATED_FINAL_P50, TRANSLATED_FLICKER, Target
from benchmark.translated import TranslationScore


def translated_sheet(scores: Sequence[TranslationScore], title: str) -> Sheet:
    """Return what was read in each language."""
    columns = (
        "language", "captions", "untranslated, %", "stable word → translation p50 / p95, s", "of them shown",
        "final → translated final p50 / p95, s", "of them shown", "flicker",
    )  # fmt: skip
    return Sheet(title, columns, tuple(_row(score) for score in scores))


def translated_targets(scores: Sequence[TranslationScore]) -> list[Target]:
    """Return the promises on translations; the worst language counts."""
    slowest = max((score for score in scores if score.final), key=_final_p50, default=None)
    flickering = [score for score in scores if score.flicker is not None]
    worst = max(flickering, key=lambda score: score.flicker or 0.0, default=None)
    return [
        TRANSLATED_FINAL_P50.held(_final_p50(slowest), f" ({slowest.lang}; p95 {_p95(slowest)})")
        if slowest
        else TRANSLATED_FINAL_P50.held(None),
        TRANSLATED_FLICKER.held(worst.flicker, f" ({worst.lang})")
        if worst
        else TRANSLATED_FLICKER.held(None),
    ]


def translated_document(scores: Sequence[TranslationScore]) -> dict[str, object]:
    """Return all that was measured of each language, for programs."""
    return {
        score.lang: asdict(score)
        | {
            "stable": asdict(score.stable) if score.stable else None,
            "final": asdict(score.final) if score.final else None,
            "flicker": score.flicker,
        }
        for score in scores
    }


def read_document(read: Mapping[str, Sequence[Shown]], began_at: float) -> dict[str, object]:
    """Return every event that the reader of each language got, timed from the first sample."""
    return {lang: [_event(shown, began_at) for shown in events] for lang, events in read.items()}


def _row(score: TranslationScore) -> tuple[str, ...]:
    return (
        score.lang,
        str(score.captions),
        percent_text(score.untranslated_share),
        _pair(score.stable),
        f"{len(score.stable_seconds)} of {score.growths}",
        _pair(score.final),
        f"{len(score.final_seconds)} of {score.captions}",
        decimal_text(score.flicker),
    )


def _event(shown: Shown, began_at: float) -> dict[str, object]:
    caption = shown.caption
    return {
        "at_seconds": round(shown.at_seconds - began_at, 3),
        "id": caption.id,
        "rev": caption.rev,
        "source_rev": caption.source_rev,
        "lang": caption.lang,
        "stable": caption.text[: caption.stable],
        "unstable": caption.text[caption.stable :],
        "final": caption.final,
        "refined": caption.refined,
        "untranslated": caption.untranslated,
    }


def _final_p50(score: TranslationScore) -> float:
    return score.final.p50 if score.final else 0.0


def _p95(score: TranslationScore) -> str:
    return f"{score.final.p95:.2f} s" if score.final else DASH


def _pair(lag: Percentiles | None) -> str:
    return pair_text((lag.p50, lag.p95) if lag else None)
