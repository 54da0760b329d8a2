"""What the events of a run say about accuracy, lag and steadiness; no I/O, no clock.

One *history* is all that was shown of one caption, with the moment of each revision. Its *live* part
ends with the first final; a refined revision after that counts for accuracy only, because nobody
waits for it. Lags are measured for the words of the live finals:

* *first shown*: when a revision had the word in its place for the first time;
* *stable*: from when on it was covered by the stable prefix (or by the final) and stayed;
* *final*: when its caption became final;

each minus the moment at which the word had been said to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jiwer

from assistant.client import CaptionEvent
from benchmark.normalisation import Token, tokens_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A caption event and the moment it arrived, seconds of a monotonic clock."""

    at_seconds: float
    caption: CaptionEvent


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and when it had been said, seconds since the recording began."""

    text: str
    end_seconds: float


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Word errors: substitutions, deletions and insertions, against the number of words said."""

    words: int = 0
    errors: int = 0

    def __add__(self, other: ErrorCount) -> ErrorCount:
        return ErrorCount(self.words + other.words, self.errors + other.errors)

    @property
    def rate(self) -> float | None:
        """The word error rate, or None where nothing was said."""
        return self.errors / self.words if self.words else None


@dataclass(frozen=True, slots=True)
class WordLag:
    """How long after it was said one word was shown, settled and final; seconds.

    `said_seconds` is when that was, since the recording (or stream) began.
    """

    first_shown_seconds: float
    stable_seconds: float
    final_seconds: float
    said_seconds: float


@dataclass(frozen=True, slots=True)
class History:
    """All revisions of one caption in order of arrival.

    Attributes:
        live: Up to the first final.
        settled: What stands in the end.
    """

    live: tuple[Shown, ...]
    settled: CaptionEvent

    @property
    def revised(self) -> bool:
        """Whether a refined revision came after the final."""
        return self.settled.refined


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How often readers saw words go again.

    Attributes:
        taken_back: Words of a revision that the next one had no more.
        final_words: Words of the live finals.
    """

    taken_back: int = 0
    final_words: int = 0

    def __add__(self, other: Steadiness) -> Steadiness:
        return Steadiness(self.taken_back + other.taken_back, self.final_words + other.final_words)

    @property
    def rate(self) -> float | None:
        """Words taken back for each word of the live finals, or None where there are none."""
        return self.taken_back / self.final_words if self.final_words else None


@dataclass(frozen=True, slots=True)
class Life:
    """One word of a live final: its normal form and the moments of its life."""

    text: str
    first_shown_at: float
    stable_at: float
    final_at: float


def histories_of(events: Iterable[Shown]) -> list[History]:
    """Return the captions that became final, in the order in which they were spoken.

    A revision that is not newer than what was shown is ignored, as readers ignore it.
    """
    captions: dict[str, list[Shown]] = {}
    for shown in events:
        revisions = captions.setdefault(shown.caption.id, [])
        if not revisions or shown.caption.rev > revisions[-1].caption.rev:
            revisions.append(shown)
    histories = []
    for revisions in captions.values():
        finals = [index for index, shown in enumerate(revisions) if shown.caption.final]
        if finals:
            histories.append(History(tuple(revisions[: finals[0] + 1]), revisions[-1].caption))
    return sorted(histories, key=lambda history: history.live[-1].caption.start_seconds)


def count_errors(said: Sequence[str], shown: Sequence[str]) -> ErrorCount:
    """Return the word errors of `shown` against `said`."""
    if not said or not shown:
        return ErrorCount(len(said), max(len(said), len(shown)))
    output = jiwer.process_words(" ".join(said), " ".join(shown))
    return ErrorCount(len(said), output.substitutions + output.deletions + output.insertions)


@dataclass(frozen=True, slots=True)
class Missing:
    """Words that were said and stand nowhere.

    Attributes:
        words: How many.
        longest_run: The most of them in a row; a whole lost utterance shows here.
    """

    words: int = 0
    longest_run: int = 0

    def __add__(self, other: Missing) -> Missing:
        return Missing(self.words + other.words, max(self.longest_run, other.longest_run))


def count_missing(said: Sequence[str], shown: Sequence[str]) -> Missing:
    """Return the deletions of `shown` against `said`."""
    runs = [len(run) for run in missing_runs(said, shown)]
    return Missing(sum(runs), max(runs, default=0))


def missing_runs(said: Sequence[str], shown: Sequence[str]) -> list[range]:
    """Return where words of `said` in a row stand nowhere in `shown`, by the best alignment."""
    if not said or not shown:
        return [range(len(said))] if said else []
    return [
        range(chunk.ref_start_idx, chunk.ref_end_idx)
        for chunk in jiwer.process_words(" ".join(said), " ".join(shown)).alignments[0]
        if chunk.type == "delete"
    ]


def matches(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the index pairs of the words that two texts share, by their best alignment."""
    if not before or not after:
        return
    for chunk in jiwer.process_words(" ".join(before), " ".join(after)).alignments[0]:
        if chunk.type == "equal":
            yield from zip(
                range(chunk.ref_start_idx, chunk.ref_end_idx),
                range(chunk.hyp_start_idx, chunk.hyp_end_idx),
                strict=True,
            )


