"""Recordings whose headers lie, or that were damaged, as FFmpeg can read them."""

from __future__ import annotations

import mmap
from dataclasses import replace
from pathlib import Path

from assistant.adapters.caf_repairs import mended_caf
from assistant.adapters.movie_repairs import mended_movie
from assistant.adapters.ogg_repairs import mended_ogg
from assistant.adapters.recording_ends import breaks_off
from assistant.adapters.recording_lengths import with_true_length
from assistant.adapters.recording_parts import RecordingPart, parts_of


def mended_parts(path: Path) -> list[RecordingPart]:
    """Return the recordings that a file holds, in order, each as it can be read best; blocks.

    Raises:
        av.FFmpegError, OSError: It cannot be read.
    """
    parts = parts_of(path)
    if not parts[-1].end_bytes:
        return parts
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return [_mended(path, data, part) for part in parts]


def _mended(path: Path, data: mmap.mmap, part: RecordingPart) -> RecordingPart:
    if found := mended_caf(path, data, part):
        return found
    return mended_ogg(data, mended_movie(path, data, _measured(data, part)))


def _measured(data: mmap.mmap, part: RecordingPart) -> RecordingPart:
    cut = breaks_off(data, part.start_bytes, part.end_bytes)
    return replace(with_true_length(data, part), breaks_off=cut)
