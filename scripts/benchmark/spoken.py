"""Sentences that are spoken: what translation makes of them as recognised, beside as they were written.

Whisper can translate into English itself; that stands beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faster_whisper import WhisperModel

from assistant.client import read_pcm
from assistant.core.speech.audio import to_waveform
from assistant.core.translation.routes import RouteTable
from assistant.ports.translation import TextEngine
from benchmark.normalisation import words_of
from benchmark.parallel_text import ParallelText, ParallelTextBroken
from benchmark.scoring import count_errors
from benchmark.text_engine import translate_along
from benchmark.translation_metrics import bleu_and_chrf

_INTO = "en"
"""The only language that Whisper translates into."""


@dataclass(frozen=True, slots=True)
class SpokenScore:
    """One way from spoken sentences to their translation.

    Attributes:
        pair: From which language into which.
        way: What was done.
        sentences: How many.
        wer: Share (0..) of wrong words in what was translated; None where nothing was written before.
        bleu: 0..100.
        chrf: 0..100.
    """

    pair: tuple[str, str]
    way: str
    sentences: int
    wer: float | None
    bleu: float
    chrf: float


class Listener:
    """Plain Whisper, which hears one recording after another, beam 5.

    Args:
        weights: The folder of the model.
    """

    def __init__(self, weights: Path) -> None:
        self._model = WhisperModel(
            str(weights), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1
        )

    def hear(self, recordings: Sequence[Path], language: str, task: str = "transcribe") -> list[str]:
        """Return what is said in each recording, or with the task `translate` the same in English."""
        return [self._hear(recording, language, task) for recording in recordings]

    def _hear(self, recording: Path, language: str, task: str) -> str:
        segments, _ = self._model.transcribe(
            to_waveform(read_pcm(recording)), beam_size=5, language=language, task=task
        )
        return "".join(segment.text for segment in segments).strip()


async def score_spoken(
    engine: TextEngine, listener: Listener, text: ParallelText, routes: RouteTable
) -> list[SpokenScore]:
    """Return how well the spoken sentences of a text are translated, by each way.

    Raises:
        ParallelTextBroken: There are more or fewer recordings than sentences.
    """
    scores: list[SpokenScore] = []
    for source, recordings in text.recordings.items():
        written = text.lines[source]
        if len(recordings) != len(written):
            raise ParallelTextBroken(
                f"{text.name}.{source} has {len(written)} sentences, and {len(recordings)} recordings."
            )
        recognised = listener.hear(recordings, source)
        for target, wanted in text.lines.items():
            route = routes.route(source, target) if target != source else None
            if route is None:
                continue
            ways: dict[str, tuple[float | None, list[str]]] = {
                "as written": (0.0, await translate_along(engine, route, written)),
                "as recognised": (
                    _word_error_rate(written, recognised, source),
                    await translate_along(engine, route, recognised),
                ),
            }
            if target == _INTO:
                ways["by Whisper itself"] = None, listener.hear(recordings, source, "translate")
            scores += _scores((source, target), ways, wanted)
    return scores


def _scores(
    pair: tuple[str, str], ways: dict[str, tuple[float | None, list[str]]], wanted: Sequence[str]
) -> Iterator[SpokenScore]:
    for way, (wer, translated) in ways.items():
        yield SpokenScore(pair, way, len(wanted), wer, *bleu_and_chrf(translated, wanted))


def _word_error_rate(written: Sequence[str], recognised: Sequence[str], language: str) -> float | None:
    said = [word for line in written for word in words_of(line, language)]
    heard = [word for line in recognised for word in words_of(line, language)]
    return count_errors(said, heard).rate
