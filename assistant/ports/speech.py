"""What hears: voice activity and recognisers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import Pcm, Span, Waveform
from assistant.core.speech.hypothesis import Hypothesis, Word

LanguageChoice = str | Callable[[Mapping[str, float]], str]
"""A pinned BCP-47 code, or a rule that picks one from what language detection heard."""


class VoiceDetector(Protocol):
    """Voice activity of one track; keeps state from call to call, so each track has its own."""

    def probabilities(self, pcm: Pcm) -> NDArray[np.float32]:
        """Return the speech probability (0..1) of each 512-sample frame of `pcm`, in order.

        Args:
            pcm: A whole number of frames, the continuation of the previous call.
        """


@dataclass(frozen=True, slots=True)
class TranscriberCapabilities:
    """What a transcriber can do; what it does not declare, nobody counts on.

    Attributes:
        model: The catalogue's name of the weights.
        languages: BCP-47 codes it recognises.
        device: `cpu` or `cuda`.
        compute_type: CTranslate2's name of the arithmetic, such as `int8` or `float16`.
        max_seconds: The longest audio of one request.
        workers: How many calls may run at the same time.
        batch: How many requests of one call share decoding steps with a gain; 1: none.
        translates_to: BCP-47 codes that it can write instead of what is spoken, whatever that is.
        streaming: Whether it was made to hear audio piece by piece and to keep what it understood. The port
            asks it like all others, with the whole audio of a request, and it keeps nothing between two.
        forced_prefix: Whether its words begin with `TranscriptionRequest.prefix`. One that cannot go on from
            given words gets none, and what it hears anew of them is cut off.
        word_timestamps: Whether it tells when each word was said. Where it does not, words are spread evenly
            over the voice, partials hear the whole utterance, and only voice activity cuts long ones.
    """

    model: str
    languages: frozenset[str]
    device: str
    compute_type: str
    max_seconds: float
    workers: int
    batch: int = 1
    translates_to: frozenset[str] = frozenset()
    streaming: bool = False
    forced_prefix: bool = False
    word_timestamps: bool = False


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """One stretch of audio to recognise.

    Attributes:
        waveform: Float32 mono at 16 kHz, at most `max_seconds` long.
        language: A pinned code, or a rule that chooses after detection.
        prefix: The result begins with these words. Empty where the recogniser lacks `forced_prefix`.
        context: Text that was said before this audio, for spelling and casing.
        quality: `partial` for a partial (fast), `final` for the better pass, `closest` where that left the
            language open: slow, and detection hears short audio as it was trained to.
        translate: Write English instead of what is spoken.
        voice: Where somebody speaks in it, in samples from its start and in order, for recognisers that lack
            `word_timestamps`; empty where nobody found out.
    """

    waveform: Waveform
    language: LanguageChoice
    prefix: tuple[Word, ...] = ()
    context: str = ""
    quality: Literal["partial", "final", "closest"] = "partial"
    translate: bool = False
    voice: tuple[Span, ...] = ()


class Transcriber(Protocol):
    """A speech recogniser. Thread-safe up to `capabilities.workers` calls at a time; blocks."""

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """What it can do."""

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return the words of `request.waveform`, with times and evidence."""

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return what `transcribe` returns for each request, decoding them together where that wins.

        `compute_seconds` of each is its share of the call.
        """
