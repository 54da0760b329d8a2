"""Runs of talkers as tables, and which promises they keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from benchmark.languages import language_points, language_sheet
from benchmark.result import Percentiles
from benchmark.sheets import (
    DASH,
    Report,
    Sheet,
    decimal_text,
    mebibytes_text,
    pair_text,
    percent_text,
    seconds_text,
)
from benchmark.talk_result import TalkRun, TalkScore
from benchmark.targets import (
    FIRST_SHOWN_P50,
    FIRST_SHOWN_P95,
    FLICKER,
    MEMORY,
    MEMORY_TRACKS,
    MOST_STABLE_P95_SECONDS,
    SPEAKERS,
    STABLE_P50,
    STABLE_P95,
    Target,
    accuracy_target,
    equal_target,
)
from benchmark.translated_tables import (
    read_document,
    translated_document,
    translated_sheet,
    translated_targets,
)


def steps_report(runs: Sequence[TalkRun], heading: str) -> Report:
    """Return the report of one or more runs, each with its number of talkers."""
    sheets = [_lag_sheet(runs), _cost_sheet(runs), minutes_sheet(runs)]
    sheets += [language_sheet(run.scores, f"Word error rate, %, {_name(run)}") for run in runs]
    sheets += [
        translated_sheet(run.translations, f"Read in other languages, {_name(run)}")
        for run in runs
        if run.translations
    ]
    sheets += [_trouble_sheet(runs)] if any(run.refusals or run.troubles for run in runs) else []
    document: dict[str, object] = {
        "runs": [document_of(run) for run in runs],
        "most_talkers": most_talkers(runs),
    }
    return Report(heading, tuple(sheets), tuple(_targets(runs)), document)


def long_report(run: TalkRun, heading: str) -> Report:
    """Return the report of one long talk: its first minute after warm-up beside the last."""
    plain = steps_report([run], heading)
    return Report(heading, plain.sheets, (*plain.targets, *course_targets(run)), plain.document)


def most_talkers(runs: Sequence[TalkRun]) -> int | None:
    """Return the most talkers that were carried in time, all let in; None where nothing was timed."""
    timed = [run for run in runs if run.stable is not None]
    return max((run.talkers for run in timed if carried(run)), default=0) if timed else None


def carried(run: TalkRun) -> bool:
    """Return whether captions kept up: all let in, stable p95 in time, and not growing."""
    grows = run.course is not None and run.course.lag_grows
    in_time = run.stable is not None and run.stable.p95 <= MOST_STABLE_P95_SECONDS
    return in_time and not grows and not run.refusals and not run.troubles


def course_targets(run: TalkRun) -> list[Target]:
    """Return the promises on lag and memory of a long talk."""
    course = run.course
    if course is None:
        return []
    first, last = course.first, course.last
    return [
        equal_target(
            "long talk: stable p95, beginning and end",
            course.lag_grows,
            lambda: f"{_p95(first.stable)} and {_p95(last.stable)}",
        ),
        equal_target(
            "long talk: memory, beginning and end, MiB",
            course.memory_grows,
            lambda: f"{mebibytes_text(first.resident_bytes)} and {mebibytes_text(last.resident_bytes)}",
        ),
    ]


def minutes_sheet(runs: Sequence[TalkRun]) -> Sheet:
    """Return the lag of each minute of each run."""
    rows = tuple(
        (
            str(run.talkers),
            str(minute.number),
            str(minute.words),
            _pair(minute.first_shown),
            _pair(minute.stable),
            decimal_text(minute.cores),
            mebibytes_text(minute.resident_bytes),
        )
        for run in runs
        for minute in run.minutes
    )
    columns = ("talkers", "minute", "words", "first shown p50 / p95, s", "stable p50 / p95, s")
    return Sheet("Minute by minute", (*columns, "cores", "MiB"), rows)


def document_of(run: TalkRun) -> dict[str, object]:
    """Return all that was measured of a run, without the events."""
    return {
        "talkers": run.talkers,
        "seconds": run.seconds,
        "first_shown_seconds": asdict(run.first_shown) if run.first_shown else None,
        "stable_seconds": asdict(run.stable) if run.stable else None,
        "minutes": [asdict(minute) for minute in run.minutes],
        "lag_grows": run.course.lag_grows if run.course else None,
        "carried": carried(run),
        "flicker": run.flicker,
        "updates_per_second": run.updates_per_second,
        "cores": run.cores,
        "peak_bytes": run.load.peak_bytes if run.load else None,
        "other_cores": run.load.other_cores if run.load else None,
        "generator_cores": run.generator_cores,
        "behind_seconds": run.behind_seconds,
        "translations": translated_document(run.translations),
        "refusals": list(run.refusals),
        "tracks": [_track(score) for score in run.scores],
    }


def _track(score: TalkScore) -> dict[str, object]:
    began_at = score.talk.began_at or 0.0
    return {
        "lang": score.lang,
        "recordings": [
            {"id": placement.piece.recording.id, "origin_seconds": round(placement.origin_seconds, 3)}
            for placement in score.talk.stream.placements
        ],
        "live": asdict(score.live),
        "settled": asdict(score.settled),
        "reference": asdict(score.reference) if score.reference else None,
        "missing": asdict(score.missing),
        "taken_back": score.steadiness.taken_back,
        "trouble": score.talk.trouble,
        "lags": [[round(value, 3) for value in asdict(lag).values()] for lag in score.lags],
        "captions": [
            {
                "at_seconds": round(shown.at_seconds - began_at, 3),
                "id": shown.caption.id,
                "rev": shown.caption.rev,
                "stable": shown.caption.text[: shown.caption.stable],
                "unstable": shown.caption.text[shown.caption.stable :],
                "final": shown.caption.final,
                "refined": shown.caption.refined,
            }
            for shown in score.talk.events
        ],
        "read": read_document(score.talk.read, began_at),
    }


def _targets(runs: Sequence[TalkRun]) -> list[Target]:
    alone = next((run for run in runs if run.talkers == 1), None)
    twelve = next((run for run in runs if run.talkers == MEMORY_TRACKS and run.load), None)
    shown, stable = (alone.first_shown, alone.stable) if alone else (None, None)
    # What more talkers than can be carried do to words has its own mode, `--overload`.
    judged = [run for run in runs if carried(run)] or runs
    points = language_points([score for run in judged for score in run.scores])
    return [
        FIRST_SHOWN_P50.held(shown.p50 if shown else None),
        FIRST_SHOWN_P95.held(shown.p95 if shown else None),
        STABLE_P50.held(stable.p50 if stable else None),
        STABLE_P95.held(stable.p95 if stable else None),
        SPEAKERS.held(most_talkers(runs) if any(run.talkers > 1 for run in runs) else None),
        accuracy_target(points),
        FLICKER.held(max((run.flicker for run in judged if run.flicker is not None), default=None)),
        MEMORY.held(twelve.load.peak_bytes / 1e6 if twelve and twelve.load else None),
        *translated_targets([score for run in judged for score in run.translations]),
    ]


def _lag_sheet(runs: Sequence[TalkRun]) -> Sheet:
    rows = tuple(
        (
            str(run.talkers),
            _pair(run.first_shown),
            _pair(run.stable),
            _p95(run.course.first.stable) if run.course else DASH,
            _p95(run.course.last.stable) if run.course else DASH,
            ("yes" if run.course.lag_grows else "no") if run.course else "too short",
            f"{run.behind_seconds:.0f} s",
            "yes" if carried(run) else "NO",
        )
        for run in runs
    )
    most = most_talkers(runs)
    columns = (
        "talkers", "first shown p50 / p95, s", "stable p50 / p95, s", "stable p95, minute 2", "last minute",
        "grows", "most behind, as told", "carried",
    )  # fmt: skip
    return Sheet(f"Lag after a word was said (most talkers carried: {most})", columns, rows)


def _cost_sheet(runs: Sequence[TalkRun]) -> Sheet:
    rows = tuple(
        (
            str(run.talkers),
            percent_text(run.errors("live").rate),
            percent_text(run.errors("settled").rate),
            percent_text(run.errors("reference").rate),
            _missing(run),
            decimal_text(run.flicker),
            f"{run.updates_per_second:.2f}",
            decimal_text(run.cores),
            mebibytes_text(run.load.peak_bytes) if run.load else DASH,
            f"{run.generator_cores:.2f}",
            decimal_text(max(0.0, run.load.other_cores - run.generator_cores)) if run.load else DASH,
        )
        for run in runs
    )
    columns = (
        "talkers", "WER live, %", "refined", "offline", "missing (offline), longest", "flicker",
        "updates/s each", "cores", "peak MiB", "bench cores", "other cores",
    )  # fmt: skip
    return Sheet("Words and cost", columns, rows)


def _trouble_sheet(runs: Sequence[TalkRun]) -> Sheet:
    rows = [(str(run.talkers), "refused", why) for run in runs for why in run.refusals]
    rows += [(str(run.talkers), "ended early", why) for run in runs for why in run.troubles]
    return Sheet("What went wrong", ("talkers", "what", "why"), tuple(rows))


def _missing(run: TalkRun) -> str:
    reference = run.missing_in_reference
    offline = DASH if reference is None else str(reference.words)
    return f"{run.missing.words} ({offline}), {run.missing.longest_run}"


def _name(run: TalkRun) -> str:
    return "1 talker" if run.talkers == 1 else f"{run.talkers} talkers"


def _p95(lag: Percentiles | None) -> str:
    return seconds_text(lag.p95 if lag else None)


def _pair(lag: Percentiles | None) -> str:
    return pair_text((lag.p50, lag.p95) if lag else None)
