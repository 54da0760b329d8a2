"""The description of the tracks of an MP4 recording (ISO/IEC 14496-12 and 14496-14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.adapters.coded_packets import StreamBegan, parse_opus_head
from assistant.core.errors import AudioMalformed

_SIZE_BYTES = 4
_HEADER_BYTES = 8
_LONG_HEADER_BYTES = 16
_FULL_BYTES = 4
"""Version and flags."""
_ENTRY_BYTES = 28
_MORE_ENTRY_BYTES = {0: 0, 1: 16, 2: 36}
"""In QuickTime's versions of an entry."""
_MOST_LEVELS = 4
_MAX_CHANNELS = 2
_DESCRIPTOR_BYTES = {0x03: 3, 0x04: 13}
"""What stands in a descriptor before those inside it: of a stream, and of its decoder."""
_DECODER = 0x04
_CONFIG = 0x05
_STREAM = 0x03
_STREAM_OPTIONS = ((0x80, 2), (0x40, None), (0x20, 2))
_AAC_KINDS = frozenset((0x40, 0x66, 0x67, 0x68))
_AAC_RATES = (
    96_000,
    88_200,
    64_000,
    48_000,
    44_100,
    32_000,
    24_000,
    22_050,
    16_000,
    12_000,
    11_025,
    8_000,
    7_350,
)
_OWN_RATE = 15
_LONG_KIND = 31
_SPECTRAL_KINDS = frozenset((5, 29))
"""Spectral band replication, which stands before what it doubles."""
_CONSTANT_KINDS = frozenset((1, 2, 3, 4, 5, 29))
"""With 1,024 samples in each packet, or 960."""
_NO_EDIT = (1 << 32) - 1
_NO_LONG_EDIT = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class SampleDefaults:
    """What holds for the samples of a track where a fragment says nothing else.

    Attributes:
        ticks: How long each is, in the time scale of the track.
        size_bytes: How large each is.
    """

    ticks: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Mp4Track:
    """The audio track that is followed.

    Attributes:
        number: Its id.
        began: What its decoder has to know.
        ticks_per_second: Its time scale.
        packet_seconds: How long each packet is; None where each says for itself.
    """

    number: int
    began: StreamBegan
    ticks_per_second: int
    packet_seconds: float | None


@dataclass(frozen=True, slots=True)
class Mp4Header:
    """What stands before the fragments.

    Attributes:
        track: The first audio track that can be decoded.
        defaults: Those of all tracks, by id.
    """

    track: Mp4Track
    defaults: dict[int, SampleDefaults]


def parse_header(moov: bytes) -> Mp4Header:
    """Return what the body of a `moov` box says.

    Raises:
        AudioMalformed: It is damaged, has no track of AAC or Opus, or announces no fragments.
    """
    tracks: list[Mp4Track] = []
    defaults: dict[int, SampleDefaults] | None = None
    for kind, body in boxes(moov):
        if kind == b"trak" and (track := _track(body)) is not None:
            tracks.append(track)
        elif kind == b"mvex":
            defaults = dict(_defaults(inner) for name, inner in boxes(body) if name == b"trex")
    if not tracks:
        raise AudioMalformed("The MP4 stream has no track of AAC or Opus with one or two channels.")
    if defaults is None:
        raise AudioMalformed("Only fragmented MP4 can be captioned while it comes.")
    return Mp4Header(tracks[0], defaults)


def boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of the boxes in a body that is complete.

    Raises:
        AudioMalformed: One of them does not end in it.
    """
    at = 0
    while at + _HEADER_BYTES <= len(body):
        size = number_at(body, at, _SIZE_BYTES)
        header_bytes = _LONG_HEADER_BYTES if size == 1 else _HEADER_BYTES
        if size == 1:
            size = number_at(body, at + _HEADER_BYTES, 2 * _SIZE_BYTES)
        elif size == 0:
            size = len(body) - at
        if not header_bytes <= size <= len(body) - at:
            raise AudioMalformed("An MP4 box is damaged.")
        yield body[at + _SIZE_BYTES : at + _HEADER_BYTES], body[at + header_bytes : at + size]
        at += size


def number_at(body: bytes | bytearray, at: int, length: int, *, signed: bool = False) -> int:
    """Return the number of so many bytes that stands at `at`; raises `AudioMalformed` where it is cut off."""
    if at + length > len(body):
        raise AudioMalformed("An MP4 box is damaged.")
    return int.from_bytes(body[at : at + length], "big", signed=signed)


def _defaults(trex: bytes) -> tuple[int, SampleDefaults]:
    number, _, ticks, size_bytes = (number_at(trex, _FULL_BYTES + 4 * place, 4) for place in range(4))
    return number, SampleDefaults(ticks, size_bytes)


def _track(trak: bytes) -> Mp4Track | None:
    """Return a track; None where it is no audio that can be decoded."""
    inside = _all_boxes(trak, frozenset((b"mdia", b"minf", b"stbl", b"edts")), _MOST_LEVELS)
    if not {b"tkhd", b"mdhd", b"stsd"} <= inside.keys():
        return None
    number = number_at(inside[b"tkhd"], 20 if inside[b"tkhd"][:1] == b"\1" else 12, 4)
    ticks_per_second = number_at(inside[b"mdhd"], 20 if inside[b"mdhd"][:1] == b"\1" else 12, 4)
    if not ticks_per_second:
        raise AudioMalformed("An MP4 track has no time scale.")
    skipped = _skipped_ticks(inside[b"elst"]) / ticks_per_second if b"elst" in inside else 0.0
    for kind, entry in boxes(inside[b"stsd"][_FULL_BYTES + 4 :]):
        if (found := _stream(kind, entry, skipped)) is not None:
            return Mp4Track(number, found[0], ticks_per_second, found[1])
    return None


def _all_boxes(body: bytes, opened: frozenset[bytes], levels: int) -> dict[bytes, bytes]:
    """Return the first box of each kind in a body, and so many levels down in the kinds that are opened."""
    found: dict[bytes, bytes] = {}
    for kind, inner in boxes(body):
        found.setdefault(kind, inner)
        if kind in opened and levels:
            found = _all_boxes(inner, opened, levels - 1) | found
    return found


def _skipped_ticks(elst: bytes) -> int:
    """Return where the first edit that shows something begins: what is before it primes the decoder."""
    long = elst[:1] == b"\1"
    length = 8 if long else 4
    entry_bytes = 2 * length + 4
    for at in range(_FULL_BYTES + 4, len(elst) - entry_bytes + 1, entry_bytes):
        media_ticks = number_at(elst, at + length, length)
        if media_ticks != (_NO_LONG_EDIT if long else _NO_EDIT):
            return media_ticks
    return 0


def _stream(kind: bytes, entry: bytes, skipped_seconds: float) -> tuple[StreamBegan, float | None] | None:
    """Return what decodes the samples of an entry, and how long each is; None if nothing does."""
    if kind not in {b"mp4a", b"Opus"}:
        return None
    more = _MORE_ENTRY_BYTES.get(number_at(entry, 8, 2), 0)
    inside = _all_boxes(entry[_ENTRY_BYTES + more :], frozenset((b"wave",)), 1)
    if kind == b"Opus":
        return (_opus(inside[b"dOps"]), None) if b"dOps" in inside else None
    config = _descriptors(inside.get(b"esds", b"")[_FULL_BYTES:])
    return _aac(config, skipped_seconds) if config else None


def _opus(box: bytes) -> StreamBegan:
    """Return the stream by a `dOps` box: the header of Ogg with its numbers the other way round.

    Its decoder leaves out what primes it.
    """
    channels, skipped, rate, gain, family = (
        number_at(box, at, length) for at, length in ((1, 1), (2, 2), (4, 4), (8, 2), (10, 1))
    )
    head = bytes((1, channels)) + skipped.to_bytes(2, "little") + rate.to_bytes(4, "little")
    return parse_opus_head(b"OpusHead" + head + gain.to_bytes(2, "little") + bytes((family,)))


def _descriptors(body: bytes) -> bytes | None:
    """Return what the decoder of an AAC stream has to know (ISO/IEC 14496-1); None if it is another codec."""
    at = 0
    while at < len(body):
        tag, at, length = body[at], at + 1, 0
        for _ in range(4):
            byte = number_at(body, at, 1)
            length, at = length << 7 | byte & 0x7F, at + 1
            if not byte & 0x80:
                break
        if tag == _CONFIG:
            return body[at : at + length]
        if tag == _DECODER and number_at(body, at, 1) not in _AAC_KINDS:
            return None
        inside = at + _DESCRIPTOR_BYTES.get(tag, length)
        if tag == _STREAM:
            for flag, option_bytes in _STREAM_OPTIONS:
                if number_at(body, at + 2, 1) & flag:
                    inside += option_bytes or 1 + number_at(body, inside, 1)
        at = inside
    return None


def _aac(config: bytes, skipped_seconds: float) -> tuple[StreamBegan, float | None]:
    """Return the stream by an AudioSpecificConfig (ISO/IEC 14496-3), and how long each packet is."""
    bits = _Bits(config)
    kind = bits.aac_kind()
    rate = bits.aac_rate()
    channels = bits.take(4)
    if kind in _SPECTRAL_KINDS:
        bits.aac_rate()
        bits.aac_kind()
    if channels > _MAX_CHANNELS or not rate:
        raise AudioMalformed("Only AAC with one or two channels can be captioned.")
    began = StreamBegan("aac", config, rate, channels or _MAX_CHANNELS, skipped_seconds)
    packet_samples = 960 if bits.take(1) else 1_024
    return began, packet_samples / rate if kind in _CONSTANT_KINDS else None


class _Bits:
    """Reads bits from the front; behind the end all are 0."""

    def __init__(self, data: bytes) -> None:
        self._rest = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """Return the number that the next bits make."""
        self._left -= count
        shifted = self._rest >> self._left if self._left >= 0 else self._rest << -self._left
        return shifted & ((1 << count) - 1)

    def aac_kind(self) -> int:
        """Return the next type of an audio object."""
        kind = self.take(5)
        return 32 + self.take(6) if kind == _LONG_KIND else kind

    def aac_rate(self) -> int:
        """Return the next rate, in Hz; 0 for what is none."""
        index = self.take(4)
        if index == _OWN_RATE:
            return self.take(24)
        return _AAC_RATES[index] if index < len(_AAC_RATES) else 0
