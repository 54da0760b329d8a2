"""Whisper on CTranslate2, with an encoder window as long as the speech instead of 30 seconds.

The weights were trained on windows of 30 seconds. The encoder takes shorter ones, at a fraction of
the cost, but the decoder then sometimes loops at the end of the text. So: a margin of silence
behind the speech, a bound on tokens per second, loop detection, and the full window as fall-back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from assistant.core.audio import SAMPLE_RATE, Waveform, samples_of, seconds_of
from assistant.core.errors import ModelMissing
from assistant.core.guards import repeats, without_echo
from assistant.core.hypothesis import Hypothesis, Word
from assistant.engines.whisper_tokens import WhisperTokens
from assistant.ports import TranscriberCapabilities, TranscriptionRequest

WINDOW_SECONDS = 30.0
_HOP_SAMPLES = 160
_CONTEXT_TOKENS = 96
_MOST_TOKENS = 448
FILES = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to decode a stretch of audio.

    Attributes:
        margin_seconds: Silence behind the speech in the encoder's window.
        beam: Beam size; 1 is greedy.
        timestamps: Whether the decoder writes time stamps, which keep it from repeating itself but
            cost a little accuracy.
    """

    margin_seconds: float
    beam: int
    timestamps: bool = False


@dataclass(frozen=True, slots=True)
class DecodingRules:
    """How a stretch of audio is decoded.

    Attributes:
        draft: How partials are decoded.
        final: What is tried for the better pass, in order, until one attempt is free of doubt.
        tokens_a_second: Bound on tokens for each second of audio, on top of `spare_tokens`.
        spare_tokens: Tokens allowed whatever the length.
        doubtful_log_probability: An attempt whose tokens are less likely on average is in doubt.
    """

    draft: Attempt = Attempt(1.0, 1)
    final: tuple[Attempt, ...] = (
        Attempt(2.0, 5),
        Attempt(2.0, 5, timestamps=True),
        Attempt(WINDOW_SECONDS, 5, timestamps=True),
    )
    tokens_a_second: float = 14.0
    spare_tokens: int = 16
    doubtful_log_probability: float = -0.7


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    mean_log_probability: float
    no_speech_probability: float
    bounded: bool


