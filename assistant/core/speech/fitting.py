"""Makes hypotheses of recognisers that lack something look like those of one that has everything.

One that cannot go on from given words hears them anew, maybe otherwise; one that tells no times leaves open
where its words were said. Both are made up for here, once, for whoever follows an utterance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from assistant.core.alignment import beginning_distances
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.stabilisation import normalised, normalised_text, with_marks_joined


def going_on_from(prefix: tuple[Word, ...], hypothesis: Hypothesis) -> Hypothesis:
    """Return the hypothesis with `prefix` in place of what it says of these words.

    The words that read the same are cut off: as many as lie nearest to the prefix. Whatever the hypothesis
    says, the result begins with exactly the words of the prefix, and no word starts before they end.

    Args:
        prefix: Words that stay as they are, with times from the start of the audio; empty changes nothing.
        hypothesis: A reading of the whole audio, made without knowing the prefix.
    """
    if not prefix:
        return hypothesis
    said, words = with_marks_joined(prefix), with_marks_joined(hypothesis.words)
    known, text = [normalised(word) for word in said], [normalised(word) for word in words]
    distances = beginning_distances(known, text)

    def rank(count: int) -> tuple[int, bool, int]:
        # Behind “a b”, what reads “a x b c” goes on with c: the last word is where it was.
        ends_alike = count > 0 and text[count - 1] == known[-1]
        return distances[count], not ends_alike, abs(count - len(known))

    count = min(range(len(distances)), key=rank)
    end = prefix[-1].span.end_samples
    rest = (*_mark(said[-1], words[count - 1] if count else None), *words[count:])
    return replace(hypothesis, words=prefix + tuple(_not_before(word, end) for word in rest))


def spread_over(voice: Sequence[Span], hypothesis: Hypothesis) -> Hypothesis:
    """Return the hypothesis with its words evenly over the voice, one after the other.

    Args:
        voice: Where somebody speaks, from the start of the audio, in order; empty for all of it.
        hypothesis: The times of its words say nothing.
    """
    whole = Span(0, hypothesis.audio_length)
    within = [each.cut_to(whole) for each in voice]
    spans = [span for span in within if span.length_samples] or [whole]
    # Marks that stand alone are not said.
    spoken = [0, *accumulate(bool(normalised(word)) for word in hypothesis.words)]
    total = sum(span.length_samples for span in spans)
    borders = [total * count // max(1, spoken[-1]) for count in spoken]
    timed = tuple(
        replace(word, span=_span(spans, start, end))
        for word, (start, end) in zip(hypothesis.words, pairwise(borders), strict=True)
    )
    return replace(hypothesis, words=timed)


def _mark(said: Word, heard: Word | None) -> tuple[Word, ...]:
    """Return the mark that was heard behind a word that stands without it, as a word of its own."""
    before, after = said.text.strip().casefold(), heard.text.strip().casefold() if heard else ""
    mark = after[len(before) :] if after.startswith(before) else ""
    if heard is None or not mark.strip() or normalised_text(mark):
        return ()
    end = heard.span.end_samples
    return (replace(heard, text=mark, span=Span(end, end)),)


def _not_before(word: Word, samples: int) -> Word:
    """Return the word with no time before `samples`."""
    start, end = max(word.span.start_samples, samples), max(word.span.end_samples, samples)
    return word if start == word.span.start_samples else replace(word, span=Span(start, end))


def _span(spans: Sequence[Span], start: int, end: int) -> Span:
    """Return the stretch from the `start`th to the `end`th sample of the voice, with the rests in it."""
    stop = _place(spans, end, ends=True)
    return Span(_place(spans, start, ends=False) if start < end else stop, stop)


def _place(spans: Sequence[Span], voiced_samples: int, *, ends: bool) -> int:
    """Return where so many samples of the voice were heard: before the rest that follows, or behind it."""
    for span in spans:
        if voiced_samples < span.length_samples or (ends and voiced_samples == span.length_samples):
            return span.start_samples + voiced_samples
        voiced_samples -= span.length_samples
    return spans[-1].end_samples
