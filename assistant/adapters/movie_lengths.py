"""Edit lists of MP4 files that show less of a track than its header says (ISO/IEC 14496-12 section 8.6.6).

Whoever cuts a recording with a phone gets a list that agrees with that header; such a list is left alone.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.adapters.recording_edits import Edit

_HEAD_BYTES = 8
_OPENED = frozenset((b"mdia", b"edts"))
_LEAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Full:
    """The body of a box with a version, of which fields are longer in the second one."""

    data: mmap.mmap
    at: int
    end: int

    @property
    def long(self) -> bool:
        """Whether times have eight bytes."""
        return self.data[self.at : self.at + 1] == b"\1"

    def number(self, at: int, size: int) -> int:
        """Return the number that stands somewhere in it."""
        return int.from_bytes(self.data[self.at + at : min(self.end, self.at + at + size)], "big")


def true_edits(data: mmap.mmap, moov: int, end: int) -> Iterator[Edit]:
    """Yield what lengthens edits that contradict the rest of the index, which begins at `moov`."""
    end = min(end, moov + int.from_bytes(data[moov : moov + 4], "big"))
    movie = list(_boxes(data, moov + _HEAD_BYTES, end))
    for header in [body for kind, body in movie if kind == b"mvhd"][:1]:
        for _, track in (box for box in movie if box[0] == b"trak"):
            yield from _lengthened(dict(_inside(track)), header.number(20 if header.long else 12, 4))


def _lengthened(track: dict[bytes, _Full], movie_rate: int) -> Iterator[Edit]:
    """Yield what lengthens the last edit of a track."""
    if not {b"tkhd", b"mdhd", b"elst"} <= track.keys() or not movie_rate:
        return
    shown, media, edits = track[b"tkhd"], track[b"mdhd"], track[b"elst"]
    rate = media.number(20 if media.long else 12, 4)
    length = media.number(24 if media.long else 16, 8 if media.long else 4)
    told = shown.number(28 if shown.long else 20, 8 if shown.long else 4)
    size, total, last = (8 if edits.long else 4), 0, None
    for at in range(8, edits.end - edits.at - 2 * size - 3, 2 * size + 4):
        ticks, begin = edits.number(at, size), edits.number(at + size, size)
        total += ticks
        if begin != (1 << 8 * size) - 1:
            last = at, ticks, begin
    if last is None or not rate:
        return
    at, ticks, begin = last
    left = (length - begin) * movie_rate // rate
    lies = not ticks or abs(total - told) > _LEAST_SECONDS * movie_rate
    if lies and left - ticks > _LEAST_SECONDS * movie_rate and left < 1 << 8 * size:
        yield Edit(edits.at + at, size, left.to_bytes(size, "big"))


def _inside(box: _Full) -> Iterator[tuple[bytes, _Full]]:
    for kind, body in _boxes(box.data, box.at, box.end):
        yield kind, body
        if kind in _OPENED:
            yield from _inside(body)


def _boxes(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[bytes, _Full]]:
    while at + _HEAD_BYTES <= end:
        size = int.from_bytes(data[at : at + 4], "big")
        if not _HEAD_BYTES <= size <= end - at:
            return
        yield data[at + 4 : at + _HEAD_BYTES], _Full(data, at + _HEAD_BYTES, at + size)
        at += size
