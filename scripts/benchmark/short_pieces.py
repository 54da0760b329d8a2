"""Cuts recordings into pieces of one or two seconds, as when somebody says a few words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import Pcm, samples_of
from benchmark.material import Recording
from benchmark.streams import levels_dbfs

LEAST_SECONDS = 1.0
MOST_SECONDS = 2.0
_FRAME_SECONDS = 0.02
_PAUSE_FRAMES = 4
_LOUD_PERCENTILE = 95
_LOUD_DB = -25.0
_QUIET_DB = -30.0
_LEAST_LOUD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class ShortPiece:
    """A few words of a recording.

    Attributes:
        id: The recording's id and the place of the piece in it.
        lang: BCP-47 code of what is spoken.
        pcm: 16 kHz samples.
    """

    id: str
    lang: str
    pcm: Pcm


def short_pieces(recording: Recording, pcm: Pcm, most: int) -> list[ShortPiece]:
    """Return pieces of a recording, at most so many and evenly spread; none where it has no pauses.

    A piece begins with a word behind a pause of 0.08 s, and ends, 1 to 2 s later, where it is quietest.
    """
    spans = list(_spans(levels_dbfs(pcm)))
    chosen = spans if len(spans) <= most else [spans[number * len(spans) // most] for number in range(most)]
    frame = samples_of(_FRAME_SECONDS)
    return [
        ShortPiece(f"{recording.id}-{start}", recording.spoken_language, pcm[start * frame : end * frame])
        for start, end in chosen
    ]


def half_of(recordings: Sequence[Recording], half: int) -> list[Recording]:
    """Return every second recording: half 1 to tune on, half 2 to report; 0: all."""
    return list(recordings[half - 1 :: 2] if half else recordings)


def _spans(levels: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last frame of pieces that do not overlap."""
    if not levels.size:
        return
    top = np.percentile(levels, _LOUD_PERCENTILE)
    loud, quiet = levels > top + _LOUD_DB, levels < top + _QUIET_DB
    least, most = round(LEAST_SECONDS / _FRAME_SECONDS), round(MOST_SECONDS / _FRAME_SECONDS)
    at = _PAUSE_FRAMES
    while at + most <= levels.size:
        begins = bool(loud[at]) and bool(quiet[at - _PAUSE_FRAMES : at - 1].all())
        if not begins:
            at += 1
            continue
        end = at + least + int(levels[at + least : at + most].argmin())
        if loud[at:end].mean() >= _LEAST_LOUD_SHARE:
            yield at - 1, end
        at = end
