"""Changes to minutes: each gives the minutes after it, and what takes it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

from assistant.core.errors import OperationInvalid, TextTooLong
from assistant.core.minutes.document import AgendaItem, Annex, Attendee, Minutes, Passage, Statement
from assistant.core.minutes.operations import Operation, TargetKind, statement_of

MOST_ELEMENTS = 20_000
"""How many statements, items and other parts one document may have; nobody files more."""
MOST_CHARACTERS = 4_000_000
"""How long all texts and evidence of a document may be together; the longest of days has a tenth."""

_MARKS = frozenset(("stale", "level", "confidential"))
"""A clerk who sets only these has not written the words."""


class _Element(Protocol):
    @property
    def id(self) -> str: ...


_Any = TypeVar("_Any", bound=_Element)


@dataclass(frozen=True, slots=True)
class Edited:
    """Minutes after a change.

    Attributes:
        minutes: The minutes as they are then.
        undo: What makes them as they were before, in the order in which it is to be applied.
    """

    minutes: Minutes
    undo: tuple[Operation, ...]


def edit(minutes: Minutes, operations: Sequence[Operation], new_id: Callable[[], str]) -> Edited:
    """Return minutes to which operations were applied in order, all or none.

    Args:
        minutes: The minutes as they are.
        operations: Checked by `parse_operations`.
        new_id: Makes up ids for what is added without one.

    Raises:
        OperationInvalid: An element is not there, or is there already, or there are too many.
        TextTooLong: There are too many characters, and more than before.
    """
    undo: list[Operation] = []
    before = _characters(minutes)
    for operation in operations:
        minutes, back = _apply(minutes, operation, new_id)
        undo.append(back)
    if _size(minutes) > MOST_ELEMENTS:
        raise OperationInvalid(f"Minutes have at most {MOST_ELEMENTS} elements.")
    if max(before, MOST_CHARACTERS) < _characters(minutes):
        raise TextTooLong(f"Minutes may have at most {MOST_CHARACTERS} characters.")
    return Edited(minutes, tuple(reversed(undo)))


def _size(minutes: Minutes) -> int:
    parts = (minutes.items, minutes.attendees, minutes.passages, minutes.annexes)
    return sum(map(len, parts)) + sum(len(item.statements) for item in minutes.items)


def _characters(minutes: Minutes) -> int:
    """Return how much text there is, ids included."""
    return (
        sum(_length(item.title) + sum(map(_statement_length, item.statements)) for item in minutes.items)
        + sum(_length(one.name, one.role) for one in minutes.attendees)
        + sum(_length(one.reason, *one.captions) for one in minutes.passages)
        + sum(_length(one.title, one.note) for one in minutes.annexes)
        + _length(*minutes.removed)
    )


def _statement_length(statement: Statement) -> int:
    cited = (evidence.caption for evidence in statement.evidence)
    return _length(statement.id, statement.text, statement.speaker, statement.who, *cited)


def _length(*texts: str) -> int:
    return sum(map(len, texts))


def _apply(minutes: Minutes, operation: Operation, new_id: Callable[[], str]) -> tuple[Minutes, Operation]:
    if operation.kind == "meeting":
        return _set_meeting(minutes, operation)
    if operation.op == "add":
        named = operation if operation.id else replace(operation, id=new_id())
        return _add_statement(minutes, named) if named.kind == "statement" else _add(minutes, named)
    if operation.kind == "statement":
        return _CHANGE_STATEMENT[operation.op](minutes, operation)
    return _CHANGE[operation.op](minutes, operation)


def _set_meeting(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    new = dict(operation.fields)
    before = {name: getattr(minutes.meeting, name) for name in new if name != "kept_fields"}
    kept = new.pop("kept_fields", None) or tuple(dict.fromkeys((*minutes.kept_fields, *new)))
    if "kept_fields" in operation.fields:
        kept = operation.fields["kept_fields"]
    back = Operation("set", "meeting", fields=before | {"kept_fields": minutes.kept_fields})
    changed = replace(minutes.meeting, **new)  # type: ignore[arg-type] # checked by their names
    return replace(minutes, meeting=changed, kept_fields=kept), back  # type: ignore[arg-type] # checked


# --- items, attendees, passages and annexes ---------------------------------------------------------

_PLACES = {"item": "items", "attendee": "attendees", "passage": "passages", "annex": "annexes"}
_CLASSES = {"item": AgendaItem, "attendee": Attendee, "passage": Passage, "annex": Annex}
_NEEDED = {"item": "title", "attendee": "name", "passage": "captions", "annex": "title"}


def _add(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    place = _PLACES[operation.kind]
    elements = getattr(minutes, place)
    if any(element.id == operation.id for element in elements):
        raise OperationInvalid(f"There is a {operation.kind} of that id already.")
    if _NEEDED[operation.kind] not in operation.fields:
        raise OperationInvalid(f"A new {operation.kind} needs “{_NEEDED[operation.kind]}”.")
    kind = _CLASSES[operation.kind]
    values = dict(operation.fields)
    if any(field.name == "kept" for field in fields(kind)):
        values.setdefault("kept", True)
    element = kind(id=operation.id, **values)
    if isinstance(element, AgendaItem):
        _check_new(minutes, element.statements)
    added = _inserted(elements, element, operation.index)
    after = _with(replace(minutes, removed=_without(minutes.removed, element)), place, added)
    return after, Operation("remove", operation.kind, operation.id)


def _set(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    place = _PLACES[operation.kind]
    elements = getattr(minutes, place)
    index = _find(elements, operation.kind, operation.id)
    before = elements[index]
    new = dict(operation.fields)
    if hasattr(before, "kept") and not new.keys() <= _MARKS:
        new.setdefault("kept", True)
    after = replace(before, **new)
    if isinstance(after, AgendaItem) and "statements" in new:
        raise OperationInvalid("The statements of an item are set one by one.")
    back = replace(operation, fields={name: getattr(before, name) for name in new})
    return _with(minutes, place, _replaced(elements, after, index)), back


def _remove(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    place = _PLACES[operation.kind]
    elements = getattr(minutes, place)
    index = _find(elements, operation.kind, operation.id)
    gone = elements[index]
    back = Operation("add", operation.kind, operation.id, _values_of(gone), index=index)
    removed = minutes.removed
    if isinstance(gone, AgendaItem):
        removed = (*removed, gone.id, *(statement.id for statement in gone.statements))
    elif isinstance(gone, Attendee):
        removed = (*removed, gone.id)
    after = replace(minutes, removed=tuple(dict.fromkeys(removed)))
    return _with(after, place, _left(elements, index)), back


def _move(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    place = _PLACES[operation.kind]
    elements = getattr(minutes, place)
    index = _find(elements, operation.kind, operation.id)
    moved = _inserted(_left(elements, index), elements[index], operation.index)
    return _with(minutes, place, moved), replace(operation, index=index)


# --- statements -------------------------------------------------------------------------------------


def _add_statement(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    statement = statement_of(operation.id, {"kept": True, "origin": "clerk"} | dict(operation.fields))
    _check_new(minutes, (statement,))
    at = _find(minutes.items, "item", operation.item)
    item = minutes.items[at]
    item = replace(item, statements=_inserted(item.statements, statement, operation.index))
    after = replace(_with_item(minutes, at, item), removed=_without(minutes.removed, statement))
    return after, Operation("remove", "statement", operation.id)


def _set_statement(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    at, index = _locate(minutes, operation.id)
    item = minutes.items[at]
    before = item.statements[index]
    new = dict(operation.fields)
    if not new.keys() <= _MARKS:
        new.setdefault("stale", False)
    new.setdefault("kept", True)
    if new.get("text", before.text) != before.text:
        new.setdefault("origin", "clerk")
    after = replace(before, **new)  # type: ignore[arg-type] # checked by their names
    statements = _replaced(item.statements, after, index)
    back = replace(operation, fields={name: getattr(before, name) for name in new})
    return _with_item(minutes, at, replace(item, statements=statements)), back


def _remove_statement(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    at, index = _locate(minutes, operation.id)
    item = minutes.items[at]
    gone = item.statements[index]
    back = Operation("add", "statement", gone.id, _values_of(gone), item=item.id, index=index)
    after = _with_item(minutes, at, replace(item, statements=_left(item.statements, index)))
    return replace(after, removed=tuple(dict.fromkeys((*minutes.removed, gone.id)))), back


def _move_statement(minutes: Minutes, operation: Operation) -> tuple[Minutes, Operation]:
    at, index = _locate(minutes, operation.id)
    source = minutes.items[at]
    statement = source.statements[index]
    left = replace(source, statements=_left(source.statements, index))
    minutes = _with_item(minutes, at, left)
    to = _find(minutes.items, "item", operation.item or source.id)
    target = minutes.items[to]
    moved = replace(statement, **({"kept": True} | dict(operation.fields)))  # type: ignore[arg-type] # checked
    target = replace(target, statements=_inserted(target.statements, moved, operation.index))
    kept = {"kept": statement.kept}
    back = Operation("move", "statement", statement.id, kept, item=source.id, index=index)
    return _with_item(minutes, to, target), back


_Change = Callable[[Minutes, Operation], tuple[Minutes, Operation]]
_CHANGE: dict[str, _Change] = {"set": _set, "remove": _remove, "move": _move}
_CHANGE_STATEMENT: dict[str, _Change] = {
    "set": _set_statement,
    "remove": _remove_statement,
    "move": _move_statement,
}


# --- inside -----------------------------------------------------------------------------------------


def _find(elements: Sequence[_Element], kind: TargetKind, id_: str) -> int:
    for index, element in enumerate(elements):
        if element.id == id_:
            return index
    raise OperationInvalid(f"There is no {kind} of that id (any more).")


def _locate(minutes: Minutes, id_: str) -> tuple[int, int]:
    for at, item in enumerate(minutes.items):
        for index, statement in enumerate(item.statements):
            if statement.id == id_:
                return at, index
    raise OperationInvalid("There is no statement of that id (any more).")


def _with(minutes: Minutes, place: str, elements: tuple[Any, ...]) -> Minutes:
    return replace(minutes, **{place: elements})  # type: ignore[arg-type] # each place has its own kind


def _with_item(minutes: Minutes, at: int, item: AgendaItem) -> Minutes:
    return replace(minutes, items=_replaced(minutes.items, item, at))


def _inserted(elements: tuple[_Any, ...], element: _Any, index: int | None) -> tuple[_Any, ...]:
    at = len(elements) if index is None else index
    return (*elements[:at], element, *elements[at:])


def _replaced(elements: tuple[_Any, ...], element: _Any, index: int) -> tuple[_Any, ...]:
    return (*elements[:index], element, *elements[index + 1 :])


def _left(elements: tuple[_Any, ...], index: int) -> tuple[_Any, ...]:
    """Return the elements without the one at `index`."""
    return (*elements[:index], *elements[index + 1 :])


def _values_of(element: AgendaItem | Annex | Attendee | Passage | Statement) -> dict[str, object]:
    """Return what adding an element again takes: its fields but for the id."""
    return {field.name: getattr(element, field.name) for field in fields(element) if field.name != "id"}


def _check_new(minutes: Minutes, statements: Sequence[Statement]) -> None:
    known = {statement.id for statement in minutes.statements}
    new = [statement.id for statement in statements]
    if len(set(new)) < len(new) or not known.isdisjoint(new):
        raise OperationInvalid("There is a statement of that id already.")


def _without(removed: tuple[str, ...], element: _Element) -> tuple[str, ...]:
    back = {element.id}
    if isinstance(element, AgendaItem):
        back |= {statement.id for statement in element.statements}
    return tuple(id_ for id_ in removed if id_ not in back)
