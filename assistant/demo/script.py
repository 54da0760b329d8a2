"""The script of a meeting, and the tracks it makes; no clock, no network."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.client.recordings import read_waveform
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, Waveform, samples_of, to_pcm

_FOLDER = Path(__file__).parent
_BLOCK_SAMPLES = SAMPLE_RATE // 50
_AUDIBLE_SHARE = 0.05
_MARGIN_SAMPLES = SAMPLE_RATE // 10
_SPEECH_LEVEL = 0.08
_PEAK = 0.9


@dataclass(frozen=True, slots=True)
class Speaker:
    """One participant.

    Attributes:
        participant: The id in the room.
        name: The name as shown.
        language: A pinned BCP-47 code, or `auto`.
    """

    participant: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of speech.

    Attributes:
        participant: Who speaks.
        clip: The recording's path.
        pause_seconds: From the end of the turn before to the beginning of this one; may be negative.
    """

    participant: str
    clip: Path
    pause_seconds: float


@dataclass(frozen=True, slots=True)
class Script:
    """A whole meeting.

    Attributes:
        speakers: The participants.
        turns: What they say, in order.
        tail_seconds: Quiet after the last turn.
    """

    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    tail_seconds: float


def read_script(path: Path | None = None) -> Script:
    """Return the script in a TOML file, by default of the meeting that ships; clips lie in `audio` beside it.

    Raises:
        ValueError: A turn names an unknown participant.
    """
    path = path or _FOLDER / "meeting.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    speakers = tuple(
        Speaker(participant, entry["name"], entry.get("language", "auto"))
        for participant, entry in document["participants"].items()
    )
    turns = tuple(_turn(entry, path.parent / "audio") for entry in document["turns"])
    unknown = {turn.participant for turn in turns} - {speaker.participant for speaker in speakers}
    if unknown:
        raise ValueError(f"nobody in the meeting is called {', '.join(sorted(unknown))}")
    return Script(speakers, turns, float(document.get("tail", 0.0)))


def tracks_of(script: Script) -> Mapping[str, Pcm]:
    """Return each participant's audio from the first to the last second of the meeting; blocks.

    All tracks have the same length. Clips are cut to their speech and brought to one level, as the
    microphones of a meeting do.
    """
    placed: list[tuple[str, int, Waveform]] = []
    end = 0
    for turn in script.turns:
        speech = levelled(trimmed(read_waveform(turn.clip)))
        start = max(0, end + samples_of(turn.pause_seconds))
        placed.append((turn.participant, start, speech))
        end = start + speech.size
    length = max(start + speech.size for _, start, speech in placed) + samples_of(script.tail_seconds)
    tracks = {speaker.participant: np.zeros(length, np.float32) for speaker in script.speakers}
    for participant, start, speech in placed:
        tracks[participant][start : start + speech.size] += speech
    return {participant: to_pcm(track) for participant, track in tracks.items()}


def trimmed(waveform: Waveform) -> Waveform:
    """Return a clip without the silence at its ends, but for a tenth of a second."""
    levels = _block_levels(waveform)
    audible = np.flatnonzero(levels >= _AUDIBLE_SHARE * levels.max())
    start = max(0, int(audible[0]) * _BLOCK_SAMPLES - _MARGIN_SAMPLES)
    return waveform[start : (int(audible[-1]) + 1) * _BLOCK_SAMPLES + _MARGIN_SAMPLES]


def levelled(waveform: Waveform) -> Waveform:
    """Return a clip whose speech is as loud as everybody's, without clipping; silence stays as it is."""
    levels = _block_levels(waveform)
    if not levels.any():
        return waveform
    loud = levels[levels >= np.median(levels)]
    gain = _SPEECH_LEVEL / float(np.sqrt(np.mean(loud**2)))
    gain = min(gain, _PEAK / float(np.abs(waveform).max()))
    return waveform * np.float32(gain)


def _block_levels(waveform: Waveform) -> Waveform:
    """Return the root mean square of each 20 ms, at least one."""
    blocks = max(1, waveform.size // _BLOCK_SAMPLES)
    padded = np.zeros(blocks * _BLOCK_SAMPLES, np.float32)
    padded[: min(waveform.size, padded.size)] = waveform[: padded.size]
    return np.asarray(np.sqrt(np.mean(padded.reshape(blocks, -1) ** 2, axis=1)), dtype=np.float32)


def _turn(entry: Mapping[str, Any], folder: Path) -> Turn:
    return Turn(entry["who"], folder / entry["clip"], float(entry.get("pause", 0.5)))
