"""One scripted partner per port, for tests of what lies between."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import TranslationFailed
from assistant.core.speech.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm, Span
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.translation.routes import Scores, TextModel
from assistant.ports.speech import TranscriberCapabilities, TranscriptionRequest
from assistant.ports.translation import LanguageGuess, TranslationKind

WORD_SAMPLES = SAMPLE_RATE // 2
"""In scripted speech a word is said every half second."""


def speech(first_word: int, words: int) -> Pcm:
    """Return scripted speech: half a second per word, whose loudness says which word it is."""
    levels = [1_000 + 100 * (number % 250) for number in range(first_word, first_word + words)]
    return np.repeat(np.asarray(levels, dtype=np.int16), WORD_SAMPLES)


def silence(seconds: float) -> Pcm:
    """Return digital silence."""
    return np.zeros(round(seconds * SAMPLE_RATE), dtype=np.int16)


class LevelDetector:
    """Takes everything that is not digital silence for speech."""

    def probabilities(self, pcm: Pcm) -> NDArray[np.float32]:
        """Return 0.98 for frames with sound, 0 for the others."""
        return np.where(np.abs(pcm.reshape(-1, FRAME_SAMPLES)).max(axis=1) > 0, 0.98, 0.0).astype(np.float32)


@dataclass
class LevelTranscriber:
    """Reads scripted speech back: each word is named after its loudness (`W0`, `W1`, …).

    Attributes:
        delay_seconds: How long each call blocks, whatever it holds.
        hurry: Once it is set, no call blocks any longer.
        rewrite: Changes the text of finals, to disagree with partials.
        final_probability: Of each word of a final; partials are sure.
        failures: So many recognitions raise first.
        mute_translations: Whether it finds no English words for anything.
        gives_up_behind: A partial that hears the word of this number writes nothing behind it.
        unreadable: Finals that hear the word of this number raise, always.
        ends_behind: A final writes nothing behind the word of this number, unless the audio begins with it.
    """

    delay_seconds: float = 0.0
    rewrite: Callable[[str], str] = str
    final_probability: float = 0.95
    failures: int = 0
    workers: int = 2
    batch: int = 1
    translates: bool = False
    mute_translations: bool = False
    gives_up_behind: int | None = None
    unreadable: int | None = None
    ends_behind: int | None = None
    requests: list[TranscriptionRequest] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    hurry: threading.Event = field(default_factory=threading.Event)

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """Two workers, two languages."""
        return TranscriberCapabilities(
            "scripted",
            frozenset({"en", "fr"}),
            "cpu",
            "none",
            29.0,
            self.workers,
            self.batch,
            translates_to=frozenset({"en"} if self.translates else ()),
            forced_prefix=True,
            word_timestamps=True,
        )

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return a word for each stretch of one loudness."""
        return self.transcribe_all([request])[0]

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return a word for each stretch of one loudness, for each request."""
        with self.lock:
            self.requests.extend(requests)
            if self.failures:
                self.failures -= 1
                raise RuntimeError("scripted failure")
        self.hurry.wait(self.delay_seconds)
        return [self._read(request) for request in requests]

    def _read(self, request: TranscriptionRequest) -> Hypothesis:
        if request.translate and self.mute_translations:
            return Hypothesis((), "en", len(request.waveform))
        levels = np.rint(request.waveform * 32768).astype(int)
        edges = np.flatnonzero(np.diff(levels, prepend=0, append=0))
        words = []
        for start, end in pairwise(edges):
            if levels[start] and end - start > WORD_SAMPLES // 4:
                number = (int(levels[start]) - 1_000) // 100
                words.append(Word(f" W{number}", Span(int(start), int(end)), 0.95, (number,)))
                if request.quality == "partial" and number == self.gives_up_behind:
                    break
                if request.quality == "final" and number == self.ends_behind and len(words) > 1:
                    break
        if request.quality == "final":
            if self.unreadable in [word.tokens[0] for word in words]:
                raise RuntimeError("scripted failure")
            words = [
                replace(word, text=self.rewrite(word.text), probability=self.final_probability)
                for word in words
            ]
        language = (
            request.language
            if isinstance(request.language, str)
            else request.language({"en": 0.8, "fr": 0.2})
        )
        return Hypothesis(tuple(words), language, len(request.waveform), mean_log_probability=-0.1)


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, start: float = 1_000.0) -> None:
        self.seconds = start

    def now(self) -> float:
        """Return the wall clock, far from the monotonic one."""
        return self.seconds + 1_000_000.0

    def monotonic(self) -> float:
        """Return the monotonic clock."""
        return self.seconds


class JumpingClock:
    """Runs with the machine, and jumps when it is told to."""

    def __init__(self) -> None:
        self.wall_jump = 0.0
        self.monotonic_jump = 0.0
        self._stalled_at: float | None = None

    def now(self) -> float:
        """Return the wall clock, with its jumps."""
        return time.time() + self.wall_jump

    def monotonic(self) -> float:
        """Return a clock that never goes back."""
        running = time.monotonic() if self._stalled_at is None else self._stalled_at
        return running + self.monotonic_jump

    def stall(self) -> None:
        """Let the monotonic clock stand still."""
        self._stalled_at = time.monotonic()

    def go_on(self) -> None:
        """Let it run again, from where it stood."""
        if self._stalled_at is not None:
            self.monotonic_jump -= time.monotonic() - self._stalled_at
            self._stalled_at = None


class CountingTelemetry:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.inferences: Counter[str] = Counter()
        self.captions: Counter[bool] = Counter()
        self.rejected: Counter[str] = Counter()
        self.samples = 0
        self.translations: Counter[str] = Counter()

    def inference_done(
        self, kind: Literal["partial", "final"], audio_seconds: float, compute_seconds: float
    ) -> None:
        """Count a recognition."""
        del audio_seconds, compute_seconds
        self.inferences[kind] += 1

    def caption_published(self, *, final: bool, lag_seconds: float) -> None:
        """Count a caption."""
        del lag_seconds
        self.captions[final] += 1

    def utterance_rejected(self, reason: str) -> None:
        """Count a rejection."""
        self.rejected[reason] += 1

    def audio_received(self, samples: int) -> None:
        """Count samples."""
        self.samples += samples

    def translated(self, kind: TranslationKind, sentences: int, seconds: float) -> None:
        """Count translated sentences."""
        del seconds
        self.translations[kind] += sentences


def text_model(source: str, target: str, quality: float = 0.9, cost_ms: float = 20.0) -> TextModel:
    """Return a model called after its languages."""
    return TextModel(f"{source}-{target}", source, target, "firefox", Scores(quality), cost_ms)


SCRIPTED_MODELS = (text_model("en", "fr"), text_model("fr", "en"), text_model("en", "pt"))


def split_at_dots(language: str, text: str) -> list[str]:
    """Cut behind each full stop and the space that follows."""
    del language
    return re.findall(r"[^.]*\.\s*|[^.]+", text)


def no_reply(sentence: str, source: str, target: str) -> None:
    """Know no answer by heart, so that greetings are translated like everything else."""
    del sentence, source, target


@dataclass
class ScriptedTextEngine:
    """Writes the code of the language behind each word: `Hello.` becomes `Hello·fr.`.

    Attributes:
        models: What it says it has.
        delay_seconds: How long each call takes.
        failures: Texts that cannot be translated.
        rewrite: Changes a sentence's translation, as a model does that has heard more of it.
        languages: What texts seem to be written in.
        unidentified: Texts over which it breaks down.
        known: The characters that its models can read; none: all.
        asked: Model and sentences of each call.
    """

    models: Sequence[TextModel] = SCRIPTED_MODELS
    delay_seconds: float = 0.0
    failures: set[str] = field(default_factory=set)
    rewrite: Callable[[str], str] = str
    languages: dict[str, LanguageGuess] = field(default_factory=dict)
    unidentified: set[str] = field(default_factory=set)
    known: frozenset[str] = frozenset()
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    closed: bool = False

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Return each sentence word by word."""
        self.asked.append((model, tuple(sentences)))
        await asyncio.sleep(self.delay_seconds)
        if self.failures & set(sentences):
            raise TranslationFailed("scripted failure")
        target = model.rpartition("-")[2]
        return [self.rewrite(re.sub(r"[\w·]+", rf"\g<0>·{target}", sentence)) for sentence in sentences]

    async def letters(self, model: str) -> frozenset[str]:
        """Return what was scripted for all models."""
        del model
        return self.known

    async def identify(self, text: str) -> LanguageGuess | None:
        """Return what was scripted for a text."""
        if text in self.unidentified:
            raise TranslationFailed("scripted failure")
        return self.languages.get(text)

    async def close(self) -> None:
        """Note it."""
        self.closed = True
