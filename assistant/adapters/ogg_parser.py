"""Ogg pages to Opus packets, as the bytes arrive (RFC 3533, RFC 7845)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from assistant.adapters.coded_packets import (
    OPUS_RATE,
    CodedPacket,
    StreamBegan,
    opus_seconds,
    parse_opus_head,
)
from assistant.core.errors import AudioMalformed

OGG_MAGIC = b"OggS"

_HEADER_BYTES = 27
_CHECKSUM = slice(22, 26)
_CONTINUED = 0x01
_BEGINS = 0x02
_MAX_PACKET_BYTES = 1 << 20
_FULL_SEGMENT = 255
_MAX_LOST_BYTES = 1 << 18
"""So much without a page is no damage: more than half a minute of speech."""
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Each byte with its bits the other way round: so zlib's checksum is that of Ogg."""


class OggParser:
    """Follows the newest Opus stream of an Ogg file; other streams in it are ignored.

    Holds at most one page (64 KiB) and one unfinished packet (1 MiB). Where bytes are damaged it goes on
    at the next page; a packet of which a part is missing is left out. Of a page whose checksum is wrong the
    packets are tried, but it tells no time.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._serial: bytes | None = None
        self._packet = bytearray()
        self._joining = False
        self._tags_due = False
        self._lost_bytes = 0
        self._seconds = 0.0

    def feed(self, data: bytes) -> Iterator[StreamBegan | CodedPacket]:
        """Yield the packets that `data` completes."""
        self._buffer += data
        while (page := self._take_page()) is not None:
            yield from self._read_page(*page)

    def finish(self) -> Iterator[CodedPacket]:
        """Yield nothing: packets are not held back."""
        yield from ()

    def _take_page(self) -> tuple[bytes, bytes, bytes, bool] | None:
        """Return header, segment table and body of the next page once it is complete, and if it is whole."""
        buffer = self._buffer
        while True:
            if not OGG_MAGIC.startswith(buffer[:4]):
                self._to_next_page(0)
            if len(buffer) < _HEADER_BYTES:
                return None
            body_at = _HEADER_BYTES + buffer[26]
            end = body_at + sum(buffer[_HEADER_BYTES:body_at])
            if len(buffer) < max(body_at, end):
                return None
            whole = is_whole(bytes(buffer[:end]))
            if whole or self._serial is None:
                break
            # Of a damaged page the length may be wrong as well: only another page right behind it shows.
            behind = bytes(buffer[end : end + len(OGG_MAGIC)])
            if behind == OGG_MAGIC:
                break
            if OGG_MAGIC.startswith(behind):
                return None
            self._to_next_page(1)
        page = bytes(buffer[:_HEADER_BYTES]), bytes(buffer[_HEADER_BYTES:body_at]), bytes(buffer[body_at:end])
        del buffer[:end]
        return *page, whole

    def _to_next_page(self, start: int) -> None:
        """Leave out what is no page."""
        if self._serial is None:
            raise AudioMalformed("An Ogg page does not start where one is due.")
        at = self._buffer.find(OGG_MAGIC, start)
        if at < 0:
            at = max(start, len(self._buffer) - len(OGG_MAGIC) + 1)
        self._lost_bytes += at
        del self._buffer[:at]
        if self._lost_bytes > _MAX_LOST_BYTES:
            raise AudioMalformed("The bytes are no Ogg pages any more.")

    def _read_page(
        self,
        header: bytes,
        table: bytes,
        body: bytes,
        whole: bool,  # noqa: FBT001 - what was found
    ) -> Iterator[StreamBegan | CodedPacket]:
        flags, serial = header[5], header[14:18]
        if flags & _BEGINS:
            if body.startswith(b"OpusHead"):
                self._serial, self._tags_due, self._joining = serial, True, False
                self._packet.clear()
                yield parse_opus_head(body)
            return
        if self._serial is None:
            raise AudioMalformed("The Ogg stream has no Opus track.")
        if serial != self._serial:
            self._lost_bytes += 0 if whole else len(body)
            return
        packets = self._read_packets(table, body, continued=bool(flags & _CONTINUED))
        lengths = [self._length(packet) for packet in packets]
        # A page says where its last packet ends, and so where its first one begins.
        at_samples = int.from_bytes(header[6:14], "little", signed=True)
        at_seconds = at_samples / OPUS_RATE - sum(lengths) if whole and at_samples >= 0 else None
        for packet, seconds in zip(packets, lengths, strict=True):
            yield CodedPacket(packet, seconds, at_seconds, self._lost_bytes)
            self._lost_bytes = 0
            at_seconds = None if at_seconds is None else at_seconds + seconds

    def _length(self, packet: bytes) -> float:
        """Return how long a packet is, or, of one that cannot be, how long the one before it was."""
        self._seconds = opus_seconds(packet) or self._seconds
        return self._seconds

    def _read_packets(self, table: bytes, body: bytes, *, continued: bool) -> list[bytes]:
        packets: list[bytes] = []
        headless = continued and not self._joining
        if not continued:
            self._packet.clear()
        position = 0
        for segment_bytes in table:
            self._packet += body[position : position + segment_bytes]
            position += segment_bytes
            self._joining = segment_bytes == _FULL_SEGMENT
            if len(self._packet) > _MAX_PACKET_BYTES:
                raise AudioMalformed("An Ogg packet is too large.")
            if not self._joining:
                packet = bytes(self._packet)
                self._packet.clear()
                if headless:
                    headless = False
                elif self._tags_due:
                    self._tags_due = False
                elif packet:
                    packets.append(packet)
        return packets


def is_whole(page: bytes) -> bool:
    """Whether a page's checksum is right."""
    return page[_CHECKSUM] == page_sum(page)


def page_sum(page: bytes) -> bytes:
    """Return the checksum of a page, whatever stands there; RFC 3533 turns the bits of each byte round."""
    checked = page[: _CHECKSUM.start] + bytes(4) + page[_CHECKSUM.stop :]
    found = zlib.crc32(checked.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return found.to_bytes(4, "big").translate(_REVERSED)
