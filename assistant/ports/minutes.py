"""What minutes need of outside systems, as protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.core.minutes.document import Change, MinutesVersion


@dataclass(frozen=True, slots=True)
class NumberedCopy:
    """A copy of minutes that somebody got, of a level whose copies are counted.

    Attributes:
        version: The version of the minutes; 0 for a copy of the transcript.
        number: 1 for the first copy of the room.
        recipient: Who got it.
        kind: The format.
        at: POSIX seconds.
    """

    version: int
    number: int
    recipient: str
    kind: str
    at: float


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A room got another protection level.

    Attributes:
        at: POSIX seconds.
        author: Who gave it, as they call themselves.
        before: The level before; empty: the lowest.
        after: The level since.
        reason: Why; there where it was lowered.
    """

    at: float
    author: str
    before: str
    after: str
    reason: str


class MinutesStore(Protocol):
    """Minutes on disk. What a method wrote survives the process when it returns.

    Raises:
        StoreUnavailable: From any method, when the database cannot be used.
    """

    async def save_version(self, room: str, version: MinutesVersion, change: Change) -> None:
        """Store a version with the change that made it, in one transaction.

        Raises:
            RevisionConflict: The stored revision is not the one before; nothing is stored.
            RoomUnknown: The room does not exist (any more).
        """

    async def version(self, room: str, number: int | None = None) -> MinutesVersion | None:
        """Return a version of a room's minutes, the newest one for None; None where there is none."""

    async def versions(self, room: str) -> Sequence[MinutesVersion]:
        """Return all versions of a room's minutes, the oldest first."""

    async def changes(self, room: str, number: int, since: int = 0) -> Sequence[Change]:
        """Return the changes that made revisions after `since` of a version, the oldest first."""

    async def agenda(self, room: str) -> Sequence[str]:
        """Return the agenda that was given for a room, title by title; none where none was given."""

    async def set_agenda(self, room: str, titles: Sequence[str]) -> None:
        """Replace the agenda of a room; raises `RoomUnknown`."""

    async def add_copy(self, room: str, version: int, recipient: str, kind: str, at: float) -> NumberedCopy:
        """Count a copy that somebody gets, and return it with its number; raises `RoomUnknown`."""

    async def copies(self, room: str) -> Sequence[NumberedCopy]:
        """Return the copies that were given out, the first one first."""

    async def set_room_level(self, room: str, change: LevelChange) -> None:
        """Give a room another protection level and keep how that came; raises `RoomUnknown`."""

    async def level_changes(self, room: str) -> Sequence[LevelChange]:
        """Return how a room came to its protection level, the oldest change first."""


@dataclass(frozen=True, slots=True)
class ModelPrompt:
    """What a language model is asked.

    Attributes:
        system: What it is to do.
        user: What it is to do that with.
        schema: The JSON schema of its answer.
        most_tokens: How long the answer may be.
    """

    system: str
    user: str
    schema: Mapping[str, object]
    most_tokens: int = 2048


class LanguageModel(Protocol):
    """The operator's language model."""

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and answer may have together."""

    async def complete(self, prompt: ModelPrompt) -> str:
        """Return the answer, a text in JSON as it came.

        Raises:
            ModelUnreachable: It does not answer, or not in time.
            ModelAnswerInvalid: It answers, but with nothing that could be one.
        """
