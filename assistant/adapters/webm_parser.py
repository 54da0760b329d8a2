"""WebM to Opus packets, as the bytes arrive (RFC 8794 EBML, RFC 9559 Matroska).

Segments, clusters and block groups hold nothing but elements, one after the other. So their headers
are stepped over and everything is read as one flat row, which makes the unknown sizes of live
recordings no special case.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator

from assistant.adapters.coded_packets import CodedPacket, StreamBegan, opus_seconds, parse_opus_head
from assistant.core.errors import AudioMalformed

EBML_MAGIC = b"\x1a\x45\xdf\xa3"

_EBML = 0x1A45DFA3
_SEGMENT = 0x18538067
_INFO = 0x1549A966
_TIMESTAMP_SCALE = 0x2AD7B1
_CLUSTER = 0x1F43B675
_TIMESTAMP = 0xE7
_BLOCK_GROUP = 0xA0
_TRACKS = 0x1654AE6B
_TRACK_ENTRY = 0xAE
_TRACK_NUMBER = 0xD7
_TRACK_TYPE = 0x83
_SOUND = 2
_CODEC_ID = 0x86
_CODEC_PRIVATE = 0x63A2
_CONTENT_ENCODINGS = 0x6D80
_SIMPLE_BLOCK = 0xA3
_BLOCK = 0xA1

_OPENED = frozenset((_SEGMENT, _CLUSTER, _BLOCK_GROUP))
_HELD = frozenset((_EBML, _INFO, _TRACKS, _TIMESTAMP, _SIMPLE_BLOCK, _BLOCK))
_BLOCKS = frozenset((_SIMPLE_BLOCK, _BLOCK))
_IN_CLUSTERS = frozenset(
    (_TIMESTAMP, 0x9B, 0xFB, 0xFA, 0x75A2, 0x75A1, 0xA4, 0xAF, 0xA7, 0xAB, 0xEC, 0xBF, 0x5854, 0x8E)
)
_BEHIND_CLUSTERS = frozenset((0x1C53BB6B, 0x1254C367, 0x114D9B74, _INFO, 0x1941A469, 0x1043A770))
_KNOWN = _OPENED | _HELD | _IN_CLUSTERS | _BEHIND_CLUSTERS
_WHOLE_IDS = (b"\x1f\x43\xb6\x75", EBML_MAGIC)
_NEXT = re.compile(b"\x1f\x43\xb6\x75|\x1a\x45\xdf\xa3|\xa3")
_FIRST_BYTES = frozenset((0xA3, 0xA0, 0xE7, 0xEC, 0x1F, 0x1A, 0x1C))
"""With which what follows a block begins."""
_MAX_PACKET_BYTES = 1 << 13
"""An Opus packet of 120 ms has at most 7,656."""
_MAX_SMALL_BYTES = 1 << 12
_MAX_LOST_BYTES = 1 << 18
"""So much without a block is no damage: more than half a minute of speech."""
_RESERVED = 0x70
_MAX_ID_BYTES = 4
_MAX_SIZE_BYTES = 8
_MAX_HELD_BYTES = 1 << 20
_MAX_SKIPPED_BYTES = 1 << 24
_LACING = 0x06
_TICK_NANOSECONDS = 1_000_000
_NANOSECONDS = 1_000_000_000
_NUMBER_BYTES = 8


class WebmParser:
    """Follows the first Opus track of a WebM or Matroska stream; other tracks are ignored.

    Holds at most one block (1 MiB). Where bytes are damaged it goes on at the next block or cluster. An EBML
    header in the middle begins a new recording, as when a browser's recorder is stopped and started on one
    connection.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip_bytes = 0
        self._track: int | None = None
        self._lost_bytes = 0
        self._seconds = 0.0
        self._tick_nanoseconds = _TICK_NANOSECONDS
        self._cluster_ticks: int | None = None
        self._block_ticks: int | None = None

    def feed(self, data: bytes) -> Iterator[StreamBegan | CodedPacket]:
        """Yield the packets that `data` completes."""
        self._buffer += data
        while True:
            try:
                element = self._take_element()
                if element is None:
                    return
                yield from self._read_element(*element)
            except AudioMalformed:
                if self._track is None:
                    raise
                if not self._to_next_block():
                    return

    def finish(self) -> Iterator[CodedPacket]:
        """Yield nothing: packets are not held back."""
        yield from ()

    def _read_element(self, identity: int, body: bytes) -> Iterator[StreamBegan | CodedPacket]:
        if identity == _EBML:
            self._tick_nanoseconds, self._cluster_ticks = _TICK_NANOSECONDS, None
        elif identity == _INFO:
            scale = dict(_children(body)).get(_TIMESTAMP_SCALE, b"")
            self._tick_nanoseconds = _number(scale) or _TICK_NANOSECONDS
        elif identity == _TIMESTAMP:
            self._cluster_ticks, self._block_ticks = _number(body), None
        elif identity == _TRACKS:
            self._track, began = _opus_track(body)
            yield began
        elif identity in _BLOCKS:
            yield from self._read_block(body)

    def _to_next_block(self) -> bool:
        """Leave out what cannot be read, up to a block or cluster; return whether one is there."""
        self._skip_bytes = 0
        if self._block_ticks is None:  # nothing has shown yet that the time of the cluster is not damaged too
            self._cluster_ticks = None
        found = _NEXT.search(self._buffer, 1)
        while found and not found.group().startswith(_WHOLE_IDS) and not self._is_block(found.start()):
            found = _NEXT.search(self._buffer, found.start() + 1)
        at = found.start() if found else max(1, len(self._buffer) - _MAX_ID_BYTES + 1)
        self._lost_bytes += at
        del self._buffer[:at]
        if self._lost_bytes > _MAX_LOST_BYTES:
            raise AudioMalformed("The bytes are no WebM blocks any more.")
        return found is not None

    def _is_block(self, at: int) -> bool:
        """Whether bytes look like a block of the track, with something of a recorder behind it."""
        try:
            header = read_header(self._buffer, at)
        except AudioMalformed:
            return False
        if header is None:
            return False
        _, size, body_at = header
        if not size or size > _MAX_PACKET_BYTES:
            return False
        end = body_at + size
        if body_at < len(self._buffer) and not self._buffer[body_at]:
            return False
        number, flags_at = _read_size(self._buffer, body_at) or (None, 0)
        if number != self._track or len(self._buffer) <= max(flags_at + 2, body_at + 3):
            return False
        if self._buffer[flags_at + 2] & (_LACING | _RESERVED):
            return False
        return end >= len(self._buffer) or self._buffer[end] in _FIRST_BYTES

    def _take_element(self) -> tuple[int, bytes] | None:
        """Return the next element that is held, once complete; steps over the others."""
        while True:
            skipped = min(self._skip_bytes, len(self._buffer))
            del self._buffer[:skipped]
            self._skip_bytes -= skipped
            header = read_header(self._buffer, 0)
            if self._skip_bytes or header is None:
                return None
            identity, size, body_at = header
            if self._track is not None:
                self._check_damage(identity, size, body_at)
            if identity in _HELD:
                if size is None or size > _MAX_HELD_BYTES:
                    raise AudioMalformed("A WebM element is larger than any recorder makes it.")
                if len(self._buffer) < body_at + size:
                    return None
                body = bytes(self._buffer[body_at : body_at + size])
                self._skip_bytes = body_at + size
                return identity, body
            self._skip_bytes = body_at + _skippable(identity, size)

    def _check_damage(self, identity: int, size: int | None, body_at: int) -> None:
        """Raise `AudioMalformed` for what no recorder writes behind the description of its tracks."""
        in_clusters = identity in _IN_CLUSTERS and (size or 0) > _MAX_SMALL_BYTES
        if in_clusters or identity not in _KNOWN:
            raise AudioMalformed("A WebM stream is damaged.")
        if identity in _BLOCKS and (size or 0) > _MAX_PACKET_BYTES:
            number = _read_size(self._buffer, body_at)
            if number and number[0] == self._track:
                raise AudioMalformed("A WebM stream is damaged.")

    def _read_block(self, body: bytes) -> Iterator[CodedPacket]:
        if self._track is None:
            raise AudioMalformed("WebM audio comes before the description of its track.")
        number, at = _read_size(body, 0) or (None, 0)
        if number is None or len(body) < at + 3:
            raise AudioMalformed("A WebM block is damaged.")
        if number != self._track:
            return
        if body[at + 2] & _LACING:
            raise AudioMalformed("WebM blocks that hold several frames are not supported.")
        if packet := body[at + 3 :]:
            self._seconds = opus_seconds(packet) or self._seconds
            start_seconds = self._seconds_at(int.from_bytes(body[at : at + 2], "big", signed=True))
            yield CodedPacket(packet, self._seconds, start_seconds, self._lost_bytes)
        self._lost_bytes = 0

    def _seconds_at(self, ticks: int) -> float | None:
        """Return the time of a block so many ticks after its cluster; None if that has none, or was lost."""
        if self._block_ticks is not None and ticks < self._block_ticks:
            self._cluster_ticks = None
        self._block_ticks = ticks
        if self._cluster_ticks is None:
            return None
        return (self._cluster_ticks + ticks) * self._tick_nanoseconds / _NANOSECONDS


