"""What opens recordings and decodes streams."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from assistant.core.recording_faults import RecordingFault
from assistant.core.speech.audio import Pcm


class AudioDecoder(Protocol):
    """Turns the bytes of one connection into samples as they arrive; blocks for milliseconds."""

    def feed(self, data: bytes) -> Pcm:
        """Return the samples that `data` completes, mono at 16 kHz (often none).

        Raises:
            AudioMalformed: The bytes are not audio of the announced encoding.
        """

    def finish(self) -> Pcm:
        """Return the samples still inside, after the last byte."""


class RecordingReader(Protocol):
    """A finished recording, decoded block by block; blocks.

    Raises:
        StoreUnavailable: From any method, when the disk fails.
    """

    @property
    def channels(self) -> int:
        """How many channels `read` returns: 1, or more where speakers are told apart by channel or track."""

    @property
    def duration_seconds(self) -> float | None:
        """How long the recording is, as its file says, which may be wrong; None where it does not."""

    @property
    def faults(self) -> Sequence[RecordingFault]:
        """What is missing in what was read: all of it, once `read` has returned None."""

    def counted_seconds(self) -> float:
        """Return how long it is, without decoding it; 0 where that cannot be told."""

    def read(self) -> Pcm | None:
        """Return the samples that follow (int16, 16 kHz, shape (samples, channels)); None at the end."""

    def close(self) -> None:
        """Let go of the file, after the read that another thread has under way; later reads return None."""


class OpenRecording(Protocol):
    """Opens recordings."""

    def __call__(self, path: Path, *, by_channel: bool = False) -> RecordingReader:
        """Return a recording, to be read once; blocks until something of it is decoded.

        Raises:
            RecordingCorrupt: It is no recording, or nothing of it can be decoded.
            RecordingWithoutAudio: It has pictures only, or sound of no length.
            StoreUnavailable: The disk fails.
        """
