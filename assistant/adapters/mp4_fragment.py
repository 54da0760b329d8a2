"""Where the samples of one fragment of an MP4 recording lie (ISO/IEC 14496-12 section 8.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.adapters.mp4_header import Mp4Header, SampleDefaults, boxes, number_at
from assistant.core.errors import AudioMalformed

_FLAGS_AT, _FLAGS_BYTES = 1, 3
_MOST_SAMPLES = 1 << 13
_HAS_BASE = 0x01
_HAS_DESCRIPTION = 0x02
_HAS_TICKS = 0x08
_HAS_SIZE = 0x10
_BASE_IS_MOOF = 0x020000
_RUN_OFFSET = 0x01
_RUN_FIRST_FLAGS = 0x04
_RUN_TICKS = 0x100
_RUN_SIZES = 0x200
_RUN_FIELDS = (_RUN_TICKS, _RUN_SIZES, 0x400, 0x800)


@dataclass(frozen=True, slots=True)
class FragmentSample:
    """One sample of the track that is followed: a packet of its codec.

    Attributes:
        begin_bytes: Where it begins, counted from where the recording does.
        size_bytes: How large it is.
        start_ticks: When it begins, in the time scale of the track.
        ticks: How long it is.
    """

    begin_bytes: int
    size_bytes: int
    start_ticks: int
    ticks: int


def fragment_samples(
    moof: bytes, begin_bytes: int, header: Mp4Header, next_ticks: int
) -> list[FragmentSample]:
    """Return the samples that the body of a `moof` box describes, in their order.

    Args:
        moof: The body.
        begin_bytes: Where the box begins, counted from where the recording does.
        header: What stands before the fragments.
        next_ticks: When the fragment begins if it does not say.

    Raises:
        AudioMalformed: It is damaged.
    """
    samples: list[FragmentSample] = []
    end_bytes = begin_bytes
    for kind, traf in boxes(moof):
        if kind != b"traf":
            continue
        own: list[FragmentSample] = []
        for sample in _track_samples(traf, begin_bytes, end_bytes, header, next_ticks):
            own.append(sample)
            if len(samples) + len(own) > _MOST_SAMPLES:
                raise AudioMalformed("An MP4 fragment has more samples than any recorder makes.")
        if own:
            end_bytes = own[-1].begin_bytes + own[-1].size_bytes
        if own and _track_number(traf) == header.track.number:
            samples += own
            next_ticks = own[-1].start_ticks + own[-1].ticks
    return samples


def _track_number(traf: bytes) -> int:
    return next((number_at(body, 4, 4) for kind, body in boxes(traf) if kind == b"tfhd"), 0)


def _track_samples(
    traf: bytes, moof_bytes: int, end_bytes: int, header: Mp4Header, at_ticks: int
) -> Iterator[FragmentSample]:
    """Yield the samples of one track in one fragment."""
    base_bytes = at_bytes = moof_bytes
    defaults = SampleDefaults(0, 0)
    for kind, body in boxes(traf):
        if kind == b"tfhd":
            defaults, stated_bytes = _track_header(body, header)
            base_bytes = at_bytes = stated_bytes if stated_bytes is not None else end_bytes
            if _flags(body) & _BASE_IS_MOOF and stated_bytes is None:
                base_bytes = at_bytes = moof_bytes
        elif kind == b"tfdt":
            at_ticks = number_at(body, 4, 8 if body[:1] == b"\1" else 4)
        elif kind == b"trun":
            if _flags(body) & _RUN_OFFSET:
                at_bytes = base_bytes + number_at(body, 8, 4, signed=True)
            for ticks, size_bytes in _run(body, defaults):
                yield FragmentSample(at_bytes, size_bytes, at_ticks, ticks)
                at_bytes, at_ticks = at_bytes + size_bytes, at_ticks + ticks


def _track_header(tfhd: bytes, header: Mp4Header) -> tuple[SampleDefaults, int | None]:
    """Return what holds for the samples of a fragment, and where their data lies, where it says."""
    flags, at = _flags(tfhd), 8
    base_bytes = None
    defaults = header.defaults.get(number_at(tfhd, 4, 4), SampleDefaults(0, 0))
    ticks, size_bytes = defaults.ticks, defaults.size_bytes
    if flags & _HAS_BASE:
        base_bytes, at = number_at(tfhd, at, 8), at + 8
    if flags & _HAS_DESCRIPTION:
        at += 4
    if flags & _HAS_TICKS:
        ticks, at = number_at(tfhd, at, 4), at + 4
    if flags & _HAS_SIZE:
        size_bytes = number_at(tfhd, at, 4)
    return SampleDefaults(ticks, size_bytes), base_bytes


def _run(trun: bytes, defaults: SampleDefaults) -> Iterator[tuple[int, int]]:
    """Yield length in ticks and size of the samples that follow each other."""
    flags = _flags(trun)
    at = 8 + 4 * bool(flags & _RUN_OFFSET) + 4 * bool(flags & _RUN_FIRST_FLAGS)
    row_bytes = 4 * sum(bool(flags & field) for field in _RUN_FIELDS)
    for _ in range(number_at(trun, 4, 4)):
        ticks, size_bytes = defaults.ticks, defaults.size_bytes
        if flags & _RUN_TICKS:
            ticks = number_at(trun, at, 4)
        if flags & _RUN_SIZES:
            size_bytes = number_at(trun, at + 4 * bool(flags & _RUN_TICKS), 4)
        at += row_bytes
        yield ticks, size_bytes


def _flags(body: bytes) -> int:
    return number_at(body, _FLAGS_AT, _FLAGS_BYTES)
