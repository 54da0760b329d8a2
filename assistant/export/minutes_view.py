"""Minutes as a document, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from assistant.core.minutes.document import (
    AgendaItem,
    Attendee,
    Minutes,
    MinutesVersion,
    Statement,
    StatementKind,
    Vote,
)
from assistant.core.minutes.levels import Level
from assistant.export.blocks import (
    Block,
    Bullets,
    Document,
    Fields,
    Furniture,
    Heading,
    Paragraph,
    Run,
    Runs,
    Signatures,
    Table,
)
from assistant.export.calendar_words import language_name, long_day, short_day, time_of_day
from assistant.export.transcript import clock_time
from assistant.export.wording import Wording, wording_of

_DASH = "–"


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """How a document is printed.

    Attributes:
        lang: BCP-47 primary subtag of its fixed words; texts in other languages are marked.
        level: The protection level that is printed on every page.
        copy_number: The number of this copy; 0 where copies are not counted.
        recipient: Who gets this copy.
        translated: Whether its texts were translated by machine.
        public: Whether it is the version without what is confidential.
    """

    lang: str = "en"
    level: Level = field(default_factory=lambda: Level("public", marked=False))
    copy_number: int = 0
    recipient: str = ""
    translated: bool = False
    public: bool = False


def view_minutes(version: MinutesVersion, options: PrintOptions) -> Document:
    """Return minutes as a document."""
    view = _View(version, version.minutes, options, wording_of(options.lang))
    return Document(
        kind=view.words.minutes,
        title=version.minutes.meeting.title,
        lang=options.lang,
        blocks=tuple(view.blocks()),
        furniture=furniture_of(options, view.running()),
        author=version.minutes.meeting.organisation,
    )


def furniture_of(options: PrintOptions, running: str) -> Furniture:
    """Return what stands on every page of a document."""
    words = wording_of(options.lang)
    copy = ""
    if options.copy_number:
        copy = words.copy.format(number=options.copy_number, recipient=options.recipient)
    level = options.level.name_in(options.lang).upper() if options.level.marked else ""
    return Furniture(level, copy, running, words.page)


@dataclass(frozen=True)
class _View:
    version: MinutesVersion
    minutes: Minutes
    options: PrintOptions
    words: Wording

    def running(self) -> str:
        parts = [self.minutes.meeting.title, self._status()]
        return f" {_DASH} ".join(parts)

    def _status(self) -> str:
        status = {
            "draft": self.words.draft,
            "approved": self.words.approved,
            "published": self.words.published,
        }
        return status[self.version.status]

    def blocks(self) -> Iterator[Block]:
        version = self.words.version.format(number=self.version.number)
        state = [f"{self._status()}, {version}"]
        if self.options.public:
            state.append(self.words.public_version)
        yield Paragraph((Run(f" {_DASH} ".join(state)),), mark=True)
        yield Fields(tuple(self._head()))
        if self.minutes.attendees:
            yield Heading(1, self.words.attendance)
            yield self._attendance()
        titles = tuple((Run(item.title),) for item in self.minutes.items)
        if len(titles) > 1:
            yield Heading(1, self.words.agenda)
            yield Bullets(titles, numbered=True)
        if not self.minutes.items:
            yield Paragraph((Run(self.words.nothing_said),))
        for number, item in enumerate(self.minutes.items, 1):
            yield from self._item(number, item)
        yield from self._summary()
        yield from self._end()

    # --- head ---------------------------------------------------------------------------------------

    def _head(self) -> Iterator[tuple[str, str]]:
        meeting, words, lang = self.minutes.meeting, self.words, self.options.lang
        if meeting.organisation:
            yield words.organisation, meeting.organisation
        if meeting.began_at is not None:
            yield words.date, long_day(meeting.began_at, meeting.timezone, lang)
            times = [
                time_of_day(at, meeting.timezone, lang)
                for at in (meeting.began_at, meeting.ended_at)
                if at is not None
            ]
            yield words.time, f" {words.until} ".join(dict.fromkeys(times))
        if meeting.place:
            yield words.place, meeting.place
        if meeting.languages:
            yield words.languages, ", ".join(language_name(code, lang) for code in meeting.languages)
        if self.options.level.marked:
            yield words.level, self.options.level.name_in(lang)
        if self.options.translated or self.minutes.rough:
            reference = words.reference.format(language=language_name(meeting.language, lang))
            told = words.roughly_translated if self.minutes.rough else words.translated
            yield words.translation, f"{told} {reference}"

    def _attendance(self) -> Table:
        words = self.words
        return Table(
            header=(words.name, words.role, words.presence, words.arrival, words.departure),
            rows=tuple(tuple((Run(cell),) for cell in self._attendee(one)) for one in self.minutes.attendees),
            widths=(32, 26, 18, 12, 12),
        )

    def _attendee(self, person: Attendee) -> tuple[str, ...]:
        words = self.words
        presence = {"present": words.present, "excused": words.excused, "absent": words.absent}
        times = [
            "" if at is None else time_of_day(at, self.minutes.meeting.timezone, self.options.lang)
            for at in (person.arrived_at, person.left_at)
        ]
        return person.name, person.role, presence[person.presence], *times

    # --- items --------------------------------------------------------------------------------------

    def _item(self, number: int, item: AgendaItem) -> Iterator[Block]:
        yield Heading(1, f"{number}. {item.title}")
        if not item.statements:
            missed = item.start_seconds is None
            yield Paragraph((Run(self.words.not_discussed if missed else self.words.nothing_found),))
            return
        of_kind = {
            kind: [one for one in item.statements if one.kind == kind]
            for kind in ("point", "decision", "vote", "action", "question")
        }
        if of_kind["point"]:
            yield Bullets(tuple(self._told(one, speaker=True) for one in of_kind["point"]))
        yield from self._list(self.words.decisions, of_kind["decision"])
        if of_kind["vote"]:
            yield Heading(2, self.words.votes)
            yield self._votes(of_kind["vote"])
        if of_kind["action"]:
            yield Heading(2, self.words.actions)
            yield self._actions(of_kind["action"])
        yield from self._list(self.words.questions, of_kind["question"])

    def _list(self, heading: str, statements: list[Statement]) -> Iterator[Block]:
        if statements:
            yield Heading(2, heading)
            yield Bullets(tuple(self._told(one) for one in statements))

    def _told(self, statement: Statement, *, speaker: bool = False) -> Runs:
        """Return a statement with who said it, and the time of the words that it rests on."""
        runs = []
        if speaker and statement.speaker:
            runs.append(Run(f"{statement.speaker}{self.words.colon} ", bold=True))
        foreign = statement.lang.split("-", maxsplit=1)[0] != self.options.lang
        if foreign:
            runs.append(Run(f"[{statement.lang}] ", quiet=True))
        if statement.rough:
            runs.append(Run(f"[{self.words.rough}] ", quiet=True))
        runs.append(Run(statement.text, lang=statement.lang if foreign else ""))
        if statement.evidence:
            runs.append(Run(f" [{clock_time(statement.evidence[0].start_seconds)}]", quiet=True))
        if statement.stale and self.version.status == "draft":
            runs.append(Run(f" ({self.words.stale})", quiet=True))
        return tuple(runs)

    def _votes(self, statements: list[Statement]) -> Table:
        words = self.words
        return Table(
            header=(words.subject, words.in_favour, words.against, words.abstentions, words.result),
            rows=tuple((self._told(one), *self._vote(one.vote or Vote())) for one in statements),
            widths=(44, 10, 11, 17, 18),
            numbers=frozenset((1, 2, 3)),
        )

    def _vote(self, vote: Vote) -> tuple[Runs, ...]:
        words = self.words
        counts = (vote.in_favour, vote.against, vote.abstentions)
        result = {"": "", "adopted": words.adopted, "rejected": words.rejected, "tied": words.tied}[
            vote.result
        ]
        told = ", ".join(filter(None, (result, words.unanimous if vote.unanimous else "")))
        cells = [_DASH if count is None else str(count) for count in counts]
        return tuple((Run(cell),) for cell in (*cells, told or _DASH))

    def _actions(self, statements: list[Statement]) -> Table:
        words = self.words
        return Table(
            header=(words.who, words.what, words.due),
            rows=tuple(
                (
                    (Run(one.who or _DASH),),
                    self._told(one),
                    (Run(short_day(one.due, self.options.lang) or _DASH),),
                )
                for one in statements
            ),
            widths=(24, 54, 22),
        )

    # --- end ----------------------------------------------------------------------------------------

    def _summary(self) -> Iterator[Block]:
        """Yield all decisions and actions once more, where there are several items to search."""
        if len(self.minutes.items) <= 1:
            return
        decisions = self._all("decision")
        if decisions:
            yield Heading(1, self.words.all_decisions)
            yield Bullets(tuple(self._told(one) for one in decisions), numbered=True)
        actions = self._all("action")
        if actions:
            yield Heading(1, self.words.all_actions)
            yield self._actions(sorted(actions, key=lambda one: one.due or "9"))

    def _all(self, kind: StatementKind) -> list[Statement]:
        return [one for one in self.minutes.statements if one.kind == kind]

    def _end(self) -> Iterator[Block]:
        if self.minutes.meeting.next_meeting:
            yield Heading(1, self.words.next_meeting)
            yield Paragraph((Run(self.minutes.meeting.next_meeting),))
        if self.minutes.annexes:
            yield Heading(1, self.words.annexes)
            yield Bullets(
                tuple(
                    (Run(annex.title), *((Run(f" {_DASH} {annex.note}"),) if annex.note else ()))
                    for annex in self.minutes.annexes
                ),
                numbered=True,
            )
        yield Signatures((self.words.chair, self.words.secretary))
