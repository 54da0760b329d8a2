"""Recordings that were put one behind another in one file, and WAV files whose header tells the wrong length.

FFmpeg reads the first of several recordings in one file, and of a WAV file as much as its header says.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.adapters.recording_edits import Edit
from assistant.adapters.transport_parts import transport_starts

_MOST_PARTS = 500
"""The last one goes to the end of the file, whatever is in it."""

_OGG_FIRST_PAGE = re.compile(rb"OggS\0[\x02\x03\x06\x07]", re.DOTALL)
_OGG_HEAD_BYTES = 27
_HEADS = {
    b"\x1a\x45\xdf\xa3": re.compile(rb"\x1a\x45\xdf\xa3.{1,60}?\x42\x82.(?:webm|matroska)", re.DOTALL),
    b"fLaC": re.compile(rb"fLaC[\x00\x80]\0\0\x22", re.DOTALL),
    b"FORM": re.compile(rb"FORM.{4}AIF[FC](?:COMM|FVER|COMT|MARK|NAME|SSND)", re.DOTALL),
    b"RIFF": re.compile(rb"RIFF.{4}AVI LIST.{4}hdrlavih", re.DOTALL),
    b"caff": re.compile(rb"caff\0\x01\0\0desc\0{7}\x20"),
    b"riff": re.compile(rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0{2}.{8}wave\xf3\xac", re.DOTALL),
    b"FLV\x01": re.compile(rb"FLV\x01[\x01\x04\x05]\0\0\0\x09\0{4}"),
    b".snd": re.compile(rb"\.snd\0\0.{6}\0\0\0[\x01-\x1b].{4}\0\0\0[\x01-\x08]", re.DOTALL),
}
"""How recordings begin, by the first four bytes of a file: long enough to be no chance in what they hold."""
_BOX_HEAD_BYTES = 8
_WAVE_HEAD_BYTES = 12
_CHUNK_NAME = re.compile(rb"[A-Za-z0-9_]{3}[A-Za-z0-9_ \0]")
_STRAY_BYTES = 8
"""So few behind the last chunk are padding."""

_ID3_HEAD_BYTES = 10
_LENGTH_TOLD = re.compile(rb"(?:Xing|Info)\0\0\0[\x03\x07\x0b\x0f].{4}(.{4})", re.DOTALL)
"""Stands in the first frame of an MP3 file: how many frames there are, and how many bytes."""
_MOST_BEFORE_BYTES = 64
"""Up to the end of that."""

_WAVES = frozenset((b"RIFF", b"RF64", b"RIFX"))
_LONG_LENGTH = 0xFFFFFFFF
"""Stands for one that a chunk before tells."""

_MOST_LENGTH = 0x7FFFF000
_MOST_LONG_LENGTH = 1 << 62
"""Recorders that do not know yet how long it will be write nothing, or the most that can be written."""


@dataclass(frozen=True, slots=True)
class RecordingPart:
    """One recording in a file.

    Attributes:
        start_bytes: Where it begins.
        end_bytes: Where it ends.
        whole_file: Whether it is a WAV file to be read up to its end, whatever its header says.
        lacking_bytes: What its header says that there is beyond the end of the file.
        edits: Changes with which FFmpeg gets to read it.
        breaks_off: Whether what begins last in it does not end.
        steps_over: Whether sound of it has to be stepped over, so that a gap is one of damage.
    """

    start_bytes: int
    end_bytes: int
    whole_file: bool = False
    lacking_bytes: int = 0
    edits: tuple[Edit, ...] = ()
    breaks_off: bool = False
    steps_over: bool = False


def parts_of(path: Path) -> list[RecordingPart]:
    """Return the recordings that a file holds, in order; blocks. Of most kinds there is one."""
    size = path.stat().st_size
    if not size:
        return [RecordingPart(0, 0)]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] in _WAVES and data[8:_WAVE_HEAD_BYTES] == b"WAVE":
            return list(_waves(data))
        if lacking := _lacking_frames(data):
            return [RecordingPart(0, size, lacking_bytes=lacking)]
        starts = [0]
        for start in _starts(data):
            if start > starts[-1]:
                starts.append(start)
            if len(starts) >= _MOST_PARTS:
                break
    return [RecordingPart(start, end) for start, end in zip(starts, [*starts[1:], size], strict=True)]


def _starts(data: mmap.mmap) -> Iterator[int]:
    if data[:4] == b"OggS":
        yield from _ogg_starts(data)
    elif head := _HEADS.get(data[:4]):
        yield from (match.start() for match in head.finditer(data))
    elif data[4:8] == b"ftyp":
        yield from _movie_starts(data)
    else:
        yield from transport_starts(data)


def _ogg_starts(data: mmap.mmap) -> Iterator[int]:
    """Yield where a chain goes on: first pages of streams that do not follow another stream's at once."""
    behind = -1
    for match in _OGG_FIRST_PAGE.finditer(data):
        at = match.start()
        if at != behind:
            yield at
        lengths_at = at + _OGG_HEAD_BYTES
        count = data[lengths_at - 1] if lengths_at <= len(data) else 0
        behind = lengths_at + count + sum(data[lengths_at : lengths_at + count])