class WhisperTranscriber:
    """`ports.Transcriber` on a directory of CTranslate2 Whisper weights."""

    def __init__(
        self,
        weights: Path,
        *,
        model: str,
        device: str = "cpu",
        compute_type: str = "int8",
        workers: int = 1,
        rules: DecodingRules | None = None,
    ) -> None:
        missing = [name for name in FILES if not (weights / name).is_file()]
        if missing:
            raise ModelMissing(
                f"The weights {model} are not complete on this machine: run “assistant models pull {model}”."
            )
        self._rules = rules or DecodingRules()
        self._model = ctranslate2.models.Whisper(
            str(weights), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=1
        )
        self._tokens = WhisperTokens(weights / "tokenizer.json", multilingual=self._model.is_multilingual)
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self.capabilities = TranscriberCapabilities(
            model=model,
            languages=self._tokens.languages,
            device=device,
            compute_type=compute_type,
            max_seconds=WINDOW_SECONDS - 1.0,
            workers=workers,
        )

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return the words of `request.waveform`, with times and evidence."""
        started = time.perf_counter()
        attempts = (self._rules.draft,) if request.quality == "draft" else self._rules.final
        heard: dict[str, float] = {}
        language, window_seconds, encoded = "", 0.0, None
        for attempt in attempts:
            if encoded is None or attempt.margin_seconds != window_seconds:
                encoded = self._encode(request.waveform, attempt.margin_seconds)
                window_seconds = attempt.margin_seconds
            if not language:
                language, heard = self._language(request, encoded)
            decoded = self._decode(request, encoded, language, attempt)
            words = self._words(encoded, decoded.tokens, language, len(request.waveform))
            sound = without_echo(words)
            looped = decoded.bounded or repeats(sound)
            doubtful = looped or decoded.mean_log_probability < self._rules.doubtful_log_probability
            if len(sound) == len(words) and not doubtful:
                break
        return Hypothesis(
            words=sound,
            language=language,
            heard_samples=len(request.waveform),
            language_probabilities=heard,
            no_speech_probability=decoded.no_speech_probability,
            mean_log_probability=decoded.mean_log_probability,
            looped=looped and len(sound) == len(words),
            compute_seconds=time.perf_counter() - started,
        )

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return the words of each request."""
        return [self.transcribe(request) for request in requests]

    def _encode(self, waveform: Waveform, margin_seconds: float) -> ctranslate2.StorageView:
        """Return the encoder's output for the speech and a margin, at most 30 seconds in all."""
        length = min(len(waveform) + samples_of(margin_seconds), samples_of(WINDOW_SECONDS))
        length -= length % (2 * _HOP_SAMPLES)
        padded = np.zeros(length, dtype=np.float32)
        kept = min(len(waveform), length)
        padded[:kept] = waveform[:kept]
        mel = self._features(padded, padding=0)[:, : length // _HOP_SAMPLES]
        batch = np.ascontiguousarray(mel[None], dtype=np.float32)
        return self._model.encode(ctranslate2.StorageView.from_array(batch), to_cpu=False)

    def _language(
        self, request: TranscriptionRequest, encoded: ctranslate2.StorageView
    ) -> tuple[str, dict[str, float]]:
        if not self._model.is_multilingual:
            return "en", {}
        if isinstance(request.language, str):
            return request.language, {}
        heard = {token[2:-2]: float(share) for token, share in self._model.detect_language(encoded)[0]}
        return request.language(heard), heard

    def _decode(
        self, request: TranscriptionRequest, encoded: ctranslate2.StorageView, language: str, attempt: Attempt
    ) -> _Decoded:
        rules = self._rules
        prefix = [token for word in request.prefix for token in word.tokens]
        prompt = self._tokens.prompt(
            language, request.context, _CONTEXT_TOKENS, timestamps=attempt.timestamps
        )
        bound = rules.spare_tokens + math.ceil(rules.tokens_a_second * seconds_of(len(request.waveform)))
        bound = max(bound, len(prefix) + rules.spare_tokens)
        result = self._model.generate(
            encoded,
            [prompt + prefix],
            beam_size=attempt.beam,
            max_length=min(len(prompt) + bound, _MOST_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._tokens.suppressed,
        )[0]
        written = result.sequences_ids[0]
        return _Decoded(
            tokens=[token for token in written if token < self._tokens.end_of_text],
            mean_log_probability=float(result.scores[0]),
            no_speech_probability=float(result.no_speech_prob),
            # Text that ends by itself stays below the bound.
            bounded=len(prompt) + len(written) >= min(len(prompt) + bound, _MOST_TOKENS) - 2,
        )

    def _words(
        self, encoded: ctranslate2.StorageView, tokens: list[int], language: str, length_samples: int
    ) -> tuple[Word, ...]:
        if not tokens:
            return ()
        frames = max(2, length_samples // _HOP_SAMPLES)
        aligned = self._model.align(encoded, self._tokens.start(language), [tokens], frames)[0]
        return self._tokens.words(
            tokens,
            language,
            _token_starts(aligned.alignments, len(tokens)),
            np.asarray(aligned.text_token_probs, dtype=np.float32),
            length_samples,
        )


def _token_starts(alignments: list[tuple[int, int]], count: int) -> NDArray[np.int64]:
    """Return the first sample of each token and, last, the end of the text.

    Args:
        alignments: Pairs of token index and encoder frame (20 ms), both non-decreasing.
        count: How many tokens the text has.
    """
    path = np.asarray(alignments, dtype=np.int64).reshape(-1, 2)
    frames = np.full(count + 1, path[-1, 1] if len(path) else 0, dtype=np.int64)
    for token, frame in path[::-1]:
        if token <= count:
            frames[token] = frame
    return np.maximum.accumulate(frames) * (SAMPLE_RATE // 50)
