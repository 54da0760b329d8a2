"""A new draft under what a clerk has written: the clerk's words stay, the rest is as it is found now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from assistant.core.minutes.document import AgendaItem, Attendee, Meeting, Minutes, Statement


def refreshed(
    before: Minutes, fresh: Minutes, corrected: Collection[str] = (), *, told_again: bool = True
) -> Minutes:
    """Return a fresh draft with everything that a clerk kept, marked or took out.

    Args:
        before: The draft with the clerk's work.
        fresh: The draft as it is found in what was said now.
        corrected: Captions whose words were corrected since `before`; what was written on them is `stale`.
        told_again: Whether a language model told its part of `fresh`; else what it told before stays.
    """
    names = _renamed(before, fresh)
    gone = set(before.removed)
    items = _merged_items(before, fresh, gone, _Kept(names, frozenset(corrected), told_again=told_again))
    return Minutes(
        room=before.room,
        meeting=_merged_meeting(before, fresh.meeting),
        attendees=_merged_attendees(before, fresh, gone),
        items=items,
        passages=before.passages,
        annexes=before.annexes,
        removed=before.removed,
        kept_fields=before.kept_fields,
        draft_notes=fresh.draft_notes,
    )


def _renamed(before: Minutes, fresh: Minutes) -> Mapping[str, str]:
    """Return the new name of everybody who is called otherwise now."""
    now = {person.id: person.name for person in fresh.attendees}
    return {
        person.name: now[person.id]
        for person in before.attendees
        if not person.kept and now.get(person.id, person.name) != person.name
    }


def _merged_meeting(before: Minutes, fresh: Meeting) -> Meeting:
    kept = {name: getattr(before.meeting, name) for name in before.kept_fields}
    return (
        replace(fresh, **kept, level=before.meeting.level) if "level" not in kept else replace(fresh, **kept)
    )


def _merged_attendees(before: Minutes, fresh: Minutes, gone: Collection[str]) -> tuple[Attendee, ...]:
    kept = {person.id: person for person in before.attendees if person.kept or person.confidential}
    merged = []
    for person in fresh.attendees:
        if person.id in gone:
            continue
        mine = kept.pop(person.id, None)
        if mine and not mine.kept:
            mine = replace(person, confidential=True)
        merged.append(mine or person)
    return (*merged, *kept.values())


class _Kept:
    """How a statement that a clerk kept stands in the new draft."""

    def __init__(self, names: Mapping[str, str], corrected: frozenset[str], *, told_again: bool) -> None:
        self._told_again = told_again
        self._names = names
        self._corrected = corrected

    def stays(self, statement: Statement) -> bool:
        """Return whether a statement is the clerk's, or a model's that is not told again."""
        return statement.kept or (statement.origin == "model" and not self._told_again)

    def carry(self, mine: Statement, fresh: Statement | None) -> Statement:
        """Return it with new names, and with the new words where the clerk had not written any."""
        speaker = self._names.get(mine.speaker, mine.speaker)
        who = self._names.get(mine.who, mine.who)
        mine = replace(mine, speaker=speaker, who=who)
        if mine.origin == "method":
            if fresh is None:
                return mine
            return replace(mine, text=fresh.text, lang=fresh.lang, evidence=fresh.evidence)
        touched = any(evidence.caption in self._corrected for evidence in mine.evidence)
        return replace(mine, stale=mine.stale or touched)


def _merged_items(
    before: Minutes, fresh: Minutes, gone: Collection[str], kept: _Kept
) -> tuple[AgendaItem, ...]:
    found = {statement.id: statement for statement in fresh.statements}
    told = [statement for statement in before.statements if kept.stays(statement)]
    mine = {statement.id for statement in told}
    there = {item.id for item in fresh.items}
    placed: dict[str, list[Statement]] = {}
    for item in before.items:
        for statement in item.statements:
            if not kept.stays(statement):
                continue
            home = item.id if item.id in there or item.kept else _item_at(fresh.items, statement)
            placed.setdefault(home, []).append(kept.carry(statement, found.get(statement.id)))
    items = []
    for item in _ordered(before, fresh, gone):
        drafted = [
            statement
            for statement in _statements_of(fresh.items, item.id)
            if statement.id not in mine and statement.id not in gone and not _told_by(statement, told)
        ]
        items.append(replace(item, statements=_interleaved(placed.pop(item.id, []), drafted)))
    left = [statement for statements in placed.values() for statement in statements]
    if left:  # there is no item (any more) that they could stand in
        items.append(AgendaItem("i-further", before.meeting.title, tuple(left)))
    return tuple(items)


def _ordered(before: Minutes, fresh: Minutes, gone: Collection[str]) -> list[AgendaItem]:
    """Return the items, those of before in their order, new ones where the fresh draft has them."""
    now = {item.id: item for item in fresh.items if item.id not in gone}
    ordered: list[AgendaItem] = []
    for item in before.items:
        if item.id in now:
            ordered.append(_marked(item, now[item.id]))
        elif item.kept:
            ordered.append(replace(item, statements=()))
    known = {item.id for item in ordered}
    previous = ""
    for item in fresh.items:
        if item.id in now and item.id not in known:
            at = next((at + 1 for at, one in enumerate(ordered) if one.id == previous), 0)
            ordered.insert(at, item)
        if item.id in now:
            previous = item.id
    return ordered


def _marked(mine: AgendaItem, fresh: AgendaItem) -> AgendaItem:
    """Return an item with its title and marks, and the times of the fresh draft."""
    title = mine.title if mine.kept else fresh.title
    return replace(
        fresh, title=title, level=mine.level, confidential=mine.confidential, kept=mine.kept or fresh.kept
    )


def _statements_of(items: Iterable[AgendaItem], id_: str) -> tuple[Statement, ...]:
    return next((item.statements for item in items if item.id == id_), ())


def _told_by(drafted: Statement, mine: Sequence[Statement]) -> bool:
    """Return whether a clerk tells the same already: of the same kind, of the same words."""
    words = {evidence.caption for evidence in drafted.evidence}
    return any(
        one.kind == drafted.kind and words and words <= {evidence.caption for evidence in one.evidence}
        for one in mine
    )


def _item_at(items: Sequence[AgendaItem], statement: Statement) -> str:
    """Return the item in whose time a statement was said; the last one before it, or the first."""
    at = statement.evidence[0].start_seconds if statement.evidence else 0.0
    begun = [item for item in items if item.start_seconds is not None and item.start_seconds <= at]
    if begun:
        return max(begun, key=lambda item: item.start_seconds or 0.0).id
    return items[0].id if items else ""


def _interleaved(mine: Sequence[Statement], drafted: Sequence[Statement]) -> tuple[Statement, ...]:
    """Return the clerk's statements in their order, the drafted ones between them by time."""
    done: list[Statement] = []
    waiting = list(drafted)
    for statement in mine:
        if statement.evidence:
            at = statement.evidence[0].start_seconds
            while waiting and waiting[0].evidence and waiting[0].evidence[0].start_seconds <= at:
                done.append(waiting.pop(0))
        done.append(statement)
    return (*done, *waiting)
