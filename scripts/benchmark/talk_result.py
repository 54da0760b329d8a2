"""What talkers and their captions amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.core.speech.audio import seconds_of
from benchmark.doors import Late
from benchmark.minutes import Course, Minute, course_of, minutes_of
from benchmark.normalisation import words_of
from benchmark.reference import Reading
from benchmark.result import Percentiles, live_words, percentiles, settled_words, total
from benchmark.scoring import (
    ErrorCount,
    Missing,
    SpokenWord,
    Steadiness,
    WordLag,
    count_errors,
    count_missing,
    histories_of,
    lags_of,
    steadiness_of,
)
from benchmark.service import Load
from benchmark.streams import Stream
from benchmark.talk import Talk
from benchmark.translated import TranslationScore, translation_scores


@dataclass(frozen=True, slots=True)
class TalkScore:
    """What one talker's captions amount to.

    Attributes:
        lang: The language of the talk.
        seconds: How long it was.
        live: Word errors of the finals as they came first.
        settled: Word errors of what stands in the end.
        reference: Word errors of the reference on the same recordings; None without one.
        missing: Words said that stand nowhere in the end.
        missing_in_reference: Likewise of the reference.
        captions: How many became final.
        refined: How many of them were revised by the second pass.
        changed: How many of those got other words.
        steadiness: Words taken back.
        updates: Revisions shown, finals included.
        lags: Of the words that can be timed, in order.
        talk: What was said and shown.
    """

    lang: str
    seconds: float
    live: ErrorCount
    settled: ErrorCount
    reference: ErrorCount | None
    missing: Missing
    missing_in_reference: Missing | None
    captions: int
    refined: int
    changed: int
    steadiness: Steadiness
    updates: int
    lags: tuple[WordLag, ...]
    talk: Talk


@dataclass(frozen=True, slots=True)
class TalkRun:
    """A run of talkers.

    Attributes:
        scores: One for each talker that was let in.
        refusals: Why others were not.
        load: What the service used while they talked; None where its process is not known.
        generator_cores: Cores that the bench itself kept busy.
        statuses: What readers were told about lateness.
    """

    scores: tuple[TalkScore, ...]
    refusals: tuple[str, ...]
    load: Load | None
    generator_cores: float
    statuses: tuple[Late, ...]

    @property
    def talkers(self) -> int:
        """How many wanted to talk."""
        return len(self.scores) + len(self.refusals)

    @property
    def began_at(self) -> float:
        """Moment of the first sample."""
        return min(score.talk.began_at or 0.0 for score in self.scores)

    @property
    def seconds(self) -> float:
        """How long the longest talk was."""
        return max(score.seconds for score in self.scores)

    @property
    def minutes(self) -> list[Minute]:
        """The run minute by minute."""
        lags = [lag for score in self.scores for lag in score.lags]
        return minutes_of(lags, self.seconds, self.began_at, self.load)

    @property
    def course(self) -> Course | None:
        """The beginning beside the end; None when too short."""
        return course_of(self.minutes)

    @property
    def first_shown(self) -> Percentiles | None:
        """Lag over all words."""
        return percentiles([lag.first_shown_seconds for score in self.scores for lag in score.lags])

    @property
    def stable(self) -> Percentiles | None:
        """Lag over all words."""
        return percentiles([lag.stable_seconds for score in self.scores for lag in score.lags])

    @property
    def cores(self) -> float | None:
        """Cores that the service kept busy while everybody talked."""
        return self.load.cores(self.began_at, self.began_at + self.seconds) if self.load else None

    @property
    def flicker(self) -> float | None:
        """Words taken back for each word of the live finals."""
        return sum((score.steadiness for score in self.scores), Steadiness()).rate

    @property
    def translations(self) -> list[TranslationScore]:
        """What readers of other languages saw, one for each language."""
        return translation_scores(score.talk for score in self.scores)

    @property
    def updates_per_second(self) -> float:
        """Revisions that a reader gets of each talker."""
        return sum(score.updates for score in self.scores) / sum(score.seconds for score in self.scores)

    @property
    def behind_seconds(self) -> float:
        """The most that readers were told captions are behind; 0 when nothing was said."""
        return max((late.status.behind_seconds for late in self.statuses), default=0.0)

    @property
    def missing(self) -> Missing:
        """Words said that stand nowhere in the end."""
        return sum((score.missing for score in self.scores), Missing())

    @property
    def missing_in_reference(self) -> Missing | None:
        """Likewise of the reference; None without one."""
        known = [s.missing_in_reference for s in self.scores if s.missing_in_reference is not None]
        return sum(known, Missing()) if known else None

    @property
    def troubles(self) -> list[str]:
        """What went wrong with talkers that were let in."""
        return [score.talk.trouble for score in self.scores if score.talk.trouble]

    def errors(self, of: str) -> ErrorCount:
        """Return the sum of `live`, `settled` or `reference` over all talkers."""
        return total(getattr(score, of) for score in self.scores)


def talk_score_of(talk: Talk, readings: Mapping[str, Reading]) -> TalkScore:
    """Return what a talk amounts to, beside the readings (by recording id) where there are any.

    Raises:
        ValueError: The talk was refused.
    """
    if talk.began_at is None:
        raise ValueError("a refused talk has no score")
    lang = talk.stream.lang
    histories = histories_of(talk.events)
    said = words_said(talk.stream)
    settled = [word for history in histories for word in settled_words(history, lang)]
    live = [word for history in histories for word in live_words(history, lang)]
    heard = _heard(talk.stream, readings)
    spoken = spoken_in(talk.stream, readings) if heard is not None else []
    return TalkScore(
        lang=lang,
        seconds=seconds_of(talk.stream.length_samples),
        live=count_errors(said, live),
        settled=count_errors(said, settled),
        reference=None if heard is None else count_errors(said, heard),
        missing=count_missing(said, settled),
        missing_in_reference=None if heard is None else count_missing(said, heard),
        captions=len(histories),
        refined=sum(history.revised for history in histories),
        changed=sum(live_words(history, lang) != settled_words(history, lang) for history in histories),
        steadiness=sum((steadiness_of(history, lang) for history in histories), Steadiness()),
        updates=len(talk.events),
        lags=tuple(lags_of(histories, spoken, talk.began_at, lang)),
        talk=talk,
    )


def spoken_in(stream: Stream, readings: Mapping[str, Reading]) -> list[SpokenWord]:
    """Return the words of a stream with the moments of their ends, as the reference heard them."""
    return [
        SpokenWord(word.text, placement.origin_seconds + word.end_seconds)
        for placement in stream.placements
        for word in readings[placement.piece.recording.id].spoken(stream.lang)
    ]


def words_said(stream: Stream) -> list[str]:
    """Return the words of a stream, as its recordings' texts have them."""
    return [
        word
        for placement in stream.placements
        for passage in placement.piece.recording.passages
        for word in words_of(passage.text, passage.lang)
    ]


def _heard(stream: Stream, readings: Mapping[str, Reading]) -> list[str] | None:
    """Return what the reference heard in a stream, or None where it did not read all of it."""
    ids = [placement.piece.recording.id for placement in stream.placements]
    if not all(name in readings for name in ids):
        return None
    return [word for name in ids for word in words_of(readings[name].text, stream.lang)]


def talk_run_of(
    talks: Sequence[Talk],
    readings: Mapping[str, Reading],
    load: Load | None,
    generator_cores: float,
    statuses: Sequence[Late],
) -> TalkRun:
    """Return what a run of talkers amounts to."""
    return TalkRun(
        scores=tuple(talk_score_of(talk, readings) for talk in talks if talk.began_at is not None),
        refusals=tuple(talk.trouble for talk in talks if talk.began_at is None),
        load=load,
        generator_cores=generator_cores,
        statuses=tuple(statuses),
    )
