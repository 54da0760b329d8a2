"""Recordings of any format as samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from assistant.core.audio import SAMPLE_RATE, Pcm, Waveform, to_pcm
from assistant.core.errors import FileUnreadable


def read_pcm(path: Path) -> Pcm:
    """Return a recording as 16-bit mono samples at 16 kHz; blocks.

    Raises:
        FileUnreadable: There is no such file, or no audio in it.
    """
    return to_pcm(read_waveform(path))


def read_waveform(path: Path) -> Waveform:
    """Return a recording as float32 mono samples at 16 kHz; blocks.

    Raises:
        FileUnreadable: There is no such file, or no audio in it.
    """
    try:
        blocks = list(_blocks(path))
    except (av.FFmpegError, OSError) as error:
        raise FileUnreadable(f"{path.name} cannot be read as audio.") from error
    if not blocks:
        raise FileUnreadable(f"{path.name} holds no audio.")
    return np.concatenate(blocks)


def _blocks(path: Path) -> Iterator[Waveform]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return
        for frame in container.decode(audio=0):
            for resampled in resampler.resample(frame):
                yield resampled.to_ndarray()[0].astype(np.float32, copy=False)
        for resampled in resampler.resample(None):
            yield resampled.to_ndarray()[0].astype(np.float32, copy=False)