def _skippable(identity: int, size: int | None) -> int:
    """Return how much of an element's body is stepped over."""
    if identity in _OPENED:
        return 0
    if size is None or size > _MAX_SKIPPED_BYTES:
        raise AudioMalformed("A WebM element is larger than any recorder makes it.")
    return size


def _opus_track(tracks: bytes) -> tuple[int, StreamBegan]:
    """Return number and header of the first Opus track."""
    for identity, entry in _children(tracks):
        fields = dict(_children(entry)) if identity == _TRACK_ENTRY else {}
        if fields.get(_CODEC_ID, b"").rstrip(b"\0") == b"A_OPUS":
            if _CONTENT_ENCODINGS in fields:
                raise AudioMalformed("Compressed or encrypted WebM tracks are not supported.")
            number = int.from_bytes(fields.get(_TRACK_NUMBER, b"\1"), "big")
            return number, parse_opus_head(fields.get(_CODEC_PRIVATE, b""))
    raise AudioMalformed("The WebM stream has no Opus track.")


def sound_tracks(data: mmap.mmap, start: int, end: int) -> int | None:
    """Return how many tracks of sound the head of a recording has; None where that is damaged or not there.

    Args:
        data: The file.
        start: Where the recording begins in it.
        end: Where it ends.
    """
    at = start
    try:
        while at < end and (header := read_header(data, at)):
            identity, size, body = header
            if identity == _CLUSTER:
                return None
            if identity == _TRACKS and size is not None and size < _MAX_SKIPPED_BYTES:
                entries = [
                    entry for kind, entry in _children(data[body : body + size]) if kind == _TRACK_ENTRY
                ]
                kinds = [_number(dict(_children(entry)).get(_TRACK_TYPE, b"")) for entry in entries]
                return kinds.count(_SOUND)
            at = body if identity == _SEGMENT else body + (size or end)
    except AudioMalformed:
        return None
    return None


