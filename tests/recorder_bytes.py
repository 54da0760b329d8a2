"""Speech as browsers' recorders send it, made by FFmpeg, and what is compared of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.ports.media import AudioDecoder

GAP_AT_SECONDS = 5.5
"""Where time codes leap, in recordings that are made with a gap."""

_SPEECH = Path(__file__).parent / "fixtures" / "speech" / "jfk.flac"
_LAYOUTS = {1: "mono", 2: "stereo"}
_CODECS = {"webm": "libopus", "ogg": "libopus", "mp4": "aac"}
_OPTIONS = {
    "webm": (("live", "1"),),
    "ogg": (),
    "mp4": (("movflags", "empty_moov+default_base_moof"), ("frag_duration", "200000")),
}
SOUGHT_SAMPLES = 3 * SAMPLE_RATE
"""How much of the end of a recording is sought in another."""


def read_whole(source: io.BytesIO | str) -> Pcm:
    """Return what FFmpeg makes of a whole recording."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with av.open(source, "r") as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


@cache
def speech() -> Pcm:
    """Return 11 s of somebody who speaks."""
    return read_whole(str(_SPEECH))


@cache
def recording(
    container: str,
    channels: int = 1,
    *,
    codec: str = "",
    rate: int = 48_000,
    options: tuple[tuple[str, str], ...] | None = None,
    gap_seconds: float = 0.0,
    start_seconds: float = 0.0,
    tracks: int = 1,
) -> bytes:
    """Return the speech as a recorder would send it, unless there are other options.

    Its time codes begin at `start_seconds`, and leap by `gap_seconds` after half of the speech.
    """
    target = io.BytesIO()
    layout = _LAYOUTS[channels]
    chosen = dict(_OPTIONS[container] if options is None else options)
    with av.open(target, "w", format=container, options=chosen) as output:
        streams: list[av.AudioStream] = []
        for _ in range(tracks):
            stream = output.add_stream(codec or _CODECS[container], rate=rate, layout=layout)
            assert isinstance(stream, av.AudioStream)
            streams.append(stream)
        for packets in zip(
            *(_packets(stream, rate, gap_seconds, start_seconds) for stream in streams), strict=True
        ):
            output.mux(packets)
    return target.getvalue()


def _packets(
    stream: av.AudioStream, rate: int, gap_seconds: float, start_seconds: float
) -> list[av.Packet[av.AudioStream]]:
    context = stream.codec_context
    context.open()
    resampler = av.AudioResampler(context.format, context.layout, rate, context.frame_size)
    frame = av.AudioFrame.from_ndarray(speech()[None, :], format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    pieces = [*resampler.resample(frame), *resampler.resample(None), None]
    found = []
    at_seconds = start_seconds
    for packet in [packet for piece in pieces for packet in stream.encode(piece)]:
        late = at_seconds - start_seconds >= GAP_AT_SECONDS
        packet.pts = packet.dts = round(rate * (at_seconds + gap_seconds * late))
        at_seconds += (packet.duration or 0) / rate
        found.append(packet)
    return found


def decode(decoder: AudioDecoder, pieces: Sequence[bytes]) -> Pcm:
    """Return all that a decoder makes of the pieces of a recording."""
    return np.concatenate([*(decoder.feed(piece) for piece in pieces), decoder.finish()])


def cut(data: bytes, rng: np.random.Generator, largest: int) -> list[bytes]:
    """Return a recording in pieces of any size below `largest`."""
    cuts = [0]
    while cuts[-1] < len(data):
        cuts.append(cuts[-1] + int(rng.integers(1, largest)))
    return [data[start:end] for start, end in pairwise(cuts)]


def damaged(data: bytes, damage: str, at: int, length: int, source: np.random.Generator) -> bytes:
    """Return a recording in which something is `changed`, `lost`, put in between (`more`), or `flipped`."""
    copy = bytearray(data)
    if damage == "flipped":
        for offset in source.integers(0, length, 1 + length // 100):
            copy[at + int(offset)] ^= int(source.integers(1, 256))
        return bytes(copy)
    copy[at : at + length * (damage != "more")] = source.bytes(length * (damage != "lost"))
    return bytes(copy)


def shift_seconds(heard: Pcm, whole: Pcm) -> float:
    """Return by how much the last 3 s of a recording lie later than they should."""
    begin = len(whole) - SOUGHT_SAMPLES
    size = 1 << (len(heard) + SOUGHT_SAMPLES).bit_length()
    sought = np.fft.rfft(whole[begin:].astype(np.float64), size).conj()
    found = np.fft.irfft(np.fft.rfft(heard.astype(np.float64), size) * sought, size)
    return (int(np.argmax(found[: len(heard)])) - begin) / SAMPLE_RATE


def likeness(heard: Pcm, whole: Pcm) -> float:
    """Return how much the last 3 s of a recording are like what was recorded, wherever they lie: 0 to 1."""
    begin = len(whole) - SOUGHT_SAMPLES + round(shift_seconds(heard, whole) * SAMPLE_RATE)
    piece = heard[max(0, begin) :][:SOUGHT_SAMPLES].astype(np.float64)
    sought = whole[-SOUGHT_SAMPLES:].astype(np.float64)[: len(piece)]
    return float(np.dot(piece, sought) / (np.linalg.norm(piece) * np.linalg.norm(sought) + 1.0))


def alike(heard: Pcm, whole: Pcm) -> bool:
    """Whether two pieces end with the same sound, but for what a decoder remembers."""
    length = min(len(heard), len(whole))
    one, other = heard[-length:].astype(np.float64), whole[-length:].astype(np.float64)
    return bool(np.dot(one, other) > 0.98 * np.linalg.norm(one) * np.linalg.norm(other))
