"""One track of a recording, decoded packet by packet: what is bad is skipped, the rest lies at its time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from assistant.adapters.media_opening import MOST_CHANNELS, checked_stream, opened_container
from assistant.adapters.recording_packets import FlacNumbers, SkippedBytes, decoded_frames, packets_of
from assistant.adapters.recording_parts import RecordingPart
from assistant.adapters.recording_stamps import Lost, Sound, steadied
from assistant.core.disk_errors import is_disk_error, not_kept
from assistant.core.recording_faults import FaultCode, RecordingFault
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, samples_of
from assistant.core.speech.mixing import PhaseMixer, Wide, within_range
from assistant.core.speech.time_stamps import MOST_GAP_SECONDS, StampClock

_SILENCE_SAMPLES = 10 * SAMPLE_RATE
_TOLD_GAP_SECONDS = 0.5
_PAUSING = frozenset("libopus nellymoser opus speex".split())
"""Codecs that send a packet each 0.4 s or so while nobody speaks."""

_BEFORE_SAMPLES = SAMPLE_RATE // 10
_VOICE = 2_000
"""Who is that loud has not stopped speaking."""

_TOLD_END_SECONDS = 1.0
_TOLD_LACKING_SECONDS = 0.05
"""Where the bytes are counted."""

_LONGEST_SECONDS = 7 * 86_400.0
"""A longer length stands for one that is not known."""

_CONSTANT = ("mp1", "mp2", "mp3", "ac3", "eac3")
_PADDING_BYTES = 4
"""By so much pieces of a constant rate differ from each other."""

_LATEST_SECONDS = {
    "mov,mp4,m4a,3gp,3g2,mj2": MOST_GAP_SECONDS,
    "matroska,webm": MOST_GAP_SECONDS,
    "avi": MOST_GAP_SECONDS,
    "ogg": 60.0,  # a first page was lost; streams that were joined while they ran begin anywhere
}
"""Kinds of files whose time stamps begin with the recording, and how late sound may begin in them.

