"""What a recording lacks, and where: whoever sent it is told, beside the words that are there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

FaultCode = Literal[
    "audio_damaged",
    "audio_absent",
    "recording_ends_early",
    "recording_breaks_off",
    "track_unreadable",
    "nothing_audible",
    "other_language",
]

_NEAR_SECONDS = 1.0
"""Damage that lies closer together is told of as one."""

_MOST_FAULTS = 100
_SENTENCES: dict[FaultCode, str] = {
    "audio_damaged": "{track}The recording is damaged from {start} to {end} s, where words may be missing.",
    "audio_absent": "{track}The recording has no audio from {start} to {end} s.",
    "recording_ends_early": "{track}The recording ends at {start} s, though it says that it lasts {end} s.",
    "recording_breaks_off": "{track}The recording breaks off at {start} s: what followed is missing.",
    "track_unreadable": "{track}Nothing of this track can be decoded, from {start} to {end} s.",
    "nothing_audible": "{track}Nothing is audible in the recording, from {start} to {end} s.",
    "other_language": "{track}Another language than the one named is spoken from {start} to {end} s,"
    " where the words may be wrong.",
}


@dataclass(frozen=True, slots=True, order=True)
class RecordingFault:
    """A stretch of a recording in which words are missing, or may be.

    Attributes:
        start_seconds: Where it begins in the recording.
        end_seconds: Where it ends.
        code: What is wrong there; it never changes.
        track: Which one is concerned, counted from 1; 0 where the recording has one.
    """

    start_seconds: float
    end_seconds: float
    code: FaultCode
    track: int = 0

    @property
    def message(self) -> str:
        """The fault as a sentence."""
        return _SENTENCES[self.code].format(
            track=f"Track {self.track}: " if self.track else "",
            start=f"{self.start_seconds:.2f}",
            end=f"{self.end_seconds:.2f}",
        )

    @property
    def document(self) -> dict[str, object]:
        """The fault as it is told in JSON; `start` and `end` in seconds."""
        told: dict[str, object] = {
            "code": self.code,
            "start": round(self.start_seconds, 3),
            "end": round(self.end_seconds, 3),
            "message": self.message,
        }
        return told | ({"track": self.track} if self.track else {})


def gathered(faults: Iterable[RecordingFault]) -> tuple[RecordingFault, ...]:
    """Return faults in order; neighbours of a kind are one, and the hundredth covers all that follow."""
    found: list[RecordingFault] = []
    for fault in sorted(faults, key=lambda fault: (fault.track, fault.code, fault.start_seconds)):
        last = found[-1] if found else None
        alike = last is not None and (last.track, last.code) == (fault.track, fault.code)
        if last and alike and fault.start_seconds - last.end_seconds <= _NEAR_SECONDS:
            found[-1] = _covering(last, fault)
        else:
            found.append(fault)
    found.sort()
    if len(found) > _MOST_FAULTS:
        last = found[_MOST_FAULTS - 1]
        for fault in found[_MOST_FAULTS:]:
            last = _covering(last, fault)
        found[_MOST_FAULTS - 1 :] = [last]
    return tuple(found)


def _covering(one: RecordingFault, other: RecordingFault) -> RecordingFault:
    end = max(one.end_seconds, other.end_seconds)
    return RecordingFault(one.start_seconds, end, one.code, one.track)
