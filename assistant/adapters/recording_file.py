"""Recordings of the kinds that people send (`adapters.media_opening`), decoded from disk block by block."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import av
import numpy as np
import structlog

from assistant.adapters.media_opening import MediaRefused, checked_stream, opened_container
from assistant.adapters.recording_parts import RecordingPart
from assistant.adapters.recording_repairs import mended_parts
from assistant.adapters.recording_track import (
    RecordingTrack,
    claimed_seconds,
    packed_seconds,
    pass_on_disk_trouble,
)
from assistant.adapters.webm_parser import EBML_MAGIC, sound_tracks
from assistant.core.errors import RecordingCorrupt, RecordingWithoutAudio
from assistant.core.recording_faults import RecordingFault, gathered
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, seconds_of
from assistant.core.speech.mixing import PhaseMixer, Wide, within_range

_log = structlog.get_logger(__name__)
_BLOCK_SAMPLES = 10 * SAMPLE_RATE
_BROKEN = ("audio_damaged", "recording_ends_early", "recording_breaks_off")
_AUDIBLE = 16
"""In 16-bit steps (-66 dB): what stays softer is the rounding of silence."""


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the parts of a file hold.

    Attributes:
        tracks: Numbers of the audio streams that are read.
        unread: Numbers of those of a kind that is not read here.
        channels: How many channels the first of them has that has most.
        duration_seconds: How long the recording is, as the file says; None where it does not.
    """

    tracks: list[int]
    unread: list[int]
    channels: int
    duration_seconds: float | None


class RecordingFile:
    """All audio tracks of a file, at 16 kHz: mixed to one channel, or each apart.

    Attributes:
        channels: How many channels `read` returns.
        duration_seconds: How long the recording is, as the file says, which may be wrong; None where it does
            not.
    """

    def __init__(self, path: Path, *, by_channel: bool = False) -> None:
        """Open a recording and decode its beginning; blocks.

        Raises:
            RecordingCorrupt: It is no recording, or nothing of it can be decoded.
            RecordingWithoutAudio: It has pictures only, or sound of no length.
            StoreUnavailable: The disk fails.
        """
        try:
            parts = mended_parts(path)
            found = _surveyed(path, parts)
        except (av.FFmpegError, OSError, ValueError) as error:
            pass_on_disk_trouble(error)
            raise RecordingCorrupt("The file cannot be read as a recording.") from error
        self.duration_seconds = found.duration_seconds
        self._path, self._parts, self._by_channel = path, parts, by_channel
        self._numbers, self._unread = found.tracks, found.unread
        own = found.channels if by_channel and len(found.tracks) == 1 else 1
        self._tracks = [RecordingTrack(path, parts, track, own) for track in found.tracks]
        self.channels = own if own > 1 or not by_channel else len(found.tracks)
        self._mixers = [PhaseMixer() for _ in found.tracks[1:]]
        self._read_samples = 0
        # The decoder's memory must outlive a read under way in a thread whose caller has been cancelled.
        self._reading = Lock()
        self._closed = False
        try:
            self._first: Pcm | None = self._begin()
        except BaseException:
            self.close()
            raise

    @property
    def faults(self) -> tuple[RecordingFault, ...]:
        """What is missing in what was read: all of it, once `read` has returned None."""
        several = len(self._tracks) + len(self._unread) > 1
        seconds = seconds_of(self._read_samples)
        found = [RecordingFault(0.0, seconds, "track_unreadable", number + 1) for number in self._unread]
        for number, track in zip(self._numbers, self._tracks, strict=True):
            own = track.faults if track.decoded else [RecordingFault(0.0, seconds, "track_unreadable")]
            found += [replace(fault, track=number + 1 if several else 0) for fault in own]
        if self._read_samples and all(track.loudest < _AUDIBLE for track in self._tracks):
            found.append(RecordingFault(0.0, seconds, "nothing_audible"))
        return gathered(found)

    def read(self) -> Pcm | None:
        """Return about ten seconds that follow, shaped (samples, channels); None at the end; blocks.

        Raises:
            StoreUnavailable: The disk fails.
        """
        with self._reading:
            if self._closed:
                return None
            block = self._first if self._first is not None else self._block()
            self._first = None
            self._read_samples += len(block)
            if not len(block):
                broken = [fault for fault in self.faults if fault.code in _BROKEN]
                if broken:
                    _log.warning("recording_breaks_off", seconds=round(broken[0].start_seconds))
                return None
        return block

    def counted_seconds(self) -> float:
        """Return how long its first track is by the lengths of its packets, which are not decoded; blocks."""
        return sum(packed_seconds(self._path, part, self._numbers[0]) for part in self._parts)

    def close(self) -> None:
        """Let go of the file, after the read that is under way; later reads return None."""
        with self._reading:
            self._closed = True
            for track in self._tracks:
                track.close()

    def _begin(self) -> Pcm:
        """Return the first block of a recording of which something can be decoded."""
        block = self._block()
        if not len(block) or not any(track.decoded for track in self._tracks):
            if any(track.faults for track in self._tracks):
                raise RecordingCorrupt("The recording cannot be decoded.")
            raise RecordingWithoutAudio("The recording holds no audio.")
        return block

    def _block(self) -> Pcm:
        """Return the block that follows; an empty one at the end."""
        blocks = [track.read(_BLOCK_SAMPLES) for track in self._tracks]
        if len(blocks) == 1:
            return blocks[0]
        longest = max(len(block) for block in blocks)
        whole = np.zeros((longest, len(blocks)), dtype=np.int16)
        for number, block in enumerate(blocks):
            whole[: len(block), number] = block[:, 0]
        if self._by_channel:
            return whole
        mix: Wide = whole[:, 0].astype(np.float32)
        for number, mixer in enumerate(self._mixers, 1):
            mix = mixer.added(mix, whole[:, number].astype(np.float32))
        return within_range(mix)[:, None]


