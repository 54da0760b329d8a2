"""Whether a recording breaks off: what begins last in its file does not end in it."""

from __future__ import annotations

import mmap

from assistant.adapters.webm_parser import EBML_MAGIC, read_header
from assistant.core.errors import AudioMalformed

_OGG_MAGIC = b"OggS"
_OGG_HEAD_BYTES = 27
_OGG_ENDS = 0x04
_TRIED_PAGES = 16
"""What looks like the head of a page may be in one."""

_CLUSTER = b"\x1f\x43\xb6\x75"
_CLUSTER_NUMBER = 0x1F43B675

_SYNC = b"\x47"
_TRANSPORT_BYTES = {188: 0, 192: 4, 204: 0}
"""How long the packets of a transport stream are, and where in them their mark is."""

_PACK = b"\0\0\1\xba"
_PROGRAM_SOUND = (*range(0xC0, 0xE0), 0xBD)
_MOST_PROGRAM_BYTES = 1 << 17
_HEAD_BYTES = 8
_MOST_LENGTH = 0x7FFFF000


def breaks_off(data: mmap.mmap, start: int, end: int) -> bool:
    """Whether a recording at a place in a file is cut off, as far as its kind tells."""
    magic = data[start : start + 4]
    if magic == _OGG_MAGIC:
        return _ogg_breaks_off(data, start, end)
    if magic == EBML_MAGIC:
        return _matroska_breaks_off(data, start, end)
    if magic == b"RIFF" and data[start + 8 : start + 12] == b"AVI ":
        return _riff_breaks_off(data, start, end)
    if magic == _PACK:
        return _program_breaks_off(data, start, end)
    for size, place in _TRANSPORT_BYTES.items():
        if _marked(data, start + place, size):
            whole = end - size + place
            return not _marked(data, whole, -size) and any(
                _marked(data, whole - rest, -size) for rest in range(1, size)
            )
    return False


def _marked(data: mmap.mmap, first: int, step: int) -> bool:
    """Whether packets of a transport stream stand in a row."""
    return all(data[at : at + 1] == _SYNC for at in range(first, first + 5 * step, step))


def _ogg_breaks_off(data: mmap.mmap, start: int, end: int) -> bool:
    """Whether no page near the end is the last one of its stream, and whole."""
    at = end
    for _ in range(_TRIED_PAGES):
        at = data.rfind(_OGG_MAGIC, start, at)
        if at < 0:
            break
        lengths_at = at + _OGG_HEAD_BYTES
        if lengths_at <= end and data[at + 5] & _OGG_ENDS:
            count = data[lengths_at - 1]
            if lengths_at + count + sum(data[lengths_at : lengths_at + count]) <= end:
                return False
    return True


def _matroska_breaks_off(data: mmap.mmap, start: int, end: int) -> bool:
    """Whether something in the last cluster, or behind it, goes beyond the end."""
    at = data.rfind(_CLUSTER, start, end)
    if at < 0:
        return False
    try:
        while at < end:
            header = read_header(data, at)
            if header is None:
                return True
            identity, size, body = header
            if size is None and identity != _CLUSTER_NUMBER:
                return False
            at = body + (size or 0)
    except AudioMalformed:  # it is damaged, which is told by what decodes it
        return False
    return at > end


def _riff_breaks_off(data: mmap.mmap, start: int, end: int) -> bool:
    at = start
    while at + _HEAD_BYTES <= end and data[at : at + 4] == b"RIFF":
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if not 0 < size < _MOST_LENGTH:  # its recorder never came back to write it
            return False
        at += _HEAD_BYTES + size
    return at > end


def _program_breaks_off(data: mmap.mmap, start: int, end: int) -> bool:
    """Whether the last packet of sound goes beyond the end."""
    first = max(start, end - _MOST_PROGRAM_BYTES)
    at = max(data.rfind(bytes((0, 0, 1, kind)), first, end) for kind in _PROGRAM_SOUND)
    return at >= 0 and at + 6 + int.from_bytes(data[at + 4 : at + 6], "big") > end
