"""Jobs that are done later, such as the transcription of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JobKind = Literal["transcript", "summary"]
JobState = Literal["pending", "success", "failure"]

MOST_DELIVERIES = 12
"""How often the end of a job is told, for about three hours, before that is given up."""

MOST_ATTEMPTS = 3
"""How often a job is tried whose source or engine fails."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Attributes:
        id: Names it.
        kind: What comes of it.
        state: Where it stands.
        request: What was asked for, JSON.
        created_at: POSIX seconds.
        secret: Part of the address of its result, so that only who was told finds it.
        error_code: Why it failed.
        result: What came of it, JSON; empty before.
        attempts: How often it was tried.
        deliveries: How often its end was told without success.
        deliver_at: When to tell it next, POSIX seconds; None where that is done, given up or not wanted.
    """

    id: str
    kind: JobKind
    state: JobState
    request: str
    created_at: float
    secret: str
    error_code: str = ""
    result: str = ""
    attempts: int = 0
    deliveries: int = 0
    deliver_at: float | None = None
