"""What opens recordings and decodes streams."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

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
        RecordingCorrupt: From any method, when nothing can be decoded.
    """

    @property
    def channels(self) -> int:
        """How many channels `read` returns: 1, or 2 where speakers are told apart by channel."""

    @property
    def duration_seconds(self) -> float | None:
        """How long the recording is, as its file says; None where it does not."""

    def read(self) -> Pcm | None:
        """Return the samples that follow (int16, 16 kHz, shape (samples, channels)); None at the end."""

    def close(self) -> None:
        """Let go of the file, after the read that another thread has under way; later reads return None."""


class OpenRecording(Protocol):
    """Opens recordings."""

    def __call__(self, path: Path, *, by_channel: bool = False) -> RecordingReader:
        """Return a recording, to be read once; blocks.

        Raises:
            RecordingCorrupt: It is no recording.
            RecordingWithoutAudio: It has pictures only.
        """
