"""Whisper on CTranslate2, with an encoder window as long as the speech instead of 30 seconds.

The weights were trained on windows of 30 seconds. The encoder takes shorter ones, at a fraction of
the cost, but the decoder then sometimes loops at the end of the text. So: a margin of silence
behind the speech, a bound on tokens per second, loop detection, and the full window as fall-back.

Each request is encoded by itself (a batch of windows falls out of the processor's caches and is
slower than one after another), but the steps of the decoder are shared by all requests of a call:
a step for four costs little more than a step for one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from assistant.core.errors import ModelMissing
from assistant.core.speech.audio import SAMPLE_RATE, Span, samples_of, seconds_of
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.repetition import sound_part
from assistant.engines.whisper_tokens import WhisperTokens
from assistant.ports.speech import TranscriberCapabilities, TranscriptionRequest

WINDOW_SECONDS = 30.0
_HOP_SAMPLES = 160
_CONTEXT_TOKENS = 96
_CONTEXT_STEP_TOKENS = 16
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
        partial: How partials are decoded.
        final: What is tried for the better pass, in order, until one attempt is free of doubt.
        closest: How audio is decoded whose language is open: in a window of the length that detection was
            trained on.
        tokens_a_second: Bound on tokens for each second of audio, on top of `spare_tokens`.
        spare_tokens: Tokens allowed whatever the length.
        doubtful_log_probability: An attempt whose tokens are less likely on average is in doubt.
        longest_word_seconds: A word that lasts longer stands where the decoder left out others.
        shared_window_seconds: Windows of requests that share decoding steps are rounded up to a
            multiple of this, so that they have the same length.
    """

    partial: Attempt = Attempt(1.0, 1)
    final: tuple[Attempt, ...] = (
        Attempt(2.0, 5),
        Attempt(2.0, 5, timestamps=True),
        Attempt(WINDOW_SECONDS, 5, timestamps=True),
    )
    closest: Attempt = Attempt(WINDOW_SECONDS, 5, timestamps=True)
    tokens_a_second: float = 7.5
    spare_tokens: int = 12
    doubtful_log_probability: float = -0.7
    longest_word_seconds: float = 2.5
    shared_window_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    mean_log_probability: float
    no_speech_probability: float
    bounded: bool


@dataclass(slots=True)
class _Work:
    """One request on its way through its attempts, the first of `attempts` next."""

    request: TranscriptionRequest
    attempts: tuple[Attempt, ...]
    encoded: ctranslate2.StorageView | None = None
    window_samples: int = 0
    language: str = ""
    heard: dict[str, float] = field(default_factory=dict)
    prompt: list[int] = field(default_factory=list)
    hypothesis: Hypothesis | None = None

    @property
    def together(self) -> tuple[int, int, int, bool]:
        """What requests have in common that can share decoding steps."""
        attempt = self.attempts[0]
        return self.window_samples, len(self.prompt), attempt.beam, attempt.timestamps


