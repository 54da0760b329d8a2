"""The mode in which recordings are transcribed while somebody talks: `--beside-recordings`."""

from __future__ import annotations

import asyncio
import io
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import numpy as np

from assistant.core.speech.audio import SAMPLE_RATE, Pcm, seconds_of
from benchmark.bench import Bench
from benchmark.result import Percentiles
from benchmark.service import Running
from benchmark.sheets import DASH, Report, Sheet
from benchmark.streams import Piece, streams_of
from benchmark.talk_result import TalkRun
from benchmark.talk_tables import steps_report
from benchmark.talkers import measured_talk, recordings_in, summary_of

_MINUTES = 2.0
_RECORDING_SECONDS = 600.0
_REQUEST_SECONDS = 1800.0


@dataclass(slots=True)
class _Worked:
    """How long recordings took, one after the other."""

    recording_seconds: float
    took_seconds: list[float] = field(default_factory=list)

    @property
    def times_real(self) -> float | None:
        """How many seconds of recording were transcribed in one."""
        if not self.took_seconds:
            return None
        return self.recording_seconds * len(self.took_seconds) / sum(self.took_seconds)


def run_beside(bench: Bench) -> Report:
    """Transcribe recordings alone; let one talk alone; then both at once."""
    minutes = bench.options.minutes or _MINUTES
    pieces = bench.pieces()
    streams = streams_of(pieces, [60 * minutes])
    readings = bench.readings(recordings_in(streams))
    pcm = _recording(pieces)
    alone, beside = _Worked(seconds_of(len(pcm))), _Worked(seconds_of(len(pcm)))
    with bench.service() as running:
        bench.say("A recording alone …")
        asyncio.run(_work(running, pcm, alone, times=1))
        bench.say("One talking alone …")
        quiet = asyncio.run(measured_talk(bench, running, streams, readings))
        bench.say(summary_of(quiet))
        bench.say("Both …")

        async def both() -> TalkRun:
            working = asyncio.create_task(_work(running, pcm, beside, times=1_000))
            try:
                return await measured_talk(bench, running, streams, readings)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

        busy = asyncio.run(both())
        bench.say(summary_of(busy))
    heading = bench.heading(f"1 talking for {minutes:g} minutes, without and with recordings beside")
    report = steps_report([quiet, busy], heading)
    sheet = Sheet(
        f"Recordings of {alone.recording_seconds:.0f} s, and one who talks",
        ("", "alone", "both"),
        (
            ("recordings, times real time", _times(alone), _times(beside)),
            ("the talker's words first shown p50 / p95, s", _lag(quiet.first_shown), _lag(busy.first_shown)),
            ("stable p50 / p95, s", _lag(quiet.stable), _lag(busy.stable)),
        ),
    )
    return Report(heading, (sheet, *report.sheets), report.targets, report.document)


async def _work(running: Running, pcm: Pcm, worked: _Worked, *, times: int) -> None:
    """Send the recording again and again, through the public door."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(pcm.tobytes())
    url = f"{running.endpoint.url}/v1/audio/transcriptions"
    async with httpx.AsyncClient(trust_env=False, timeout=_REQUEST_SECONDS) as http:
        for _ in range(times):
            began = time.monotonic()
            files = {"file": ("bench.wav", file.getvalue())}
            (await http.post(url, files=files, data={"model": "bench"})).raise_for_status()
            worked.took_seconds.append(time.monotonic() - began)


def _recording(pieces: Sequence[Piece]) -> Pcm:
    """Return ten minutes of all material, one after the other."""
    pause = np.zeros(SAMPLE_RATE, dtype=np.int16)
    once = [sound for piece in pieces for sound in (piece.pcm, pause)]
    whole = np.concatenate(once)
    times = int(np.ceil(_RECORDING_SECONDS * SAMPLE_RATE / len(whole)))
    return np.tile(whole, times)[: round(_RECORDING_SECONDS * SAMPLE_RATE)]


def _times(worked: _Worked) -> str:
    return DASH if worked.times_real is None else f"{worked.times_real:.1f}"


def _lag(lag: Percentiles | None) -> str:
    return f"{lag.p50:.2f} / {lag.p95:.2f}" if lag else DASH
