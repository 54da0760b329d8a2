"""What drafting finds in what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.minutes.document import Origin, Statement, StatementKind, Vote
from assistant.minutes.drafting.identity import id_of
from assistant.minutes.drafting.lines import Line


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that belongs in the minutes.

    Attributes:
        kind: What it is.
        lines: Positions of the lines that it rests on, in order.
        text: How it is told.
        lang: BCP-47 primary subtag of `text`.
        strength: How sure it is, 0..1.
        ordinal: The position of its sentence in the first of its lines.
        who: Who does what an action says; may be empty, and is for any other kind.
        due: The day by which an action is done (ISO 8601); may be empty, and is for any other kind.
        vote: How a vote went; None for any other kind.
        origin: Who found it.
    """

    kind: StatementKind
    lines: tuple[int, ...]
    text: str
    lang: str
    strength: float = 1.0
    ordinal: int = 0
    who: str = ""
    due: str = ""
    vote: Vote | None = None
    origin: Origin = "method"


def statement_of(finding: Finding, lines: Sequence[Line]) -> Statement:
    """Return a finding as a statement; its id follows from what it rests on."""
    first = lines[finding.lines[0]]
    return Statement(
        id=id_of(finding.kind, first.caption, finding.text if finding.origin == "model" else finding.ordinal),
        kind=finding.kind,
        text=finding.text,
        lang=finding.lang,
        evidence=tuple(lines[at].evidence for at in finding.lines),
        origin=finding.origin,
        speaker=first.speaker,
        vote=finding.vote,
        who=finding.who,
        due=finding.due,
    )
