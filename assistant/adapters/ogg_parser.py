"""Ogg pages to Opus packets, as the bytes arrive (RFC 3533, RFC 7845)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.adapters.opus_packets import OPUS_RATE, OpusBegan, OpusPacket, parse_opus_head
from assistant.core.errors import AudioMalformed

OGG_MAGIC = b"OggS"

_HEADER_BYTES = 27
_CONTINUED = 0x01
_BEGINS = 0x02
_MAX_PACKET_BYTES = 1 << 20
_FULL_SEGMENT = 255


class OggParser:
    """Follows the newest Opus stream of an Ogg file; other streams in it are ignored.

    Holds at most one page (64 KiB) and one unfinished packet (1 MiB).
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._serial: bytes | None = None
        self._packet = bytearray()
        self._joining = False
        self._tags_due = False

    def feed(self, data: bytes) -> Iterator[OpusBegan | OpusPacket]:
        """Yield the packets that `data` completes."""
        self._buffer += data
        while (page := self._take_page()) is not None:
            yield from self._read_page(*page)

    def _take_page(self) -> tuple[bytes, bytes, bytes] | None:
        """Return header, segment table and body of the next page once it is complete."""
        buffer = self._buffer
        if not OGG_MAGIC.startswith(buffer[:4]):
            raise AudioMalformed("An Ogg page does not start where one is due.")
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

    def _read_page(self, header: bytes, table: bytes, body: bytes) -> Iterator[OpusBegan | OpusPacket]:
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
            # A page says where its last packet ends, and so where its first one begins.
            packets = self._read_packets(table, body, continued=bool(flags & _CONTINUED))
            at_samples = int.from_bytes(header[6:14], "little", signed=True)
            at_seconds = at_samples / OPUS_RATE - sum(packet.seconds for packet in packets)
            for packet in packets:
                yield replace(packet, start_seconds=at_seconds if at_samples >= 0 else None)
                at_seconds += packet.seconds

    def _read_packets(self, table: bytes, body: bytes, *, continued: bool) -> list[OpusPacket]:
        packets: list[OpusPacket] = []
        if continued != self._joining:
            raise AudioMalformed("An Ogg page is missing.")
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
                if self._tags_due:
                    self._tags_due = False
                elif packet:
                    packets.append(OpusPacket(packet, None))
        return packets
