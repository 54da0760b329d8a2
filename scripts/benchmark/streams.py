"""Endless talk made of recordings: each track speaks one language and hardly draws breath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import Pcm, samples_of, seconds_of
from benchmark.material import MIXED, Recording, alternating

_APART_SAMPLES = samples_of(8.0)
_MARGIN_SECONDS = 0.15
_FRAME_SECONDS = 0.02
_QUIET_DB = -35.0
_LOUD_PERCENTILE = 95
_LEVEL_DBFS = -16.0
_PEAK = 29_000


class NothingFits(Exception):
    """The material has no recording that a stream could be made of."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A recording without the silence around it, but for a short margin, at a common level.

    Attributes:
        recording: Where it comes from.
        pcm: 16 kHz samples; speech begins and ends about 0.15 s from the edges.
        origin_samples: Where the recording's first sample lies in `pcm`; often negative.
    """

    recording: Recording
    pcm: Pcm
    origin_samples: int


@dataclass(frozen=True, slots=True)
class Placement:
    """A piece and where it stands in a stream."""

    piece: Piece
    start_samples: int

    @property
    def origin_seconds(self) -> float:
        """Where the recording's time 0 lies in the stream; seconds."""
        return seconds_of(self.start_samples + self.piece.origin_samples)


@dataclass(frozen=True, slots=True)
class Stream:
    """What one talker says.

    Attributes:
        lang: The language of all of it.
        placements: The pieces, back to back.
    """

    lang: str
    placements: tuple[Placement, ...]

    @property
    def length_samples(self) -> int:
        """How long the talk lasts, at 16 kHz."""
        last = self.placements[-1]
        return last.start_samples + last.piece.pcm.size

    def chunks(self, chunk_samples: int, tail_samples: int = 0) -> Iterator[Pcm]:
        """Yield the talk and a silent tail in chunks; only the last one may be shorter."""
        waiting = np.empty(0, np.int16)
        parts = [placement.piece.pcm for placement in self.placements]
        for part in [*parts, np.zeros(tail_samples, np.int16)]:
            waiting = np.concatenate([waiting, part])
            whole = waiting.size - waiting.size % chunk_samples
            for start in range(0, whole, chunk_samples):
                yield waiting[start : start + chunk_samples]
            waiting = waiting[whole:]
        if waiting.size:
            yield waiting

    def pcm(self) -> Pcm:
        """Return the whole talk as samples."""
        return np.concatenate([placement.piece.pcm for placement in self.placements])


def piece_of(recording: Recording, pcm: Pcm) -> Piece:
    """Return a recording with 0.15 s around its speech: cut where it has more, filled where less.

    Loud frames come to −16 dB of full scale, as far as nothing clips: one speaker at one microphone does
    not change by 40 dB from sentence to sentence, as recordings of different sources do.
    """
    start, end = _speech_edges(pcm)
    margin = samples_of(_MARGIN_SECONDS)
    cut_start, cut_end = max(0, start - margin), min(pcm.size, end + margin)
    before, after = margin - (start - cut_start), margin - (cut_end - end)
    speech = _levelled(pcm[cut_start:cut_end])
    padded = np.concatenate([np.zeros(before, np.int16), speech, np.zeros(after, np.int16)])
    return Piece(recording, padded, before - cut_start)


def speakable(recordings: Sequence[Recording]) -> list[Recording]:
    """Return the recordings that a stream can hold: speech in one language with its text."""
    return [each for each in recordings if each.passages and not each.speechless and each.lang != MIXED]


def streams_of(pieces: Sequence[Piece], lengths_seconds: Sequence[float]) -> list[Stream]:
    """Return one stream for each length: languages take turns, each stream begins elsewhere.

    Nobody says what somebody else says within the same seconds: that would be one voice in two microphones.
    Only whole recordings are placed, so a stream ends up to one recording before its length.

    Raises:
        NothingFits: A length is shorter than all recordings of its language.
    """
    by_id = {piece.recording.id: piece for piece in pieces}
    groups: dict[str, list[Piece]] = {}
    for recording in alternating([piece.recording for piece in pieces]):
        groups.setdefault(recording.lang, []).append(by_id[recording.id])
    if not groups:
        raise NothingFits("No recording of speech in one language with its text matches.")
    languages = list(groups)
    rounds = -(-len(lengths_seconds) // len(languages))
    streams: list[Stream] = []
    for number, seconds in enumerate(lengths_seconds):
        lang = languages[number % len(languages)]
        said = [placement for stream in streams for placement in stream.placements if stream.lang == lang]
        begin = number // len(languages) / rounds
        streams.append(_stream(lang, groups[lang], begin, samples_of(seconds), said))
    return streams


def _stream(
    lang: str, circle: Sequence[Piece], begin: float, limit_samples: int, said: Sequence[Placement]
) -> Stream:
    """Fill a stream with pieces in a circle, from `begin` (0..1) of it on, apart from what others say."""
    index = int(begin * len(circle))
    placements: list[Placement] = []
    offset = skipped = 0
    while skipped < 2 * len(circle):
        piece = circle[index % len(circle)]
        index += 1
        # Where all that fits is said by somebody else, it is said all the same.
        together = skipped < len(circle) and any(
            other.piece.recording.passages == piece.recording.passages
            and abs(other.start_samples - offset) < _APART_SAMPLES
            for other in said
        )
        if together or offset + piece.pcm.size > limit_samples:
            skipped += 1
            continue
        skipped = 0
        placements.append(Placement(piece, offset))
        offset += piece.pcm.size
    if not placements:
        raise NothingFits(f"No recording in “{lang}” is as short as {seconds_of(limit_samples):.0f} s.")
    return Stream(lang, tuple(placements))


def _speech_edges(pcm: Pcm) -> tuple[int, int]:
    """Return the first and last sample that is not much quieter than the loud frames."""
    levels = levels_dbfs(pcm)
    if not levels.size:
        return 0, pcm.size
    loud = np.flatnonzero(levels > np.percentile(levels, _LOUD_PERCENTILE) + _QUIET_DB)
    frame = samples_of(_FRAME_SECONDS)
    return (int(loud[0]) * frame, (int(loud[-1]) + 1) * frame) if loud.size else (0, pcm.size)


def _levelled(pcm: Pcm) -> Pcm:
    """Return samples whose loud frames have the common level, or as much of it as does not clip."""
    levels = levels_dbfs(pcm)
    peak = int(np.abs(pcm.astype(np.int32)).max(initial=0))
    if not levels.size or not peak:
        return pcm
    wanted = 10 ** ((_LEVEL_DBFS - np.percentile(levels, _LOUD_PERCENTILE)) / 20)
    gain = min(float(wanted), _PEAK / peak)
    levelled: Pcm = np.rint(pcm * gain).astype(np.int16)
    return levelled


def levels_dbfs(pcm: Pcm) -> NDArray[np.float64]:
    """Return the level of each 20 ms, in dB of full scale."""
    frame = samples_of(_FRAME_SECONDS)
    whole = pcm.size - pcm.size % frame
    frames = pcm[:whole].astype(np.float64).reshape(-1, frame) / 32768
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-10), np.float64)
