"""Ogg files with Opus whose first pages are damaged: they say nothing that cannot be put in their place."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import replace

from assistant.adapters.ogg_parser import is_whole, page_sum
from assistant.adapters.recording_edits import Edit
from assistant.adapters.recording_parts import RecordingPart

_MAGIC = b"OggS"
_HEAD, _TAGS = b"OpusHead", b"OpusTags"
_PAGE_HEAD_BYTES = 27
_SUM_AT = 22
_GRANULE, _NUMBER = slice(6, 14), slice(14, 18)
_SEARCHED_BYTES = 1 << 20
"""Titles may hold a picture."""

_USUAL_HEAD = _HEAD + struct.pack("<BBHIhB", 1, 2, 312, 48_000, 0, 0)
"""Two channels: each packet says how many it has."""

_PLAIN_TAGS = _TAGS + struct.pack("<II", 0, 0)
_FIRST = 2


def mended_ogg(data: mmap.mmap, part: RecordingPart) -> RecordingPart:
    """Return how a recording is read: with other first pages where its own are damaged."""
    end = min(part.end_bytes, part.start_bytes + _SEARCHED_BYTES)
    head, tags = data.find(_HEAD, part.start_bytes, end), data.find(_TAGS, part.start_bytes, end)
    if part.edits or (head < 0 and tags < 0):
        return part
    begun = b""
    tagged = False
    for at, page in _whole_pages(data, part.start_bytes, end):
        body = page[_PAGE_HEAD_BYTES + page[_PAGE_HEAD_BYTES - 1] :]
        if body.startswith(_HEAD):
            begun = body
        elif body.startswith(_TAGS):
            tagged = True
        elif int.from_bytes(page[_GRANULE], "little", signed=True) > 0:
            if begun and tagged:
                return part
            number = page[_NUMBER]
            put = _page(_FIRST, number, 0, begun or _USUAL_HEAD) + _page(0, number, 1, _PLAIN_TAGS)
            return replace(part, edits=(Edit(part.start_bytes, at - part.start_bytes, put),))
    return part


def _whole_pages(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    at = data.find(_MAGIC, start, end)
    while at >= 0:
        begins = at + _PAGE_HEAD_BYTES
        count = data[begins - 1] if begins <= len(data) else 0
        page = data[at : begins + count + sum(data[begins : begins + count])]
        whole = count > 0 and is_whole(page)
        if whole:
            yield at, page
        at = data.find(_MAGIC, at + (len(page) if whole else 1), end)


def _page(kind: int, number: bytes, order: int, body: bytes) -> bytes:
    head = _MAGIC + bytes([0, kind]) + bytes(8) + number + struct.pack("<I", order)
    page = head + bytes(4) + bytes([1, len(body)]) + body
    return page[:_SUM_AT] + page_sum(page) + page[_SUM_AT + 4 :]
