"""Rooms, participants and tracks, and the names they may have."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.core.errors import ParticipantInvalid, RoomNameInvalid
from assistant.core.glossary.terms import Term
from assistant.core.plain_text import is_visible, one_line
from assistant.core.speech.audio import seconds_of

_ROOM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MAX_PARTICIPANT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Room:
    """A meeting place.

    Attributes:
        name: Its identifier in addresses: letters, digits, dot, dash and underscore.
        title: What people call it.
        created_at: POSIX seconds.
        began_at: POSIX seconds of the first audio; None while nobody has spoken yet.
        seq_reserved: All `seq` below this number may have been handed out.
        glossary: Its names and terms, checked; see `assistant.core.glossary.glossary`.
        languages: What is said is always translated into these, whether somebody reads them or not.
        level: Its protection level, which all that comes of it inherits; empty: the lowest.
        spoken: Nothing else is spoken in it; empty: what the organisation says.
    """

    name: str
    title: str
    created_at: float
    began_at: float | None = None
    seq_reserved: int = 0
    glossary: tuple[Term, ...] = ()
    languages: tuple[str, ...] = ()
    level: str = ""
    spoken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """The audio of one participant, from the first connection to the last that resumes it.

    Attributes:
        session: The id with which a client resumes.
        room: The room's name.
        participant: The speaker's id, unique in the room.
        name: The speaker's name as shown.
        language: A pinned BCP-47 code, or `auto`.
        origin_seconds: Room time of the track's first sample.
        received_samples: How much audio is safe in the journal.
        durable_samples: All audio before this sample is in the transcript or was no speech.
        closed: Whether the participant stopped; a closed track is never resumed.
    """

    session: str
    room: str
    participant: str
    name: str
    language: str
    origin_seconds: float
    received_samples: int = 0
    durable_samples: int = 0
    closed: bool = False

    @property
    def heard_seconds(self) -> float:
        """Room time up to which the track is known to have come."""
        return self.origin_seconds + seconds_of(max(self.received_samples, self.durable_samples))


def check_room_name(name: str) -> str:
    """Return `name`, or raise `RoomNameInvalid`."""
    if not _ROOM_NAME.fullmatch(name):
        raise RoomNameInvalid(
            "A room name has 1 to 128 letters, digits, dots, dashes or underscores "
            "and starts with a letter or digit."
        )
    return name


def check_participant(text: str, what: str = "participant") -> str:
    """Return `text` as `one_line` writes it; raises `ParticipantInvalid` where nothing of it is seen."""
    text = one_line(text)
    if not is_visible(text):
        raise ParticipantInvalid(f"The {what} is missing, or has no character that can be seen.")
    if len(text) > _MAX_PARTICIPANT_CHARACTERS:
        raise ParticipantInvalid(f"The {what} may have at most {_MAX_PARTICIPANT_CHARACTERS} characters.")
    return text