def _movie_starts(data: mmap.mmap) -> Iterator[int]:
    at = 0
    while at + 2 * _BOX_HEAD_BYTES <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if data[at + 4 : at + 8] == b"ftyp":
            yield at
        if length < _BOX_HEAD_BYTES:  # up to the end of the file, or damaged
            return
        at += length


def _lacking_frames(data: mmap.mmap) -> int:
    """Return how many bytes the first frame of an MP3 file says that there are beyond its end."""
    head = 0
    if data[:3] == b"ID3":  # its length has seven bits in each byte
        head = _ID3_HEAD_BYTES + sum((byte & 0x7F) << 7 * (3 - at) for at, byte in enumerate(data[6:10]))
    if data[head : head + 1] != b"\xff":
        return 0
    told = _LENGTH_TOLD.search(data, head, head + _MOST_BEFORE_BYTES)
    length = int.from_bytes(told[1], "big") if told else 0
    return max(0, length - (len(data) - head)) if length < _MOST_LENGTH else 0


def _waves(data: mmap.mmap) -> Iterator[RecordingPart]:
    start = 0
    for _ in range(_MOST_PARTS):
        end, honest, lacking = _wave_end(data, start)
        behind = data[end : end + _WAVE_HEAD_BYTES]
        if not (behind[:4] in _WAVES and behind[8:] == b"WAVE"):
            yield RecordingPart(start, len(data), not honest, lacking, tuple(_long_size(data, start)))
            return
        yield RecordingPart(start, end)
        start = end
    yield RecordingPart(start, len(data))


def _long_size(data: mmap.mmap, start: int) -> Iterator[Edit]:
    """Yield what puts a length that can be in place of one that cannot, of a file of 64 bits."""
    at = start + _WAVE_HEAD_BYTES + _BOX_HEAD_BYTES + 8
    told = int.from_bytes(data[at : at + 8], "little")
    if data[start + _WAVE_HEAD_BYTES : start + _WAVE_HEAD_BYTES + 4] == b"ds64" and told >= _MOST_LONG_LENGTH:
        yield Edit(at, 8, (len(data) - start).to_bytes(8, "little"))


def _wave_end(data: mmap.mmap, start: int) -> tuple[int, bool, int]:
    """Return where the chunks of a WAV file end, whether its header tells that, and how much is lacking."""
    order: Literal["big", "little"] = "big" if data[start : start + 4] == b"RIFX" else "little"
    at, long_bytes, sound = start + _WAVE_HEAD_BYTES, 0, False
    while at + _BOX_HEAD_BYTES <= len(data) and _CHUNK_NAME.fullmatch(name := data[at : at + 4]):
        if name in _WAVES:
            return at, True, 0
        length = int.from_bytes(data[at + 4 : at + 8], order)
        if name == b"ds64":
            long_bytes = int.from_bytes(data[at + 16 : at + 24], "little")
        if name == b"data":
            told = long_bytes if long_bytes and length == _LONG_LENGTH else length
            if not told or told >= (_MOST_LENGTH if told == length else _MOST_LONG_LENGTH):
                return len(data), False, 0
            length = told
        at += _BOX_HEAD_BYTES + length
        if at > len(data):  # broken off, unless what was taken for a chunk behind the sound is more sound
            return len(data), not sound, 0 if sound else at - len(data)
        sound = sound or name == b"data"
        if at % 2 != start % 2 and not _CHUNK_NAME.fullmatch(data[at : at + 4]):
            at += 1
    return at, not sound or len(data) - at <= _STRAY_BYTES, 0
