"""MP4 files from which bytes were lost, or into which others came, read on behind that (ISO/IEC 14496-12).

FFmpeg steps from box to box by their sizes. Where a step leads nowhere it finds neither the index at the end
of a file nor the fragments that follow, and what lies behind is not where the index says.
"""

from __future__ import annotations

import mmap
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import av
from av.audio.codeccontext import AudioCodecContext

from assistant.adapters.coded_packets import opus_seconds
from assistant.adapters.fragment_repairs import repaired_fragments
from assistant.adapters.media_opening import checked_stream, is_damaged_amr, opened_container
from assistant.adapters.movie_lengths import true_edits
from assistant.adapters.recording_edits import Edit
from assistant.adapters.recording_parts import RecordingPart

_HEAD_BYTES = 8
_LONG_HEAD_BYTES = 16
_KINDS = frozenset(
    b"ftyp moov moof mdat free skip wide uuid styp sidx ssix prft emsg mfra meta udta pdin pnot junk".split()
)
_INDEX = re.compile(rb".{4}(?:moof\0\0\0\x10mfhd|moov.{4}mvhd|mfra.{4}tfra)", re.DOTALL)
"""A fragment, or an index of a file."""

_FRAGMENT = re.compile(rb"moof\0\0\0\x10mfhd")
_STATED = re.compile(rb"tfhd\0..[\x01\x03\x09\x0b\x11\x13\x19\x1b\x29\x2b\x39\x3b].{4}(.{8})", re.DOTALL)
_MOST_HEAD_BYTES = 200
_MOST_LACKING_BYTES = 1 << 32
_MOST_EDITS = 10_000
_MARKS = dict.fromkeys(("ac3", "eac3"), (b"\x0b\x77", b"\x77\x0b"))
"""With what packets begin, where decoders look for it themselves and make sound of what is behind it."""
_HOLES = {"opus": b"\0", "aac": b"\xff"}
"""What no packet is made of, by codecs of which a torn packet may be decoded."""
_WINDOW_PACKETS = 12
"""So many packets of sound, of which a few decode by chance where all are garbage."""


def mended_movie(path: Path, data: mmap.mmap, part: RecordingPart) -> RecordingPart:
    """Return a part of a file, `data`, so that FFmpeg finds what lies behind damage if it is MP4; blocks.

    Raises:
        av.FFmpegError, OSError: It cannot be read.
    """
    if data[part.start_bytes + 4 : part.start_bytes + 8] not in _KINDS:
        return part
    first: dict[bytes, int] = {}
    edits = list(_edits(data, part.start_bytes, part.end_bytes, first))
    cut = b"moof" in first and bool(edits) and edits[-1].at_bytes == part.end_bytes
    mended = replace(part, edits=tuple(edits), breaks_off=cut)
    if b"moof" in first:
        fragments = sum(1 for _ in _FRAGMENT.finditer(data, part.start_bytes, part.end_bytes))
        if fragments == 1 and len(edits) == 1 and not edits[0].put:
            mended = realigned(path, data, mended, part)
        found = repaired_fragments(data, part.start_bytes, part.end_bytes)
        return replace(
            mended,
            edits=(*mended.edits, *found.edits),
            breaks_off=mended.breaks_off or found.last,
            steps_over=found.steps_over,
        )
    if b"moov" not in first:
        return mended
    if len(edits) == 1 and not edits[0].put:
        mended = realigned(path, data, mended, part)
    lengths = true_edits(data, first[b"moov"], part.end_bytes)
    return replace(mended, edits=(*mended.edits, *lengths))


def _edits(data: mmap.mmap, start: int, end: int, first: dict[bytes, int]) -> Iterator[Edit]:
    """Yield what puts the boxes of a file to where the sizes of those before them say that they are.

    In `first` it notes where each kind of them stands first.
    """
    at, shift = start, 0
    for _ in range(_MOST_EDITS):
        size = _box_bytes(data, at, end)
        first.setdefault(data[at + 4 : at + 8], at)
        while size and at + size < end and _box_bytes(data, at + size, end):
            at += size
            size = _box_bytes(data, at, end)
            first.setdefault(data[at + 4 : at + 8], at)
        told = at + size
        if told == end and size:
            return
        found = _INDEX.search(data, at + _HEAD_BYTES, end)
        there = found.start() if found else end
        if size and data[at + 4 : at + 8] == b"mdat" and abs(told - there) < end - start:
            yield Edit(min(told, there), max(0, there - told), zeroes=max(0, told - there))
            shift += told - there
        elif found:
            covered = told if size and told <= there else at
            if there - covered >= _HEAD_BYTES:
                yield Edit(covered, _HEAD_BYTES, _free(there - covered))
            else:
                yield Edit(covered, there - covered)
                shift -= there - covered
        if not found:
            return
        # Where several fragments were lost, the next one says how far behind them it was.
        before = first.get(b"moof", -1)
        says_places = before >= 0 and _stated_place(data, before) == before - start
        lacking = (_stated_place(data, there) if says_places else 0) - (there - start + shift)
        if _HEAD_BYTES <= lacking < _MOST_LACKING_BYTES:
            yield Edit(there, put=_free(lacking), zeroes=lacking - _HEAD_BYTES)
            shift += lacking
        at = there


