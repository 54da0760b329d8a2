"""What recognitions cost on this machine, measured with a few seconds of speech that ships."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from assistant.core.errors import RecordingWithoutAudio
from assistant.core.inference.capacity import Costs
from assistant.core.speech.audio import Waveform, samples_of, seconds_of, to_waveform
from assistant.ports.media import OpenRecording
from assistant.ports.speech import Transcriber, TranscriptionRequest

SPEECH = Path(__file__).parents[1] / "demo" / "audio" / "fleurs-en-003.ogg"
"""What is recognised: what the demo meeting begins with, in English."""

_SAMPLE_SECONDS = 3.0
_SHARED = 3
_LEAST_FURTHER_SHARE = 0.05


def calibrate(transcriber: Transcriber, open_recording: OpenRecording) -> Costs:
    """Return what a partial and a final cost; blocks for three recognitions on each worker.

    All workers run at once, as they do when many people talk: they share caches and memory, and a
    worker alone would be up to twice as fast. What runs later is measured as well, and corrects this.

    Raises:
        RecordingCorrupt: The first recording of the demo is not there.
    """
    waveform = _speech(open_recording)
    partial = TranscriptionRequest(waveform, "en", quality="partial")
    shared = min(_SHARED, transcriber.capabilities.batch)
    shared_seconds = _seconds_of(transcriber, [partial] * shared)  # the first call also warms caches
    partial_seconds = _seconds_of(transcriber, [partial])
    final_seconds = _seconds_of(transcriber, [TranscriptionRequest(waveform, "en", quality="final")])
    further_share = 1.0
    if shared > 1:
        further_share = (shared_seconds / partial_seconds - 1.0) / (shared - 1)
    return Costs(
        partial_seconds=partial_seconds if shared > 1 else min(partial_seconds, shared_seconds),
        final_share=final_seconds / seconds_of(len(waveform)),
        further_share=min(1.0, max(_LEAST_FURTHER_SHARE, further_share)),
    )


def _speech(open_recording: OpenRecording) -> Waveform:
    with closing(open_recording(SPEECH)) as recording:
        samples = recording.read()
    if samples is None:
        raise RecordingWithoutAudio("The first recording of the demo holds no audio.")
    return to_waveform(samples[: samples_of(_SAMPLE_SECONDS), 0])


def _seconds_of(transcriber: Transcriber, requests: list[TranscriptionRequest]) -> float:
    """Return how long a call takes on average while all workers run the same one."""

    def run() -> float:
        began = time.perf_counter()
        transcriber.transcribe_all(requests)
        return time.perf_counter() - began

    workers = transcriber.capabilities.workers
    with ThreadPoolExecutor(workers, thread_name_prefix="calibrate") as threads:
        calls = [threads.submit(run) for _ in range(workers)]
        return sum(call.result() for call in calls) / workers
