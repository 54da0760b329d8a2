"""What the container parsers hand to the Opus decoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from assistant.core.errors import AudioMalformed

_HEAD_BYTES = 19
_MAX_CHANNELS = 2
OPUS_RATE = 48_000
"""Samples a second in which Opus counts, whatever was recorded."""

_SILK_SAMPLES = (480, 960, 1_920, 2_880)
_LEAST_GAP_SECONDS = 0.2
_LONGEST_GAP_SECONDS = 30.0
_FREE_GAP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class OpusBegan:
    """A stream of Opus packets begins (RFC 7845 section 5.1).

    Attributes:
        head: The identification header, as decoders want it.
        channels: 1 or 2.
    """

    head: bytes
    channels: int


@dataclass(frozen=True, slots=True)
class OpusPacket:
    """One packet of the stream that began last.

    Attributes:
        data: What the decoder gets.
        start_seconds: When it begins by the container's time codes, which may begin anywhere; None where the
            container does not say.
    """

    data: bytes
    start_seconds: float | None

    @property
    def seconds(self) -> float:
        """How much audio it holds (RFC 6716 section 3.1)."""
        kind, frames = self.data[0] >> 3, self.data[0] & 3
        if kind < 12:  # noqa: PLR2004 - SILK below it, hybrid up to 15, CELT above
            frame_samples = _SILK_SAMPLES[kind & 3]
        else:
            frame_samples = 480 << (kind & 1) if kind < 16 else 120 << (kind & 3)  # noqa: PLR2004
        if frames == 3:  # noqa: PLR2004 - the second byte says how many
            return frame_samples * (self.data[1] & 0x3F if len(self.data) > 1 else 0) / OPUS_RATE
        return frame_samples * min(frames + 1, 2) / OPUS_RATE


class Gaps:
    """Finds what is missing between the packets of one connection, by their time codes.

    Clocks that run a little apart are no gap, nor is one that was set: what is shorter than 0.2 s or longer
    than 30 s is not filled. Nor can a few bytes fill a disk: all gaps together are no longer than the audio
    that came, and a minute.
    """

    def __init__(self) -> None:
        self._due_seconds: float | None = None
        self._free_seconds = _FREE_GAP_SECONDS

    def forget(self) -> None:
        """Begin anew with another stream, whose time codes have nothing to do with those before."""
        self._due_seconds = None

    def before(self, packet: OpusPacket) -> float:
        """Return how many seconds are missing before the next packet; 0 where nothing is."""
        if packet.start_seconds is None:
            self._due_seconds = None
            return 0.0
        due = packet.start_seconds if self._due_seconds is None else self._due_seconds
        missing = packet.start_seconds - due
        self._due_seconds = packet.start_seconds + packet.seconds
        if not _LEAST_GAP_SECONDS <= missing <= min(_LONGEST_GAP_SECONDS, self._free_seconds):
            missing = 0.0
        self._free_seconds += packet.seconds - missing
        return missing


class OpusContainer(Protocol):
    """An incremental parser of one container format; holds no more than one of its elements."""

    def feed(self, data: bytes) -> Iterator[OpusBegan | OpusPacket]:
        """Yield what `data` completes: the beginnings of streams, and packets of the one that began last.

        Raises:
            AudioMalformed: The bytes are not this container, or it holds no Opus track.
        """


def parse_opus_head(head: bytes) -> OpusBegan:
    """Return what an identification header says.

    Raises:
        AudioMalformed: It is no such header, or has more than two channels.
    """
    if len(head) < _HEAD_BYTES or head[:8] != b"OpusHead" or head[8] >> 4:
        raise AudioMalformed("The Opus header is damaged.")
    channels = head[9]
    if not 1 <= channels <= _MAX_CHANNELS:
        raise AudioMalformed("Only Opus with one or two channels can be captioned.")
    return OpusBegan(head, channels)
