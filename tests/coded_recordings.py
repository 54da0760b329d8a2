"""Recordings made by FFmpeg with several tracks, late starts and gaps, and what is read of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from assistant.adapters.recording_file import open_recording
from assistant.client.recordings import read_pcm
from assistant.core.recording_faults import RecordingFault
from assistant.core.speech.audio import SAMPLE_RATE, Pcm

SPEECH = read_pcm(Path(__file__).parent / "fixtures" / "speech" / "jfk.flac")
TONE = np.asarray(8_000 * np.sin(np.arange(6 * SAMPLE_RATE) * 0.3), dtype=np.int16)


def coded(
    tracks: Iterable[tuple[Pcm, float]],
    container: str,
    codec: str,
    *,
    rate: int = 48_000,
    layout: str = "mono",
    options: dict[str, str] | None = None,
    without: Callable[[float], bool] = lambda _: False,
) -> bytes:
    """Return a file with these tracks, each beginning so many seconds late, without some packets."""
    path = Path(tempfile.mkdtemp()) / "coded"
    packets: list[av.Packet[av.AudioStream]] = []
    with av.open(path, "w", format=container, options=options or {}) as output:
        made = [(output.add_stream(codec, rate=rate, layout=layout), *track) for track in tracks]
        for stream, pcm, late in made:
            assert isinstance(stream, av.AudioStream)
            context = stream.codec_context
            context.open()
            flat = pcm if pcm.ndim == 1 else pcm.reshape(-1)
            source = "mono" if pcm.ndim == 1 else "stereo"
            frame = av.AudioFrame.from_ndarray(flat.reshape(1, -1), format="s16", layout=source)
            frame.sample_rate = SAMPLE_RATE
            resampler = av.AudioResampler(
                format=context.format, layout=layout, rate=rate, frame_size=context.frame_size or 1_024
            )
            at = round(late * rate)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                piece.pts, piece.time_base = at, Fraction(1, rate)
                at += piece.samples
                packets += stream.encode(piece)
            packets += stream.encode(None)
        for packet in sorted(packets, key=_at_seconds):
            if not without(_at_seconds(packet)):
                output.mux(packet)
    return path.read_bytes()


def _at_seconds(packet: av.Packet[av.AudioStream]) -> float:
    assert packet.pts is not None
    return float(packet.pts * packet.time_base)


def read(path: Path, data: bytes, *, by_channel: bool = False) -> tuple[Pcm, tuple[RecordingFault, ...]]:
    """Return all samples of a file, and what it lacks."""
    path.write_bytes(data)
    recording = open_recording(path, by_channel=by_channel)
    blocks = []
    while (block := recording.read()) is not None:
        blocks.append(block)
    faults = recording.faults
    recording.close()
    return np.concatenate(blocks), faults


def loudness(pcm: Pcm, start: float, end: float, channel: int = 0) -> float:
    """Return the root mean square of a stretch."""
    part = pcm[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE), channel].astype(np.float64)
    return float(np.sqrt(np.mean(part**2))) if len(part) else 0.0


def starts_at(pcm: Pcm, channel: int = 0) -> float:
    """Return the second at which something is heard first."""
    return float(np.argmax(np.abs(pcm[:, channel].astype(np.int32)) > 1_000)) / SAMPLE_RATE