Those of others begin anywhere.
"""

_COUNTED = frozenset("aac ac3 amr amrnb amrwb eac3 mp3".split())
"""Kinds of files without time stamps: FFmpeg counts pieces, as if all were like the first."""

_MOST_PIECE_BYTES = {"mp3": 1_800}
_MOST_OTHER_PIECE_BYTES = 8_192
"""A longer piece of such a file has something before it that is none, and that decoders step over."""

_STRAY_PIECES = 8
"""As many bytes as so many pieces may stand behind the last one, as padding."""

_TELL_LENGTH = ("aiff", "au", "avi", "caf", "flac", "mov,mp4,m4a,3gp,3g2,mj2", "w64", "wav")
"""Kinds of files that know how long each track is; of others FFmpeg guesses by their size."""

_LENGTH_TAGS = ("DURATION", "DURATION-eng")


@dataclass(frozen=True, slots=True)
class _Form:
    """What a resampler is made for."""

    rate: int
    layout: str
    format: str


@dataclass(slots=True)
class _Pace:
    """How many bytes make how much sound, as far as a track was decoded."""

    _seconds: float = 0.0
    _bytes: int = 0
    _frame_seconds: float = 0.0

    def note(self, frame: AudioFrame, packed_bytes: int) -> None:
        """Count a piece."""
        self._frame_seconds = frame.samples / frame.sample_rate
        self._seconds += self._frame_seconds
        self._bytes += packed_bytes

    @property
    def piece_bytes(self) -> float:
        """How many bytes a piece has in the mean."""
        return self._bytes * self._frame_seconds / self._seconds if self._seconds else 0.0

    def seconds_in(self, lost_bytes: float) -> float:
        """Return how long the pieces were of which so many bytes are left."""
        if not self._bytes or not self._frame_seconds:
            return 0.0
        pieces = round(lost_bytes * self._seconds / self._bytes / self._frame_seconds)
        return max(1, pieces) * self._frame_seconds


class RecordingTrack:
    """The pieces of one audio track at 16 kHz, from the start of the recording.

    Attributes:
        faults: What was missing in the pieces that were read.
        decoded: Whether any of them was sound of the file.
        loudest: The greatest sample of them, in 16-bit steps.
    """

    def __init__(self, path: Path, parts: Sequence[RecordingPart], index: int, channels: int) -> None:
        """Read the audio stream `index` of each part, mixed to one channel or with so many apart."""
        self._path, self._parts, self._index, self._channels = path, parts, index, channels
        self.faults: list[RecordingFault] = []
        self.decoded = False
        self.loudest = 0
        self._given_samples = 0
        self._clock = StampClock(0.0, 0.0)
        self._damaged_from: float | None = None
        self._unstamped = self._last_is_short = False
        self._pace = _Pace()
        self._mixers = [PhaseMixer() for _ in range(MOST_CHANNELS - 1)]
        self._form: _Form | None = None
        self._resampler: AudioResampler | None = None
        self._pausing = self._nothing_begins = False
        self._before: Pcm = np.zeros((0, channels), dtype=np.int16)
        self._pieces = self._all_pieces()
        self._rest: Pcm = np.zeros((0, channels), dtype=np.int16)

    def read(self, samples: int) -> Pcm:
        """Return so many samples that follow, shaped (samples, channels); fewer at the end; blocks.

        Raises:
            StoreUnavailable: The disk fails.
        """
        pieces, gathered = [self._rest], len(self._rest)
        while gathered < samples and (piece := next(self._pieces, None)) is not None:
            pieces.append(piece)
            gathered += len(piece)
        whole = np.concatenate(pieces)
        self._rest = whole[samples:]
        return whole[:samples]

    def close(self) -> None:
        """Let go of the file."""
        self._pieces.close()

    def _all_pieces(self) -> Generator[Pcm]:
        for part in self._parts:
            try:
                with opened_container(self._path, part, all_packets=True) as container:
                    streams = container.streams.audio
                    if self._index < len(streams):
                        yield from self._part(container, checked_stream(streams[self._index]), part)
                    elif self._index == 0:
                        self._miss("audio_damaged", self._clock.at_seconds, self._clock.at_seconds)
            except (av.FFmpegError, OSError, ValueError) as error:
                pass_on_disk_trouble(error)
                self._miss("audio_damaged", self._clock.at_seconds, self._clock.at_seconds)
        yield from self._tail()

    def _part(self, container: InputContainer, stream: AudioStream, part: RecordingPart) -> Iterator[Pcm]:
        began, origin = self._clock.at_seconds, _origin_seconds(container)
        self._clock = StampClock(began, origin)
        self._damaged_from = None
        self._unstamped = self._last_is_short = False
        self._pausing = stream.codec_context.name in _PAUSING
        self._nothing_begins = self._start_seconds(container, part) > origin + _TOLD_GAP_SECONDS
        counted = container.format.name in _COUNTED
        events = self._events(container, stream, part, counted=counted)
        for event in steadied(events, origin) if not counted else events:
            if isinstance(event, Lost):
                self._lose(event)
            else:
                yield from self._laid(event, exact=part.steps_over or _is_exact(container, stream))
        # What FFmpeg takes for the length of a track is made of time stamps, which may be those of damage.
        # Nor does it count right where fragments were stepped over.
        claimed = None if self._unstamped or part.steps_over else _length_seconds(container, stream)
        end = began + claimed - origin if claimed is not None and claimed < _LONGEST_SECONDS else 0.0
        if part.lacking_bytes and stream.codec_context.bit_rate:
            end = max(end, self._clock.at_seconds + part.lacking_bytes * 8 / stream.codec_context.bit_rate)
        at, least = self._clock.at_seconds, _TOLD_LACKING_SECONDS if part.lacking_bytes else _TOLD_END_SECONDS
        damaged_from, self._damaged_from = self._damaged_from, None
        if damaged_from is not None and (end > at or at - damaged_from > _TOLD_GAP_SECONDS):
            code: FaultCode = "recording_ends_early" if part.breaks_off and end > at else "audio_damaged"
            self._miss(code, damaged_from, max(end, at))
        elif self.decoded and end - at > least:
            self._miss("recording_ends_early", at, end)
        elif self.decoded and (damaged_from is not None or self._last_is_short):
            self._miss("recording_breaks_off", at, at)
        if self.decoded and part.breaks_off and end - at <= least:
            self._miss("recording_breaks_off", at, at)

    def _start_seconds(self, container: InputContainer, part: RecordingPart) -> float:
        """Return the first time stamp of any track; FFmpeg looks for it only where it fills in what lacks."""
        if container.start_time is not None:
            return container.start_time / av.time_base
        with opened_container(self._path, part) as probed:
            return (probed.start_time or 0) / av.time_base

    def _events(
        self, container: InputContainer, stream: AudioStream, part: RecordingPart, *, counted: bool
    ) -> Iterator[Sound | Lost]:
        """Yield what the packets of a stream hold; of kinds that are `counted` pieces have no time stamps."""
        most_bytes = _MOST_PIECE_BYTES.get(container.format.name, _MOST_OTHER_PIECE_BYTES)
        numbers = FlacNumbers() if _is_numbered(container, stream) else None
        skipped = SkippedBytes(self._path, part) if container.format.name == "aac" else None
        sizes: list[int] = []  # the least, the greatest, and the last one
        for packet in packets_of(container, stream):
            frames = decoded_frames(packet) if packet is not None else None
            if skipped and packet and (hole := skipped.bytes_before(bytes(packet))) and self.decoded:
                yield Lost(hole)
            if packet and packet.size:
                before = sizes or [packet.size] * 3
                sizes = [min(before[0], before[2]), max(before[1], before[2]), packet.size]
            stray = counted and packet is not None and packet.size > most_bytes
            if frames is None or stray:
                yield Lost(packet.size if counted and packet else None, len(frames or ()))
            for frame in frames or ():
                if packet and not stray:
                    self._pace.note(frame, packet.size)
                stamp = None if counted else _stamp_seconds(frame)
                yield Sound(
                    frame, numbers.stamp_seconds(bytes(packet), frame) if packet and numbers else stamp
                )

        if skipped and (hole := skipped.bytes_behind()) > _STRAY_PIECES * self._pace.piece_bytes:
            yield Lost(hole)
        constant = stream.codec_context.name.removesuffix("float") in _CONSTANT and sizes
        self._last_is_short = bool(
            constant and sizes[1] - sizes[0] <= _PADDING_BYTES and sizes[0] - sizes[2] > _PADDING_BYTES
        )

    def _lose(self, lost: Lost) -> None:
        """Note damage here, and how long it is by its bytes where no time stamps tell it."""
        if self._damaged_from is None:
            self._damaged_from = self._clock.at_seconds
        if lost.packed_bytes is not None:
            lost_bytes = lost.packed_bytes - self._pace.piece_bytes * lost.decoded
            self._clock.at_seconds += self._pace.seconds_in(lost_bytes)

    def _laid(self, sound: Sound, *, exact: bool) -> Iterator[Pcm]:
        """Yield a piece of sound, with the silence before it; where stamps are exact, that is damage."""
        frame, before = sound.frame, self._clock.at_seconds
        damaged = self._damaged_from is not None
        silence = self._clock.place(sound.stamp_seconds, sound.seconds, exact=exact or damaged)
        self._unstamped |= sound.stamp_seconds is None
        begins = samples_of(before + silence)
        if self._damaged_from is not None and not self._clock.doubting:
            self._miss("audio_damaged", self._damaged_from, before + silence)
            self._damaged_from = None
        elif (self.decoded or exact or self._nothing_begins) and silence > self._least_told_seconds(
            exact=exact
        ):
            self._miss("audio_damaged" if exact else "audio_absent", before, before + silence)
        form = _Form(frame.sample_rate, frame.layout.name, frame.format.name)
        if silence or damaged or form != self._form or self._resampler is None:
            yield from self._tail()
            yield from self._silence_up_to(begins)
            self._form = form
            self._resampler = _resampler(frame)
        frame.pts = None  # the resampler knows of no gaps
        try:
            pieces = self._resampler.resample(frame)
        except (av.FFmpegError, ValueError):  # what a damaged packet makes may be no sound at all
            self._resampler = None
            self._damaged_from = before + silence
            return
        self.decoded = True
        for made in pieces:
            yield self._given(made)

    def _least_told_seconds(self, *, exact: bool) -> float:
        """Return which gap here is none that somebody leaves who does not speak."""
        if exact or (self.decoded and not self._pausing):
            return 0.0
        return 0.0 if int(np.max(np.abs(self._before), initial=0)) > _VOICE else _TOLD_GAP_SECONDS

    def _tail(self) -> Iterator[Pcm]:
        if self._resampler is not None:
            for made in self._resampler.resample(None):
                yield self._given(made)
            self._resampler = None

    def _silence_up_to(self, samples: int) -> Iterator[Pcm]:
        while (lacking := min(samples - self._given_samples, _SILENCE_SAMPLES)) > 0:
            self._given_samples += lacking
            yield np.zeros((lacking, self._channels), dtype=np.int16)

    def _given(self, frame: AudioFrame) -> Pcm:
        channels = len(frame.layout.channels)
        pcm = np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1, channels)
        self._given_samples += len(pcm)
        self.loudest = max(self.loudest, int(np.max(np.abs(pcm.astype(np.int32)), initial=0)))
        self._before = pcm[-_BEFORE_SAMPLES:]
        if channels == self._channels:
            return pcm
        if channels == 1:
            return np.repeat(pcm, self._channels, axis=1)
        if self._channels > 1:  # of joined recordings one has fewer
            return np.pad(pcm, ((0, 0), (0, self._channels - channels)))
        wide = pcm.astype(np.float32) * np.float32(1 / channels)
        mix: Wide = wide[:, 0]
        for number in range(1, channels):
            mix = self._mixers[number - 1].added(mix, wide[:, number])
        return within_range(mix)[:, None]

    def _miss(self, code: FaultCode, start_seconds: float, end_seconds: float) -> None:
        self.faults.append(RecordingFault(start_seconds, end_seconds, code))


def pass_on_disk_trouble(error: Exception) -> None:
    """Raise `StoreUnavailable` for what the disk did; what FFmpeg says tells of the file."""
    if isinstance(error, OSError) and not isinstance(error, av.FFmpegError) and is_disk_error(error):
        raise not_kept("A recording", error) from error


def claimed_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    """Return how long a track is as its file says, which may be wrong; None where it does not."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def packed_seconds(path: Path, part: RecordingPart, index: int) -> float:
    """Return how long a track is by the lengths of its packets; blocks. What cannot be read has none."""
    try:
        with opened_container(path, part) as container:
            stream = container.streams.audio[index]
            base = stream.time_base or Fraction(0)
            return float(
                sum(packet.duration or 0 for packet in packets_of(container, stream) if packet) * base
            )
    except (av.FFmpegError, OSError, ValueError, IndexError):
        return 0.0


