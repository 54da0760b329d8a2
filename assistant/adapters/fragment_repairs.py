"""Fragments of MP4 whose tables were damaged (ISO/IEC 14496-12 section 8.8), and those of Smooth Streaming.

FFmpeg ends a recording at a table that makes no sense, or believes lengths of hours. A table whose entries
can be told from damage is put right, so that what lies behind keeps its place and its time; a fragment whose
table cannot be read is stepped over.

Smooth Streaming tells in a box of its own, behind the table, when a fragment begins (MS-SSTR, section
2.2.4.4); FFmpeg looks for a standard one before it.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median_low

from assistant.adapters.recording_edits import Edit

_HEAD_BYTES = 8
_MOOF = re.compile(rb".{4}moof", re.DOTALL)
_MOST_MOOF_BYTES = 1 << 26
_INSIDE_MOOF = frozenset(b"mfhd traf free skip uuid pssh".split())
_INSIDE_TRAF = frozenset(b"tfhd tfdt trun uuid sdtp senc saiz saio sbgp sgpd subs free skip".split())

_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_DURATION, _SIZE = 0x100, 0x200
_ENTRY_FIELDS = (_DURATION, _SIZE, 0x400, 0x800)
_FLAGS_KNOWN = 0xF05
_MOST_TIMES = 8
"""A duration that is so many times what is usual, or so many times less, is damage."""

_LONGEST_PAUSE = 4096
"""A piece of so many times what is usual may be a pause, where nothing tells how long it was."""

_LEAST_USUAL_BYTES = 64

_SMOOTH_TIME = bytes.fromhex("6d1d9b0542d544e680e2141daff757b2")
_SMOOTH_HEAD_BYTES = _HEAD_BYTES + 16 + 4


@dataclass(frozen=True, slots=True)
class _Box:
    """A box by its kind; its body is from `at + 8` up to `end`."""

    kind: bytes
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class _Run:
    """The table of the pieces of a fragment: each entry has `fields` numbers of four bytes.

    Attributes:
        entries_at: Where it begins.
        count: How many entries it has.
        fields: Which numbers an entry has, by the flags that say so.
    """

    entries_at: int
    count: int
    fields: tuple[int, ...]

    def places(self, field: int) -> list[int]:
        """Return where a field stands in each entry; nowhere if entries do not have it."""
        if field not in self.fields:
            return []
        begin, step = self.entries_at + 4 * self.fields.index(field), 4 * len(self.fields)
        return [begin + number * step for number in range(self.count)]


@dataclass(frozen=True, slots=True)
class FragmentRepairs:
    """What puts the tables of fragments right.

    Attributes:
        edits: The changes.
        steps_over: Whether any fragment has to be stepped over.
        last: Whether the last one has.
    """

    edits: tuple[Edit, ...] = ()
    steps_over: bool = False
    last: bool = False


def repaired_fragments(data: mmap.mmap, start: int, end: int) -> FragmentRepairs:
    """Return what puts the tables of the fragments right that lie in a part of a file."""
    boxes = [box for match in _MOOF.finditer(data, start, end) if (box := _box(data, match.start(), end))]
    moofs = [(box, _trafs(data, box)) for box in boxes if box.end - box.at <= _MOST_MOOF_BYTES]
    usual = _usual_durations(data, [traf for _, trafs in moofs for traf in trafs or ()])
    edits: list[Edit] = []
    lost: list[bool] = []
    for number, (moof, trafs) in enumerate(moofs):
        behind = moofs[number + 1][0].at if number + 1 < len(moofs) else end
        following = _times(data, moofs[number + 1][1] if number + 1 < len(moofs) else None)
        mended = None if trafs is None else _of_fragment(data, moof, trafs, usual, behind, following)
        edits += [Edit(moof.at + 4, 4, b"free")] if mended is None else mended
        lost.append(mended is None)
    return FragmentRepairs(tuple(edits), any(lost), lost[-1:] == [True])


def _of_fragment(
    data: mmap.mmap,
    moof: _Box,
    trafs: list[list[_Box]],
    usual: dict[int, int],
    behind: int,
    following: dict[int, int],
) -> list[Edit] | None:
    """Return what puts the tables of a fragment right, up to `behind`; None where nobody knows what does.

    `following` has the times at which the next fragment begins, by track.
    """
    payload = _box(data, moof.end, behind)
    end = payload.end if payload and payload.kind == b"mdat" else behind
    edits: list[Edit] = []
    begins = _times(data, trafs)
    for traf in trafs:
        edits += _timed(data, traf)
        runs = _runs(data, traf)
        track = _track(data, traf)
        known = len(runs) == 1 and track in begins and track in following
        length = following[track] - begins[track] if known else None
        sound_bytes = end - moof.end - _HEAD_BYTES if len(trafs) == 1 == len(runs) else None
        for run in runs:
            mended = _mended(data, run, usual.get(track, 0), sound_bytes, length)
            if mended is None:
                return None
            edits += mended
    return edits


def _usual_durations(data: mmap.mmap, trafs: list[list[_Box]]) -> dict[int, int]:
    """Return how long pieces of each track are in most cases."""
    found: dict[int, list[int]] = {}
    for traf in trafs:
        for run in _runs(data, traf):
            times = [_number(data, at) for at in run.places(_DURATION)]
            found.setdefault(_track(data, traf), []).extend(times)
    return {track: median_low(times) for track, times in found.items() if times}


def _track(data: mmap.mmap, traf: list[_Box]) -> int:
    return _number(data, traf[0].at + _HEAD_BYTES + 4)


def _runs(data: mmap.mmap, traf: list[_Box]) -> list[_Run]:
    return [run for box in traf if box.kind == b"trun" and (run := _run(data, box))]


def _trafs(data: mmap.mmap, moof: _Box) -> list[list[_Box]] | None:
    """Return what is in the tracks of a fragment; None where that makes no sense."""
    inside = list(_boxes(data, moof, _INSIDE_MOOF))
    if not inside or inside[-1].end != moof.end or inside[0].kind != b"mfhd":
        return None
    trafs = [list(_boxes(data, box, _INSIDE_TRAF)) for box in inside if box.kind == b"traf"]
    whole = all(
        traf and traf[-1].end == box.end and traf[0].kind == b"tfhd"
        for traf, box in zip(trafs, (box for box in inside if box.kind == b"traf"), strict=True)
    )
    sound = all(_run(data, box) for traf in trafs for box in traf if box.kind == b"trun")
    return trafs if trafs and whole and sound else None


def _run(data: mmap.mmap, box: _Box) -> _Run | None:
    """Return the table in a box; None where its length is not that of its entries."""
    body = box.at + _HEAD_BYTES
    if box.end - body < 2 * 4:
        return None
    told, count = struct.unpack_from(">II", data, body)
    flags = told & 0xFFFFFF
    fields = tuple(field for field in _ENTRY_FIELDS if flags & field)
    entries_at = body + 8 + 4 * bool(flags & _OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    if flags & ~_FLAGS_KNOWN or entries_at + 4 * len(fields) * count != box.end:
        return None
    return _Run(entries_at, count, fields)


def _mended(
    data: mmap.mmap, run: _Run, usual: int, sound_bytes: int | None, length: int | None
) -> list[Edit] | None:
    """Return what stands for the entries of a table that are damage: usual times, and what bytes are left.

    Args:
        data: The file.
        run: The table.
        usual: How long pieces are in most cases; 0 where nobody can say.
        sound_bytes: How many bytes all pieces have together, if that is known.
        length: How long they are together, if that is known.
    """
    durations, sizes = run.places(_DURATION), run.places(_SIZE)
    times = [_number(data, at) for at in durations]
    lengths = [_number(data, at) for at in sizes]
    whole = sound_bytes is None or not lengths or sum(lengths) == sound_bytes
    odd = {
        number
        for number, time in enumerate(times)
        if usual and not usual <= time * _MOST_TIMES <= usual * _MOST_TIMES * _MOST_TIMES
    }
    if whole and _is_possible(times, usual, length):
        odd = set()  # pauses are not sent, or are one long piece
    edits = [Edit(durations[number], 4, usual.to_bytes(4, "big")) for number in sorted(odd)]
    if whole or sound_bytes is None:
        return edits
    most = min(sound_bytes, _MOST_TIMES * max(median_low(lengths), _LEAST_USUAL_BYTES))
    odd |= {number for number, length in enumerate(lengths) if length > most}
    # What is beside damage may be damaged in part.
    odd |= {beside for number in odd for beside in (number - 1, number + 1) if 0 <= beside < run.count}
    left = sound_bytes - sum(length for number, length in enumerate(lengths) if number not in odd)
    if odd and left < len(odd):
        return None
    if odd:
        each, more = divmod(left, len(odd))
        told = [each + (place < more) for place in range(len(odd))]
        edits += [
            Edit(sizes[number], 4, size.to_bytes(4, "big"))
            for number, size in zip(sorted(odd), told, strict=True)
        ]
    return edits


def _is_possible(times: list[int], usual: int, length: int | None) -> bool:
    """Return whether pieces may be so long, which are `length` together if that is known."""
    if length is None:
        return max(times, default=0) <= usual * _LONGEST_PAUSE and 0 not in times
    return abs(sum(times) - length) <= usual


def _times(data: mmap.mmap, trafs: list[list[_Box]] | None) -> dict[int, int]:
    """Return when a fragment begins, by track, as far as that is told."""
    found: dict[int, int] = {}
    for traf in trafs or ():
        for box in traf:
            body = box.at + _HEAD_BYTES
            if box.kind == b"uuid" and data[body : body + 16] == _SMOOTH_TIME:
                body += 16
            elif box.kind != b"tfdt":
                continue
            long = data[body : body + 1] == b"\1"
            told = data[body + 4 : min(box.end, body + (12 if long else 8))]
            found[_track(data, traf)] = int.from_bytes(told, "big")
    return found


def _timed(data: mmap.mmap, traf: list[_Box]) -> Iterator[Edit]:
    """Yield what puts the time of a fragment of Smooth Streaming to where FFmpeg looks for it."""
    if any(box.kind == b"tfdt" for box in traf):
        return
    told = [
        box
        for box in traf
        if box.kind == b"uuid" and data[box.at + _HEAD_BYTES : box.at + _HEAD_BYTES + 16] == _SMOOTH_TIME
    ]
    runs = [box for box in traf if box.kind == b"trun"]
    if len(told) != 1 or not runs or told[0].at < runs[0].at:
        return
    (box,) = told
    long = data[box.at + _HEAD_BYTES + 16] == 1
    at = box.at + _SMOOTH_HEAD_BYTES
    time = int.from_bytes(data[at : at + (8 if long else 4)], "big")
    standard = struct.pack(">I4sIQ", 20, b"tfdt", 1 << 24, time)
    room = box.end - box.at - len(standard)
    if room >= _HEAD_BYTES:
        yield Edit(runs[0].at, put=standard + struct.pack(">I4s", room, b"free"), zeroes=room - _HEAD_BYTES)
        yield Edit(box.at, box.end - box.at)


def _boxes(data: mmap.mmap, outer: _Box, known: frozenset[bytes]) -> Iterator[_Box]:
    """Yield the boxes inside one, as far as they are of kinds that belong there."""
    at = outer.at + _HEAD_BYTES
    while (box := _box(data, at, outer.end)) and box.kind in known:
        yield box
        at = box.end


def _box(data: mmap.mmap, at: int, end: int) -> _Box | None:
    size = int.from_bytes(data[at : at + 4], "big")
    if at + _HEAD_BYTES > end or size < _HEAD_BYTES or at + size > end:
        return None
    return _Box(data[at + 4 : at + _HEAD_BYTES], at, at + size)


def _number(data: mmap.mmap, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