def open_recording(path: Path, *, by_channel: bool = False) -> RecordingFile:
    """Return a recording, to be read once; raises as `RecordingFile` does."""
    return RecordingFile(path, by_channel=by_channel)


def _surveyed(path: Path, parts: Sequence[RecordingPart]) -> _Survey:
    """Look at the audio streams of all parts, of which some may be broken; blocks."""
    channels: dict[int, int] = {}
    refused: Exception | None = None
    seconds, count, shown = 0.0, 0, False
    for part in parts:
        try:
            with opened_container(path, part) as container:
                streams = container.streams.audio[: _told_tracks(path, part)]
                read = {number: stream for number, stream in enumerate(streams) if _is_read(stream)}
                for number, stream in read.items():
                    own = stream.codec_context.channels or 1
                    channels[number] = max(own, channels.get(number, 1))
                seconds += max((claimed_seconds(container, one) or 0.0 for one in read.values()), default=0.0)
                count = max(count, len(streams))
                shown |= bool(container.streams.video)
        except (av.FFmpegError, OSError, ValueError) as error:
            pass_on_disk_trouble(error)
            refused = error
    if refused and not count:
        raise refused
    if not count and not shown:
        raise MediaRefused("the recording holds neither sound nor pictures that could be found")
    if not count:
        raise RecordingWithoutAudio("The recording holds no audio.")
    if not channels:
        raise MediaRefused("the sound of the recording is of a kind that is not read here")
    tracks = sorted(channels)
    return _Survey(
        tracks=tracks,
        unread=[number for number in range(count) if number not in channels],
        channels=channels[tracks[0]],
        duration_seconds=seconds or None,
    )


def _told_tracks(path: Path, part: RecordingPart) -> int | None:
    """Return how many tracks a part of a file has as it says; FFmpeg counts them anew where it was lost."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[part.start_bytes : part.start_bytes + len(EBML_MAGIC)] != EBML_MAGIC:
            return None
        return sound_tracks(data, part.start_bytes, part.end_bytes)


def _is_read(stream: av.AudioStream) -> bool:
    try:
        checked_stream(stream)
    except MediaRefused:
        return False
    return True
