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


@pytest.mark.parametrize("step_tokens", [1, 16])
def test_a_context_is_cut_at_its_beginning_to_whole_steps(tokens: WhisperTokens, step_tokens: int) -> None:
    """What was said last counts most, and requests whose contexts are as long can share their steps."""
    bare = tokens.prompt("fr", "", 96, timestamps=False)
    for words in (3, 20, 50, 200):
        context = " ".join(f"{number}" for number in range(words))
        said = tokens._tokenizer.encode(" " + context, add_special_tokens=False).ids
        prompt = tokens.prompt("fr", context, 96, timestamps=False, step_tokens=step_tokens)
        kept = prompt[: -len(bare)][1:]
        assert len(kept) == min(96, len(said)) // step_tokens * step_tokens
        assert said[len(said) - len(kept) :] == kept
        assert prompt[-len(bare) :] == bare


def test_a_context_shorter_than_a_step_is_left_out(tokens: WhisperTokens) -> None:
    """Without it there is no mark for it either."""
    bare = tokens.prompt("fr", "", 96, timestamps=False)
    assert tokens.prompt("fr", "le vote", 96, timestamps=False, step_tokens=16) == bare


@pytest.mark.parametrize("special", ["<|endoftext|>", "<|startoftranscript|>", "<|fr|>"])
def test_special_tokens_in_a_context_are_text(tokens: WhisperTokens, special: str) -> None:
    """Nobody can steer the recogniser by what he says or writes into a glossary."""
    bare = tokens.prompt("en", "", 96, timestamps=False)
    prompt = tokens.prompt("en", f"the {special} vote", 96, timestamps=False)
    context = prompt[: -len(bare)][1:]
    assert all(token < tokens.end_of_text for token in context)
    assert tokens._tokenizer.decode(context, skip_special_tokens=False) == f" the {special} vote"


def test_time_stamps_in_a_context_are_left_out(tokens: WhisperTokens) -> None:
    """They are no special tokens of the vocabulary, but no text either."""
    bare = tokens.prompt("en", "", 96, timestamps=False)
    prompt = tokens.prompt("en", "<|0.00|> the vote<|29.98|>", 96, timestamps=False)
    context = prompt[: -len(bare)][1:]
    assert all(token < tokens.end_of_text for token in context)
    assert tokens._tokenizer.decode(context).split() == ["the", "vote"]
