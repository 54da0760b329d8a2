"""Recordings as pieces of spectrogram, as the service hears them: any speech, no text needed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.errors import NotTrainable
from train.short_windows.recipe import Recipe

FRAMES_A_SECOND = 100
MOST_FRAMES = 3000
"""Of the window that the weights were trained on."""

_SAMPLE_RATE = 16_000
_SILENCE_BELOW_PEAK = 2.0
"""The spectrogram is clipped at 8 below its peak, in powers of ten, and then divided by 4."""

Mel = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Spectrograms (mels, frames), one after the other in time.

    Attributes:
        mel: Of all pieces, float16.
        ends: Where each piece ends.
    """

    mel: npt.NDArray[np.float16]
    ends: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def frames(self) -> npt.NDArray[np.int64]:
        """How many frames each piece has."""
        return np.diff(self.ends, prepend=0)

    @property
    def minutes(self) -> float:
        """How much speech there is."""
        return int(self.ends[-1]) / FRAMES_A_SECOND / 60

    def window(self, chosen: Sequence[int], frames: int) -> Mel:
        """Return some pieces (pieces, mels, frames), with silence behind the speech."""
        rows = []
        for index in chosen:
            piece = self.mel[:, self.ends[index] - self.frames[index] : self.ends[index]].astype(np.float32)
            row = np.full((len(piece), frames), piece.max() - _SILENCE_BELOW_PEAK, dtype=np.float32)
            row[:, : piece.shape[1]] = piece[:, :frames]
            rows.append(row)
        return np.stack(rows)

    def save(self, path: Path) -> None:
        """Write them."""
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, mel=self.mel, ends=self.ends)
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path) -> Pieces:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            return cls(stored["mel"], stored["ends"])


def cut(samples: int, recipe: Recipe, draw: random.Random) -> Iterator[tuple[int, int]]:
    """Yield where pieces of a recording begin and end, in samples; what is left at its end is dropped."""
    start = 0
    while True:
        seconds = draw.uniform(recipe.shortest_seconds, recipe.longest_seconds)
        end = start + round(seconds * _SAMPLE_RATE)
        if end > samples:
            if samples - start >= recipe.shortest_seconds * _SAMPLE_RATE:
                yield start, samples
            return
        yield start, end
        start = end


def read_speech(folder: Path, mels: int, recipe: Recipe, say: Callable[[str], None]) -> Pieces:
    """Return all recordings of a folder and the folders in it, cut into pieces.

    Args:
        folder: Files of any format that FFmpeg reads; others are left out.
        mels: Bands of the spectrogram.
        recipe: How long pieces are.
        say: Takes a line of progress.

    Raises:
        NotTrainable: There is no folder, or no recording that is long enough.
    """
    from faster_whisper.feature_extractor import FeatureExtractor  # noqa: PLC0415 - not where learning runs

    from assistant.client.recordings import read_waveform  # noqa: PLC0415
    from assistant.core.errors import FileUnreadable  # noqa: PLC0415

    if not folder.is_dir():
        raise NotTrainable(f"There is no folder {folder}.")
    features, draw = FeatureExtractor(feature_size=mels), random.Random(recipe.seed)  # noqa: S311
    found: list[npt.NDArray[np.float16]] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            waveform = read_waveform(path)
        except FileUnreadable:
            continue
        for start, end in cut(len(waveform), recipe, draw):
            mel = features(waveform[start:end], padding=0)[
                :, : (end - start) // (_SAMPLE_RATE // FRAMES_A_SECOND)
            ]
            found.append(mel.astype(np.float16))
        if len(found) % 100 < 3:  # noqa: PLR2004 - now and then
            say(f"{path.name}: {len(found)} pieces so far")
    if not found:
        raise NotTrainable(f"{folder} holds no recording of {recipe.shortest_seconds:g} seconds or more.")
    ends = np.cumsum([piece.shape[1] for piece in found], dtype=np.int64)
    return Pieces(np.concatenate(found, axis=1), ends)
