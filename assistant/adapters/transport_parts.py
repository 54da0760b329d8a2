"""Where transport streams that were joined begin: FFmpeg mixes them, or reads the first one only."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_SYNC = b"\x47"
_PROBED_PACKETS = 5
_PACKET_BYTES = {188: 0, 192: 4, 204: 0}
"""How long the packets of a transport stream are, and where in them their mark is."""

_TABLE_OF_PROGRAMS = re.compile(rb"\x47[\x40\x60]\x00[\x10-\x1f\x30-\x3f]", re.DOTALL)
_PAYLOAD_BYTES = 184
_HEAD_BYTES = 4
_FILLED = 0x20
_PROGRAMS, _PROGRAM = 0, 2
_SECTION_HEAD_BYTES = 8
_CHECK_BYTES = 4
_POLYNOMIAL = 0x04C11DB7


@dataclass(slots=True)
class _Tables:
    """What a stream says is in it."""

    programs: bytes = b""
    streams: dict[int, bytes] = field(default_factory=dict)


def transport_starts(data: mmap.mmap) -> Iterator[int]:
    """Yield where the tables of a transport stream begin to say something else: there another was joined."""
    size, place = next((one for one in _PACKET_BYTES.items() if _is_made_of(data, *one)), (0, 0))
    if not size:
        return
    now = _Tables()
    for match in _TABLE_OF_PROGRAMS.finditer(data):
        at = match.start()
        programs = _section(data, at, _PROGRAMS) if (at - place) % size == 0 else b""
        if not programs:
            continue
        streams = dict(_streams(data, at, size, programs))
        changed = any(now.streams.get(number, found) != found for number, found in streams.items())
        if now.programs and (programs != now.programs or changed):
            yield at - place
            now.streams.clear()
        now.programs = programs
        now.streams |= streams


def _is_made_of(data: mmap.mmap, size: int, place: int) -> bool:
    return all(data[at : at + 1] == _SYNC for at in range(place, place + _PROBED_PACKETS * size, size))


def _streams(data: mmap.mmap, at: int, size: int, programs: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tables of programs that follow a table of programs at once, as they do."""
    numbers = {
        int.from_bytes(programs[place + 2 : place + 4], "big") & 0x1FFF
        for place in range(0, len(programs) - 3, 4)
    }
    for _ in range(len(numbers)):
        at += size
        number = int.from_bytes(data[at + 1 : at + 3], "big") & 0x1FFF
        if data[at : at + 1] != _SYNC or number not in numbers:
            return
        if found := _section(data, at, _PROGRAM):
            yield number, found


def _section(data: mmap.mmap, at: int, kind: int) -> bytes:
    """Return what a table in one packet says, without its version; nothing where it is damaged."""
    packet = data[at : at + _HEAD_BYTES + _PAYLOAD_BYTES]
    place = _HEAD_BYTES
    if len(packet) > place and packet[3] & _FILLED:
        place += 1 + packet[place]
    if len(packet) <= place or place + 1 + packet[place] + _SECTION_HEAD_BYTES > len(packet):
        return b""
    section = packet[place + 1 + packet[place] :]
    length = 3 + (int.from_bytes(section[1:3], "big") & 0x0FFF)
    if section[0] != kind or length > len(section) or _checked(section[:length]):
        return b""
    return section[_SECTION_HEAD_BYTES : length - _CHECK_BYTES]


@lru_cache(maxsize=64)  # they are sent again ten times a second
def _checked(section: bytes) -> int:
    """Return 0 where the sum behind a table is that of what it says."""
    total = 0xFFFFFFFF
    for byte in section:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ (_POLYNOMIAL if total & 0x80000000 else 0)) & 0xFFFFFFFF
    return total