class WhisperTranscriber:
    """`ports.speech.Transcriber` on a directory of CTranslate2 Whisper weights."""

    def __init__(
        self,
        weights: Path,
        *,
        model: str,
        device: str = "cpu",
        compute_type: str = "int8",
        workers: int = 1,
        batch: int = 4,
        rules: DecodingRules | None = None,
        encodes_together: bool | None = None,
    ) -> None:
        missing = [name for name in FILES if not (weights / name).is_file()]
        if missing:
            raise ModelMissing(
                f"The weights {model} are not complete on this machine: run “assistant models pull {model}”."
            )
        self._rules = rules or DecodingRules()
        # A processor encodes one window after the other faster, a GPU all at once.
        self._encodes_together = device != "cpu" if encodes_together is None else encodes_together
        self._model = ctranslate2.models.Whisper(
            str(weights), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=1
        )
        self._tokens = WhisperTokens(weights / "tokenizer.json", multilingual=self._model.is_multilingual)
        self._closest: _Work | None = None
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self.capabilities = TranscriberCapabilities(
            model=model,
            languages=self._tokens.languages,
            device=device,
            compute_type=compute_type,
            max_seconds=WINDOW_SECONDS - 1.0,
            workers=workers,
            batch=batch,
            # The distilled large-v3-turbo has forgotten how; it writes what was said.
            translates_to=frozenset({"en"} if self._model.is_multilingual and "turbo" not in model else ()),
            forced_prefix=True,
            word_timestamps=True,
        )

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return the words of `request.waveform`, with times and evidence."""
        return self.transcribe_all([request])[0]

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return the words of each request; those of one length share their decoding steps."""
        started = time.perf_counter()
        rules = self._rules
        attempts = {"partial": (rules.partial,), "final": rules.final, "closest": (rules.closest,)}
        works = [_Work(request, attempts[request.quality]) for request in requests]
        for work in works:
            self._remember(work)
        doubtful = works
        while doubtful:
            self._prepare(doubtful)
            for group in _grouped(doubtful, lambda work: work.together):
                for work, decoded in zip(group, self._decode(group), strict=True):
                    self._conclude(work, decoded)
            doubtful = [work for work in doubtful if work.attempts]
        self._closest = next((work for work in works if work.request.quality == "closest"), self._closest)
        share_seconds = (time.perf_counter() - started) / max(1, len(works))
        return [replace(work.hypothesis, compute_seconds=share_seconds) for work in works if work.hypothesis]

    def _remember(self, work: _Work) -> None:
        """Take what the encoder made of this audio before: it is read in one language after the other."""
        before = self._closest
        if before and work.request.quality == "closest" and work.request.waveform is before.request.waveform:
            work.encoded, work.window_samples = before.encoded, before.window_samples

    def _prepare(self, works: Sequence[_Work]) -> None:
        """Encode the audio, choose the languages and write the prompts for the next attempts."""
        shared = len(works) > 1
        unheard = [work for work in works if self._widened(work, shared=shared)]
        by_window = [[work] for work in unheard]
        if self._encodes_together:
            by_window = list(_grouped(unheard, lambda work: work.window_samples))
        for group in by_window:
            self._encode(group)
        for work in works:
            if not work.language:
                work.language, work.heard = self._language(work)
            work.prompt = self._tokens.prompt(
                work.language,
                work.request.context,
                _CONTEXT_TOKENS,
                timestamps=work.attempts[0].timestamps,
                step_tokens=_CONTEXT_STEP_TOKENS if shared else 1,
                translate=work.request.translate,
            )

    def _widened(self, work: _Work, *, shared: bool) -> bool:
        """Set the window of the next attempt; return whether the audio must be encoded anew."""
        samples = len(work.request.waveform) + samples_of(work.attempts[0].margin_seconds)
        step = samples_of(self._rules.shared_window_seconds) if shared else 2 * _HOP_SAMPLES
        samples = min(-(-samples // step) * step, samples_of(WINDOW_SECONDS))
        wider = work.encoded is None or samples > work.window_samples
        work.window_samples = max(samples, work.window_samples)
        return wider

    def _encode(self, group: Sequence[_Work]) -> None:
        """Run the encoder over the speech and the silence behind it; all windows have one length."""
        samples = group[0].window_samples
        padded = np.zeros((len(group), samples), dtype=np.float32)
        for row, work in zip(padded, group, strict=True):
            kept = min(len(work.request.waveform), samples)
            row[:kept] = work.request.waveform[:kept]
        frames = samples // _HOP_SAMPLES
        mel = np.stack([self._features(row, padding=0)[:, :frames] for row in padded])
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(mel, dtype=np.float32))
        if len(group) == 1:
            group[0].encoded = self._model.encode(view, to_cpu=False)
            return
        encoded = np.asarray(self._model.encode(view, to_cpu=True))
        for row, work in zip(encoded, group, strict=True):
            work.encoded = ctranslate2.StorageView.from_array(np.ascontiguousarray(row[None]))

    def _language(self, work: _Work) -> tuple[str, dict[str, float]]:
        choice = work.request.language
        if not self._model.is_multilingual:
            return "en", {}
        if isinstance(choice, str):
            return choice, {}
        heard = {token[2:-2]: float(share) for token, share in self._model.detect_language(work.encoded)[0]}
        return choice(heard), heard

    def _decode(self, group: Sequence[_Work]) -> Iterator[_Decoded]:
        """Return the texts of requests whose windows and prompts have the same lengths."""
        prompts = [work.prompt + _tokens_of(work.request.prefix) for work in group]
        bounds = [self._most_tokens(work.request) for work in group]
        # CTranslate2 writes at most half of max_length, forced tokens included.
        most = max(bounds)
        results = self._model.generate(
            _stacked([work.encoded for work in group]),
            prompts,
            beam_size=group[0].attempts[0].beam,
            max_length=min(max(2 * most, most + len(group[0].prompt)), _MOST_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._tokens.suppressed,
        )
        for result, bound in zip(results, bounds, strict=True):
            written = result.sequences_ids[0]
            yield _Decoded(
                tokens=[token for token in written[:bound] if token < self._tokens.end_of_text],
                mean_log_probability=float(result.scores[0]),
                no_speech_probability=float(result.no_speech_prob),
                # Text that ends by itself stays below the bound.
                bounded=len(written) >= min(bound, _MOST_TOKENS // 2),
            )

    def _most_tokens(self, request: TranscriptionRequest) -> int:
        rules = self._rules
        seconds = seconds_of(len(request.waveform))
        bound = rules.spare_tokens + math.ceil(rules.tokens_a_second * seconds)
        return max(bound, len(_tokens_of(request.prefix)) + rules.spare_tokens)

    def _conclude(self, work: _Work, decoded: _Decoded) -> None:
        """Make the hypothesis of an attempt; leave further attempts only where it is in doubt."""
        request = work.request
        words = self._words(work, decoded.tokens)
        sound = sound_part(words, kept=len(request.prefix), ended=not decoded.bounded)
        looped = decoded.bounded and not sound.echoed
        doubtful = (
            looped
            or decoded.mean_log_probability < self._rules.doubtful_log_probability
            or any(word.span.length_seconds > self._rules.longest_word_seconds for word in sound.words)
        )
        work.attempts = work.attempts[1:] if doubtful or sound.echoed else ()
        if looped and work.hypothesis and not work.hypothesis.looped:
            return  # of that one all is known
        work.hypothesis = Hypothesis(
            words=sound.words,
            language=work.language,
            audio_length=len(request.waveform),
            language_probabilities=work.heard,
            no_speech_probability=decoded.no_speech_probability,
            mean_log_probability=decoded.mean_log_probability,
            looped=looped,
            loop_words=sound.loop_words,
        )

    def _words(self, work: _Work, tokens: list[int]) -> tuple[Word, ...]:
        """Return the words of a text with times; forced ones stay as they were written before."""
        if not tokens:
            return ()
        length_samples = len(work.request.waveform)
        if work.request.translate:
            return self._untimed(tokens, length_samples)
        frames = max(2, min(length_samples, work.window_samples) // _HOP_SAMPLES)
        aligned = self._model.align(work.encoded, self._tokens.start(work.language), [tokens], frames)[0]
        starts = _token_starts(aligned.alignments, len(tokens))
        probabilities = np.asarray(aligned.text_token_probs, dtype=np.float32)
        forced, first = _timed(work.request.prefix, starts, length_samples)
        return forced + self._tokens.words(
            tokens[first:], work.language, starts[first:], probabilities[first:], length_samples
        )

    def _untimed(self, tokens: list[int], length_samples: int) -> tuple[Word, ...]:
        """Return the words of a translation, whose order is not that of the sounds, evenly spread."""
        starts = np.linspace(0, length_samples, len(tokens) + 1).astype(np.int64)
        sure = np.ones(len(tokens), dtype=np.float32)
        return self._tokens.words(tokens, "en", starts, sure, length_samples)


def _timed(
    prefix: Sequence[Word], starts_samples: NDArray[np.int64], length_samples: int
) -> tuple[tuple[Word, ...], int]:
    """Return the forced words with the times of this alignment, and how many tokens they have."""
    words, first = [], 0
    for word in prefix:
        end = min(first + len(word.tokens), len(starts_samples) - 1)
        start = min(int(starts_samples[first]), length_samples)
        stop = min(max(int(starts_samples[end]), start), length_samples)
        words.append(replace(word, span=Span(start, stop)))
        first = end
    return tuple(words), first


def _grouped(works: Iterable[_Work], key: Callable[[_Work], Any]) -> Iterator[list[_Work]]:
    """Yield the works that have the same key."""
    for _, group in groupby(sorted(works, key=key), key=key):
        yield list(group)


def _stacked(encoded: Sequence[ctranslate2.StorageView | None]) -> ctranslate2.StorageView | None:
    """Return the encoder's outputs, each of shape `(1, frames, size)`, as one batch."""
    if len(encoded) == 1:
        return encoded[0]
    on_cpu = [view.to_device(ctranslate2.Device.cpu) for view in encoded if view is not None]
    return ctranslate2.StorageView.from_array(np.concatenate([np.asarray(view) for view in on_cpu]))


def _tokens_of(words: Sequence[Word]) -> list[int]:
    return [token for word in words for token in word.tokens]


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
