"""Links for readers, as they are kept: who may list them and take them back needs to know what there is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """One link to the public version of one room; where there is none of its id, its token opens nothing.

    Attributes:
        id: Names it; it stands in its token, and is no secret.
        room: The room's name; with the room its links go.
        recipient: Who gets numbered copies through it; empty: nobody by name, so that there are none.
        shared: Whether it is the one that everybody in a meeting is told.
        created_at: POSIX seconds.
        expires_at: POSIX seconds from which on it opens nothing.
    """

    id: str
    room: str
    recipient: str
    shared: bool
    created_at: float
    expires_at: int
