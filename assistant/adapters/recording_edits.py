"""What FFmpeg gets to read of a file in place of the file: other bytes here, fewer or more there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a file.

    Attributes:
        at_bytes: Where it is made, counted from the start of the file.
        dropped_bytes: How much of the file is left out there.
        put: What comes instead.
        zeroes: How many zeroes come behind that.
    """

    at_bytes: int
    dropped_bytes: int = 0
    put: bytes = b""
    zeroes: int = 0


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of what is read: of the file from `start_bytes`, or, if that is None, `put` and zeroes."""

    length_bytes: int
    start_bytes: int | None
    put: bytes = b""


class EditedFile:
    """A stretch of a file with changes, to be read and sought in."""

    def __init__(self, file: BinaryIO, start_bytes: int, end_bytes: int, edits: Iterable[Edit] = ()) -> None:
        self._file = file
        self._pieces = [piece for piece in _pieces(start_bytes, end_bytes, edits) if piece.length_bytes > 0]
        self._starts = [0]
        for piece in self._pieces:
            self._starts.append(self._starts[-1] + piece.length_bytes)
        self.at_bytes = 0
        self.size_bytes = self._starts[-1]

    def read(self, most_bytes: int) -> bytes:
        """Return bytes that follow, maybe fewer than there are; none at the end."""
        if not 0 <= self.at_bytes < self.size_bytes:
            return b""
        number = bisect_right(self._starts, self.at_bytes) - 1
        piece, begin = self._pieces[number], self.at_bytes - self._starts[number]
        length = min(most_bytes, piece.length_bytes - begin)
        if piece.start_bytes is None:
            found = piece.put[begin : begin + length].ljust(length, b"\0")
        else:
            self._file.seek(piece.start_bytes + begin)
            found = self._file.read(length)
        self.at_bytes += len(found)
        return found


def _pieces(start_bytes: int, end_bytes: int, edits: Iterable[Edit]) -> Sequence[_Piece]:
    pieces, at = [], start_bytes
    for edit in sorted(edits, key=lambda edit: edit.at_bytes):
        if not at <= edit.at_bytes <= end_bytes:
            continue
        pieces.append(_Piece(edit.at_bytes - at, at))
        pieces.append(_Piece(len(edit.put) + edit.zeroes, None, edit.put))
        at = edit.at_bytes + edit.dropped_bytes
    return [*pieces, _Piece(end_bytes - at, at)]
