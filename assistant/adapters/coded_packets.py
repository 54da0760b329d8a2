"""What the container parsers hand to the decoder of a browser's recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.core.errors import AudioMalformed
from assistant.core.speech.time_stamps import StampClock

OPUS_RATE = 48_000
"""Samples a second in which Opus counts, whatever was recorded."""

_HEAD_BYTES = 19
_MAX_CHANNELS = 2
_SILK_SAMPLES = (480, 960, 1_920, 2_880)
_MAX_OPUS_SECONDS = 0.12
_USUAL_SECONDS = 0.02
_WAVERING = 0.3
"""Share of a packet's length by which time codes may lie beside what the packets hold."""
_DOUBTED_SECONDS = 0.1
_LONGEST_GAP_SECONDS = 30.0
_FREE_GAP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class StreamBegan:
    """A stream of packets begins.

    Attributes:
        codec: FFmpeg's name of what decodes it.
        head: What that decoder has to know: for Opus its identification header (RFC 7845 section 5.1).
        sample_rate: In Hz.
        channels: 1 or 2.
        skipped_seconds: How much of its beginning is no sound, and is not left out by the decoder itself.
    """

    codec: Literal["aac", "libopus"]
    head: bytes
    sample_rate: int
    channels: int
    skipped_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CodedPacket:
    """One packet of the stream that began last.

    Attributes:
        data: What the decoder gets.
        seconds: How much audio it holds, as far as it says; 0 where it does not.
        start_seconds: When it begins by the container's time codes, which may begin anywhere; None where the
            container does not say.
        lost_bytes: How much was left out right before it because it could not be read.
    """

    data: bytes
    seconds: float
    start_seconds: float | None
    lost_bytes: int = 0


class Container(Protocol):
    """An incremental parser of one container format; holds no more than one of its elements."""

    def feed(self, data: bytes) -> Iterator[StreamBegan | CodedPacket]:
        """Yield what `data` completes: the beginnings of streams, and packets of the one that began last.

        Raises:
            AudioMalformed: The bytes are not this container, or it holds no track that can be decoded.
        """

    def finish(self) -> Iterator[CodedPacket]:
        """Yield the packets that were held back till more would come."""


class Lengths:
    """Tells how long the packets of a stream are, so that damage which says another length moves nothing.

    Another length than before is believed once a packet is followed by one that begins so much later.
    """

    def __init__(self) -> None:
        self._known_seconds: set[float] = set()
        self._usual_seconds = _USUAL_SECONDS
        self._last: CodedPacket | None = None

    def heard_seconds(self, packet: CodedPacket, *, decoded: bool) -> float:
        """Return how much is heard of the next packet: what it says, or as much as of those before it."""
        last, self._last = self._last, packet
        if last and last.start_seconds is not None and packet.start_seconds is not None:
            step_seconds = packet.start_seconds - last.start_seconds
            if abs(step_seconds - last.seconds) <= _WAVERING * last.seconds:
                self._known_seconds.add(last.seconds)
        if decoded and (packet.seconds in self._known_seconds or not self._known_seconds):
            self._usual_seconds = packet.seconds or self._usual_seconds
            self._known_seconds.add(self._usual_seconds)
        return self._usual_seconds


class Gaps:
    """Finds what is missing between the packets of one connection, by their time codes.

    Clocks that run a little apart are no gap, nor is one that was set: what is shorter than 0.1 s or longer
    than 30 s is not filled, but for what follows damage, where all counts. Nor can a few bytes fill a disk:
    all gaps together are no longer than the audio that came, and a minute.
    """

    def __init__(self) -> None:
        self._clock: StampClock | None = None
        self._damaged = False
        self._free_seconds = _FREE_GAP_SECONDS
        self._came_seconds = 0.0
        self._came_bytes = 0

    def forget(self) -> None:
        """Begin anew with another stream, whose time codes have nothing to do with those before."""
        self._clock = None
        self._damaged = False

    def before(self, packet: CodedPacket, heard_seconds: float, *, damaged: bool) -> float:
        """Return how many seconds are missing before the next packet; 0 where nothing is.

        Args:
            packet: The packet as it came.
            heard_seconds: How much is heard of it, or in its place.
            damaged: Whether it cannot be what was recorded.
        """
        stamp = packet.start_seconds
        if self._clock is None:
            if stamp is None:
                return 0.0
            self._clock = StampClock(
                0.0, stamp, doubted_seconds=_DOUBTED_SECONDS, longest_seconds=_LONGEST_GAP_SECONDS
            )
        self._damaged |= packet.lost_bytes > 0
        missing = self._clock.place(stamp, heard_seconds, exact=self._damaged)
        if stamp is None and packet.lost_bytes and self._came_bytes:
            missing = packet.lost_bytes * self._came_seconds / self._came_bytes
            self._clock.at_seconds += missing
        if stamp is not None and not self._clock.doubting:
            self._damaged = False
        self._damaged |= damaged
        self._came_seconds += heard_seconds
        self._came_bytes += len(packet.data)
        if missing > min(_LONGEST_GAP_SECONDS, self._free_seconds):
            missing = 0.0
        self._free_seconds += heard_seconds - missing
        return missing


def parse_opus_head(head: bytes) -> StreamBegan:
    """Return what an identification header says.

    Raises:
        AudioMalformed: It is no such header, or has more than two channels.
    """
    if len(head) < _HEAD_BYTES or head[:8] != b"OpusHead" or head[8] >> 4:
        raise AudioMalformed("The Opus header is damaged.")
    channels = head[9]
    if not 1 <= channels <= _MAX_CHANNELS:
        raise AudioMalformed("Only Opus with one or two channels can be captioned.")
    return StreamBegan("libopus", head, OPUS_RATE, channels)


def opus_seconds(packet: bytes) -> float:
    """Return how much audio a packet of Opus holds (RFC 6716 section 3.1); 0 for what is none."""
    kind, frames = packet[0] >> 3, packet[0] & 3
    if kind < 12:  # noqa: PLR2004 - SILK below it, hybrid up to 15, CELT above
        frame_samples = _SILK_SAMPLES[kind & 3]
    else:
        frame_samples = 480 << (kind & 1) if kind < 16 else 120 << (kind & 3)  # noqa: PLR2004
    count = min(frames + 1, 2)
    if frames == 3:  # noqa: PLR2004 - the second byte says how many
        count = packet[1] & 0x3F if len(packet) > 1 else 0
    seconds = frame_samples * count / OPUS_RATE
    return seconds if seconds <= _MAX_OPUS_SECONDS else 0.0
