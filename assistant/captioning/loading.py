"""Loads what recognises speech and measures it; without weights the service still shows what was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from assistant.captioning.calibration import calibrate
from assistant.core.errors import AssistantError, ModelMissing, WeightsError
from assistant.core.inference.capacity import Costs
from assistant.core.speech.hypothesis import Hypothesis
from assistant.ports.media import OpenRecording
from assistant.ports.speech import Transcriber, TranscriberCapabilities, TranscriptionRequest

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What recognises speech.

    Attributes:
        transcriber: It refuses all requests where its weights are missing.
        costs: What its calls take; None where that could not be measured, so that what really runs is.
        missing: Sentences that say which weights are not there.
    """

    transcriber: Transcriber
    costs: Costs | None = None
    missing: tuple[str, ...] = ()


def load_recognition(
    load: Callable[[], Transcriber], open_recording: OpenRecording, *, model: str
) -> Recognition:
    """Return the recogniser that `load` makes of the weights called `model`, measured; blocks for seconds."""
    try:
        transcriber = load()
    except (ModelMissing, WeightsError) as error:
        _log.warning("weights_missing", model=model, code=error.code)
        return Recognition(AbsentTranscriber(model, error.message), missing=(error.message,))
    capabilities = transcriber.capabilities
    _log.info(
        "weights_loaded",
        model=capabilities.model,
        device=capabilities.device,
        compute_type=capabilities.compute_type,
        workers=capabilities.workers,
    )
    try:
        costs = calibrate(transcriber, open_recording)
    except (AssistantError, RuntimeError, ValueError) as error:
        _log.warning("calibration_failed", error=type(error).__name__)
        return Recognition(transcriber)
    _log.info(
        "calibrated",
        draft_seconds=round(costs.partial_seconds, 3),
        final_share=round(costs.final_share, 3),
        further_share=round(costs.further_share, 2),
        talkers=costs.talkers(workers=capabilities.workers, batch=capabilities.batch),
    )
    return Recognition(transcriber, costs)


class AbsentTranscriber:
    """Stands where the weights are missing; nobody can be heard then."""

    def __init__(self, model: str, message: str) -> None:
        self.capabilities = TranscriberCapabilities(model, frozenset(), "cpu", "none", 30.0, 1)
        self._message = message

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Refuse."""
        del request
        raise ModelMissing(self._message)

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Refuse."""
        del requests
        raise ModelMissing(self._message)
