"""What a speech recogniser says of an utterance so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.core.speech.audio import Span

CONFIDENT_PROBABILITY = 0.6
CONFIDENT_WORDS = 3
"""Where so many words have a lower mean than that, the second pass often puts the first one right.

Decision 0012 says why.
"""


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the recogniser wrote it.

    Attributes:
        text: The word with its punctuation and, in languages that write them, the space before it.
        span: When it was said, in samples from the start of the audio that was recognised.
        probability: The recogniser's mean token probability, 0..1.
        tokens: The recogniser's own tokens of this word, opaque to everybody else; at least one, since a word
            without any counts as written by the glossary.
    """

    text: str
    span: Span
    probability: float
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The recogniser's reading of one stretch of audio.

    Attributes:
        words: The words in the order in which they were said.
        language: BCP-47 code of the language that was assumed.
        language_probabilities: What language detection heard, by language; empty if none ran.
        no_speech_probability: The recogniser's own belief that nobody spoke, 0..1.
        mean_log_probability: Mean natural-log probability of a token, at most 0.
        looped: Whether the decoder ran into its bound on tokens, so that words may be missing.
        loop_words: How many of the last words stand where it went round in circles, and are doubtful.
        audio_length: How many samples were recognised.
        compute_seconds: How long the computation took.
    """

    words: tuple[Word, ...]
    language: str
    audio_length: int
    language_probabilities: Mapping[str, float] = field(default_factory=dict)
    no_speech_probability: float = 0.0
    mean_log_probability: float = 0.0
    looped: bool = False
    loop_words: int = 0
    compute_seconds: float = 0.0

    @property
    def text(self) -> str:
        """The words as one line."""
        return text_of(self.words)


def moved(word: Word, by_samples: int) -> Word:
    """Return a word so many samples later, or earlier."""
    return replace(word, span=word.span.moved(by_samples))


def text_of(words: tuple[Word, ...]) -> str:
    """Join words as they are written, without space at either end."""
    return "".join(word.text for word in words).strip()


def capitalised(text: str) -> str:
    """Return the text with its first letter in upper case, where the script has one."""
    for index, character in enumerate(text):
        if character.isalpha():
            return text[:index] + character.upper() + text[index + 1 :]
        if character.isdigit():
            break
    return text


def confident_words(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words before the first one that the recogniser doubts, itself or in what follows it.

    A word that was misheard makes those behind it unlikely, so two more have to be there.
    """
    count = 0
    while count + CONFIDENT_WORDS <= len(words):
        heard = words[count : count + CONFIDENT_WORDS]
        if sum(word.probability for word in heard) < CONFIDENT_WORDS * CONFIDENT_PROBABILITY:
            break
        count += 1
    return tuple(words[:count])
