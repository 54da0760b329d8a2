"""What a recogniser says, and which of it can be told where nothing can be replaced."""

from __future__ import annotations

import pytest

from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word, confident_words


@pytest.mark.parametrize(
    ("probabilities", "confident"),
    [
        ([], 0),
        ([0.9, 0.9], 0),
        ([0.9, 0.9, 0.9], 1),
        ([0.9, 0.9, 0.9, 0.9, 0.9], 3),
        ([0.9, 0.9, 0.9, 0.2, 0.6, 0.9], 2),
        ([0.3, 0.9, 0.9, 0.9], 2),
        ([0.1, 0.7, 0.9, 0.9], 0),
    ],
)
def test_a_word_is_confident_with_the_two_behind_it(probabilities: list[float], confident: int) -> None:
    """What follows a misheard word is unlikely; nothing behind a doubtful word counts."""
    words = [Word(f" w{index}", Span(index, index + 1), each) for index, each in enumerate(probabilities)]
    assert confident_words(words) == tuple(words[:confident])
