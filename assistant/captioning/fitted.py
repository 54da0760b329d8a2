"""Makes up for what a recogniser lacks, in what is asked of it and in what it answers.

Whoever asks a recogniser asks it through here, and need not know which one it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.core.speech.fitting import going_on_from, spread_over
from assistant.core.speech.hypothesis import Hypothesis
from assistant.ports.speech import Transcriber, TranscriberCapabilities, TranscriptionRequest


def fitted(transcriber: Transcriber) -> Transcriber:
    """Return a transcriber whose words begin with the prefix and have times; the same one where they do."""
    capabilities = transcriber.capabilities
    whole = capabilities.forced_prefix and capabilities.word_timestamps
    return transcriber if whole or isinstance(transcriber, _Fitted) else _Fitted(transcriber)


class _Fitted:
    """A transcriber that lacks something; its capabilities say so still."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """What it can do by itself."""
        return self._transcriber.capabilities

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return what was said, beginning with the prefix, with times."""
        return self._answer(request, self._transcriber.transcribe(self._question(request)))

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return what was said in each request, beginning with its prefix, with times."""
        answers = self._transcriber.transcribe_all([self._question(request) for request in requests])
        # An answer too few is for the caller to find.
        return [self._answer(*pair) for pair in zip(requests, answers, strict=False)]

    def _question(self, request: TranscriptionRequest) -> TranscriptionRequest:
        return request if self.capabilities.forced_prefix else replace(request, prefix=())

    def _answer(self, request: TranscriptionRequest, hypothesis: Hypothesis) -> Hypothesis:
        if not self.capabilities.forced_prefix:
            hypothesis = going_on_from(request.prefix, hypothesis)
        return hypothesis if self.capabilities.word_timestamps else spread_over(request.voice, hypothesis)
