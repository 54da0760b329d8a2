"""Whisper's tokens: prompts, and words out of tokens."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import tokenizers
from numpy.typing import NDArray

from assistant.core.audio import Span
from assistant.core.hypothesis import Word
from assistant.core.language import SPOKEN_LANGUAGES

_OPENING = "\"'“¿([{-«"
_CLOSING = "\"'.。,，!！?？:：”)]}、»…%;"
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})
_REPLACEMENT = "\ufffd"


class WhisperTokens:
    """The vocabulary of one set of weights."""

    def __init__(self, path: Path, *, multilingual: bool) -> None:
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._multilingual = multilingual
        self.end_of_text = self._id("<|endoftext|>")
        self.languages = (
            frozenset(
                tag for tag in SPOKEN_LANGUAGES if self._tokenizer.token_to_id(f"<|{tag}|>") is not None
            )
            if multilingual
            else frozenset({"en"})
        )
        # -1 stands for the symbols that the weights themselves name in config.json.
        self.suppressed = [-1, self._id("<|transcribe|>"), self._id("<|translate|>")]

    def start(self, language: str) -> list[int]:
        """Return the tokens that every text begins with."""
        start = [self._id("<|startoftranscript|>")]
        if self._multilingual:
            start += [self._id(f"<|{language}|>"), self._id("<|transcribe|>")]
        return start

    def prompt(self, language: str, context: str, most_tokens: int) -> list[int]:
        """Return the prompt for a text without time stamps, after `context`."""
        before: list[int] = []
        if context:
            said = self._tokenizer.encode(" " + context.strip(), add_special_tokens=False).ids
            before = [self._id("<|startofprev|>"), *said[-most_tokens:]]
        return [*before, *self.start(language), self._id("<|notimestamps|>")]

    def words(
        self,
        tokens: list[int],
        language: str,
        starts_samples: NDArray[np.int64],
        probabilities: NDArray[np.float32],
        length_samples: int,
    ) -> tuple[Word, ...]:
        """Group tokens into words, punctuation joined to the word it belongs to.

        Args:
            tokens: The text.
            language: BCP-47 code of the text.
            starts_samples: First sample of each token, then the end of the text.
            probabilities: Probability of each token.
            length_samples: Where the audio ends; no word lasts longer.
        """
        words: list[Word] = []
        for first, end in self._groups(tokens, language):
            start = min(int(starts_samples[first]), length_samples)
            stop = min(max(int(starts_samples[end]), start), length_samples)
            words.append(
                Word(
                    text=self._tokenizer.decode(tokens[first:end], skip_special_tokens=False),
                    span=Span(start, stop),
                    probability=float(np.mean(probabilities[first:end]))
                    if len(probabilities) >= end
                    else 0.0,
                    tokens=tuple(tokens[first:end]),
                )
            )
        return tuple(_join_punctuation(words))

    def _groups(self, tokens: list[int], language: str) -> list[tuple[int, int]]:
        """Return first and end index of the tokens of each word."""
        groups: list[tuple[int, int]] = []
        first = 0
        for end in range(1, len(tokens) + 1):
            text = self._tokenizer.decode(tokens[first:end], skip_special_tokens=False)
            if _REPLACEMENT in text and end < len(tokens):
                continue  # the bytes of one character are spread over several tokens
            begins = language in _UNSPACED or text.startswith(" ") or _is_punctuation(text) or not groups
            if begins:
                groups.append((first, end))
            else:
                groups[-1] = (groups[-1][0], end)
            first = end
        return groups

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"the tokenizer has no {token}")
        return int(number)


def _is_punctuation(text: str) -> bool:
    plain = text.strip()
    return bool(plain) and all(unicodedata.category(character).startswith("P") for character in plain)


def _join_punctuation(words: list[Word]) -> list[Word]:
    joined: list[Word] = []
    for word in words:
        plain = word.text.strip()
        closes = plain and all(character in _CLOSING for character in plain) and not word.text.startswith(" ")
        opened = joined and joined[-1].text.strip() and all(c in _OPENING for c in joined[-1].text.strip())
        glued = (
            joined and not word.text.startswith(" ") and joined[-1].text.rstrip().endswith(("-", "'", "’"))
        )
        if joined and (closes or glued or (opened and not word.text.startswith(" "))):
            joined[-1] = _together(joined[-1], word)
        else:
            joined.append(word)
    return joined


def _together(before: Word, after: Word) -> Word:
    weight = len(before.tokens) + len(after.tokens)
    mean = (before.probability * len(before.tokens) + after.probability * len(after.tokens)) / max(1, weight)
    return Word(
        text=before.text + after.text,
        span=Span(before.span.start_samples, max(before.span.end_samples, after.span.end_samples)),
        probability=mean,
        tokens=before.tokens + after.tokens,
    )
