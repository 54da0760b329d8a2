"""Recognisers that are not like Whisper: they take no given words, and one of them tells no times.

They read the scripted speech of `tests.fakes`, and are registered by their names in this module.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.ports.speech import TranscriberCapabilities, TranscriptionRequest
from tests.fakes import WORD_SAMPLES

FILES = {"streaming.bin": b"scripted weights"}
"""What its weights are made of."""


class ScriptedRecogniser:
    """Hears every request from its start, and words of which it hears a part as others.

    Every other call writes all in capitals, so that words that readers were promised come back otherwise.

    Attributes:
        requests: What it was asked.
    """

    word_timestamps = True

    def __init__(
        self, weights: Path, /, *, model: str, device: str, compute_type: str, workers: int, batch: int
    ) -> None:
        assert {path.name: path.read_bytes() for path in weights.glob("*.bin")} == FILES
        self.requests: list[TranscriptionRequest] = []
        self._calls = itertools.count()
        self.capabilities = TranscriberCapabilities(
            model,
            frozenset({"en", "fr"}),
            device,
            compute_type,
            max_seconds=30.0,
            workers=workers,
            batch=batch,
            streaming=True,
            word_timestamps=self.word_timestamps,
        )

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return a word for each stretch of one loudness."""
        return self.transcribe_all([request])[0]

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return a word for each stretch of one loudness, for each request."""
        self.requests.extend(requests)
        loud = next(self._calls) % 2 == 1
        return [self._read(request, loud=loud) for request in requests]

    def _read(self, request: TranscriptionRequest, *, loud: bool) -> Hypothesis:
        levels = np.rint(request.waveform * 32768).astype(int)
        edges = np.flatnonzero(np.diff(levels, prepend=0, append=0))
        words = []
        for start, end in pairwise(edges):
            if levels[start] and end - start > WORD_SAMPLES // 4:
                torn = end - start < WORD_SAMPLES and request.quality == "partial"
                text = " hm" if torn else f" w{(int(levels[start]) - 1_000) // 100}"
                words.append(Word(text, Span(int(start), int(end)), 0.5 if torn else 0.95, (1,)))
        if loud:
            words = [replace(word, text=word.text.upper()) for word in words]
        if not self.word_timestamps:
            words = [replace(word, span=Span(0, 0)) for word in words]
        choice = request.language
        language = choice if isinstance(choice, str) else choice({"en": 0.8, "fr": 0.2})
        return Hypothesis(tuple(words), language, len(request.waveform), mean_log_probability=-0.1)


class TimelessRecogniser(ScriptedRecogniser):
    """The same, but it does not tell when a word was said."""

    word_timestamps = False
