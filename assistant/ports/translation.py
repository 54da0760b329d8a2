"""What translates texts, and what it needs to know of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.core.translation.routes import TextModel

TranslationKind = Literal["final", "partial", "history"]
"""What is translated: a caption that has ended, one that grows, or one that somebody asks for later."""


class Translator(Protocol):
    """One text model. Blocks; used only from the thread that made it."""

    def translate(self, sentences: Sequence[str]) -> list[str]:
        """Return the translation of each sentence, in order.

        Text of any length and kind gets an answer. What is too long for the model goes in parts; a
        sentence without a letter (digits, signs, emoji, nothing) comes back as it is, and so does a
        word too long to be one. Control characters count as white space.
        """

    def letters(self) -> frozenset[str]:
        """Return every character that the model can read; empty where its vocabulary does not say."""


SentenceSplitter = Callable[[str, str], list[str]]
"""Cuts a text (second) in a language (first) into sentences that, put together again, are the text."""


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """What a text seems to be written in.

    Attributes:
        language: BCP-47 primary subtag.
        probability: 0..1, of all languages that the identifier knows.
    """

    language: str
    probability: float


class TextEngine(Protocol):
    """All text models of this machine; computes somewhere else, so that nobody waits meanwhile."""

    @property
    def models(self) -> Sequence[TextModel]:
        """What is installed and whole."""

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Return the translation of each sentence by the model of that name, as `Translator` does.

        Raises:
            TranslationFailed: There is no such model, it cannot be loaded, it took too long over this
                text or broke down over it twice.
        """

    async def letters(self, model: str) -> frozenset[str]:
        """Return every character that the model of that name can read; raises as `translate` does.

        It is empty where the vocabulary does not say.
        """

    async def identify(self, text: str) -> LanguageGuess | None:
        """Return the language a text is written in; None where it is too short to tell.

        Raises:
            TranslationFailed: The identifier broke down.
        """

    async def close(self) -> None:
        """Let go of the models."""
