"""Voice that a reading has no words for.

Whisper may end its text at the end of a sentence although somebody talks on, sure of every word it wrote:
only voice activity tells. What was left unread is read by itself, as faster-whisper and others do for long
recordings by going on where the text ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.core.speech.audio import Span, samples_of, seconds_of
from assistant.core.speech.hallucination_filter import VoiceEvidence, is_phantom, rejection
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.stabilisation import normalised

_TORN_SECONDS = 0.2
_PUSHED_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class UnreadRules:
    """What counts as left out.

    Attributes:
        voiced_seconds: So much voice without a word counts as left out.
        longest_word_seconds: A word that lasts longer stands where others were left out.
        word_seconds: So much of its time such a word takes itself; the rest counts as without words.
        margin_seconds: So much on both sides of a stretch is read with it, so that no word is torn.
        halved_seconds: A stretch this long that is all an utterance has is read in two parts.
        readings: At most so many stretches of one utterance are read by themselves.
        doubled_words: Where a stretch ends with so many of the words before it, these may stand too early.
        part_seconds: Where a text went round in circles, what follows is read in parts no longer than this,
        least_part_seconds: and once more in halves where a part of this length does so again.
        parts: At most so many parts of one utterance are read.
    """

    voiced_seconds: float = 1.5
    longest_word_seconds: float = 2.5
    word_seconds: float = 0.6
    margin_seconds: float = 0.2
    halved_seconds: float = 4.0
    readings: int = 8
    doubled_words: int = 2
    part_seconds: float = 2.5
    least_part_seconds: float = 1.2
    parts: int = 20


def unread_in(
    words: Sequence[Word],
    voice: Sequence[Span],
    *,
    length_samples: int,
    since_samples: int = 0,
    rules: UnreadRules | None = None,
) -> Span | None:
    """Return the first stretch with voice and no words, from `since_samples` on; None if all was read.

    Args:
        words: What was read; their times count as `voice` does.
        voice: Where somebody speaks.
        length_samples: How long the audio is.
        since_samples: What comes before counts as read.
        rules: What counts as left out.
    """
    rules = rules or UnreadRules()
    for gap in _gaps(words, length_samples, rules):
        start = max(gap.start_samples, since_samples)
        if start < gap.end_samples:
            voiced = _within(voice, Span(start, gap.end_samples))
            if sum(each.length_samples for each in voiced) >= samples_of(rules.voiced_seconds):
                return Span(voiced[0].start_samples, voiced[-1].end_samples)
    return None


def _gaps(words: Sequence[Word], length_samples: int, rules: UnreadRules) -> Iterator[Span]:
    """Yield what lies between words, before the first and behind the last one."""
    read_to = 0
    for index, word in enumerate(words):
        span = word.span
        if span.length_seconds > rules.longest_word_seconds:
            taken = samples_of(rules.word_seconds)
            # The silence before a text is given to its first word, what was left out to the one before.
            start = span.start_samples if index else span.end_samples - taken
            span = Span(start, start + taken)
        yield Span(read_to, max(read_to, span.start_samples))
        read_to = max(read_to, span.end_samples)
    yield Span(read_to, max(read_to, length_samples))


class Reading:
    """What an utterance was read as so far, and what is to be read of it by itself next.

    Args:
        first: The reading of all of it.
        voice: Where somebody clearly speaks, in samples of the audio that was read.
        evidence: What voice activity says of all of it.
    """

    def __init__(
        self,
        first: Hypothesis,
        voice: Sequence[Span],
        *,
        evidence: VoiceEvidence,
        rules: UnreadRules | None = None,
    ) -> None:
        self._rules = rules or UnreadRules()
        self._voice = voice
        self._speech_probability = evidence.speech_probability
        self._length_samples = first.audio_length
        self._since_samples = 0
        self._stretch = Span(0, first.audio_length)
        self._circles: deque[Span] = deque()
        self._in_circles = False
        self._doubled: tuple[Word, ...] = ()
        self._replaced: tuple[Word, ...] = ()
        self._words: tuple[Word, ...] = ()
        self._kept: list[Hypothesis] = []
        self.hypothesis = first
        sound = first.words[: len(first.words) - first.loop_words]
        if not rejection(first, evidence):
            self._kept.append(first)
            self._words = sound
        if first.looped:
            since = sound[-1].span.end_samples if sound else 0
            self._circles.extend(self._parts(Span(min(since, first.audio_length), first.audio_length)))

    def stretches(self) -> Iterator[Span]:
        """Yield what is to be read by itself; `add` is told of each what it came to, before the next."""
        for _ in range(self._rules.parts):
            if not self._circles:
                break
            self._stretch, self._in_circles = self._circles.popleft(), True
            yield self._stretch
        if self._in_circles and not self._words:
            return
        self._in_circles = False
        for _ in range(self._rules.readings):
            words = self._words
            if self._doubled:
                yield self._again()
                self._replaced = ()
                continue
            stretch = unread_in(
                words,
                self._voice,
                length_samples=self._length_samples,
                since_samples=self._since_samples,
                rules=self._rules,
            )
            if stretch is None:
                return
            if not words and not self._since_samples:
                if stretch.length_seconds < self._rules.halved_seconds:
                    return
                stretch = Span(stretch.start_samples, self._middle(stretch))
            self._since_samples = stretch.end_samples
            yield self._with_margin(stretch)

    def _said_twice(self, before: Sequence[Word], words: Sequence[Word]) -> tuple[Word, ...]:
        """Return the last words before a stretch that it ends with as well.

        What leaves out the middle may give the words behind it the time before it. A phrase that is said
        again and again ends with itself wherever it is cut.
        """
        said, read = [normalised(word) for word in before], [normalised(word) for word in words]
        for count in range(min(len(said), len(read) - 1), self._rules.doubled_words - 1, -1):
            if said[-count:] == read[-count:] and len(set(read[-count:])) == count:
                return tuple(before[-count:])
        return ()

    def _says_all(self, words: Sequence[Word], read: Hypothesis) -> bool:
        """Whether a reading has all the words that it would replace, however often."""
        heard = {normalised(word) for word in words}
        return not self._replaced or (
            not read.looped and heard.issuperset(normalised(word) for word in self._replaced)
        )

    def _with_margin(self, stretch: Span) -> Span:
        """Return what is heard to read a stretch, the next one that `add` takes in."""
        self._stretch = stretch
        margin = samples_of(self._rules.margin_seconds)
        return Span(
            max(0, stretch.start_samples - margin),
            min(self._length_samples, stretch.end_samples + margin),
        )

    def _again(self) -> Span:
        """Return all from where words stand that were read again further back; it is read as a whole."""
        self._replaced, self._doubled = self._doubled, ()
        first = self._words.index(self._replaced[0])
        start = self._words[first - 1].span.end_samples if first else 0
        return self._with_margin(Span(min(start, self._stretch.start_samples), self._stretch.end_samples))

    def add(self, read: Hypothesis, start_samples: int) -> None:
        """Take in the words of a stretch that began at `start_samples`, unless they are invented."""
        stretch = self._stretch
        if self._in_circles:
            if read.looped and stretch.length_seconds >= self._rules.least_part_seconds:
                self._circles.extendleft(reversed(self._halves(stretch)))
                return
        elif is_phantom(read.text):
            return
        if rejection(read, self._evidence(stretch)):
            return
        words = [replace(word, span=word.span.moved(start_samples)) for word in read.words]
        # The first word is given the silence before it, so its middle may lie there.
        words = [word for word in words if word.span.overlaps(stretch)]
        if not self._says_all(words, read):
            return
        others = [word for word in self._words if word not in self._replaced]
        before = [word for word in others if word.span.start_samples < stretch.start_samples]
        behind = others[len(before) :]
        if before and words and normalised(before[-1]) == normalised(words[0]):
            # Words that stand too early push those before them forward as well.
            reach = samples_of(_PUSHED_SECONDS if self._replaced else _TORN_SECONDS)
            words = words[1:] if words[0].span.end_samples <= stretch.start_samples + reach else words
        if not words:
            return
        if not self._in_circles and not self._replaced:
            self._since_samples = max(
                words[-1].span.end_samples, stretch.start_samples + samples_of(_TORN_SECONDS)
            )
            twice = self._said_twice(before, words)
            self._doubled = (*twice, *words) if twice else ()
        self._kept.append(read)
        self._words = (*before, *words, *behind)
        self.hypothesis = replace(
            self.hypothesis,
            words=self._words,
            looped=False,
            loop_words=0,
            no_speech_probability=min(each.no_speech_probability for each in self._kept),
            mean_log_probability=self._mean_log_probability(),
        )

    def _parts(self, stretch: Span) -> list[Span]:
        """Return a stretch in parts that are short enough, without those where nobody speaks."""
        if not _within(self._voice, stretch):
            return []
        if stretch.length_seconds <= self._rules.part_seconds:
            return [stretch]
        return [part for half in self._halves(stretch) for part in self._parts(half)]

    def _halves(self, stretch: Span) -> list[Span]:
        middle = self._middle(stretch)
        return [Span(stretch.start_samples, middle), Span(middle, stretch.end_samples)]

    def _evidence(self, stretch: Span) -> VoiceEvidence:
        voiced = sum(each.length_samples for each in _within(self._voice, stretch))
        return VoiceEvidence(seconds_of(voiced), self._speech_probability)

    def _middle(self, stretch: Span) -> int:
        """Return where the voice rests longest around the middle of a stretch, or its middle."""
        quarter = stretch.length_samples // 4
        around = Span(stretch.start_samples + quarter, stretch.end_samples - quarter)
        voice = _within(self._voice, around)
        rests = [Span(before.end_samples, behind.start_samples) for before, behind in pairwise(voice)]
        longest = max(rests, key=lambda rest: rest.length_samples, default=around)
        return (longest.start_samples + longest.end_samples) // 2

    def _mean_log_probability(self) -> float:
        weights = [max(1, len(each.words)) for each in self._kept]
        return sum(
            weight * each.mean_log_probability for weight, each in zip(weights, self._kept, strict=True)
        ) / sum(weights)


def _within(voice: Sequence[Span], stretch: Span) -> list[Span]:
    """Return what of the voice lies in a stretch."""
    return [each.cut_to(stretch) for each in voice if each.overlaps(stretch)]
