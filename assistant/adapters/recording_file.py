"""Recordings of the kinds that people send (`adapters.media_opening`), decoded from disk block by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

import av
import numpy as np
import structlog

from assistant.adapters.media_opening import opened_media, resampled
from assistant.core.disk_errors import is_disk_error, not_kept
from assistant.core.errors import RecordingCorrupt, RecordingWithoutAudio
from assistant.core.speech.audio import SAMPLE_RATE, Pcm

_log = structlog.get_logger(__name__)
_BLOCK_SAMPLES = 10 * SAMPLE_RATE
_LAYOUTS = {1: "mono", 2: "stereo"}


class RecordingFile:
    """The first audio stream of a file, at 16 kHz, mixed to one channel or in two.

    Attributes:
        channels: How many channels `read` returns.
        duration_seconds: As the file says; None where it does not.
    """

    def __init__(self, path: Path, *, by_channel: bool = False) -> None:
        """Open a recording; blocks.

        Raises:
            RecordingCorrupt: It is no recording.
            RecordingWithoutAudio: It has pictures only.
        """
        with ExitStack() as opening:
            try:
                container, stream = opening.enter_context(opened_media(path))
            except (av.FFmpegError, OSError, ValueError) as error:
                if isinstance(error, OSError) and is_disk_error(error):  # the recording may be well
                    raise not_kept("A recording", error) from error
                raise RecordingCorrupt("The file cannot be read as a recording.") from error
            if stream is None:
                raise RecordingWithoutAudio("The recording holds no audio.")
            self._opened = opening.pop_all()
        self._container, self._stream = container, stream
        self.channels = 2 if by_channel and (stream.codec_context.channels or 1) > 1 else 1
        self.duration_seconds = _duration_seconds(container, stream)
        self._frames = self._resampled()
        self._decoded = 0
        # The decoder's memory must outlive a read under way in a thread whose caller has been cancelled.
        self._reading = Lock()
        self._closed = False

    def read(self) -> Pcm | None:
        """Return about ten seconds that follow, shaped (samples, channels); None at the end; blocks.

        Raises:
            RecordingCorrupt: Nothing of it can be decoded.
        """
        pieces: list[Pcm] = []
        gathered = 0
        with self._reading:
            while not self._closed and gathered < _BLOCK_SAMPLES:
                if (piece := next(self._frames, None)) is None:
                    break
                pieces.append(piece)
                gathered += len(piece)
            self._decoded += gathered
        return np.concatenate(pieces) if pieces else None

    def close(self) -> None:
        """Let go of the file, after the read that is under way; later reads return None."""
        with self._reading:
            self._closed = True
            self._opened.close()

    def _resampled(self) -> Iterator[Pcm]:
        resampler = av.AudioResampler(format="s16", layout=_LAYOUTS[self.channels], rate=SAMPLE_RATE)
        try:
            for frame in resampled(self._container, self._stream, resampler):
                yield np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1, self.channels)
        except (av.FFmpegError, OSError, ValueError) as error:
            if not self._decoded:
                raise RecordingCorrupt("The recording cannot be decoded.") from error
            # What came before the damage is transcribed.
            _log.warning("recording_breaks_off", seconds=round(self._decoded / SAMPLE_RATE))


def open_recording(path: Path, *, by_channel: bool = False) -> RecordingFile:
    """Return a recording, to be read once; raises as `RecordingFile` does."""
    return RecordingFile(path, by_channel=by_channel)


def _duration_seconds(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None
