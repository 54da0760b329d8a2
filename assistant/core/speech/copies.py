"""Which stretches of a track are copies: another microphone in the same room has the same voice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.crosstalk import HOP_SAMPLES
from assistant.core.speech.hypothesis import Word
from assistant.core.speech.unread import unread_in

LEAST_OWN_SAMPLES = samples_of(0.2)
"""What is shorter than that is no word of somebody else, but the edge of a copy."""
_LEAST_COPIED_SAMPLES = samples_of(0.4)
_MOST_COPIES = 512
_AROUND_SAMPLES = samples_of(0.06)
"""A border is known to about so much."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A stretch of a track in which another microphone has the same voice.

    Attributes:
        span: In samples of the track.
        source: The session of the track that captions it.
        offset_samples: The same moment has so much a higher sample there; negative for a lower one.
    """

    span: Span
    source: str
    offset_samples: int

    @property
    def at_source(self) -> Span:
        """The stretch in samples of the other track."""
        return self.span.moved(self.offset_samples)


class Copies:
    """The copies in one track, as far as they are known.

    Attributes:
        judged_samples: Up to which sample of the track it is known what is a copy.
    """

    def __init__(self, start_samples: int = 0) -> None:
        self.judged_samples = start_samples
        self._found: deque[Copy] = deque(maxlen=_MOST_COPIES)

    def note(self, until_samples: int, found: Sequence[Copy]) -> None:
        """Take in what was found up to a sample; what was known before that stays as it is known."""
        known = Span(self.judged_samples, max(self.judged_samples, until_samples))
        self._found.extend(
            replace(each, span=each.span.cut_to(known)) for each in found if each.span.overlaps(known)
        )
        self.judged_samples = known.end_samples

    def within(self, span: Span) -> list[Copy]:
        """Return the copies in a span, each cut to it."""
        return [
            replace(each, span=each.span.cut_to(span)) for each in self._found if each.span.overlaps(span)
        ]

    def by_source(self, span: Span) -> dict[str, list[Copy]]:
        """Return the copies in a span by who has the voice better, in order."""
        found: dict[str, list[Copy]] = {}
        for each in sorted(self.within(span), key=lambda copy: copy.span):
            found.setdefault(each.source, []).append(each)
        return found

    def rewind(self, samples: int) -> None:
        """Forget what is known from a sample on."""
        kept = Span(0, samples)
        self._found = deque(
            (replace(each, span=each.span.cut_to(kept)) for each in self._found if each.span.overlaps(kept)),
            _MOST_COPIES,
        )
        self.judged_samples = min(self.judged_samples, samples)

    def cover(self, span: Span, voice: Sequence[Span]) -> bool:
        """Whether the voice in a span is a copy, as far as that is known.

        Args:
            span: Of an utterance.
            voice: Where in it somebody clearly speaks.
        """
        known = Span(0, self.judged_samples)
        spoken = [each.cut_to(known) for each in voice if each.overlaps(known)]
        return (
            bool(self.within(span))
            and longest_samples(without(spoken, [each.span for each in self._found])) < LEAST_OWN_SAMPLES
        )

    def border(self, span: Span, voice: Sequence[Span]) -> Span | None:
        """Return where the newest change lies between what is a copy and what is not; None without any.

        Args:
            span: Of the utterance that is going on.
            voice: Where in it somebody clearly speaks.
        """
        known = Span(span.start_samples, max(span.start_samples, self.judged_samples)).cut_to(span)
        hops = known.length_samples // HOP_SAMPLES
        spoken = _marked(voice, known.start_samples, hops)
        copied = _marked([each.span for each in self._found], known.start_samples, hops) & spoken
        own = spoken & ~copied
        if not copied.any() or not own.any():
            return None
        newest, before, least_samples = own, copied, LEAST_OWN_SAMPLES
        if np.flatnonzero(copied)[-1] > np.flatnonzero(own)[-1]:
            newest, before, least_samples = copied, own, _LEAST_COPIED_SAMPLES
        last_before = int(np.flatnonzero(before)[-1])
        begun = np.flatnonzero(newest[last_before:]) + last_before
        if len(begun) * HOP_SAMPLES < least_samples:
            return None
        if int(before.sum()) * HOP_SAMPLES < LEAST_OWN_SAMPLES:
            return None  # a frame or two at the edge of what was told
        first = known.start_samples + int(begun[0]) * HOP_SAMPLES
        last = known.start_samples + (last_before + 1) * HOP_SAMPLES
        return Span(max(known.start_samples, last - _AROUND_SAMPLES), first + _AROUND_SAMPLES)


def without(voice: Sequence[Span], copies: Sequence[Span]) -> list[Span]:
    """Return what of the voice lies in no copy."""
    left = list(voice)
    for copy in copies:
        left = [
            part
            for each in left
            for part in (
                Span(each.start_samples, min(each.end_samples, max(each.start_samples, copy.start_samples))),
                Span(max(each.start_samples, min(each.end_samples, copy.end_samples)), each.end_samples),
            )
            if part.length_samples
        ]
    return left


def own_words(words: Sequence[Word], copies: Sequence[Span]) -> tuple[Word, ...]:
    """Return the words that lie in no copy; their times count as those of the copies do."""
    return tuple(
        word
        for word in words
        if not any(copy.start_samples <= _middle(word) < copy.end_samples for copy in copies)
    )


def _middle(word: Word) -> int:
    return (word.span.start_samples + word.span.end_samples) // 2


def left_out(words: Sequence[Word], spans: Sequence[Span]) -> list[Span]:
    """Return what of some spans with voice has no words.

    Args:
        words: What was read, with times that count as those of the spans do.
        spans: In order; they follow each other.
    """
    start, end = spans[0].start_samples, spans[-1].end_samples
    read = [word for word in words if word.span.overlaps(Span(start, end))]
    if not any(word.span.overlaps(each) for word in read for each in spans):
        return list(spans)
    read = [replace(word, span=word.span.moved(-start)) for word in read]
    voice = [each.moved(-start) for each in spans]
    left, since = list[Span](), 0
    while gap := unread_in(read, voice, length_samples=end - start, since_samples=since):
        left.append(gap.moved(start))
        since = gap.end_samples
    return left


def longest_samples(spans: Sequence[Span]) -> int:
    """Return how many samples the longest of some spans has; 0 without any."""
    return max((each.length_samples for each in spans), default=0)


def _marked(spans: Sequence[Span], first_samples: int, hops: int) -> NDArray[np.bool_]:
    """Return which hops of 256 samples have their middle in one of the spans."""
    middles = first_samples + np.arange(hops) * HOP_SAMPLES + HOP_SAMPLES // 2
    marked = np.zeros(hops, dtype=np.bool_)
    for span in spans:
        marked |= (middles >= span.start_samples) & (middles < span.end_samples)
    return marked
