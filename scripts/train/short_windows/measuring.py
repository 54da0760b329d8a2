"""What short windows cost in words, by the service's engine: weights as they were, and after learning."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.material import MIXED, ManifestBroken, Recording, read_manifest, select
from benchmark.normalisation import words_of
from benchmark.scoring import count_errors

from assistant.client.recordings import read_waveform
from assistant.core.speech.audio import Waveform
from assistant.engines.whisper import WINDOW_SECONDS, Attempt, DecodingRules, WhisperTranscriber
from assistant.ports.speech import TranscriptionRequest
from train.errors import NotTrainable

WINDOWS = {"full": WINDOW_SECONDS, "speech + 2 s": 2.0, "speech + 1 s": 1.0, "speech + 0.5 s": 0.5}
"""Silence behind the speech, by what the window is called."""


@dataclass(frozen=True, slots=True)
class Row:
    """Weights with one window, over all recordings, greedy.

    Attributes:
        weights: What they are called.
        window: What the window is called.
        words: That were said.
        errors: Of the texts, in words.
        loops: Texts that go round or reach their bound.
        seconds: By the clock.
    """

    weights: str
    window: str
    words: int
    errors: int
    loops: int
    seconds: float


def measure(
    folder: Path, weights: Iterable[tuple[str, Path]], minutes: float, say: Callable[[str], None]
) -> list[Row]:
    """Return how weights do with each window on the recordings of a folder, those that fit into one.

    Args:
        folder: Holds `manifest.jsonl` and recordings with texts, as for `scripts/bench`.
        weights: Directories, by what they are called.
        minutes: Of speech, at most.
        say: Takes a line of progress.

    Raises:
        NotTrainable: It holds none.
    """
    try:
        material = select(read_manifest(folder), minutes=minutes, invented=False)
    except (OSError, ManifestBroken) as error:
        raise NotTrainable(f"{folder} cannot be measured on: {error}") from error
    chosen = [one for one in material if one.lang != MIXED and one.seconds < WINDOW_SECONDS - 1]
    if not chosen:
        raise NotTrainable(
            f"{folder} has no recording of less than {WINDOW_SECONDS:g} seconds with its text."
        )
    speech = [(one, read_waveform(one.path)) for one in chosen]
    rows = []
    for name, directory in weights:
        for window, margin in WINDOWS.items():
            rows.append(_row(name, directory, window, margin, speech))
            row = rows[-1]
            say(f"{name}, {window}: {row.errors} errors in {row.words} words, {row.loops} loops")
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown."""
    lines = ["| weights | window | WER, % | loops | seconds |", "| --- | --- | ---: | ---: | ---: |"]
    for row in rows:
        rate = f"{100 * row.errors / row.words:.1f}"
        lines.append(f"| {row.weights} | {row.window} | {rate} | {row.loops} | {row.seconds:.1f} |")
    return "\n".join(lines)


def _row(
    name: str, directory: Path, window: str, margin: float, speech: Sequence[tuple[Recording, Waveform]]
) -> Row:
    rules = DecodingRules(partial=Attempt(margin, 1))
    engine = WhisperTranscriber(directory, model=name, compute_type="int8", rules=rules)
    began, words, errors, loops = time.monotonic(), 0, 0, 0
    for recording, waveform in speech:
        heard = engine.transcribe(TranscriptionRequest(waveform, recording.lang))
        said = [word for passage in recording.passages for word in words_of(passage.text, passage.lang)]
        words += len(said)
        errors += count_errors(said, words_of(heard.text, recording.lang)).errors
        loops += heard.looped
    return Row(name, window, words, errors, loops, time.monotonic() - began)
