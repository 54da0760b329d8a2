"""Which stretches of a track are copies: another microphone in the same room has the same voice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import Pcm, Span, samples_of
from assistant.core.speech.crosstalk import HOP_SAMPLES
from assistant.core.speech.hypothesis import Word
from assistant.core.speech.unread import UnreadRules, unread_in

LEAST_OWN_SAMPLES = samples_of(0.2)
"""What is shorter than that is no word of somebody else, but the edge of a copy."""
_LEAST_COPIED_SAMPLES = samples_of(0.4)
_UNREAD = UnreadRules(voiced_seconds=0.8)
"""A short answer that the better microphone has no words for counts as left out."""
_MOST_OWN = 0.25
"""More than this share of the voice is never taken for the edges of copies."""
_REST_SAMPLES = samples_of(0.1)
"""Voice that rests no longer than this within a word is one stretch."""
_GUARD_SAMPLES = samples_of(0.25)
"""So much of a copy stays next to own voice, whose first and last sounds are soft."""
_MOST_COPIES = 512
_AROUND_SAMPLES = samples_of(0.06)
"""A border is known to about so much."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A stretch of a track in which another microphone has the same voice.

    Attributes:
        span: In samples of the track.
        source: The session of the track that captions it.
        offset_samples: How much higher the sample of the same moment is there; negative for a lower one.
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

    def begin_at(self, samples: int) -> None:
        """Note that nothing of interest lies between what was judged and a sample."""
        self.judged_samples = max(self.judged_samples, samples)

    def note(self, judged: Span, found: Sequence[Copy]) -> None:
        """Take in what was found in a stretch, in place of what was known of it and what lies behind it."""
        self.rewind(judged.start_samples)
        self._found.extend(
            replace(each, span=each.span.cut_to(judged)) for each in found if each.span.overlaps(judged)
        )
        self.judged_samples = judged.end_samples

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
            span: Where an utterance lies.
            voice: Where in it somebody clearly speaks.
        """
        known = Span(0, self.judged_samples)
        spoken = [each.cut_to(known) for each in voice if each.overlaps(known)]
        return bool(self.within(span)) and not own_voice(spoken, [each.span for each in self._found])

    def stretches(self, span: Span, voice: Sequence[Span]) -> list[Span]:
        """Return the stretches of an utterance in which nobody but other microphones' speakers is heard.

        Args:
            span: Where the utterance lies.
            voice: Where in it somebody clearly speaks.
        """
        copied = [each.span for each in self.within(span)]
        spoken = without(voice, without(voice, copied))
        own, found = own_voice(voice, copied), list[Span]()
        if not own:
            return [span] if spoken else []
        for gap in without([span], own):
            inside = [each.cut_to(gap) for each in spoken if each.overlaps(gap)]
            if total_samples(inside) < _LEAST_COPIED_SAMPLES:
                continue
            start, end = gap.start_samples, gap.end_samples
            if start != span.start_samples:
                start = inside[0].start_samples + _GUARD_SAMPLES
            if end != span.end_samples:
                end = inside[-1].end_samples - _GUARD_SAMPLES
            if end - start >= _LEAST_COPIED_SAMPLES:
                found.append(Span(start, end))
        return found

    def border(self, span: Span, voice: Sequence[Span]) -> Span | None:
        """Return where the newest change lies between what is a copy and what is not; None without any.

        Args:
            span: Where the utterance lies that is going on.
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


def own_voice(voice: Sequence[Span], copies: Sequence[Span]) -> list[Span]:
    """Return where a voice speaks that is in no copy, without the edges of copies.

    Args:
        voice: Where somebody clearly speaks, in order.
        copies: What another microphone has.
    """
    joined = list[Span]()
    own = without(voice, copies)
    for each in own:
        if joined and each.start_samples - joined[-1].end_samples <= _REST_SAMPLES:
            joined[-1] = Span(joined[-1].start_samples, each.end_samples)
        else:
            joined.append(each)
    words = [each for each in joined if each.length_samples >= LEAST_OWN_SAMPLES]
    all_short = not words and total_samples(own) > _MOST_OWN * total_samples(voice)
    return joined if all_short else words


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
    while gap := unread_in(read, voice, length_samples=end - start, since_samples=since, rules=_UNREAD):
        left.append(gap.moved(start))
        since = gap.end_samples
    return left


def silenced(pcm: Pcm, spans: Sequence[Span], start_samples: int) -> Pcm:
    """Return samples, the first of which is `start_samples` of a track, silent in some spans of it."""
    silent = pcm.copy()
    for span in spans:
        first, last = span.start_samples - start_samples, span.end_samples - start_samples
        silent[max(0, first) : max(0, last)] = 0
    return silent


def total_samples(spans: Sequence[Span]) -> int:
    """Return how many samples spans have together."""
    return sum(each.length_samples for each in spans)


def _marked(spans: Sequence[Span], first_samples: int, hops: int) -> NDArray[np.bool_]:
    """Return which hops of 256 samples have their middle in one of the spans."""
    middles = first_samples + np.arange(hops) * HOP_SAMPLES + HOP_SAMPLES // 2
    marked = np.zeros(hops, dtype=np.bool_)
    for span in spans:
        marked |= (middles >= span.start_samples) & (middles < span.end_samples)
    return marked
