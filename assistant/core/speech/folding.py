"""Audio without most of what is said again and again, and its words as often as it was said.

Whisper goes round in circles or loses count over eight copies of a word, seldom over three. So all but three
are taken out before it reads, and put back into what it wrote.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.core.speech.audio import Span, Waveform, samples_of
from assistant.core.speech.copies import without
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.recurrence import Recurrence, RecurrenceRules, recurrences
from assistant.core.speech.repetition import Run, one_by_one, runs, said_in
from assistant.core.speech.stabilisation import begins_with

_KEPT_BEFORE, _KEPT_BEHIND = 2, 1
KEPT_COPIES = _KEPT_BEFORE + _KEPT_BEHIND
_COUNTED_COPIES = 3
_ANOTHER = 0.5
"""So much of a copy outside those that the audio has is one more that the text has."""
_FADED_SAMPLES = samples_of(0.005)
_COVERED = 0.5
"""So much of the time of what is said again and again has what is written again and again."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Audio of which each recurrence has three copies only.

    Attributes:
        waveform: What is left of it.
        length_samples: How long it was.
        recurrences: What is said again and again, in samples of what was folded.
    """

    waveform: Waveform
    length_samples: int
    recurrences: tuple[Recurrence, ...]

    def voice(self, voice: Sequence[Span]) -> tuple[Span, ...]:
        """Return where somebody speaks in `waveform`, by where they do in what was folded."""
        for each in reversed(self.recurrences):
            removed = _removed(each)
            left = without(voice, [removed])
            end, length = removed.end_samples, removed.length_samples
            voice = [span.moved(-length) if span.start_samples >= end else span for span in left]
        return tuple(voice)

    def unfolded(self, hypothesis: Hypothesis) -> Hypothesis | None:
        """Return a reading of `waveform` with all copies; None if it does not repeat where the audio does."""
        words = hypothesis.words
        for each in self.recurrences:
            removed = _removed(each)
            words = tuple(
                replace(word, span=word.span.moved(removed.length_samples))
                if word.span.start_samples + word.span.end_samples >= 2 * removed.start_samples
                else word
                for word in words
            )
        hypothesis = replace(hypothesis, words=words, audio_length=self.length_samples)
        return self.recounted(hypothesis, expected=KEPT_COPIES)

    def agrees(self, hypothesis: Hypothesis) -> bool:
        """Whether a reading of all the audio repeats about as often as that does: one more or less."""
        written = [_written(one_by_one(hypothesis.words, each.span), each) for each in self.recurrences]
        return not hypothesis.looped and all(
            run is not None and abs(run.copies - len(each.copies)) <= 1
            for run, each in zip(written, self.recurrences, strict=True)
        )

    def recounted(self, hypothesis: Hypothesis, *, expected: int = 0) -> Hypothesis | None:
        """Return a reading of all the audio with as many copies as that has; None if it does not repeat.

        Args:
            hypothesis: What was read.
            expected: How many copies of each recurrence there were to be read; 0 stands for all.
        """
        words: tuple[Word, ...] | None = hypothesis.words
        for each in self.recurrences:
            words = None if words is None else recounted(words, each, expected=expected)
        return None if words is None or hypothesis.looped else replace(hypothesis, words=words)


def folded(waveform: Waveform) -> Folded | None:
    """Return the audio of an utterance with three copies of what it says in a row again and again.

    None where it says nothing so often.
    """
    found = recurrences(waveform)
    left = waveform
    for each in reversed(found):
        left = _without(left, _removed(each))
    return Folded(left, len(waveform), tuple(found)) if found else None


def counted(hypothesis: Hypothesis, waveform: Waveform, *, kept: int = 0) -> Hypothesis | None:
    """Return a reading that repeats with as many copies as the audio has; None where that does not tell.

    Args:
        hypothesis: What was read.
        waveform: All the audio that was read.
        kept: So many of the first words stay as they are.
    """
    words = hypothesis.words
    if not hypothesis.looped and not any(run.end > kept for run in runs(words, _COUNTED_COPIES)):
        return None
    told = False
    for each in recurrences(waveform, RecurrenceRules(copies=_COUNTED_COPIES)):
        again = recounted(words, each)
        if again and begins_with(again, words[:kept]):
            words, told = again, True
    if not told:
        return None
    # Nobody can go on from parts of a word: only together they have the tokens of the recogniser.
    torn = not {word.text for word in words} <= {word.text for word in hypothesis.words}
    return replace(hypothesis, words=words, looped=hypothesis.looped or torn, loop_words=0)


def recounted(words: Sequence[Word], said: Recurrence, *, expected: int = 0) -> tuple[Word, ...] | None:
    """Return the words with what they repeat as often as the audio does; None if they do not repeat there.

    Args:
        words: What was read.
        said: What the audio repeats at the same time.
        expected: How many copies there were to be read; 0 stands for all.
    """
    words = one_by_one(words, said.span)
    run = _written(words, said)
    if run is None:
        return None
    # The first copy and the last may sound unlike the others; alignment is no more exact than a part of one.
    span, more = _span(words, run), max(0, run.copies - (expected or len(said.copies)))
    lead = (said.span.start_samples - span.start_samples) / said.period_samples
    outside = lead + (span.end_samples - said.span.end_samples) / said.period_samples
    more = min(more, max(int(outside), int(outside >= _ANOTHER)))
    before = min(more, max(0, round(lead)))
    behind = more - before
    copies = [words[start : start + run.length] for start in range(run.first, run.end, run.length)]
    # The last copy has the mark that ends it, the first one its capital.
    usual = copies[min(1, run.copies - 2)]
    first, last = copies[:1], copies[-1:]
    texts = [*first, *[usual] * (before + len(said.copies) + behind - 2), *last]
    spans = [*_beside(said, before, -1), *said.copies, *_beside(said, behind, 1)]
    counted = [word for span, copy in zip(spans, texts, strict=True) for word in said_in(span, copy)]
    return (*words[: run.first], *counted, *words[run.end :])


def with_copies(words: Sequence[Word], copies: Sequence[Word], said: Recurrence) -> tuple[Word, ...]:
    """Return the words with copies instead of what was read at their time.

    Words that begin before them or end behind them were said there.
    """
    span = said.span
    before = [word for word in words if word.span.start_samples < span.start_samples]
    behind = [word for word in words[len(before) :] if word.span.end_samples > span.end_samples]
    first, last = Span(0, span.start_samples), Span(span.end_samples, sys.maxsize)
    return (
        *(replace(word, span=word.span.cut_to(first)) for word in before),
        *copies,
        *(replace(word, span=word.span.cut_to(last)) for word in behind),
    )


def _beside(said: Recurrence, copies: int, direction: int) -> list[Span]:
    """Return where copies before the first one are said, or behind the last one."""
    edge = said.copies[0] if direction < 0 else said.copies[-1]
    spans = [edge.moved(direction * said.period_samples * (index + 1)) for index in range(copies)]
    return spans[::direction]


def _span(words: Sequence[Word], run: Run) -> Span:
    start, end = words[run.first].span.start_samples, words[run.end - 1].span.end_samples
    return Span(start, max(start, end))


def _written(words: Sequence[Word], said: Recurrence) -> Run | None:
    """Return what the text repeats where the audio does; None where it does not."""
    run = max(runs(words, 2), key=lambda each: _covered(words, each, said), default=None)
    # A year or a number with the same digit twice is none of it.
    return None if run is None or _covered(words, run, said) < _COVERED else run


def _covered(words: Sequence[Word], run: Run, said: Recurrence) -> float:
    """Return which share of the time of what the audio repeats a run of words has."""
    return _span(words, run).cut_to(said.span).length_samples / max(1, said.span.length_samples)


def _removed(said: Recurrence) -> Span:
    """Return the stretch that is taken out."""
    return Span(said.copies[_KEPT_BEFORE].start_samples, said.copies[-_KEPT_BEHIND].start_samples)


def _without(waveform: Waveform, removed: Span) -> Waveform:
    """Return the samples before and behind a stretch, one faded into the other."""
    before, behind = waveform[: removed.start_samples].copy(), waveform[removed.end_samples :].copy()
    fade = np.linspace(0.0, 1.0, _FADED_SAMPLES, dtype=np.float32)
    before[-_FADED_SAMPLES:] *= fade[::-1]
    behind[:_FADED_SAMPLES] *= fade[: len(behind)]
    return np.concatenate([before, behind])
