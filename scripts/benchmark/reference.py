"""The reference: the same recordings through plain faster-whisper, offline.

One call for each utterance, windows padded to 30 s, beam 5, on the CPU in int8 unless told otherwise:
what these weights can do without the haste of live captions. Utterances are cut as the service cuts
them offline, by voice activity alone. The word times also say when each word was spoken.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faster_whisper import WhisperModel

from assistant.captioning.endpointing import Endpointer
from assistant.client import read_pcm
from assistant.core.speech.audio import Pcm, Span, samples_of, seconds_of, to_waveform
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from benchmark.material import Recording
from benchmark.normalisation import words_of
from benchmark.scoring import SpokenWord

_BLOCK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TimedText:
    """A word as it was written, with the space before it, and the second of its end."""

    text: str
    end_seconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reference heard in one recording.

    Attributes:
        words: The words in order.
        language: The language it assumed.
        compute_seconds: How long it took.
    """

    words: tuple[TimedText, ...]
    language: str
    compute_seconds: float

    @property
    def text(self) -> str:
        """All that was heard."""
        return "".join(word.text for word in self.words).strip()

    def spoken(self, language: str) -> list[SpokenWord]:
        """Return the comparable words with their times; `auto` reads them as the assumed language."""
        reads = self.language if language == "auto" else language
        return [
            SpokenWord(normal, word.end_seconds)
            for word in self.words
            for normal in words_of(word.text, reads)
        ]


class Reference:
    """Reads recordings, and remembers what it read in a file beside the results.

    Args:
        weights: The folder of the model.
        pin_language: Whether it is told the language of a recording.
        memory: The file; None remembers nothing.
        device: `cpu` (int8, as the promises have it) or `cuda` (float16, for weights too slow without).
    """

    def __init__(
        self, weights: Path, *, pin_language: bool, memory: Path | None, device: str = "cpu"
    ) -> None:
        self._weights = weights
        self._pin_language = pin_language
        self._memory = memory
        self._device = device
        self._model: WhisperModel | None = None

    def read_all(
        self, recordings: Sequence[Recording], done: Callable[[Recording], None]
    ) -> dict[str, Reading]:
        """Return the readings by recording id; blocks for about a tenth of their length."""
        known = self._recall()
        readings = {}
        for recording in recordings:
            key = self._key(recording)
            if key not in known:
                known[key] = self._read(recording)
                self._remember(known)
            readings[recording.id] = known[key]
            done(recording)
        return readings

    def _read(self, recording: Recording) -> Reading:
        if self._model is None:
            self._model = WhisperModel(
                str(self._weights),
                device=self._device,
                compute_type="int8" if self._device == "cpu" else "float16",
                cpu_threads=os.cpu_count() or 1,
            )
        pcm = read_pcm(recording.path)
        language = self._language_of(recording)
        began = time.perf_counter()
        words: list[TimedText] = []
        assumed = language
        for span in utterances_of(pcm):
            segments, information = self._model.transcribe(
                to_waveform(pcm[span.start_samples : span.end_samples]),
                beam_size=5,
                language=None if language == "auto" else language,
                word_timestamps=True,
            )
            start_seconds = seconds_of(span.start_samples)
            words += [
                TimedText(word.word, start_seconds + float(word.end))
                for segment in segments
                for word in segment.words or ()
            ]
            assumed = str(information.language)
        return Reading(tuple(words), assumed, time.perf_counter() - began)

    def _key(self, recording: Recording) -> str:
        """Return what a remembered reading depends on."""
        return f"{recording.sha256 or recording.id} {self._language_of(recording)} by utterance"

    def _language_of(self, recording: Recording) -> str:
        return recording.spoken_language if self._pin_language else "auto"

    def _recall(self) -> dict[str, Reading]:
        if self._memory is None or not self._memory.exists():
            return {}
        document = json.loads(self._memory.read_text(encoding="utf-8"))
        return {key: _reading(entry) for key, entry in document.items()}

    def _remember(self, known: dict[str, Reading]) -> None:
        if self._memory is not None:
            document = {key: asdict(reading) for key, reading in known.items()}
            self._memory.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def utterances_of(pcm: Pcm) -> Iterator[Span]:
    """Yield the utterances of a recording (mono, 16 kHz) as voice activity alone cuts them, in order."""
    endpointer = Endpointer(GatedVoiceDetector(SileroModel()))
    block_samples = samples_of(_BLOCK_SECONDS)
    for start in range(0, len(pcm), block_samples):
        yield from (ended.span for ended, _ in endpointer.utterances(pcm[start : start + block_samples]))
    yield from (ended.span for ended, _ in endpointer.last_utterances())


def _reading(entry: dict[str, Any]) -> Reading:
    words = tuple(TimedText(**word) for word in entry["words"])
    return Reading(words, entry["language"], entry["compute_seconds"])
