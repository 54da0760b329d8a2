"""Where an utterance is cut although the voice goes on, so that captions do not grow without end.

A cut through a word loses it, and alignment is good to about a quarter of a second; so an utterance is only
cut where voice activity hears a rest, until there is no more time to wait for one. Where the stable prefix
does not grow in time (partials are rare under load), the best place among all words is taken. And where the
recogniser gives up while the voice goes on, what follows is heard by itself (decision 0008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.core.speech.audio import SAMPLE_RATE, Span, samples_of, seconds_of
from assistant.core.speech.hypothesis import Word
from assistant.core.speech.stabilisation import ends_clause, ends_sentence

SHORT_WORD_SECONDS = 0.2
_STALLED_PARTIALS = 2


@dataclass(frozen=True, slots=True)
class CutRules:
    """When and where an utterance is cut.

    Attributes:
        free_cut_seconds: From this length on, an utterance is cut where the voice rests at the end of a
            sentence, if nothing that readers see moves to the next one.
        sentence_cut_seconds: From this length on, at the end of any sentence.
        clause_cut_seconds: From this length on, where the voice rests at all.
        must_cut_seconds: From this length on, between any two words, also behind the stable prefix.
        edge_seconds: No cut is made so close to the end of the audio.
        rest_seconds: So long the voice must rest for a cut before `must_cut_seconds`.
        alignment_seconds: How far a rest may lie from where alignment puts the gap between two words.
        stalled_seconds: So much voice behind the beginning of the last word in two partials in a row
            means that the recogniser has given up: it may not listen beyond a change of voice.
        stalled_word_seconds: The last word before that is taken to be about this long; it ends at a rest that
            begins within twice that.
    """

    free_cut_seconds: float = 8.0
    sentence_cut_seconds: float = 15.0
    clause_cut_seconds: float = 19.0
    must_cut_seconds: float = 25.0
    edge_seconds: float = 1.0
    rest_seconds: float = 0.15
    alignment_seconds: float = 0.25
    stalled_seconds: float = 2.5
    stalled_word_seconds: float = 0.6


@dataclass(frozen=True, slots=True)
class NewestPartial:
    """What the newest partial of an utterance came to; sample positions are counted from its start.

    Attributes:
        words: What it read, with the stable prefix first.
        stable: How many of them are in the stable prefix.
        seen: How many words readers saw before it.
        audio_length: How many samples there were.
    """

    words: tuple[Word, ...]
    stable: int
    seen: int
    audio_length: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut.

    Attributes:
        words: What stands before it; the cut makes it the stable prefix.
        between: Where it may be made, as near as is known.
        torn: Whether the voice does not rest there, so that a word may be torn.
    """

    words: tuple[Word, ...]
    between: Span
    torn: bool


class Cutter:
    """Finds where one utterance is to be cut."""

    def __init__(self, rules: CutRules | None = None) -> None:
        self._rules = rules or CutRules()
        self._stalled_partials = 0

    @property
    def stalled(self) -> bool:
        """Whether partials have stopped writing although the voice goes on."""
        return self._stalled_partials >= _STALLED_PARTIALS

    def note(self, words: Sequence[Word], audio_length: int, *, quiet_seconds: float) -> None:
        """Note how far a partial has read; a partial that went wrong has no words here, and says nothing."""
        if not words:
            self._stalled_partials = 0
            return
        # The last word's end says nothing: alignment gives it whatever audio is left.
        unread_seconds = seconds_of(audio_length - words[-1].span.start_samples) - quiet_seconds
        stalled = unread_seconds >= self._rules.stalled_seconds
        self._stalled_partials = self._stalled_partials + 1 if stalled else 0

    def cut(self, newest: NewestPartial, rests: Sequence[Span]) -> Cut | None:
        """Return where the utterance should be cut now; None where it should not be.

        It is cut behind the stable prefix if that can be.

        Args:
            newest: The newest partial.
            rests: Where the voice rests within the utterance.
        """
        if self.stalled:
            return self._behind_last_word(newest.words, rests)
        heard_seconds = seconds_of(newest.audio_length)
        must = heard_seconds >= self._rules.must_cut_seconds
        count = self._best_border(newest, rests) if must else newest.stable
        if not 0 < count < len(newest.words):
            return None
        last, following = newest.words[count - 1], newest.words[count]
        rest = self._longest_rest(rests, last, following)
        # A reader who sees words go from one caption and come up in the next has to look twice.
        least_seconds = self._least_rest_seconds(last, heard_seconds, stays=newest.seen <= count)
        if not must and (rest is None or rest.length_seconds < least_seconds):
            return None
        return Cut(
            words=newest.words[:count],
            between=rest or _gap(last, following, samples_of(self._rules.alignment_seconds) // 2),
            torn=rest is None or rest.length_seconds < self._rules.rest_seconds,
        )

    def _behind_last_word(self, words: Sequence[Word], rests: Sequence[Span]) -> Cut:
        *before, last = words
        start, word_samples = last.span.start_samples, samples_of(self._rules.stalled_word_seconds)
        near = Span(start + samples_of(SHORT_WORD_SECONDS), start + 2 * word_samples)
        rest = next((rest for rest in rests if self._rests_in(rest, near)), None)
        between = rest or Span(start + word_samples // 2, start + word_samples * 3 // 2)
        end = min(last.span.end_samples, max(between.start_samples, start + word_samples))
        return Cut((*before, replace(last, span=Span(start, end))), between, torn=rest is None)

    def _rests_in(self, rest: Span, near: Span) -> bool:
        begins_there = near.start_samples <= rest.start_samples <= near.end_samples
        return begins_there and rest.length_seconds >= self._rules.rest_seconds

    def _least_rest_seconds(self, last: Word, heard_seconds: float, *, stays: bool) -> float:
        """Return how long the voice must rest behind the word for a cut at this length."""
        rules = self._rules
        if heard_seconds >= rules.clause_cut_seconds:
            return rules.rest_seconds
        least_seconds = rules.free_cut_seconds if stays else rules.sentence_cut_seconds
        complete = ends_sentence(last) and not last.text.rstrip().endswith(("...", "…"))
        return rules.rest_seconds if complete and heard_seconds >= least_seconds else math.inf

    def _longest_rest(self, rests: Sequence[Span], last: Word, following: Word) -> Span | None:
        gap = _gap(last, following, samples_of(self._rules.alignment_seconds))
        within = [rest.cut_to(gap) for rest in rests if rest.overlaps(gap)]
        return max(within, key=lambda rest: rest.length_samples, default=None)

    def _best_border(self, newest: NewestPartial, rests: Sequence[Span]) -> int:
        """Return how many words stand before the best place: a rest, a sentence's end, any border."""
        words = newest.words
        edge = newest.audio_length - samples_of(self._rules.edge_seconds)
        counts = [
            count
            for count in range(max(1, newest.stable), len(words))
            if words[count - 1].span.end_samples <= edge
        ]

        def rank(count: int) -> tuple[bool, int, bool, int]:
            last = words[count - 1]
            late = last.span.end_samples >= newest.audio_length // 2
            rest = self._longest_rest(rests, last, words[count])
            return (late, rest.length_samples if rest else 0, ends_clause(last), count)

        return max(counts, key=rank, default=newest.stable)


def _gap(last: Word, following: Word, around_samples: int) -> Span:
    """Return the gap between two words and so much on both sides."""
    start = max(0, last.span.end_samples - around_samples)
    return Span(start, max(following.span.start_samples + around_samples, start + SAMPLE_RATE // 50))