def _free(size: int) -> bytes:
    """Return the head of a box of so many bytes that nobody looks into."""
    return (size & 0xFFFFFFFF).to_bytes(4, "big") + b"free"


def _stated_place(data: mmap.mmap, moof: int) -> int:
    """Return where a fragment says that it begins; 0 where it does not."""
    found = _STATED.search(data, moof, moof + _MOST_HEAD_BYTES)
    return int.from_bytes(found[1], "big") if found else 0


def _box_bytes(data: mmap.mmap, at: int, end: int) -> int:
    """Return how long the box at a place says that it is; 0 where there is none."""
    if at + _HEAD_BYTES > end or data[at + 4 : at + 8] not in _KINDS:
        return 0
    size, least = int.from_bytes(data[at : at + 4], "big"), _HEAD_BYTES
    if size == 1:
        size, least = int.from_bytes(data[at + 8 : at + 16], "big"), _LONG_HEAD_BYTES
    return end - at if size == 0 else size if size >= least else 0


def realigned(path: Path, data: mmap.mmap, mended: RecordingPart, plain: RecordingPart) -> RecordingPart:
    """Return a file of one index with the change where the bytes were lost or came in, as decoding tells.

    Before that place packets lie where the index says; behind it they lie nearer to the start, or farther.

    Args:
        path: The file.
        data: What is in it.
        mended: The part of it that is read, with one change at its end, so that its index is found.
        plain: The part of the file as it is, without any change.

    Raises:
        av.FFmpegError, OSError: It cannot be read.
    """
    (edit,) = mended.edits
    shift = edit.dropped_bytes - edit.zeroes
    with opened_container(path, mended) as container:
        if not container.streams.audio:
            return mended
        context = checked_stream(container.streams.audio[0]).codec_context
        places = sorted(
            (packet.pos + plain.start_bytes, packet.size)
            for packet in container.demux(container.streams.audio[0])
            if packet.pos is not None and packet.size
        )

        first_ones = [data[at : at + size] for at, size in places[:_WINDOW_PACKETS]]
        usual = Counter(map(opus_seconds, first_ones)).most_common(1) if "opus" in context.name else []

        def is_garbage(packet: bytes) -> bool:
            """Whether something is no packet; of any bytes Opus makes sound, but not as long as usual."""
            unusual = not packet or any(opus_seconds(packet) != seconds for seconds, _ in usual)
            return unusual or _is_garbage(context, packet)

        def bad(first: int, moved_bytes: int) -> list[bool]:
            """Return which of some packets cannot be decoded so far from where the index says they are."""
            window = places[first : first + _WINDOW_PACKETS]
            return [
                at + moved_bytes < 0 or is_garbage(data[at + moved_bytes : at + moved_bytes + size])
                for at, size in window
            ]

        def has_moved(first: int) -> bool:
            """Whether many more packets can be decoded where they would be if they had moved."""
            return sum(bad(first, 0)) - sum(bad(first, shift)) >= _WINDOW_PACKETS // 3

        last = max(0, len(places) - _WINDOW_PACKETS)
        if not places or not has_moved(last):  # it was cut off, or any bytes are sound
            at_end = edit.at_bytes + edit.dropped_bytes == plain.end_bytes
            return replace(plain, breaks_off=edit.zeroes > 0) if at_end else mended
        first = bisect_left(range(last), 1, key=has_moved)
        before, behind = bad(first, 0), bad(first, shift)
        costs = [sum(before[:at]) + sum(behind[at:]) for at in range(len(before) + 1)]
    best = max(at for at, cost in enumerate(costs) if cost == min(costs))
    number = min(first + best, len(places) - 1)
    at = places[number][0]
    if shift < 0:
        return replace(mended, edits=(Edit(at + shift, zeroes=-shift),))
    # The packet into which the bytes came begins soundly, and decoders may make noise of it without a word.
    hole = _HOLES.get(context.name.removeprefix("lib"), b"")
    torn = places[number - 1 : number] if number and hole else []
    holes = [Edit(place, size, hole * size) for place, size in torn]
    return replace(mended, edits=(*holes, Edit(at, dropped_bytes=shift)))


def _is_garbage(like: AudioCodecContext, packet: bytes) -> bool:
    """Whether a packet cannot be decoded, by a decoder of its own: damage changes decoders."""
    context = cast("AudioCodecContext", AudioCodecContext.create(like.name, "r"))
    context.extradata = like.extradata
    context.sample_rate, context.layout = like.sample_rate, like.layout
    if is_damaged_amr(like.name, packet) or not packet.startswith(_MARKS.get(like.name, b"")):
        return True
    try:
        context.decode(av.Packet(packet))
    except (av.FFmpegError, ValueError):
        return True
    return not packet
