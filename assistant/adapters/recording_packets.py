"""The packets of one audio track of a recording, good and bad."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from assistant.adapters.media_opening import checked_frame, is_damaged_amr
from assistant.adapters.recording_parts import RecordingPart

_MOST_FAILURES = 64
"""One after another, without a packet in between: then nothing more can be found in the file."""

_TAGS = (b"ID3", b"TAG", b"APE")
"""Begin titles and the like in MP3, also between files that were joined."""

_FLAC_HEAD_BYTES = 16
_MOST_ZEROS = 8
_MOST_SKIPPED_BYTES = 1 << 24
_MOST_MISSES = 8
"""Packets in a row that are nowhere in the file, since FFmpeg gives others: then none are sought any more."""


@dataclass(slots=True)
class FlacNumbers:
    """Where FLAC frames say that they lie; FFmpeg counts frames, and does not look."""

    _rate: int = 0
    _block_samples: int = 0

    def stamp_seconds(self, packet: bytes, frame: AudioFrame) -> float | None:
        """Return the time stamp of a frame by its number: of itself, or of its first sample.

        It is coded as UTF-8 codes characters.
        """
        if len(packet) < _FLAC_HEAD_BYTES or packet[0] != 0xFF or packet[1] & 0xFE != 0xF8:  # noqa: PLR2004 # its mark
            return None
        ones = 8 - (~packet[4] & 0xFF).bit_length()
        number = packet[4] & (0x7F >> ones)
        for byte in packet[5 : 4 + ones]:
            number = number << 6 | byte & 0x3F
        if not number or frame.sample_rate != self._rate:
            self._rate, self._block_samples = frame.sample_rate, frame.samples
        return number * (1 if packet[1] & 1 else self._block_samples) / frame.sample_rate


class SkippedBytes:
    """How much FFmpeg stepped over between the packets of a file, which it does not tell."""

    def __init__(self, path: Path, part: RecordingPart) -> None:
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at, self._end = part.start_bytes, part.end_bytes
        self._misses = 0

    def bytes_before(self, packet: bytes) -> int:
        """Return how much there was between the last packet and this one, but for titles and the like."""
        if not packet or self._misses > _MOST_MISSES:
            return 0
        found = self._data.find(packet, self._at, min(self._end, self._at + _MOST_SKIPPED_BYTES))
        self._misses = self._misses + 1 if found < 0 else 0
        if found < 0:
            return 0
        skipped = found - self._at if self._data[self._at : self._at + 3] not in _TAGS else 0
        self._at = found + len(packet)
        return skipped

    def bytes_behind(self) -> int:
        """Return how much there is behind the last packet."""
        lost = self._misses or self._data[self._at : self._at + 3] in _TAGS
        return 0 if lost else self._end - self._at


def packets_of(container: InputContainer, stream: AudioStream) -> Iterator[av.Packet[AudioStream] | None]:
    """Yield the packets of a stream; None where something between them cannot be read."""
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            for packet in container.demux(stream):
                failures = 0
                yield packet
        except IndexError:  # of a track that the file did not have when it was opened
            yield None
        except (av.FFmpegError, ValueError):
            failures += 1
            yield None
        else:
            return


def decoded_frames(packet: av.Packet[AudioStream]) -> list[AudioFrame] | None:
    """Return what is in a packet: nothing of what players show, None where it is damaged."""
    try:
        frames = [checked_frame(frame) for frame in packet.decode()]
        codec = packet.stream.codec_context.name
        if packet.size and (is_damaged_amr(codec, bytes(packet)[:1]) or _is_hole(codec, packet)):
            return None
    except (av.FFmpegError, ValueError):
        return [] if bytes(packet).startswith(_TAGS) else None
    return frames


def _is_hole(codec: str, packet: av.Packet[AudioStream]) -> bool:
    """Whether a packet is one of Opus that has nothing but zeros, of which its decoder makes sound."""
    return "opus" in codec and packet.size > _MOST_ZEROS and not any(bytes(packet))
