"""Recordings of the kinds that people have (`adapters.media_opening`) as samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from assistant.adapters.media_opening import opened_media, resampled
from assistant.core.errors import FileUnreadable
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Waveform, to_pcm


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
    return np.concatenate(list(_readable_blocks(path)))


def _readable_blocks(path: Path) -> Iterator[Waveform]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    empty = True
    try:
        with opened_media(path) as (container, stream):
            for frame in resampled(container, stream, resampler) if stream else ():
                empty = False
                yield frame.to_ndarray()[0].astype(np.float32, copy=False)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise FileUnreadable(f"{path.name} cannot be read as audio.") from error
    if empty:
        raise FileUnreadable(f"{path.name} holds no audio.")
