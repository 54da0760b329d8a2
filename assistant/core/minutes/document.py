"""The minutes of one meeting, as plain data.

Every statement carries its evidence: the captions it rests on. What a clerk wrote or changed is `kept`, and
making the draft anew leaves it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

StatementKind = Literal["point", "decision", "vote", "action", "question"]
"""A point of the discussion, a decision, a vote, something somebody will do, a question left open."""

Origin = Literal["method", "model", "clerk"]
"""Who wrote a statement: patterns and ranking, a language model, or a clerk."""

VoteResult = Literal["", "adopted", "rejected", "tied"]

Presence = Literal["present", "excused", "absent"]

VersionStatus = Literal["draft", "approved", "published"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One caption that a statement rests on.

    Attributes:
        caption: Its id.
        start_seconds: When it was said, seconds since the room began.
        end_seconds: Until when.
    """

    caption: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class Vote:
    """How a vote went; a number is None where it was not said.

    Attributes:
        in_favour: Votes for.
        against: Votes against.
        abstentions: Who did not want to say.
        result: What follows from it; empty where that was not said.
        unanimous: Whether nobody was against.
    """

    in_favour: int | None = None
    against: int | None = None
    abstentions: int | None = None
    result: VoteResult = ""
    unanimous: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or two of the minutes.

    Attributes:
        id: Unique in the document; that of a drafted statement follows from its evidence, so that it is the
            same when the draft is made anew.
        kind: What it is.
        text: The statement as it is printed, one line.
        lang: BCP-47 code of `text`.
        evidence: What it rests on, by time; empty only for what a clerk wrote.
        origin: Who wrote it.
        speaker: Who said it, as shown; empty where that does not matter.
        vote: How a vote went; None for any other kind.
        who: Who does what an action says; empty where nobody was named.
        due: The day by which an action is done (ISO 8601); empty where none was said.
        level: A protection level of its own; empty: none beyond its item's.
        confidential: Whether it stays out of the public version.
        kept: Whether a clerk wrote or changed it.
        stale: Whether its evidence was corrected after the clerk wrote it.
        rough: Whether it is shown in a rough translation.
    """

    id: str
    kind: StatementKind
    text: str
    lang: str
    evidence: tuple[Evidence, ...] = ()
    origin: Origin = "method"
    speaker: str = ""
    vote: Vote | None = None
    who: str = ""
    due: str = ""
    level: str = ""
    confidential: bool = False
    kept: bool = False
    stale: bool = False
    rough: bool = False


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One point of the agenda, and what came of it.

    Attributes:
        id: Unique in the document.
        title: Its heading.
        statements: In the order in which they are printed.
        start_seconds: When it came up, seconds since the room began; None where it never did.
        end_seconds: When the next one came up, or the meeting ended.
        level: A protection level of its own; empty: none beyond the document's.
        confidential: Whether it stays out of the public version.
        kept: Whether a clerk wrote or changed it, or it stands on the agenda that was given.
    """

    id: str
    title: str
    statements: tuple[Statement, ...] = ()
    start_seconds: float | None = None
    end_seconds: float | None = None
    level: str = ""
    confidential: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who was there, or should have been.

    Attributes:
        id: The participant's id, or one that was made up for somebody who was entered by hand.
        name: The name as it is printed.
        role: What they are in the meeting, such as "chair"; may be empty.
        presence: Whether they were there.
        arrived_at: When they came, POSIX seconds; None where that is not known.
        left_at: When they went, POSIX seconds; None where that is not known.
        confidential: Whether the public version tells nothing of them.
        kept: Whether a clerk entered or changed them.
    """

    id: str
    name: str
    role: str = ""
    presence: Presence = "present"
    arrived_at: float | None = None
    left_at: float | None = None
    confidential: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """Captions that are treated otherwise than the rest.

    Attributes:
        id: Unique in the document.
        captions: Their ids.
        level: Their protection level; empty: none of their own.
        confidential: Whether they stay out of the public version.
        reason: Why; may be empty.
    """

    id: str
    captions: tuple[str, ...]
    level: str = ""
    confidential: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Annex:
    """Something that goes with the minutes.

    Attributes:
        id: Unique in the document.
        title: What it is.
        note: Where it is found, or what it says; may be empty.
        confidential: Whether it stays out of the public version.
    """

    id: str
    title: str
    note: str = ""
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """What stands at the head of the minutes.

    Attributes:
        title: What people call the meeting.
        organisation: Whose meeting it is; may be empty.
        place: Where it was; may be empty.
        began_at: POSIX seconds of the first word; None for a meeting in which nobody spoke.
        ended_at: POSIX seconds of the last word.
        timezone: IANA name; days and times of day are told in it.
        language: BCP-47 code of the reference language of the minutes.
        languages: What was spoken, most spoken first.
        next_meeting: When and where the next one is, as it is printed; may be empty.
        level: The protection level of the document; empty: that of its room.
    """

    title: str
    organisation: str = ""
    place: str = ""
    began_at: float | None = None
    ended_at: float | None = None
    timezone: str = "UTC"
    language: str = "en"
    languages: tuple[str, ...] = ()
    next_meeting: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes of one meeting.

    Attributes:
        room: The room's name.
        meeting: What stands at the head.
        attendees: Who was there, and who was missed.
        items: In the order in which they are printed.
        passages: Captions that are treated otherwise than the rest.
        annexes: What goes with it.
        removed: Ids of drafted statements and items that a clerk took out; a new draft leaves them out.
        kept_fields: Names of the fields of `meeting` that a clerk set; a new draft leaves them alone.
        draft_notes: Codes that tell how the draft came about, such as `model_unreachable`.
        rough: Whether some of it is shown in a rough translation.
        rough_languages: Languages in which a clerk published it although its translation into them is rough.
    """

    room: str
    meeting: Meeting
    attendees: tuple[Attendee, ...] = ()
    items: tuple[AgendaItem, ...] = ()
    passages: tuple[Passage, ...] = ()
    annexes: tuple[Annex, ...] = ()
    removed: tuple[str, ...] = ()
    kept_fields: tuple[str, ...] = ()
    draft_notes: tuple[str, ...] = ()
    rough: bool = False
    rough_languages: tuple[str, ...] = ()

    @property
    def statements(self) -> Iterator[Statement]:
        """All statements, as they are printed."""
        return (statement for item in self.items for statement in item.statements)


@dataclass(frozen=True, slots=True)
class MinutesVersion:
    """One version of a room's minutes.

    Attributes:
        number: 1 for the first; a published version is superseded by the next.
        revision: Grows by one with each change to this version, its status included.
        status: How far it has come.
        minutes: The document.
        transcript_seq: The newest event of the room that the draft knows.
        changed_at: POSIX seconds of the newest change.
        changed_by: Who made it.
    """

    number: int
    revision: int
    status: VersionStatus
    minutes: Minutes
    transcript_seq: int = 0
    changed_at: float = 0.0
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a version.

    Attributes:
        version: The number of the version.
        revision: The revision that the change made.
        at: When it was made, POSIX seconds.
        author: Who made it, as they call themselves.
        action: What was done: `drafted`, `edited`, `transcript_corrected`, `approved`, `reopened` or
            `published`.
        operations: What an edit did, as `edits.Operation` in JSON.
        reason: Why; may be empty.
    """

    version: int
    revision: int
    at: float
    author: str
    action: str
    operations: str = "[]"
    reason: str = ""
