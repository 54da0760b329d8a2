"""Translation of parallel text as tables, beside what others published, and which promises it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from assistant.core.translation.routes import ranked
from benchmark.published import SOURCE, published_of
from benchmark.result import Percentiles
from benchmark.sheets import DASH, Report, Sheet, decimal_text, mebibytes_text, percent_text
from benchmark.spoken import SpokenScore
from benchmark.targets import SENTENCE_MS, TRANSLATION_BLEU, Target
from benchmark.translate_result import LiveScore, RouteScore, TranslateRun, direction_of, names_of

_PROMISED = ("en", "pt")


def translate_report(run: TranslateRun, heading: str) -> Report:
    """Return the report of a run."""
    sheets = (
        _quality_sheet(run.scores),
        _speed_sheet(run.scores),
        _memory_sheet(run),
        _live_sheet(run.lives),
        *([_spoken_sheet(run.spoken)] if run.spoken else []),
        Sheet("How BLEU and chrF were computed", ("signature",), tuple((each,) for each in run.signatures)),
    )
    return Report(heading, sheets, tuple(_targets(run.scores)), _document(run))


def _quality_sheet(scores: Sequence[RouteScore]) -> Sheet:
    columns = ("direction", "text", "model", "sentences", "BLEU", "chrF", "COMET")
    return Sheet("Quality", columns, tuple(_quality_rows(scores)))


def _quality_rows(scores: Sequence[RouteScore]) -> Iterator[tuple[str, ...]]:
    """Yield what was measured, and behind the last row of a direction what was published of it."""
    for place, score in enumerate(scores, start=1):
        direction = direction_of(score.route)
        measured = (str(score.sentences), f"{score.bleu:.1f}", f"{score.chrf:.1f}", DASH)
        yield (direction, score.text, names_of(score.route), *measured)
        if place < len(scores) and (scores[place].text, scores[place].pair) == (score.text, score.pair):
            continue
        for known in published_of(score.text, *score.pair):
            figures = (DASH, f"{known.bleu:.1f}", DASH, f"{known.comet:.3f}")
            yield (f"{known.source}→{known.target}", SOURCE, known.model, *figures)


def _speed_sheet(scores: Sequence[RouteScore]) -> Sheet:
    rows = tuple(
        (
            direction_of(score.route),
            names_of(score.route),
            _milliseconds(score.sentence_seconds),
            _milliseconds(score.caption_seconds),
            f"{1000 * score.cpu_seconds_each:.1f}",
            DASH if score.words_per_cpu_second is None else f"{score.words_per_cpu_second:.0f}",
            f"{score.cpu_seconds:.1f}",
        )
        for score in scores
    )
    columns = (
        "direction", "model", "ms a sentence, p50 / p95", "ms a caption, p50 / p95", "CPU ms a sentence",
        "target words/s per core", "CPU s, all sentences",
    )  # fmt: skip
    return Sheet("Speed (a caption has 3 sentences)", columns, rows)


def _memory_sheet(run: TranslateRun) -> Sheet:
    rows = tuple((name, mebibytes_text(size)) for name, size in run.memory_bytes.items())
    return Sheet("Memory of each model, loaded and used once", ("model", "MiB"), rows)


def _live_sheet(lives: Sequence[LiveScore]) -> Sheet:
    rows = tuple(
        (
            direction_of(score.route),
            score.policy,
            str(score.live.captions),
            decimal_text(score.live.flicker),
            _words(score.live.first_shown),
            _words(score.live.stable),
            _milliseconds(score.live.step),
        )
        for score in lives
    )
    columns = (
        "direction", "policy", "captions", "flicker", "first shown, source words late, p50 / p95",
        "stable, source words late, p50 / p95", "ms a step, p50 / p95",
    )  # fmt: skip
    return Sheet("Live text", columns, rows)


def _spoken_sheet(scores: Sequence[SpokenScore]) -> Sheet:
    rows = tuple(
        (
            "→".join(score.pair),
            score.way,
            str(score.sentences),
            percent_text(score.wer),
            f"{score.bleu:.1f}",
            f"{score.chrf:.1f}",
        )
        for score in scores
    )
    columns = ("direction", "translated", "sentences", "WER before, %", "BLEU", "chrF")
    return Sheet("Spoken sentences", columns, rows)


def _targets(scores: Sequence[RouteScore]) -> list[Target]:
    """Return the promises on English to Portuguese, held against the model that the service takes."""
    promised = [score for score in scores if score.pair == _PROMISED]
    used = ranked({score.route for score in promised})[:1]
    best = next((score for score in promised if [score.route] == used), None)
    return [
        TRANSLATION_BLEU.held(best.bleu if best and published_of(best.text, *_PROMISED) else None),
        SENTENCE_MS.held(1000 * best.cpu_seconds_each if best else None),
    ]


def _document(run: TranslateRun) -> dict[str, object]:
    return {
        "routes": [
            {"direction": direction_of(score.route), "cpu_seconds_each": score.cpu_seconds_each}
            | asdict(score)
            for score in run.scores
        ],
        "live_text": [
            {"direction": direction_of(score.route), "flicker": score.live.flicker} | asdict(score)
            for score in run.lives
        ],
        "spoken": [asdict(score) for score in run.spoken],
        "memory_bytes": dict(run.memory_bytes),
        "signatures": list(run.signatures),
    }


def _milliseconds(lag: Percentiles | None) -> str:
    return DASH if lag is None else f"{1000 * lag.p50:.0f} / {1000 * lag.p95:.0f}"


def _words(lag: Percentiles | None) -> str:
    return DASH if lag is None else f"{lag.p50:.1f} / {lag.p95:.1f}"
