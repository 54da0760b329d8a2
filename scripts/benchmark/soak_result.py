"""What a soak amounts to: words, lags and memory, with what happened meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from assistant.client import CaptionEvent
from assistant.core.speech.audio import SAMPLE_RATE
from benchmark.reference import Reading
from benchmark.result import Percentiles, percentiles, settled_words
from benchmark.scoring import History, WordLag, histories_of, matches, missing_runs
from benchmark.sheets import DASH, Report, Sheet, mebibytes_text, pair_text
from benchmark.soak_service import MemorySample, Outage
from benchmark.streams import Placement, Stream
from benchmark.talk import Talk
from benchmark.talk_result import TalkRun, words_said
from benchmark.targets import SOAK_GONE, SOAK_GROWTH, SOAK_LOST, SOAK_STABLE_P50, SOAK_STABLE_P95

RECOVERY_SECONDS = 20.0
"""So long after an outage lags are still its fault: what was kept meanwhile is worked off."""

_SETTLING_SECONDS = 60.0
"""A service that has just started still grows."""

_LEAST_GROWTH_SECONDS = 300.0
"""From fewer seconds no growth an hour can be told."""

_LOST_SHARE = 0.5
_TWICE_SHARE = 0.5
_LEAST_WORDS = 3
_GAP_WORDS = 4


@dataclass(frozen=True, slots=True)
class Lost:
    """Words that are not there.

    Attributes:
        recording: Id of the recording that they are of, or in which they begin.
        said_seconds: When that was said, since its talker began.
        said: The words.
        shown: The captions of about that time, which show whether audio is missing or was misheard.
    """

    recording: str
    said_seconds: float
    said: str
    shown: str


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak.

    Attributes:
        run: The well-behaved talkers.
        lost: Recordings of which less than half the words that the reference heard are there.
        gaps: Longer runs of words that stand nowhere; the recogniser may have left them out.
        twice: Captions that say again what another one says.
        gone: Ids of finals that readers saw and that the transcript did not have in the end.
        calm: Lags of the words that were said outside outages; None where none could be timed.
        growth_percent: How much more memory an hour; None where it was too short to tell.
        samples: What the service held.
        outages: When it was away.
        guests: How many of each kind came.
        errors: Errors in its log.
        load_average: Of the machine in the last minutes, by which lags can be judged; 0 where nobody says.
    """

    run: TalkRun
    lost: tuple[Lost, ...]
    gaps: tuple[Lost, ...]
    twice: tuple[str, ...]
    gone: tuple[str, ...]
    calm: Percentiles | None
    growth_percent: float | None
    samples: tuple[MemorySample, ...]
    outages: tuple[Outage, ...]
    guests: Mapping[str, int]
    errors: int
    load_average: float = 0.0


def lost_in(talk: Talk, readings: Mapping[str, Reading]) -> list[Lost]:
    """Return the recordings of a talk whose captions are not there."""
    lang = talk.stream.lang
    histories = histories_of(talk.events)
    shown = [word for history in histories for word in settled_words(history, lang)]
    said: list[tuple[int, str]] = []
    for number, placement in enumerate(talk.stream.placements):
        reading = readings.get(placement.piece.recording.id)
        said += [(number, word.text) for word in reading.spoken(lang)] if reading else []
    there = {index for index, _ in matches([word for _, word in said], shown)}
    lost = []
    for number, placement in enumerate(talk.stream.placements):
        own = [index for index, (place, _) in enumerate(said) if place == number]
        if len(own) >= _LEAST_WORDS and sum(index in there for index in own) < _LOST_SHARE * len(own):
            lost.append(_lost(placement, [said[index][1] for index in own], histories))
    return lost


def gaps_in(talk: Talk) -> list[Lost]:
    """Return the longer runs of words in the texts of a talk's recordings that stand nowhere."""
    lang = talk.stream.lang
    histories = histories_of(talk.events)
    shown = [word for history in histories for word in settled_words(history, lang)]
    said = [
        (placement, word)
        for placement in talk.stream.placements
        for word in words_said(Stream(lang, (placement,)))
    ]
    return [
        _lost(said[run.start][0], [word for _, word in said[run.start : run.stop]], histories)
        for run in missing_runs([word for _, word in said], shown)
        if len(run) >= _GAP_WORDS
    ]


def _lost(placement: Placement, words: Sequence[str], histories: Sequence[History]) -> Lost:
    began = placement.start_samples / SAMPLE_RATE
    ended = began + placement.piece.pcm.size / SAMPLE_RATE
    meanwhile = [
        history.settled.text
        for history in histories
        if history.settled.end_seconds > began and history.settled.start_seconds < ended
    ]
    return Lost(placement.piece.recording.id, began, " ".join(words), " / ".join(meanwhile))


def twice_in(talk: Talk) -> list[str]:
    """Return the captions of a talk whose time another one of the same talker had already."""
    captions = [history.settled for history in histories_of(talk.events) if history.settled.text]
    return [
        later.id
        for earlier, later in pairwise(captions)
        if _shared_seconds(earlier, later) > _TWICE_SHARE * (later.end_seconds - later.start_seconds)
    ]


def gone_from(events: Sequence[CaptionEvent], transcript: set[str]) -> list[str]:
    """Return the finals that readers saw and a transcript lacks; one without words is no loss."""
    latest: dict[str, CaptionEvent] = {}
    for event in events:
        if event.final and (event.id not in latest or event.rev > latest[event.id].rev):
            latest[event.id] = event
    return [name for name, event in latest.items() if event.text and name not in transcript]


