"""A run of recordings as tables: which numbers stand where, and which promises they keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from operator import attrgetter

from benchmark.languages import difference, language_points, language_sheet
from benchmark.material import MIXED
from benchmark.result import Cost, Percentiles, Run, Score, grouped, total
from benchmark.scoring import Shown
from benchmark.sheets import (
    DASH,
    Report,
    Sheet,
    decimal_text,
    mebibytes_text,
    percent_text,
    seconds_text,
    signed_text,
)
from benchmark.targets import (
    FIRST_SHOWN_P50,
    FIRST_SHOWN_P95,
    FLICKER,
    INVENTED,
    STABLE_P50,
    STABLE_P95,
    Target,
    accuracy_target,
)
from benchmark.translated import translation_scores
from benchmark.translated_tables import (
    read_document,
    translated_document,
    translated_sheet,
    translated_targets,
)

_FIRST_SHOWN = attrgetter("first_shown_seconds")
_STABLE = attrgetter("stable_seconds")
_FINAL = attrgetter("final_seconds")


def report_of(run: Run, heading: str) -> Report:
    """Return the report of a run."""
    sheets = [_lag_sheet(run), _accuracy_sheet(run)]
    sheets.append(language_sheet(_comparable(run), "Word error rate by language, %"))
    sheets += [_steadiness_sheet(run), _cost_sheet(run)]
    translations = translation_scores(score.take for score in run.spoken)
    if translations:
        sheets.append(translated_sheet(translations, f"Read in other languages, {run.speakers} at a time"))
    if run.unspoken:
        sheets.append(_invented_sheet(run))
    targets = (*targets_of(run), *translated_targets(translations))
    document = _document(run) | {"translations": translated_document(translations)}
    return Report(heading, tuple(sheets), targets, document)


def targets_of(run: Run) -> list[Target]:
    """Return the promises, held against a run; those for one speaker only where one spoke."""
    shown = run.percentiles(_FIRST_SHOWN) if run.speakers == 1 else None
    stable = run.percentiles(_STABLE) if run.speakers == 1 else None
    return [
        FIRST_SHOWN_P50.held(shown.p50 if shown else None),
        FIRST_SHOWN_P95.held(shown.p95 if shown else None),
        STABLE_P50.held(stable.p50 if stable else None),
        STABLE_P95.held(stable.p95 if stable else None),
        accuracy_target(language_points(_comparable(run))),
        FLICKER.held(run.flicker),
        INVENTED.held(run.invented_words if run.unspoken else None),
    ]


def _lag_sheet(run: Run) -> Sheet:
    rows = []
    for name, of in (("first shown", _FIRST_SHOWN), ("stable", _STABLE), ("final", _FINAL)):
        lag = run.percentiles(of)
        rows.append((name, seconds_text(lag.p50), seconds_text(lag.p95)) if lag else (name, DASH, DASH))
    timed = sum(len(score.lags) for score in run.spoken)
    shown = sum(score.steadiness.final_words for score in run.spoken)
    title = f"Lag after a word was said ({timed} of {shown} words timed)"
    return Sheet(title, ("", "p50", "p95"), tuple(rows))


def _accuracy_sheet(run: Run) -> Sheet:
    rows = [_accuracy_row(f"{kind}, {lang}", scores) for (kind, lang), scores in grouped(run.spoken).items()]
    rows.append(_accuracy_row("all in one language", _comparable(run)))
    columns = ("WER", "recordings", "words", "live finals", "after refining", "reference", "difference")
    return Sheet("Word error rate, %", columns, tuple(rows))


def _comparable(run: Run) -> list[Score]:
    """Return speech in one language: texts are compared as one language, which mixed ones are not."""
    return [score for score in run.spoken if score.recording.lang != MIXED]


def _accuracy_row(name: str, scores: Sequence[Score]) -> tuple[str, ...]:
    settled = total(score.settled for score in scores)
    reference = total(score.reference for score in scores)
    return (
        name,
        str(len(scores)),
        str(settled.words),
        percent_text(total(score.live for score in scores).rate),
        percent_text(settled.rate),
        percent_text(reference.rate),
        signed_text(difference(settled, reference)),
    )


def _steadiness_sheet(run: Run) -> Sheet:
    captions = sum(score.captions for score in run.spoken)
    refined = sum(score.refined for score in run.spoken)
    changed = sum(score.changed for score in run.spoken)
    rows = (
        ("flicker: words taken back per final word", decimal_text(run.flicker)),
        ("finals", str(captions)),
        ("refined after the final", f"{refined} ({changed} with other words)"),
    )
    return Sheet("Steadiness", ("", "value"), rows)


def _cost_sheet(run: Run) -> Sheet:
    speech, quiet = _cost_column(run, run.speech), _cost_column(run, run.speechless)
    names = (
        "audio streamed, minutes",
        "CPU seconds per audio second",
        "peak memory, MiB",
        "wall seconds per audio second of a speaker",
        "cores that other programs kept busy",
    )
    rows = tuple(zip(names, speech, quiet, strict=True))
    reference = (
        "reference: computing seconds per audio second",
        decimal_text(run.reference_real_time_factor),
        "",
    )
    title = f"Cost, {run.speakers} at a time"
    return Sheet(title, ("", "speech", "no speech"), (*rows, reference))


def _cost_column(run: Run, cost: Cost | None) -> tuple[str, ...]:
    if cost is None:
        return (DASH,) * 5
    load = cost.load
    return (
        f"{cost.streamed_seconds / 60:.1f}",
        decimal_text(cost.cpu_seconds_per_audio_second),
        mebibytes_text(load.peak_bytes if load else None),
        decimal_text(cost.wall_seconds * run.speakers / cost.streamed_seconds),
        decimal_text(load.other_cores if load else None),
    )


def _invented_sheet(run: Run) -> Sheet:
    rows = [
        (score.recording.id, f"{score.recording.seconds:.0f} s", str(score.words_shown), score.final_text)
        for score in run.unspoken
    ]
    return Sheet(
        "Words shown where nobody speaks", ("recording", "length", "words", "last text"), tuple(rows)
    )


def _document(run: Run) -> dict[str, object]:
    return {
        "speakers": run.speakers,
        "speech": asdict(run.speech) if run.speech else None,
        "no_speech": asdict(run.speechless) if run.speechless else None,
        "reference_real_time_factor": run.reference_real_time_factor,
        "flicker": run.flicker,
        "invented_words": run.invented_words,
        "first_shown_seconds": _pair(run.percentiles(_FIRST_SHOWN)),
        "stable_seconds": _pair(run.percentiles(_STABLE)),
        "final_seconds": _pair(run.percentiles(_FINAL)),
        "recordings": [_entry(score) for score in run.scores],
    }


def _entry(score: Score) -> dict[str, object]:
    return {
        "id": score.recording.id,
        "kind": score.recording.kind,
        "lang": score.recording.lang,
        "live": asdict(score.live),
        "settled": asdict(score.settled),
        "reference": asdict(score.reference) if score.reference else None,
        "captions": score.captions,
        "refined": score.refined,
        "changed": score.changed,
        "taken_back": score.steadiness.taken_back,
        "words_shown": score.words_shown,
        "text": score.final_text,
        "lags": [asdict(lag) for lag in score.lags],
        "events": [_event(shown, score.take.began_at) for shown in score.take.events],
        "read": read_document(score.take.read, score.take.began_at),
    }


def _event(shown: Shown, began_at: float) -> dict[str, object]:
    caption = shown.caption
    return {
        "at_seconds": round(shown.at_seconds - began_at, 3),
        "id": caption.id,
        "rev": caption.rev,
        "lang": caption.lang,
        "stable": caption.text[: caption.stable],
        "unstable": caption.text[caption.stable :],
        "final": caption.final,
        "refined": caption.refined,
    }


def _pair(percentiles: Percentiles | None) -> dict[str, float] | None:
    return asdict(percentiles) if percentiles else None
