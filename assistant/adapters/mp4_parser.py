"""Fragmented MP4 to packets of AAC or Opus, as the bytes arrive (ISO/IEC 14496-12).

So Safari's recorder sends sound: a header without samples, then fragments, each a `moof` box that says
where samples lie and an `mdat` box with them.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from assistant.adapters.coded_packets import CodedPacket, StreamBegan, opus_seconds
from assistant.adapters.mp4_fragment import FragmentSample, fragment_samples
from assistant.adapters.mp4_header import Mp4Header, Mp4Track, number_at, parse_header
from assistant.core.errors import AudioMalformed

MP4_KINDS = (b"ftyp", b"moov")
"""What the first box of a recording may be."""

_SIZE_BYTES = 4
_HEADER_BYTES = 8
_LONG_HEADER_BYTES = 16
_NEXT = re.compile(b"moof|ftyp")
_FIRST_IN_FRAGMENT = b"\0\0\0\x10mfhd"
_MOST_HELD_BYTES = {b"ftyp": 1 << 12, b"moov": 1 << 20, b"moof": 1 << 16}
_BETWEEN = frozenset(b"styp sidx ssix prft emsg free skip wide uuid mfra meta".split())
_MOST_BETWEEN_BYTES = 1 << 16
_MAX_SKIPPED_BYTES = 1 << 24
_DOUBTED_SECONDS = 0.1
_MAX_SAMPLE_BYTES = 1 << 16
_MAX_LOST_BYTES = 1 << 20
"""So much without a fragment is no damage: a minute of speech."""


class Mp4Parser:
    """Follows the first track of AAC or Opus of a fragmented MP4 stream; other tracks are ignored.

    Holds at most the header of a recording (1 MiB), and one sample (64 KiB): each comes out when its last
    byte is there, but for a fragment in which time leaps, which waits for the next one. Where bytes are
    damaged it goes on at the next fragment. A header in the middle begins a new recording, as when a
    browser's recorder is stopped and started on one connection.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip_bytes = 0
        # Places are counted from the `ftyp` box of the recording, as those in it are.
        self._at_bytes = 0
        self._header: Mp4Header | None = None
        self._samples: deque[FragmentSample] = deque()
        self._data_end: int | None = None
        self._next_ticks = 0
        self._lost_bytes = 0
        self._ready: deque[StreamBegan | CodedPacket] = deque()
        # A fragment that does not begin where the one before it ended waits for the next one.
        self._held: list[CodedPacket] = []
        self._holding = False
        self._believed_ticks = 0

    def feed(self, data: bytes) -> Iterator[StreamBegan | CodedPacket]:
        """Yield the packets that `data` completes."""
        self._buffer += data
        while True:
            try:
                while (event := self._next()) is not None:
                    yield event
            except AudioMalformed:
                if self._header is None:
                    raise
                if not self._to_next_fragment():
                    return
            else:
                return

    def finish(self) -> Iterator[CodedPacket]:
        """Yield the packets that still wait to be judged by what follows."""
        held, self._held, self._holding = self._held, [], False
        yield from held

    def _next(self) -> StreamBegan | CodedPacket | None:
        """Return what comes next once it is complete; None while bytes are missing."""
        while self._ready or self._skip():
            if self._ready:
                return self._ready.popleft()
            if self._data_end is not None and self._header is not None:
                packet = self._take_sample(self._data_end, self._header)
                if packet is not None and self._holding:
                    self._held.append(packet)
                elif packet is not None or self._data_end is not None:
                    return packet
            else:
                size = self._next_box()
                if size is None:
                    return None
                began = self._read_box(size)
                if began is not None:
                    self._ready.append(began)
        return None

    def _skip(self) -> bool:
        """Step over what is not looked at; return whether its end is there."""
        skipped = min(self._skip_bytes, len(self._buffer))
        self._drop(skipped)
        self._skip_bytes -= skipped
        return not self._skip_bytes

    def _drop(self, count: int) -> None:
        count = min(count, len(self._buffer))
        del self._buffer[:count]
        self._at_bytes += count

    def _next_box(self) -> tuple[int, int] | None:
        """Return how long the header of the next box and all of it are, once what is held of it is there."""
        if len(self._buffer) < _HEADER_BYTES:
            return None
        size, header_bytes = number_at(self._buffer, 0, _SIZE_BYTES), _HEADER_BYTES
        if size == 1:
            if len(self._buffer) < _LONG_HEADER_BYTES:
                return None
            size, header_bytes = number_at(self._buffer, _HEADER_BYTES, 8), _LONG_HEADER_BYTES
        kind = self._kind()
        if size == 0 and kind == b"mdat":  # up to the end of the recording
            size = _MAX_SKIPPED_BYTES
        if not header_bytes <= size <= self._most_bytes(kind):
            raise AudioMalformed("An MP4 box is damaged, or larger than any recorder makes it.")
        held = kind in _MOST_HELD_BYTES
        return None if held and len(self._buffer) < size else (header_bytes, size)

    def _kind(self) -> bytes:
        return bytes(self._buffer[_SIZE_BYTES:_HEADER_BYTES])

    def _most_bytes(self, kind: bytes) -> int:
        """Return how large a box of a kind may be; 0 for what no recorder writes between fragments."""
        if kind in _MOST_HELD_BYTES:
            return _MOST_HELD_BYTES[kind]
        if kind == b"mdat" or self._header is None:
            return _MAX_SKIPPED_BYTES
        return _MOST_BETWEEN_BYTES if kind in _BETWEEN else 0

    def _read_box(self, sizes: tuple[int, int]) -> StreamBegan | None:
        """Read the next box, or step over it; return the stream that begins with it."""
        header_bytes, size = sizes
        kind = self._kind()
        body = bytes(self._buffer[header_bytes:size]) if kind in _MOST_HELD_BYTES else b""
        began = None
        if kind == b"ftyp":
            self._at_bytes = 0
        elif kind == b"moov":
            header = parse_header(body)
            self._ready.extend(self.finish())
            self._header, self._next_ticks = header, 0
            began = self._header.track.began
        elif kind == b"moof":
            self._read_fragment(body)
        elif kind == b"mdat" and self._header is not None:
            self._data_end = self._at_bytes + size
            size = header_bytes
        self._skip_bytes = size
        return began

    def _read_fragment(self, moof: bytes) -> None:
        if self._header is None:
            raise AudioMalformed("MP4 fragments come before the description of their tracks.")
        self._forget_samples()
        self._samples.extend(fragment_samples(moof, self._at_bytes, self._header, self._next_ticks))
        if self._samples:
            self._judge_time(self._samples[0].start_ticks, self._header.track)
            self._next_ticks = self._samples[-1].start_ticks + self._samples[-1].ticks

    def _judge_time(self, start_ticks: int, track: Mp4Track) -> None:
        """Hold a fragment in which time leaps, or let the one go that is held.

        If this one does not go on from it, that time is damage, and may move nothing.
        """
        doubted_ticks = _DOUBTED_SECONDS * track.ticks_per_second
        if self._holding:
            back_ticks = abs(start_ticks - self._believed_ticks)
            ahead_ticks = abs(start_ticks - self._next_ticks)
            damaged = ahead_ticks > doubted_ticks and back_ticks < ahead_ticks
            self._ready.extend(replace(one, start_seconds=None) if damaged else one for one in self._held)
            self._held, self._holding = [], False
            if damaged:
                self._next_ticks = self._believed_ticks
        length_ticks = self._samples[-1].start_ticks + self._samples[-1].ticks - start_ticks
        usual_ticks = length_ticks
        if track.packet_seconds:
            usual_ticks = round(len(self._samples) * track.packet_seconds * track.ticks_per_second)
        due_ticks = self._next_ticks or start_ticks
        leap_ticks = max(abs(start_ticks - due_ticks), abs(length_ticks - usual_ticks))
        self._holding = leap_ticks > doubted_ticks
        self._believed_ticks = due_ticks + usual_ticks

    def _take_sample(self, end: int, header: Mp4Header) -> CodedPacket | None:
        """Return the next sample in data up to `end`, once it is complete; behind the last one it ends."""
        while self._samples:
            sample = self._samples[0]
            sample_end = sample.begin_bytes + sample.size_bytes
            last = self._samples[-1]
            ends_bytes = max(sample_end, last.begin_bytes + last.size_bytes)
            if (
                not self._at_bytes <= sample.begin_bytes
                or ends_bytes > end
                or sample.size_bytes > _MAX_SAMPLE_BYTES
            ):
                raise AudioMalformed("The samples of an MP4 fragment do not lie in its data.")
            self._drop(sample.begin_bytes - self._at_bytes)
            if len(self._buffer) < sample_end - self._at_bytes:
                return None
            self._samples.popleft()
            data = bytes(self._buffer[: sample.size_bytes])
            self._drop(sample.size_bytes)
            if data:
                fits = len(header.defaults) > 1 or ends_bytes == end
                return self._packet(data, sample, header.track, timed=fits)
        # Where there is but one track nothing stands behind its samples, unless that size is damaged.
        self._skip_bytes = end - self._at_bytes if len(header.defaults) > 1 else 0
        self._data_end = None
        return None

    def _packet(self, data: bytes, sample: FragmentSample, track: Mp4Track, *, timed: bool) -> CodedPacket:
        """Return a sample as a packet; of a fragment that does not fit its data times are not believed."""
        seconds = track.packet_seconds or sample.ticks / track.ticks_per_second
        if track.began.codec == "libopus":
            seconds = opus_seconds(data) or seconds
        start_seconds = sample.start_ticks / track.ticks_per_second if timed else None
        packet = CodedPacket(data, seconds, start_seconds, self._lost_bytes)
        self._lost_bytes = 0
        return packet

    def _forget_samples(self) -> None:
        """Let go of samples whose data did not come."""
        self._lost_bytes += len(self._samples)  # what sizes they claim is damaged, perhaps
        self._samples.clear()

    def _to_next_fragment(self) -> bool:
        """Leave out what cannot be read, up to a fragment or another recording; return if one is there."""
        self._forget_samples()
        self._skip_bytes, self._data_end = 0, None
        before = self._at_bytes
        self._drop(1)
        start = _SIZE_BYTES
        while (found := _NEXT.search(self._buffer, start)) and not self._is_box(found.start() - _SIZE_BYTES):
            start = found.start() + 1
        self._drop(found.start() - _SIZE_BYTES if found else max(0, len(self._buffer) - _HEADER_BYTES + 1))
        self._lost_bytes += self._at_bytes - before
        if self._lost_bytes > _MAX_LOST_BYTES:
            raise AudioMalformed("The bytes are no MP4 fragments any more.")
        return found is not None

    def _is_box(self, at: int) -> bool:
        """Whether a fragment, or the header of a recording, looks like one."""
        kind = bytes(self._buffer[at + _SIZE_BYTES : at + _HEADER_BYTES])
        first = bytes(self._buffer[at + _HEADER_BYTES :][: len(_FIRST_IN_FRAGMENT)])
        fits = _HEADER_BYTES < number_at(self._buffer, at, _SIZE_BYTES) <= _MOST_HELD_BYTES[kind]
        return fits and (kind != b"moof" or _FIRST_IN_FRAGMENT.startswith(first))