def calm_lags(run: TalkRun, outages: Sequence[Outage]) -> Percentiles | None:
    """Return the stable lags of words that were said while the service was there and had recovered."""

    def calm(lag: WordLag, began_at: float) -> bool:
        said_at = began_at + lag.said_seconds
        # A word said just before an outage is captioned after it.
        return not any(
            outage.began_at - RECOVERY_SECONDS / 4 <= said_at <= outage.ended_at + RECOVERY_SECONDS
            for outage in outages
        )

    return percentiles(
        [
            lag.stable_seconds
            for score in run.scores
            for lag in score.lags
            if calm(lag, score.talk.began_at or 0.0)
        ]
    )


def growth_percent(samples: Sequence[MemorySample]) -> float | None:
    """Return how memory grows, in % an hour: one slope through all lives, each at its own height.

    The first minute of a life does not count. None where there are too few minutes to tell.
    """
    lives: dict[int, list[MemorySample]] = {}
    for sample in samples:
        lives.setdefault(sample.life, []).append(sample)
    over = squares = seconds = 0.0
    heights = []
    for life in lives.values():
        settled = [s for s in life if s.at_seconds >= life[0].at_seconds + _SETTLING_SECONDS]
        if not settled:
            continue
        middle_seconds = sum(s.at_seconds for s in settled) / len(settled)
        height_bytes = sum(s.resident_bytes for s in settled) / len(settled)
        over += sum((s.at_seconds - middle_seconds) * (s.resident_bytes - height_bytes) for s in settled)
        squares += sum((s.at_seconds - middle_seconds) ** 2 for s in settled)
        seconds = max(seconds, settled[-1].at_seconds - settled[0].at_seconds)
        heights.append(height_bytes)
    if seconds < _LEAST_GROWTH_SECONDS or not squares:
        return None
    return 100 * 3600 * (over / squares) / (sum(heights) / len(heights))


def soak_report(soak: Soak, heading: str) -> Report:
    """Return the report of a soak."""
    run, calm, stable = soak.run, soak.calm, soak.run.stable
    growth = soak.growth_percent
    rows = (
        ("talkers, minutes", f"{run.talkers}, {run.seconds / 60:.0f}"),
        ("killed and started again", str(sum(outage.what == "killed" for outage in soak.outages))),
        ("disk full", str(sum(outage.what == "disk full" for outage in soak.outages))),
        ("guests who did not behave", str(sum(soak.guests.values()))),
        ("recordings lost", str(len(soak.lost))),
        ("captions twice", str(len(soak.twice))),
        ("finals seen and gone", str(len(soak.gone))),
        ("words missing / longest run", f"{run.missing.words} / {run.missing.longest_run}"),
        ("stable p50 / p95 outside outages, s", pair_text((calm.p50, calm.p95)) if calm else DASH),
        ("stable p50 / p95 with outages, s", pair_text((stable.p50, stable.p95)) if stable else DASH),
        ("memory, % an hour", DASH if growth is None else f"{growth:+.1f}"),
        ("errors in the log", str(soak.errors)),
        ("load average of the machine", f"{soak.load_average:.1f}"),
        ("talkers in trouble", "; ".join([*run.troubles, *run.refusals]) or "none"),
    )
    sheets = (
        Sheet("Soak", ("", "value"), rows),
        Sheet("Memory and descriptors", ("minute", "life", "MiB", "descriptors"), _course(soak.samples)),
        Sheet("Guests", ("", "came"), tuple((name, str(n)) for name, n in sorted(soak.guests.items()))),
        *_lost_sheets("Lost", soak.lost),
        *_lost_sheets("Longer runs of missing words", soak.gaps),
    )
    known = bool(run.scores)
    targets = (
        SOAK_LOST.held(len(soak.lost) + len(soak.twice) if known else None),
        SOAK_GONE.held(len(soak.gone)),
        SOAK_STABLE_P50.held(calm.p50 if calm else None),
        SOAK_STABLE_P95.held(calm.p95 if calm else None),
        SOAK_GROWTH.held(growth),
    )
    document: dict[str, object] = {
        "lost": [asdict(lost) for lost in soak.lost],
        "gaps": [asdict(gap) for gap in soak.gaps],
        "twice": soak.twice,
        "gone": soak.gone,
        "calm": asdict(calm) if calm else None,
        "stable": asdict(stable) if stable else None,
        "growth_percent": growth,
        "missing": asdict(run.missing),
        "outages": [asdict(outage) for outage in soak.outages],
        "samples": [asdict(sample) for sample in soak.samples],
        "guests": dict(soak.guests),
        "errors": soak.errors,
        "load_average": soak.load_average,
        "troubles": [*run.troubles, *run.refusals],
    }
    return Report(heading, sheets, targets, document)


def _lost_sheets(title: str, lost: Sequence[Lost]) -> tuple[Sheet, ...]:
    rows = tuple((one.recording, f"{one.said_seconds / 60:.1f}", one.said, one.shown) for one in lost)
    return (Sheet(title, ("recording", "minute", "said", "shown then"), rows),) if rows else ()


def _course(samples: Sequence[MemorySample]) -> tuple[tuple[str, ...], ...]:
    """Return one row for about each twelfth of the time."""
    if not samples:
        return ()
    began, ended = samples[0].at_seconds, samples[-1].at_seconds
    step_seconds = max(1.0, (ended - began) / 12)
    rows, due = [], began
    for sample in samples:
        if sample.at_seconds >= due or sample is samples[-1]:
            minute = f"{(sample.at_seconds - began) / 60:.1f}"
            memory = mebibytes_text(sample.resident_bytes)
            rows.append((minute, str(sample.life), memory, str(sample.descriptors)))
            due = sample.at_seconds + step_seconds
    return tuple(rows)


def _shared_seconds(earlier: CaptionEvent, later: CaptionEvent) -> float:
    return min(earlier.end_seconds, later.end_seconds) - max(earlier.start_seconds, later.start_seconds)