def _is_numbered(container: InputContainer, stream: AudioStream) -> bool:
    return stream.codec_context.name == "flac" and container.format.name in {"flac", "ogg"}


def _is_exact(container: InputContainer, stream: AudioStream) -> bool:
    """Whether time stamps count samples without a gap; of damage ALAC makes pieces that are too short."""
    counts = stream.codec_context.name == "alac" and container.format.name == "caf"
    return counts or _is_numbered(container, stream)


def _resampler(frame: AudioFrame) -> AudioResampler:
    # Channels are mixed here, where their phases are looked at: FFmpeg leaves out what it takes for a bass.
    return AudioResampler(format="s16", layout=frame.layout, rate=SAMPLE_RATE)


def _stamp_seconds(frame: AudioFrame) -> float | None:
    if frame.pts is None or not frame.time_base:
        return None
    return float(frame.pts * frame.time_base)


def _origin_seconds(container: InputContainer) -> float:
    """Return the time stamp at which a recording begins."""
    start = (container.start_time or 0) / av.time_base
    return 0.0 if 0.0 <= start <= _LATEST_SECONDS.get(container.format.name, 0.0) else start


def _length_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    """Return the time stamp at which a track ends as its file says; None where it does not know."""
    for tag in _LENGTH_TAGS:
        if tag in stream.metadata:
            hours, minutes, seconds = ([*stream.metadata[tag].split(":"), "", ""])[:3]
            try:
                return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
            except ValueError:
                return None
    if container.format.name in _TELL_LENGTH:
        if stream.duration and stream.time_base:
            start = Fraction(stream.start_time or 0) * stream.time_base
            return float(start + stream.duration * stream.time_base)
        return None
    alone = len(container.streams) == 1 and container.format.name == "matroska,webm"
    return container.duration / av.time_base if alone and container.duration else None
