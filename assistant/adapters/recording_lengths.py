"""Headers that tell a wrong length of the sound behind them: AIFF, AU, CAF and Wave64.

FFmpeg reads as much as they say, or refuses the file. What goes on to the end of the file is sound; what is
told beyond it is lacking. (For WAV FFmpeg can be told to ignore the length; see `recording_parts`.)
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, replace
from typing import Literal

from assistant.adapters.recording_edits import Edit
from assistant.adapters.recording_parts import RecordingPart

_MOST_CHUNKS = 10_000
_FOUR_CHARACTERS = re.compile(rb"[A-Za-z0-9_()\xa9]{3}[A-Za-z0-9_() \0]")
_MOST_LENGTH = 0x7FFFF000
_MOST_LONG_LENGTH = 1 << 62
"""Recorders that do not know yet how long it will be write nothing, or the most that can be written."""
_STRAY_BYTES = 8
"""So few behind the sound are padding."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How files of a kind are made of chunks.

    Attributes:
        first_bytes: Where the first chunk begins.
        name_bytes: How long names are.
        size_bytes: How long sizes are.
        order: The order of their bytes.
        counted_bytes: How much of the head of a chunk its size counts.
        align: Chunks begin at multiples of this.
        data: The name of the chunk of sound.
        more_bytes: What stands in that before the sound.
    """

    first_bytes: int
    name_bytes: int
    size_bytes: int
    order: Literal["big", "little"]
    counted_bytes: int
    align: int
    data: bytes
    more_bytes: int = 0


_KINDS = {
    b"FORM": _Kind(12, 4, 4, "big", 0, 2, b"SSND", 8),
    b"caff": _Kind(8, 4, 8, "big", 0, 1, b"data", 4),
    b"riff": _Kind(40, 16, 8, "little", 24, 8, b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"),
}
_WAVE64_TAIL = _KINDS[b"riff"].data[4:]
_AU_HEAD_BYTES = 24


def with_true_length(data: mmap.mmap, part: RecordingPart) -> RecordingPart:
    """Return a part of a file with the length that its sound has, and with what is lacking of it."""
    start = part.start_bytes
    if data[start : start + 4] == b".snd" and start + _AU_HEAD_BYTES <= part.end_bytes:
        begin, told = (int.from_bytes(data[at : at + 4], "big") for at in (start + 4, start + 8))
        length, lacking = _true_length(start + begin, told, 4, part.end_bytes, goes_on=True)
        edit = Edit(start + 8, 4, _size(length, 4, "big"))
        return replace(part, edits=() if lacking else (edit,), lacking_bytes=lacking)
    kind = _KINDS.get(data[start : start + 4])
    return part if kind is None else _in_chunks(data, part, kind)


def _in_chunks(data: mmap.mmap, part: RecordingPart, kind: _Kind) -> RecordingPart:
    at, head_bytes = part.start_bytes + kind.first_bytes, kind.name_bytes + kind.size_bytes
    frames_at = 0
    for _ in range(_MOST_CHUNKS):
        size_at, begin = at + kind.name_bytes, at + head_bytes
        if begin > part.end_bytes:
            return part
        told = int.from_bytes(data[size_at:begin], kind.order) - kind.counted_bytes
        if data[at:size_at] == kind.data:
            break
        if data[at:size_at] == b"COMM":
            frames_at = begin + 2
        at = begin + max(0, told)
        at += -(at - part.start_bytes) % kind.align
    else:
        return part
    behind = begin + max(0, told)
    behind += -(behind - part.start_bytes) % kind.align
    goes_on = part.end_bytes - behind > _STRAY_BYTES and not _is_chunk(data, behind, part.end_bytes, kind)
    length, lacking = _true_length(begin, told, kind.size_bytes, part.end_bytes, goes_on=goes_on)
    if kind.align == 2:  # noqa: PLR2004 - FFmpeg refuses odd ones
        length -= length % 2
    edits = (
        []
        if lacking
        else [Edit(size_at, kind.size_bytes, _size(length + kind.counted_bytes, kind.size_bytes, kind.order))]
    )
    if frames_at:
        channels, frames, bits = (
            int.from_bytes(data[frames_at + place : frames_at + place + size], "big")
            for place, size in ((-2, 2), (0, 4), (4, 2))
        )
        there = (length - kind.more_bytes) * 8 // max(1, channels * bits)
        if frames >= _MOST_LENGTH:
            edits.append(Edit(frames_at, 4, _size(there, 4, "big")))
        elif frames <= there:  # only the size of the chunk lies
            lacking = 0
    return replace(part, edits=tuple(edits), lacking_bytes=lacking)


def _is_chunk(data: mmap.mmap, at: int, end: int, kind: _Kind) -> bool:
    size_at, begin = at + kind.name_bytes, at + kind.name_bytes + kind.size_bytes
    name = data[at:size_at]
    if not (name[4:] == _WAVE64_TAIL if kind.name_bytes > 4 else _FOUR_CHARACTERS.fullmatch(name)):  # noqa: PLR2004
        return False
    size = int.from_bytes(data[size_at:begin], kind.order)
    return at + size <= end + _STRAY_BYTES


def _true_length(begin: int, told: int, size_bytes: int, end: int, *, goes_on: bool) -> tuple[int, int]:
    """Return how long sound is that begins somewhere, and how much is lacking of what is told."""
    there = max(0, end - begin)
    if told <= 0 or told >= (_MOST_LENGTH if size_bytes == 4 else _MOST_LONG_LENGTH):  # noqa: PLR2004
        return there, 0
    return (there if goes_on else min(told, there)), max(0, told - there)


def _size(length: int, size_bytes: int, order: Literal["big", "little"]) -> bytes:
    return min(length, (1 << 8 * size_bytes - 1) - 1).to_bytes(size_bytes, order)
