"""A draft of minutes, made of what was said without a language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from assistant.core.captions.caption import Caption
from assistant.core.meetings.attendance import Stay, merged
from assistant.core.minutes.document import AgendaItem, Attendee, Meeting, Minutes, Statement
from assistant.core.plain_text import one_line
from assistant.minutes.drafting.agenda import match_agenda
from assistant.minutes.drafting.announcements import read_announcement
from assistant.minutes.drafting.cues import opens_a_question
from assistant.minutes.drafting.finding import Finding, statement_of
from assistant.minutes.drafting.findings import find
from assistant.minutes.drafting.identity import id_of
from assistant.minutes.drafting.lines import Line, Sentence, lines_of, sentences_of
from assistant.minutes.drafting.next_meeting import find_next_meeting
from assistant.minutes.drafting.phrases import known_languages, phrases_of
from assistant.minutes.drafting.ranking import rank
from assistant.minutes.drafting.topics import find_topics, title_topic

DraftStep = Literal["reading", "finding", "ranking", "model", "writing"]

Progress = Callable[[DraftStep, float], None]
"""Is told of each step and of how much of all is done, 0..1."""

_OPENING_ID = id_of("item", "opening")
_SENTENCES_PER_POINT = 12
_POINTS = (2, 6)
"""How many points an item has, at least and at most."""


@dataclass(frozen=True, slots=True)
class DraftSource:
    """What a draft is made of.

    Attributes:
        room: The room's name.
        title: What people call the meeting.
        captions: Everything that was said, as it was said.
        stays: Who was in the room.
        agenda: Titles of the items that were planned; empty where there was no agenda.
        began_at: POSIX seconds at which the room began; None while nobody has spoken.
        timezone: The IANA name of the meeting's time zone.
        organisation: Whose meeting it was; may be empty.
        place: Where the meeting was; may be empty.
        language: Reference language of the minutes; empty: the one most spoken.
    """

    room: str
    title: str
    captions: Sequence[Caption]
    stays: Sequence[Stay] = ()
    agenda: Sequence[str] = ()
    began_at: float | None = None
    timezone: str = "UTC"
    organisation: str = ""
    place: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Section:
    """An item with the sentences that belong to it: first, and one after the last; equal for none."""

    item: AgendaItem
    first: int
    end: int


@dataclass(slots=True)
class Reading:
    """What was said, taken apart once.

    Attributes:
        source: What the draft is made of.
        lines: What was said, in order.
        sentences: The sentences of all lines, in order.
    """

    source: DraftSource
    lines: list[Line] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)

    @classmethod
    def of(cls, source: DraftSource) -> Reading:
        """Take apart what was said."""
        lines = lines_of(source.captions)
        return cls(source, lines, sentences_of(lines))

    @property
    def day(self) -> date:
        """The day of the meeting, where it was."""
        began = self.source.began_at or 0.0
        return datetime.fromtimestamp(began, tz=UTC).astimezone(ZoneInfo(self.source.timezone)).date()

    @property
    def languages(self) -> tuple[str, ...]:
        """What was spoken, most spoken first."""
        spoken: Counter[str] = Counter()
        for line in self.lines:
            spoken[line.lang] += len(line.text)
        return tuple(lang for lang, _ in spoken.most_common())

    @property
    def language(self) -> str:
        """The reference language of the minutes."""
        return self.source.language or next(iter(self.languages), "en")


def draft(source: DraftSource, progress: Progress | None = None) -> Minutes:
    """Return minutes as patterns and ranking find them; for an empty meeting, minutes without items."""
    tell = progress or _tell_nobody
    tell("reading", 0.0)
    reading = Reading.of(source)
    tell("finding", 0.2)
    found = find(reading.lines, reading.day, [line.speaker for line in reading.lines])
    tell("ranking", 0.6)
    minutes = write(reading, found)
    tell("writing", 1.0)
    return minutes


def write(reading: Reading, findings: Sequence[Finding]) -> Minutes:
    """Return minutes of what was found, with the most telling sentences as points.

    Where a language model has told the points already, none are added to that item.
    """
    sections = _sections(reading)
    starts = _line_starts(reading.sentences)
    placed: dict[str, list[Finding]] = {section.item.id: [] for section in sections}
    for finding in findings:
        sentence = starts.get(finding.lines[0], 0) + finding.ordinal
        section = _section_at(sections, sentence)
        placed[section.item.id].append(finding)
    items = []
    for section in sections:
        own = placed[section.item.id]
        points = [] if _has_points(own) else list(_points(reading, section, own))
        ordered = sorted([*own, *points], key=lambda one: (one.lines[0], one.ordinal))
        if not ordered and section.item.id == _OPENING_ID:
            continue  # a greeting is no item
        statements = tuple(statement_of(finding, reading.lines) for finding in ordered)
        items.append(replace(section.item, statements=_unique(statements)))
    source = reading.source
    return Minutes(
        room=source.room,
        meeting=_meeting(reading),
        attendees=tuple(_attendees(reading)),
        items=tuple(items),
    )


def _tell_nobody(step: DraftStep, done: float) -> None:
    del step, done


def _has_points(findings: Sequence[Finding]) -> bool:
    return any(finding.kind == "point" for finding in findings)


def _unique(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    return tuple({statement.id: statement for statement in statements}.values())


# --- items ------------------------------------------------------------------------------------------


def _sections(reading: Reading) -> list[_Section]:
    if not reading.source.agenda:
        return list(_topics(reading))
    return list(_planned(reading))


def _topics(reading: Reading) -> Iterator[_Section]:
    sentences, lines = reading.sentences, reading.lines
    starts = find_topics(sentences)
    ends = [*starts[1:], len(sentences)]
    for first, end in zip(starts, ends[: len(starts)], strict=True):
        title = title_topic(sentences, lines, (first, end)) or reading.source.title
        line = lines[sentences[first].line]
        item = AgendaItem(id_of("item", line.caption), title)
        yield _timed(item, reading, first, end)


def _planned(reading: Reading) -> Iterator[_Section]:
    """Yield the items of the agenda, in its order, and before them what was said before the first."""
    titles = list(reading.source.agenda)
    items = [AgendaItem(id_of("item", title, at), title, kept=True) for at, title in enumerate(titles)]
    places = match_agenda(titles, reading.language, reading.lines, reading.sentences)
    starts = sorted(place for place in places if place is not None)
    ends = dict(zip(starts, [*starts[1:], len(reading.sentences)][: len(starts)], strict=True))
    first = starts[0] if starts else len(reading.sentences)
    if first and not starts:
        yield _timed(AgendaItem(_OPENING_ID, reading.source.title), reading, 0, first)
    elif first:
        # What comes before the first item is how it is led up to, unless it is long.
        lang = reading.language if reading.language in known_languages() else "en"
        yield _timed(AgendaItem(_OPENING_ID, phrases_of(lang).opening), reading, 0, first)
    for item, place in zip(items, places, strict=True):
        if place is None:
            yield _Section(item, 0, 0)
        else:
            yield _timed(item, reading, place, ends[place])


def _timed(item: AgendaItem, reading: Reading, first: int, end: int) -> _Section:
    lines, sentences = reading.lines, reading.sentences
    start = lines[sentences[first].line].start_seconds
    last = lines[sentences[end].line].start_seconds if end < len(sentences) else lines[-1].end_seconds
    return _Section(replace(item, start_seconds=start, end_seconds=max(start, last)), first, end)


def _section_at(sections: Sequence[_Section], sentence: int) -> _Section:
    there = [section for section in sections if section.first <= sentence < section.end]
    return there[0] if there else sections[0]


def _line_starts(sentences: Sequence[Sentence]) -> dict[int, int]:
    """Return the position of the first sentence of each line."""
    starts: dict[int, int] = {}
    for at, sentence in enumerate(sentences):
        starts.setdefault(sentence.line, at)
    return starts


def _points(reading: Reading, section: _Section, told: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the most telling sentences of an item that no finding tells already."""
    stretch = reading.sentences[section.first : section.end]
    known = {line for finding in told for line in finding.lines}
    leave_out = {
        at
        for at, one in enumerate(stretch)
        if one.line in known or read_announcement(one.text, one.lang) or opens_a_question(one.text, one.lang)
    }
    least, most = _POINTS
    wanted = max(least, min(most, len(stretch) // _SENTENCES_PER_POINT))
    for at in rank(stretch, wanted, leave_out):
        sentence = stretch[at]
        yield Finding("point", (sentence.line,), sentence.text, sentence.lang, ordinal=sentence.ordinal)


# --- head and attendance ----------------------------------------------------------------------------


def _meeting(reading: Reading) -> Meeting:
    source, lines = reading.source, reading.lines
    began = source.began_at if lines else None
    ended = None if began is None else began + max(line.end_seconds for line in lines)
    return Meeting(
        title=one_line(source.title) or source.room,
        organisation=source.organisation,
        place=source.place,
        began_at=began,
        ended_at=ended,
        timezone=source.timezone,
        language=reading.language,
        languages=reading.languages,
        next_meeting=find_next_meeting(reading.sentences, reading.day),
    )


def _attendees(reading: Reading) -> Iterator[Attendee]:
    """Yield who was in the room by arrival, each once, then who spoke without having been seen there."""
    people: dict[str, Attendee] = {}
    for stay in merged(reading.source.stays):
        before = people.get(stay.participant)
        left = stay.left_at if stay.left_at is not None else stay.seen_at
        people[stay.participant] = Attendee(
            id=stay.participant,
            name=one_line(stay.name) or stay.participant,
            arrived_at=before.arrived_at if before else stay.arrived_at,
            left_at=max(left, before.left_at or left) if before else left,
        )
    for line in reading.lines:
        if line.participant not in people:
            people[line.participant] = Attendee(id=line.participant, name=line.speaker)
    yield from people.values()
