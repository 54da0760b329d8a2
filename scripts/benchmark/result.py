"""What a run amounts to: one score per recording, and their sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.material import Recording
from benchmark.normalisation import words_of
from benchmark.reference import Reading
from benchmark.scoring import (
    ErrorCount,
    History,
    Missing,
    Steadiness,
    WordLag,
    count_errors,
    count_missing,
    histories_of,
    lags_of,
    most_words_shown,
    steadiness_of,
)
from benchmark.service import Load
from benchmark.streaming import Take


@dataclass(frozen=True, slots=True)
class Score:
    """What one recording amounts to.

    Attributes:
        recording: The recording.
        live: Word errors of the finals as they came first.
        settled: Word errors of what stands in the end, after refined revisions.
        reference: Word errors of the reference; None without one.
        missing: Words said that stand nowhere in the end.
        captions: How many captions became final.
        refined: How many of them were revised by the second pass.
        changed: How many of those got other words.
        steadiness: Words taken back.
        lags: Of the words that can be timed.
        words_shown: The longest revisions' words; for recordings without speech, all are invented.
        final_text: What stands in the end.
        take: What was streamed and shown.
    """

    recording: Recording
    live: ErrorCount
    settled: ErrorCount
    reference: ErrorCount | None
    missing: Missing
    captions: int
    refined: int
    changed: int
    steadiness: Steadiness
    lags: tuple[WordLag, ...]
    words_shown: int
    final_text: str
    take: Take

    @property
    def lang(self) -> str:
        """The language of the recording."""
        return self.recording.lang


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The middle and the slow end of a set of durations; seconds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What streaming a set of recordings took.

    Attributes:
        streamed_seconds: Audio sent, all tracks together.
        wall_seconds: From the first sample to the last caption.
        load: What the service used; None when its process is not known.
    """

    streamed_seconds: float
    wall_seconds: float
    load: Load | None

    @property
    def cpu_seconds_per_audio_second(self) -> float | None:
        """How many cores one track keeps busy."""
        return self.load.cpu_seconds / self.streamed_seconds if self.load else None


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run.

    Attributes:
        scores: One per recording.
        speakers: How many spoke at the same time.
        speech: Cost of the recordings in which somebody speaks; None without such.
        speechless: Cost of the others.
        reference_real_time_factor: Computing time of the reference per second of audio.
    """

    scores: tuple[Score, ...]
    speakers: int
    speech: Cost | None
    speechless: Cost | None
    reference_real_time_factor: float | None

    @property
    def spoken(self) -> list[Score]:
        """Scores of recordings in which somebody speaks."""
        return [score for score in self.scores if not score.recording.speechless]

    @property
    def unspoken(self) -> list[Score]:
        """Scores of recordings in which nobody speaks."""
        return [score for score in self.scores if score.recording.speechless]

    def percentiles(self, of: Callable[[WordLag], float]) -> Percentiles | None:
        """Return the percentiles of one lag over all words."""
        return percentiles([of(lag) for score in self.spoken for lag in score.lags])

    @property
    def flicker(self) -> float | None:
        """Words taken back for each word of the live finals."""
        return sum((score.steadiness for score in self.spoken), Steadiness()).rate

    @property
    def invented_words(self) -> int:
        """Words shown where nobody spoke."""
        return sum(score.words_shown for score in self.unspoken)


def score_of(take: Take, reading: Reading | None) -> Score:
    """Return what a take amounts to, beside the reading of the reference."""
    recording = take.recording
    language = recording.spoken_language
    histories = histories_of(take.events)
    said = [word for passage in recording.passages for word in words_of(passage.text, passage.lang)]
    live = [word for history in histories for word in live_words(history, language)]
    settled = [word for history in histories for word in settled_words(history, language)]
    heard = None if reading is None else words_of(reading.text, _read_as(language, reading.language))
    lags = [] if reading is None else lags_of(histories, reading.spoken(language), take.began_at, language)
    return Score(
        recording=recording,
        live=count_errors(said, live),
        settled=count_errors(said, settled),
        reference=None if heard is None else count_errors(said, heard),
        missing=count_missing(said, settled),
        captions=len(histories),
        refined=sum(history.revised for history in histories),
        changed=sum(
            live_words(history, language) != settled_words(history, language) for history in histories
        ),
        steadiness=sum((steadiness_of(history, language) for history in histories), Steadiness()),
        lags=tuple(lags),
        words_shown=most_words_shown(take.events, language),
        final_text=" ".join(history.settled.text for history in histories if history.settled.text),
        take=take,
    )


def grouped(scores: Iterable[Score]) -> Mapping[tuple[str, str], list[Score]]:
    """Return scores by kind of material and language, in alphabetical order."""
    groups: dict[tuple[str, str], list[Score]] = {}
    for score in sorted(scores, key=lambda score: (score.recording.kind, score.recording.lang)):
        groups.setdefault((score.recording.kind, score.recording.lang), []).append(score)
    return groups


def total(counts: Iterable[ErrorCount | None]) -> ErrorCount:
    """Return the sum of the counts that there are."""
    return sum((count for count in counts if count is not None), ErrorCount())


def percentiles(values: Sequence[float]) -> Percentiles | None:
    """Return p50 and p95 by the nearest rank, or None without values."""
    if not values:
        return None
    ordered = sorted(values)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Percentiles(rank(0.5), rank(0.95))


def live_words(history: History, language: str) -> list[str]:
    """Return the words of a caption's first final; `auto` reads them as the caption's language."""
    caption = history.live[-1].caption
    return words_of(caption.text, _read_as(language, caption.lang))


def settled_words(history: History, language: str) -> list[str]:
    """Return the words that stand in the end."""
    return words_of(history.settled.text, _read_as(language, history.settled.lang))


def _read_as(language: str, assumed: str) -> str:
    """Return the language whose numbers and apostrophes a text has."""
    return assumed if language == "auto" else language
