"""A text engine that follows a script, for the bench's tests, and uses of models that can be weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.core.translation.routes import Scores, TextModel
from assistant.ports.translation import LanguageGuess


def model(source: str, target: str, name: str = "", quality: float = 0.9) -> TextModel:
    """A text model."""
    return TextModel(name or f"{source}-{target}", source, target, "firefox", Scores(quality), 20.0)


@dataclass
class ScriptedEngine:
    """Translates by a list of sentences for each model; what is not on it stays as it is.

    Attributes:
        models: What is installed.
        lexicons: By the model's name, what its sentences become.
        calls: Model and sentences of each call.
        closed: Whether it was closed.
    """

    models: Sequence[TextModel] = ()
    lexicons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    calls: list[tuple[str, list[str]]] = field(default_factory=list)
    closed: bool = False

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Look each sentence up."""
        self.calls.append((model, list(sentences)))
        lexicon = self.lexicons.get(model, {})
        return [lexicon.get(sentence, sentence) for sentence in sentences]

    async def letters(self, model: str) -> frozenset[str]:
        """Leave it open."""
        del model
        return frozenset()

    async def identify(self, text: str) -> LanguageGuess | None:
        """Never know."""
        del text
        return None

    async def close(self) -> None:
        """Remember it."""
        self.closed = True


def hoard(name: str) -> bytearray:
    """Take 50 MiB for a model."""
    del name
    return bytearray(b"x" * (50 << 20))


def take_nothing(name: str) -> str:
    """Use a model that takes no memory."""
    return name