def _number(body: bytes) -> int:
    return int.from_bytes(body[:_NUMBER_BYTES], "big")


def _children(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the elements inside a body that is complete."""
    at = 0
    while at < len(body):
        header = read_header(body, at)
        if header is None:
            raise AudioMalformed("A WebM header is damaged.")
        identity, size, body_at = header
        if size is None or body_at + size > len(body):
            raise AudioMalformed("A WebM header is damaged.")
        at = body_at + size
        yield identity, body[body_at:at]


def read_header(data: bytes | bytearray | mmap.mmap, at: int) -> tuple[int, int | None, int] | None:
    """Return id, size (None if unknown) and where the body starts; None while bytes are missing."""
    if at >= len(data):
        return None
    id_bytes = 9 - data[at].bit_length()
    if id_bytes > _MAX_ID_BYTES:
        raise AudioMalformed("The bytes are not a WebM recording.")
    if at + id_bytes >= len(data):
        return None
    size = _read_size(data, at + id_bytes)
    if size is None:
        return None
    return int.from_bytes(data[at : at + id_bytes], "big"), size[0], size[1]


def _read_size(data: bytes | bytearray | mmap.mmap, at: int) -> tuple[int | None, int] | None:
    """Return a variable-length number (None if all ones: unknown) and where it ends."""
    if at >= len(data):
        return None
    length_bytes = 9 - data[at].bit_length()
    if length_bytes > _MAX_SIZE_BYTES:
        raise AudioMalformed("The bytes are not a WebM recording.")
    end = at + length_bytes
    if end > len(data):
        return None
    mask = (1 << 7 * length_bytes) - 1
    value = int.from_bytes(data[at:end], "big") & mask
    return (None if value == mask else value), end