def steadiness_of(history: History, language: str) -> Steadiness:
    """Return how many words of a caption were taken back while it was live."""
    texts = [_texts(_tokens(shown, language)) for shown in history.live]
    taken_back = sum(
        len(before) - sum(1 for _ in matches(before, after))
        for before, after in pairwise(texts)
        if before != after
    )
    return Steadiness(taken_back, len(texts[-1]))


def lags_of(
    histories: Sequence[History], spoken: Sequence[SpokenWord], began_at: float, language: str
) -> list[WordLag]:
    """Return the lags of all words that the live finals share with `spoken`.

    Args:
        histories: The captions of one recording, in order.
        spoken: The words of the same recording in normal form, with their times.
        began_at: The moment of the recording's first sample, on the clock of the events.
        language: How the captions' texts are read.
    """
    lives = [life for history in histories for life in lives_of(history, language)]
    pairs = matches([life.text for life in lives], [word.text for word in spoken])
    lags = []
    for index, word in pairs:
        said_seconds = spoken[word].end_seconds
        said_at = began_at + said_seconds
        life = lives[index]
        lags.append(
            WordLag(
                life.first_shown_at - said_at, life.stable_at - said_at, life.final_at - said_at, said_seconds
            )
        )
    return lags


def most_words_shown(events: Iterable[Shown], language: str) -> int:
    """Return how many words were on the screen: of each caption, its longest revision."""
    longest: dict[str, int] = {}
    for shown in events:
        count = len(_tokens(shown, language))
        longest[shown.caption.id] = max(longest.get(shown.caption.id, 0), count)
    return sum(longest.values())


def lives_of(history: History, language: str) -> list[Life]:
    """Return the words of a caption's live final with the moments of their lives."""
    final = history.live[-1]
    words = _texts(_tokens(final, language))
    first_shown = [final.at_seconds] * len(words)
    stable = [final.at_seconds] * len(words)
    still_stable = [True] * len(words)
    # Backwards in time: a word is stable since the earliest revision of the unbroken run that ends
    # with the final, and first shown in the earliest revision that has it at all.
    for shown in reversed(history.live[:-1]):
        tokens = _tokens(shown, language)
        found = dict(matches(words, _texts(tokens)))
        for index in range(len(words)):
            token = tokens[found[index]] if index in found else None
            if token is not None:
                first_shown[index] = shown.at_seconds
            covered = token is not None and token.end_characters <= shown.caption.stable
            still_stable[index] = still_stable[index] and covered
            if still_stable[index]:
                stable[index] = shown.at_seconds
    return [
        Life(text, first_shown[index], stable[index], final.at_seconds) for index, text in enumerate(words)
    ]


def _tokens(shown: Shown, language: str) -> list[Token]:
    return tokens_of(shown.caption.text, language if language != "auto" else shown.caption.lang)


def _texts(tokens: Sequence[Token]) -> list[str]:
    return [token.text for token in tokens]
