"""La Suite Meet's notes of who spoke when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.adapters.lasuite_notes import read_turns
from assistant.core.captions.speaker_turns import SpokenTurn
from assistant.core.errors import MessageInvalid

_BEGAN = datetime(2026, 1, 2, 10, 30, tzinfo=UTC).timestamp()


def _event(participant: str, kind: str, time: str) -> dict[str, object]:
    stamp = f"2026-01-02T{time}+00:00"
    return {"participant_id": participant, "type": kind, "timestamp": stamp, "data": None}


def _turns(*events: dict[str, object], seconds: float = 60.0) -> tuple[SpokenTurn, ...]:
    people = [{"participantId": "p1", "name": "Ana Ribeiro"}, {"participantId": "p2", "name": None}]
    notes = {"events": list(events), "participants": people}
    return read_turns(notes, began_at=_BEGAN, ended_at=_BEGAN + seconds)


def test_turns_have_names_and_times_of_the_recording() -> None:
    """Other events are skipped; who has no name is called by the id; turns come in their order."""
    assert _turns(
        _event("p1", "participant_connected", "10:29:00"),
        _event("p2", "speech_start", "10:30:02.500000"),
        _event("p1", "speech_start", "10:30:01"),
        _event("p1", "speech_end", "10:30:04"),
        _event("p2", "speech_end", "10:30:03"),
    ) == (SpokenTurn("Ana Ribeiro", 1.0, 4.0), SpokenTurn("p2", 2.5, 3.0))


def test_turns_are_cut_at_the_ends_of_the_recording() -> None:
    """Speech from before it counts from its start; who never stops speaks to its end."""
    assert _turns(
        _event("p1", "speech_start", "10:29:50"),
        _event("p1", "speech_end", "10:30:05"),
        _event("p2", "speech_start", "10:29:00"),
        _event("p2", "speech_end", "10:29:30"),
        _event("p2", "speech_start", "10:30:50"),
    ) == (SpokenTurn("Ana Ribeiro", 0.0, 5.0), SpokenTurn("p2", 50.0, 60.0))


def test_a_second_start_does_not_shorten_a_turn() -> None:
    """A participant who starts twice has one turn, from the first start."""
    assert _turns(
        _event("p1", "speech_start", "10:30:01"),
        _event("p1", "speech_start", "10:30:02"),
        _event("p1", "speech_end", "10:30:03"),
    ) == (SpokenTurn("Ana Ribeiro", 1.0, 3.0),)


@pytest.mark.parametrize(
    "notes",
    [
        None,
        [],
        "text",
        {"events": []},
        {"events": [{"type": "speech_start"}], "participants": []},
        {"events": [{"type": "speech_start", "participant_id": "p", "timestamp": "x"}], "participants": []},
        {"events": [], "participants": ["p1"]},
        {"events": 3, "participants": []},
    ],
)
def test_notes_of_another_shape_are_told(notes: object) -> None:
    """Nothing else is raised, whatever the document is."""
    with pytest.raises(MessageInvalid):
        read_turns(notes, began_at=0.0, ended_at=1.0)
