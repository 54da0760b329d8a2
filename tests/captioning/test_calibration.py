"""What recognitions cost here."""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.adapters.recording_file import open_recording
from assistant.captioning.calibration import SPEECH, calibrate
from assistant.core.speech.hypothesis import Hypothesis
from assistant.demo.script import read_script
from assistant.ports.speech import TranscriptionRequest
from tests.fakes import LevelTranscriber


class PricedTranscriber(LevelTranscriber):
    """A partial takes 40 ms, a further one of the same call 10 ms, a final 80 ms."""

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Sleep as long as it costs."""
        self.requests.extend(requests)
        time.sleep(0.04 + 0.01 * (len(requests) - 1) + 0.04 * (requests[0].quality == "final"))
        return [Hypothesis((), "en", 0) for _ in requests]


def test_the_sample_is_there() -> None:
    """It is what the demo meeting begins with."""
    assert read_script().turns[0].clip.resolve() == SPEECH.resolve()
    assert SPEECH.is_file()


def test_costs_are_those_of_real_calls() -> None:
    """Partials alone and together, and a final by its audio; three calls are enough."""
    transcriber = PricedTranscriber(batch=8, workers=1)
    costs = calibrate(transcriber, open_recording)
    assert costs.partial_seconds >= 0.04
    assert costs.final_share * 3.0 >= 0.08
    assert costs.further_share < 1.0
    assert [request.quality for request in transcriber.requests] == ["partial"] * 4 + ["final"]


def test_without_shared_calls_a_further_partial_costs_as_much() -> None:
    """A recogniser that gains nothing by batches is not asked for one; all workers are measured at once."""
    transcriber = PricedTranscriber(workers=2)
    assert calibrate(transcriber, open_recording).further_share == 1.0
    assert len(transcriber.requests) == 3 * 2
