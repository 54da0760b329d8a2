"""Speech recognisers by name: what the catalogue's `engine` may say, and what is loaded for it.

A recogniser is one file beside this one, which alone imports its library; one line of `RECOGNISERS`; and the
entries of its weights in the catalogue. What it can do it declares in its `capabilities`
(`ports.speech.TranscriberCapabilities`); what it cannot, such as going on from given words, is done
for it (`captioning.fitted`). This module imports no library, so the catalogue can be checked without any.
"""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Protocol

from assistant.core.errors import WeightsError
from assistant.ports.speech import Transcriber

RECOGNISERS = {
    "whisper": "assistant.engines.whisper:WhisperTranscriber",
}
"""The module and the name of each recogniser's `LoadRecogniser`; imported when it is first loaded."""

DEFAULT_RECOGNISER = "whisper"
"""What runs speech weights whose `engine` nobody named."""

LONGEST_REQUEST_SECONDS = 29.0
"""The longest audio that is asked about: utterances are cut at 28 s, and finals hear a little more."""


class LoadRecogniser(Protocol):
    """Makes a recogniser of its weights; blocks for as long as loading takes."""

    def __call__(
        self, weights: Path, /, *, model: str, device: str, compute_type: str, workers: int, batch: int
    ) -> Transcriber:
        """Load the weights.

        Args:
            weights: The folder of their files, whose hashes are right.
            model: The catalogue's name of them.
            device: `cpu` or `cuda`.
            compute_type: CTranslate2's name of the arithmetic, such as `int8` or `float16`.
            workers: How many calls may run at the same time.
            batch: How many requests of one call may share the work.

        Raises:
            ModelMissing: Files are missing.
        """


def check_recogniser(name: object) -> str:
    """Return `name` if a recogniser is called that.

    Raises:
        WeightsError: None is; the message names those that there are.
    """
    if not isinstance(name, str) or name not in RECOGNISERS:
        raise WeightsError(f"unknown engine {name!r}; this version has {', '.join(RECOGNISERS)}")
    return name


def load_recogniser(
    engine: str,
    weights: Path,
    *,
    model: str,
    device: str = "cpu",
    compute_type: str = "int8",
    workers: int = 1,
    batch: int = 4,
) -> Transcriber:
    """Import a recogniser's library and load its weights; the arguments are those of `LoadRecogniser`.

    Raises:
        WeightsError: No recogniser is called `engine`, or it hears less at a time than is asked about.
        ModelMissing: Files of the weights are missing.
    """
    load: LoadRecogniser = pkgutil.resolve_name(RECOGNISERS[check_recogniser(engine)])
    transcriber = load(
        weights, model=model, device=device, compute_type=compute_type, workers=workers, batch=batch
    )
    most_seconds = transcriber.capabilities.max_seconds
    if most_seconds < LONGEST_REQUEST_SECONDS:
        raise WeightsError(
            f"The engine {engine} hears at most {most_seconds:g} seconds with {model}; captions need"
            f" {LONGEST_REQUEST_SECONDS:g}."
        )
    return transcriber
