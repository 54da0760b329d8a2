"""A recogniser that tells what it heard of the language, for scripted speech."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from assistant.core.speech.audio import seconds_of
from assistant.core.speech.hypothesis import Hypothesis
from assistant.ports.speech import TranscriberCapabilities, TranscriptionRequest
from tests.fakes import LevelTranscriber


def nothing(seconds: float) -> Mapping[str, float]:
    """Hear English, as far as it goes."""
    return {"en": min(0.8, seconds)}


@dataclass
class HearingTranscriber(LevelTranscriber):
    """Writes words that begin with their language, and is surer of `clear` ones than of others.

    Attributes:
        heard: What detection hears in so many seconds of audio.
        closest: What it hears where it is asked to listen as closely as it can; None: the same.
        clear: The language in which the words make sense.
    """

    heard: Callable[[float], Mapping[str, float]] = nothing
    closest: Mapping[str, float] | None = None
    clear: str = "fr"

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """Five languages."""
        return replace(super().capabilities, languages=frozenset({"de", "en", "fr", "ko", "pt"}))

    def _read(self, request: TranscriptionRequest) -> Hypothesis:
        choice = request.language
        heard: Mapping[str, float] = {}
        if not isinstance(choice, str):
            closest = self.closest if request.quality == "closest" else None
            heard = closest or self.heard(seconds_of(len(request.waveform)))
        language = choice if isinstance(choice, str) else choice(heard)
        read = super()._read(replace(request, language=language))
        given = len(request.prefix)
        words = tuple(replace(word, text=f" {language}{word.text[1:]}") for word in read.words[given:])
        return replace(
            read,
            words=(*request.prefix, *words),
            language_probabilities=dict(heard),
            mean_log_probability=-0.2 if language == self.clear else -1.2,
        )
