"""What clerks who have a room's minutes open are told of what happens in the room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from assistant.core.captions.events import (
    DraftingFailed,
    DraftingProgressed,
    MinutesSaved,
    RoomEvent,
    TranscriptCorrected,
)

EventKind = Literal["minutes", "drafting", "captions"]


@dataclass(frozen=True, slots=True)
class MinutesEvent:
    """Something happened; of each kind only the latest matters.

    Attributes:
        kind: What it happened to: the minutes, a draft in the making, or the captions.
        values: What the event tells, ready for JSON.
    """

    kind: EventKind
    values: dict[str, object] = field(default_factory=dict)


def concerns_minutes(event: RoomEvent) -> bool:
    """Return whether clerks who have the minutes open are told of an event."""
    return isinstance(event, MinutesSaved | DraftingProgressed | DraftingFailed | TranscriptCorrected)


def minutes_event(event: RoomEvent) -> MinutesEvent | None:
    """Return what clerks are told of an event; None for one that does not concern the minutes."""
    match event:
        case MinutesSaved(version, change):
            values: dict[str, object] = {
                "version": version.number,
                "revision": version.revision,
                "status": version.status,
                "author": change.author,
                "action": change.action,
            }
            return MinutesEvent("minutes", values)
        case DraftingProgressed(step, done):
            return MinutesEvent("drafting", {"step": step, "done": round(done, 3)})
        case DraftingFailed(problem):
            return MinutesEvent("drafting", {"problem": problem, "done": 1.0})
        case TranscriptCorrected():
            return MinutesEvent("captions")
        case _:
            return None
