"""Ogg pages to Opus packets, as the bytes arrive (RFC 3533, RFC 7845)."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.adapters.opus_packets import OpusBegan, parse_opus_head
from assistant.core.errors import AudioMalformed

OGG_MAGIC = b"OggS"

_HEADER_BYTES = 27
_CONTINUED = 0x01
_BEGINS = 0x02
_MAX_PACKET_BYTES = 1 << 20
_FULL_SEGMENT = 255
_MAX_LOST_BYTES = 1 << 18
"""So much without a page is no damage: more than half a minute of speech."""


class OggParser:
    """Follows the newest Opus stream of an Ogg file; other streams in it are ignored.

    Holds at most one page (64 KiB) and one unfinished packet (1 MiB). Where bytes are damaged it goes on
    at the next page; a packet of which a part is missing is left out.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._serial: bytes | None = None
        self._packet = bytearray()
        self._joining = False
        self._tags_due = False
        self._lost_bytes = 0

    def feed(self, data: bytes) -> Iterator[OpusBegan | bytes]:
        """Yield the packets that `data` completes."""
        self._buffer += data
        while (page := self._take_page()) is not None:
            yield from self._read_page(*page)

    def _take_page(self) -> tuple[bytes, bytes, bytes] | None:
        """Return header, segment table and body of the next page once it is complete."""
        buffer = self._buffer
        if not OGG_MAGIC.startswith(buffer[:4]):
            self._to_next_page()
        if len(buffer) < _HEADER_BYTES:
            return None
        body_at = _HEADER_BYTES + buffer[26]
        if len(buffer) < body_at:
            return None
        table = bytes(buffer[_HEADER_BYTES:body_at])
        end = body_at + sum(table)
        if len(buffer) < end:
            return None
        page = bytes(buffer[:_HEADER_BYTES]), table, bytes(buffer[body_at:end])
        del buffer[:end]
        return page

    def _to_next_page(self) -> None:
        """Leave out what is no page."""
        if self._serial is None:
            raise AudioMalformed("An Ogg page does not start where one is due.")
        at = self._buffer.find(OGG_MAGIC)
        if at < 0:
            at = max(0, len(self._buffer) - len(OGG_MAGIC) + 1)
        self._lost_bytes += at
        del self._buffer[:at]
        if self._lost_bytes > _MAX_LOST_BYTES:
            raise AudioMalformed("The bytes are no Ogg pages any more.")

    def _read_page(self, header: bytes, table: bytes, body: bytes) -> Iterator[OpusBegan | bytes]:
        flags, serial = header[5], header[14:18]
        if flags & _BEGINS:
            if body.startswith(b"OpusHead"):
                self._serial, self._tags_due, self._joining = serial, True, False
                self._packet.clear()
                yield parse_opus_head(body[: sum(table)])
            return
        if self._serial is None:
            raise AudioMalformed("The Ogg stream has no Opus track.")
        if serial == self._serial:
            yield from self._read_packets(table, body, continued=bool(flags & _CONTINUED))

    def _read_packets(self, table: bytes, body: bytes, *, continued: bool) -> Iterator[bytes]:
        self._lost_bytes = 0
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
                    yield packet
