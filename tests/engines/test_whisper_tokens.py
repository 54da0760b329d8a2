"""Words out of tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.engines.whisper_tokens import WhisperTokens

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def tokens(whisper_weights: Path) -> WhisperTokens:
    """The vocabulary of Whisper base."""
    return WhisperTokens(whisper_weights / "tokenizer.json", multilingual=True)


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("fr", " Aujourd'hui, l'ordre du jour : le « budget ».", None),
        ("en", " Well-known, isn't it? Yes: 3.5%", None),
        ("ja", "会議を始めます。", None),
        ("ar", " نبدأ الاجتماع الآن.", None),
        ("en", " two words", [" two", " words"]),
    ],
)
def test_the_words_are_the_text(
    tokens: WhisperTokens, language: str, text: str, words: list[str] | None
) -> None:
    """Nothing is lost or doubled, no word is empty or only closing punctuation, no letter is torn."""
    numbers = tokens._tokenizer.encode(text, add_special_tokens=False).ids
    starts = np.arange(len(numbers) + 1) * 1_600
    found = tokens.words(numbers, language, starts, np.ones(len(numbers), np.float32), 10**6)
    assert "".join(word.text for word in found) == text
    assert [token for word in found for token in word.tokens] == numbers
    assert all(any(character.isalnum() for character in word.text) for word in found)
    assert not any("\ufffd" in word.text for word in found)
    if words:
        assert [word.text for word in found] == words


def test_a_prompt_carries_language_and_context(tokens: WhisperTokens) -> None:
    """Context comes first and is bounded; the language is in every prompt."""
    short = tokens.prompt("fr", "", 10, timestamps=False)
    long = tokens.prompt("fr", "mot " * 50, 10, timestamps=False)
    assert long[-len(short) :] == short
    assert len(long) == len(short) + 11
    assert tokens.prompt("pt", "", 10, timestamps=False) != short
    assert tokens.prompt("fr", "", 10, timestamps=True) == short[:-1]
