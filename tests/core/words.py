"""Words and hypotheses for tests."""

from __future__ import annotations

from assistant.core.audio import Span
from assistant.core.hypothesis import Hypothesis, Word

WORD_SAMPLES = 4_800
"""Every word of a test lasts 0.3 s."""


def words_of(text: str, *, first: int = 0) -> tuple[Word, ...]:
    """Return the words of `text`, each 0.3 s long, one after the other."""
    return tuple(
        Word(" " + plain, Span(index * WORD_SAMPLES, (index + 1) * WORD_SAMPLES), 0.9, (index,))
        for index, plain in enumerate(text.split(), start=first)
    )


def hypothesis_of(
    text: str, *, heard_words: int | None = None, looped: bool = False, **more: object
) -> Hypothesis:
    """Return a confident hypothesis of `text`, heard a little past its last word."""
    words = words_of(text)
    count = len(words) + 1 if heard_words is None else heard_words
    values: dict[str, object] = {"language": "en", "mean_log_probability": -0.2, **more}
    return Hypothesis(words=words, heard_samples=count * WORD_SAMPLES, looped=looped, **values)  # type: ignore[arg-type]  # keyword values of a test
