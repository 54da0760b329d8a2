"""Who spoke when in a meeting that was recorded, as La Suite Meet noted it beside the recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from assistant.core.captions.speaker_turns import SpokenTurn
from assistant.core.errors import MessageInvalid

_Speech = tuple[float, str, bool]
"""When (POSIX seconds), who, and whether they begin."""


def read_turns(notes: object, *, began_at: float, ended_at: float) -> tuple[SpokenTurn, ...]:
    """Return the turns in the notes of a recording, in the order of their start.

    Who still speaks when the notes end speaks until the recording ends; what lies outside is left out.

    Args:
        notes: The JSON document: `events` with `participant_id`, `type` (`speech_start`, `speech_end`; others
            are skipped) and `timestamp` (ISO 8601), and `participants` with `participantId` and `name`.
        began_at: POSIX seconds at which the recording began.
        ended_at: POSIX seconds at which the recording ended.

    Raises:
        MessageInvalid: The document has another shape.
    """
    try:
        names = _names(notes["participants"])  # type: ignore[index] # whatever it is, the shape is tried
        events = sorted(_speech(notes["events"]))  # type: ignore[index]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MessageInvalid("The notes of who spoke when are not of the shape that is known.") from error
    turns = [
        SpokenTurn(names.get(participant) or participant, start - began_at, end - began_at)
        for participant, start, end in _stretches(events, began_at, ended_at)
        if end > start
    ]
    return tuple(sorted(turns, key=lambda turn: (turn.start_seconds, turn.end_seconds)))


def _names(participants: Iterable[Mapping[str, object]]) -> dict[str, str]:
    return {str(known["participantId"]): str(known.get("name") or "").strip() for known in participants}


def _speech(events: Iterable[Mapping[str, object]]) -> Iterator[_Speech]:
    for event in events:
        if event["type"] in {"speech_start", "speech_end"}:
            at = datetime.fromisoformat(str(event["timestamp"]))
            aware = at if at.tzinfo else at.replace(tzinfo=UTC)
            yield aware.timestamp(), str(event["participant_id"]), event["type"] == "speech_start"


def _stretches(
    events: Iterable[_Speech], began_at: float, ended_at: float
) -> Iterator[tuple[str, float, float]]:
    """Yield participant, start and end, cut at the ends of the recording."""
    speaking: dict[str, float] = {}
    for at, participant, starts in events:
        if starts:
            speaking.setdefault(participant, max(at, began_at))
        elif participant in speaking:
            yield participant, speaking.pop(participant), min(at, ended_at)
    for participant, start in speaking.items():
        yield participant, start, ended_at
