"""Words and hypotheses for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.utterance import Utterance

WORD_SAMPLES = 4_800
"""Every word of a test lasts 0.3 s."""


def words_of(text: str, *, first: int = 0, doubtful: Sequence[tuple[str, float]] = ()) -> tuple[Word, ...]:
    """Return the words of `text`, each 0.3 s long, one after the other.

    All are likely (0.9) but those that `doubtful` gives another probability.
    """
    probabilities = dict(doubtful)
    return tuple(
        Word(
            " " + plain,
            Span(index * WORD_SAMPLES, (index + 1) * WORD_SAMPLES),
            probabilities.get(plain, 0.9),
            (index,),
        )
        for index, plain in enumerate(text.split(), start=first)
    )


def timed_words(said: Sequence[tuple[str, float, float]], *, since_samples: int = 0) -> tuple[Word, ...]:
    """Return words one after the other, each as (text with its space, probability, seconds)."""
    words: list[Word] = []
    for text, probability, seconds in said:
        end = since_samples + samples_of(seconds)
        words.append(Word(text, Span(since_samples, end), probability, (len(words),)))
        since_samples = end
    return tuple(words)


def hypothesis_of(
    text: str,
    *,
    heard_words: int | None = None,
    looped: bool = False,
    doubtful: Sequence[tuple[str, float]] = (),
    **more: object,
) -> Hypothesis:
    """Return a confident hypothesis of `text`, heard a little past its last word."""
    words = words_of(text, doubtful=doubtful)
    count = len(words) + 1 if heard_words is None else heard_words
    values: dict[str, object] = {"language": "en", "mean_log_probability": -0.2, **more}
    return Hypothesis(words=words, audio_length=count * WORD_SAMPLES, looped=looped, **values)  # type: ignore[arg-type]  # keyword values of a test


def of_window(utterance: Utterance, whole: Hypothesis) -> Hypothesis:
    """Return what a partial of the utterance's next window says where one of all its audio says `whole`.

    As a recogniser does, it gives the promised words back as they were promised.
    """
    window = utterance.window()
    left_out = len(utterance.prefix) - len(window.prefix)
    words = [
        replace(
            word,
            span=Span(
                max(0, word.span.start_samples - window.start_samples),
                max(0, word.span.end_samples - window.start_samples),
            ),
        )
        for word in whole.words[left_out:]
    ]
    forced = [replace(word, text=promised.text) for word, promised in zip(words, window.prefix, strict=False)]
    return replace(
        whole,
        words=(*forced, *words[len(forced) :]),
        audio_length=whole.audio_length - window.start_samples,
    )
