"""CAF files of packets whose sizes stand in a table: read on behind bytes that were lost, or came in.

The table lies mostly behind the sound (Apple Core Audio Format Specification, packet table chunk). FFmpeg
finds it by the size of the sound, and refuses the file where that leads elsewhere.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from assistant.adapters.movie_repairs import realigned
from assistant.adapters.recording_edits import Edit
from assistant.adapters.recording_parts import RecordingPart

_FILE_HEAD_BYTES = 8
_HEAD_BYTES = 12
_PACKET_BYTES_AT = 16
_TABLE_HEAD_BYTES = 24
_MOST_TABLE_BYTES = 1 << 26
_CHUNK_NAME = re.compile(rb"[a-z]{4}")
_STRAY_BYTES = 8
"""So few behind the sound are padding."""


def mended_caf(path: Path, data: mmap.mmap, part: RecordingPart) -> RecordingPart | None:
    """Return a part of a file, `data`, so that its packets are found; None where that needs nothing; blocks.

    Raises:
        av.FFmpegError, OSError: It cannot be read.
    """
    if data[part.start_bytes : part.start_bytes + 4] != b"caff":
        return None
    chunks = {name: (at, size) for name, at, size in _chunks(data, part)}
    if not {b"desc", b"data"} <= chunks.keys():
        return None
    packet_bytes_at = chunks[b"desc"][0] + _HEAD_BYTES + _PACKET_BYTES_AT
    begin, told = chunks[b"data"]
    behind = begin + _HEAD_BYTES + told
    known = b"pakt" in chunks
    if known and (chunks[b"pakt"][0] > begin or _CHUNK_NAME.fullmatch(data[behind : behind + 4])):
        return None
    if any(data[packet_bytes_at : packet_bytes_at + 4]) or told <= 0:
        return None
    there = part.end_bytes if known else _table(data, begin + _HEAD_BYTES, part.end_bytes)
    if there is None or abs(there - behind) <= _STRAY_BYTES * known:
        return None
    edit = Edit(min(behind, there), max(0, there - behind), zeroes=max(0, behind - there))
    mended = replace(part, edits=(edit,))
    found = realigned(path, data, mended, part)
    if not known:
        return found if found.edits else mended
    return found if found.edits not in ((), mended.edits) else None


def _chunks(data: mmap.mmap, part: RecordingPart) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place and size of chunks, up to where they lead nowhere; the sizes are signed."""
    at = part.start_bytes + _FILE_HEAD_BYTES
    while at + _HEAD_BYTES <= part.end_bytes:
        size = int.from_bytes(data[at + 4 : at + _HEAD_BYTES], "big", signed=True)
        yield data[at : at + 4], at, size
        if size < 0:
            return
        at += _HEAD_BYTES + size


def _table(data: mmap.mmap, start: int, end: int) -> int | None:
    """Return where the last thing begins that can be a packet table; None where there is none."""
    at = end
    while (at := data.rfind(b"pakt", start, at)) >= 0:
        size = int.from_bytes(data[at + 4 : at + _HEAD_BYTES], "big")
        packets = int.from_bytes(data[at + _HEAD_BYTES : at + _HEAD_BYTES + 8], "big")
        if _TABLE_HEAD_BYTES + packets <= size <= min(_MOST_TABLE_BYTES, end - at - _HEAD_BYTES):
            return at
    return None
