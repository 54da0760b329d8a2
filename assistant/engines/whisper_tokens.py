"""Whisper's tokens: prompts, and words out of tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tokenizers
from numpy.typing import NDArray

from assistant.core.language import SPOKEN_LANGUAGES, UNSPACED_LANGUAGES
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word

_OPENING = "“„¿¡([{«‹「『（"
_EITHER = "\"'"
_REPLACEMENT = "\ufffd"


class WhisperTokens:
    """The vocabulary of one set of weights."""

    def __init__(self, path: Path, *, multilingual: bool) -> None:
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        # What somebody said or wrote is text, also where it looks like a special token.
        self._tokenizer.encode_special_tokens = True
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

    def start(self, language: str, *, translate: bool = False) -> list[int]:
        """Return the tokens that every text begins with, or every English one of speech in `language`."""
        start = [self._id("<|startoftranscript|>")]
        if self._multilingual:
            task = "<|translate|>" if translate else "<|transcribe|>"
            start += [self._id(f"<|{language}|>"), self._id(task)]
        return start

    def prompt(
        self,
        language: str,
        context: str,
        most_tokens: int,
        *,
        timestamps: bool,
        step_tokens: int = 1,
        translate: bool = False,
    ) -> list[int]:
        """Return the prompt for a text after `context`, with or without time stamps.

        Args:
            language: BCP-47 code of the speech.
            context: What was said before.
            most_tokens: How many tokens of the end of the context are kept at most.
            timestamps: Whether the text is to have time stamps.
            step_tokens: The number that the kept tokens are a multiple of: prompts of one length share steps.
            translate: Whether the text is to be in English.
        """
        before: list[int] = []
        if context:
            numbers = self._tokenizer.encode(" " + context.strip(), add_special_tokens=False).ids
            # Time stamps are no special tokens of the vocabulary, yet no text either.
            said = [number for number in numbers if number < self.end_of_text]
            kept = min(len(said), most_tokens) // step_tokens * step_tokens
            before = [self._id("<|startofprev|>"), *said[len(said) - kept :]] if kept else []
        plain = [] if timestamps else [self._id("<|notimestamps|>")]
        return [*before, *self.start(language, translate=translate), *plain]

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
            begins = language in UNSPACED_LANGUAGES or text.startswith(" ") or not groups
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


def _join_punctuation(words: list[Word]) -> list[Word]:
    """Join marks to the word they belong to, also where French sets a space between."""
    joined: list[Word] = []
    waiting: Word | None = None
    for word in words:
        current = _together(waiting, word) if waiting else word
        waiting = None
        if _opens(word) or not (joined or _has_letters(current)):
            waiting = current
        elif joined and (not _has_letters(word) or _is_glued(joined[-1], word)):
            joined[-1] = _together(joined[-1], current)
        else:
            joined.append(current)
    if waiting and joined:
        joined[-1] = _together(joined[-1], waiting)
    elif waiting:
        joined.append(waiting)
    return joined


def _opens(word: Word) -> bool:
    """Whether the word is nothing but marks that open something."""
    marks = word.text.strip()
    if not marks or any(mark not in _OPENING + _EITHER for mark in marks):
        return False
    return word.text.startswith(" ") or marks[0] in _OPENING


def _is_glued(before: Word, word: Word) -> bool:
    """Whether the word goes on with the one before, as after a hyphen or an elision."""
    return not word.text.startswith(" ") and before.text.endswith(("-", "'", "’"))


def _has_letters(word: Word) -> bool:
    return any(character.isalnum() for character in word.text)


def _together(before: Word, after: Word) -> Word:
    weight = len(before.tokens) + len(after.tokens)
    mean = (before.probability * len(before.tokens) + after.probability * len(after.tokens)) / max(1, weight)
    return Word(
        text=before.text + after.text,
        span=Span(before.span.start_samples, max(before.span.end_samples, after.span.end_samples)),
        probability=mean,
        tokens=before.tokens + after.tokens,
    )
