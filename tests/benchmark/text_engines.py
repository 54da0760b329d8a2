"""Text engines for the bench's tests: one that follows a script, and the real models in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import fxtranslate

from assistant.core.translation import TextModel
from assistant.ports import LanguageGuess
from assistant.settings import Settings


def model(source: str, target: str, name: str = "", quality: float = 0.9) -> TextModel:
    """A text model."""
    return TextModel(name or f"{source}-{target}", source, target, "firefox", quality, 20.0)


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


class FirefoxEngine(ScriptedEngine):
    """The real English–Portuguese models, in this process."""

    def __init__(self) -> None:
        super().__init__([model("en", "pt", "translate-en-pt"), model("pt", "en", "translate-pt-en")])
        self._translators: dict[str, fxtranslate.Translator] = {}

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Translate one sentence after another."""
        if model not in self._translators:
            folder = Settings().weights_dir / model
            vocabulary = next(folder.glob("vocab.*.spm")).read_bytes()
            weights = next(folder.glob("model.*.bin")).read_bytes()
            self._translators[model] = fxtranslate.Translator(
                model=weights, src_vocab=vocabulary, trg_vocab=vocabulary
            )
        return [self._translators[model].translate(sentence) for sentence in sentences]


def use_firefox(name: str) -> FirefoxEngine:
    """Load a real model and use it once."""
    engine = FirefoxEngine()
    asyncio.run(engine.translate(name, ["The meeting begins at nine."]))
    return engine
