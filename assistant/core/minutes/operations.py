"""What a clerk may do to minutes, as documents on the wire and as checked operations."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from assistant.core.errors import LanguageUnknown, OperationInvalid
from assistant.core.language import parse_language
from assistant.core.minutes.document import (
    Evidence,
    Origin,
    Presence,
    Statement,
    StatementKind,
    Vote,
    VoteResult,
)
from assistant.core.plain_text import is_visible, one_line

OperationName = Literal["set", "add", "remove", "move"]
TargetKind = Literal["meeting", "item", "statement", "attendee", "passage", "annex"]

MOST_OPERATIONS = 500
"""In one request."""

_MOST_TEXT = 10_000
_MOST_LABEL = 500
_MOST_CAPTIONS = 5_000
_MOST_VOTES = 1_000_000_000
_MOST_SECONDS = 1e11
_ID = re.compile(r"[A-Za-z0-9._~-]{1,200}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One change; `parse_operation` makes checked ones.

    Attributes:
        op: What is done.
        kind: To what kind of element.
        id: Which one; empty for the meeting, and to let one be made up.
        fields: New values by field.
        item: The id of the item that a statement is put in.
        index: The position among its kind (statements: in their item); None: the last.
    """

    op: OperationName
    kind: TargetKind
    id: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    item: str = ""
    index: int | None = None


def parse_operations(documents: object) -> list[Operation]:
    """Return the operations in a list from the wire; raises `OperationInvalid`."""
    if not isinstance(documents, Sequence) or isinstance(documents, str | bytes):
        raise OperationInvalid("“operations” is a list.")
    if len(documents) > MOST_OPERATIONS:
        raise OperationInvalid(f"One change has at most {MOST_OPERATIONS} operations.")
    return [parse_operation(document) for document in documents]


def parse_operation(document: object) -> Operation:
    """Return the operation that a document of the wire describes; raises `OperationInvalid`."""
    if not isinstance(document, Mapping):
        raise OperationInvalid("An operation is an object.")
    op, target = document.get("op"), document.get("target")
    if op not in get_args(OperationName):
        raise OperationInvalid(f"An “op” is one of {', '.join(get_args(OperationName))}.")
    kind, _, id_ = str(target or "").partition(":")
    if kind not in get_args(TargetKind):
        raise OperationInvalid(f"A “target” begins with one of {', '.join(get_args(TargetKind))}.")
    if kind == "meeting" and op != "set":
        raise OperationInvalid("The meeting can only be set.")
    if (id_ and not _ID.fullmatch(id_)) or (not id_ and op != "add" and kind != "meeting"):
        raise OperationInvalid("The target's id is missing, or has characters that ids do not have.")
    fields = document.get("fields", {})
    if not isinstance(fields, Mapping):
        raise OperationInvalid("“fields” is an object.")
    return Operation(
        op=cast("OperationName", op),
        kind=cast("TargetKind", kind),
        id=id_,
        fields=_checked(cast("TargetKind", kind), fields),
        item=_text(document.get("item", ""), "item", _MOST_LABEL),
        index=_count(document.get("index"), "index"),
    )


def to_document(operation: Operation) -> dict[str, object]:
    """Return an operation as it goes over the wire."""
    document: dict[str, object] = {"op": operation.op, "target": _target_of(operation)}
    if operation.fields:
        document["fields"] = {name: _plain(value) for name, value in operation.fields.items()}
    if operation.item:
        document["item"] = operation.item
    if operation.index is not None:
        document["index"] = operation.index
    return document


def _target_of(operation: Operation) -> str:
    return operation.kind if operation.kind == "meeting" else f"{operation.kind}:{operation.id}"


def _plain(value: object) -> object:
    """Return a value of a field as JSON has it."""
    if isinstance(value, Evidence | Vote):
        return asdict(value)
    if isinstance(value, Statement):
        return {"id": value.id} | {name: _plain(getattr(value, name)) for name in _FIELDS["statement"]}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


# --- checks of fields -----------------------------------------------------------------------------

_Check = Callable[[object, str], object]


def _checked(kind: TargetKind, fields: Mapping[object, object]) -> dict[str, object]:
    checks = _FIELDS[kind]
    unknown = [str(name)[:40] for name in fields if name not in checks]
    if unknown:
        raise OperationInvalid(f"A {kind} has no “{unknown[0]}”; it has {', '.join(checks)}.")
    return {str(name): checks[str(name)](value, str(name)) for name, value in fields.items()}


def _text(value: object, name: str, most: int) -> str:
    if not isinstance(value, str):
        raise OperationInvalid(f"“{name}” is a text.")
    text = one_line(value)
    if len(text) > most:
        raise OperationInvalid(f"“{name}” has at most {most} characters.")
    return text


def _words(value: object, name: str) -> str:
    return _text(value, name, _MOST_TEXT)


def _label(value: object, name: str) -> str:
    return _text(value, name, _MOST_LABEL)


def _named(value: object, name: str) -> str:
    return _filled(_label(value, name), name)


def _filled(text: str, name: str) -> str:
    if not is_visible(text):
        raise OperationInvalid(f"“{name}” may not be empty.")
    return text


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise OperationInvalid(f"“{name}” is true or false.")
    return value


def _one_of(*allowed: str) -> _Check:
    def check(value: object, name: str) -> str:
        if value not in allowed:
            raise OperationInvalid(f"“{name}” is one of {', '.join(word or '(empty)' for word in allowed)}.")
        return str(value)

    return check


def _language(value: object, name: str) -> str:
    try:
        return parse_language(_label(value, name))
    except LanguageUnknown as error:
        raise OperationInvalid(f"“{name}” is no language: {error.message}") from error


def _languages(value: object, name: str) -> tuple[str, ...]:
    return tuple(_language(part, name) for part in _list(value, name, 50))


def _timezone(value: object, name: str) -> str:
    text = _label(value, name)
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        raise OperationInvalid(f"“{name}” is no time zone, such as Europe/Paris.") from error
    return text


def _day(value: object, name: str) -> str:
    if value in ("", None):
        return ""
    try:
        return date.fromisoformat(_label(value, name)).isoformat()
    except ValueError as error:
        raise OperationInvalid(f"“{name}” is a day such as 2026-11-27, or empty.") from error


def _moment(value: object, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST_SECONDS:
        raise OperationInvalid(f"“{name}” is a number of seconds, or null.")
    return float(value)


def _count(value: object, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_VOTES:
        raise OperationInvalid(f"“{name}” is a whole number, or null.")
    return value


def _list(value: object, name: str, most: int) -> list[object]:
    if not isinstance(value, list | tuple) or len(value) > most:
        raise OperationInvalid(f"“{name}” is a list of at most {most}.")
    return list(value)


def _captions(value: object, name: str) -> tuple[str, ...]:
    found = tuple(_named(part, name) for part in _list(value, name, _MOST_CAPTIONS))
    if not found:
        raise OperationInvalid(f"“{name}” may not be empty.")
    return tuple(dict.fromkeys(found))


def _evidence(value: object, name: str) -> tuple[Evidence, ...]:
    found = []
    for part in _list(value, name, _MOST_CAPTIONS):
        if isinstance(part, Evidence):
            found.append(part)
            continue
        if not isinstance(part, Mapping):
            raise OperationInvalid(f"“{name}” is a list of objects.")
        start, end = (_moment(part.get(key), key) for key in ("start_seconds", "end_seconds"))
        if start is None or end is None or not math.isfinite(end) or end < start:
            raise OperationInvalid(f"“{name}” tells from when to when, in seconds.")
        found.append(Evidence(_named(part.get("caption"), "caption"), start, end))
    return tuple(sorted(found, key=lambda one: (one.start_seconds, one.caption)))


def _vote(value: object, name: str) -> Vote | None:
    if value is None or isinstance(value, Vote):
        return value
    if not isinstance(value, Mapping):
        raise OperationInvalid(f"“{name}” is an object, or null.")
    result = _one_of(*get_args(VoteResult))(value.get("result") or "", "result")
    return Vote(
        in_favour=_count(value.get("in_favour"), "in_favour"),
        against=_count(value.get("against"), "against"),
        abstentions=_count(value.get("abstentions"), "abstentions"),
        result=cast("VoteResult", result),
        unanimous=_flag(value.get("unanimous", False), "unanimous"),
    )


def _statements(value: object, name: str) -> tuple[Statement, ...]:
    """Check the statements of an item that is put back."""
    return tuple(_statement(part, name) for part in _list(value, name, _MOST_CAPTIONS))


def _statement(value: object, name: str) -> Statement:
    if isinstance(value, Statement):
        return value
    if not isinstance(value, Mapping):
        raise OperationInvalid(f"“{name}” is a list of objects.")
    id_ = _named(value.get("id"), "id")
    return statement_of(id_, _checked("statement", {key: value[key] for key in value if key != "id"}))


def statement_of(id_: str, fields: Mapping[str, object]) -> Statement:
    """Return a statement made of checked fields; raises `OperationInvalid` where what it is is missing."""
    if not {"kind", "text", "lang"} <= fields.keys():
        raise OperationInvalid("A statement has at least a kind, a text and a lang.")
    return Statement(id=id_, **fields)  # type: ignore[arg-type] # each was checked by its name


_FIELDS: Mapping[TargetKind, Mapping[str, _Check]] = {
    "meeting": {
        "title": _named,
        "organisation": _label,
        "place": _label,
        "began_at": _moment,
        "ended_at": _moment,
        "timezone": _timezone,
        "language": _language,
        "languages": _languages,
        "next_meeting": _words,
        "level": _label,
        "kept_fields": lambda value, name: tuple(_named(part, name) for part in _list(value, name, 50)),
    },
    "item": {
        "title": _named,
        "start_seconds": _moment,
        "end_seconds": _moment,
        "level": _label,
        "confidential": _flag,
        "kept": _flag,
        "statements": _statements,
    },
    "statement": {
        "kind": _one_of(*get_args(StatementKind)),
        "text": lambda value, name: _filled(_words(value, name), name),
        "lang": _language,
        "evidence": _evidence,
        "origin": _one_of(*get_args(Origin)),
        "speaker": _label,
        "vote": _vote,
        "who": _label,
        "due": _day,
        "level": _label,
        "confidential": _flag,
        "kept": _flag,
        "stale": _flag,
        "rough": _flag,
    },
    "attendee": {
        "name": _named,
        "role": _label,
        "presence": _one_of(*get_args(Presence)),
        "arrived_at": _moment,
        "left_at": _moment,
        "confidential": _flag,
        "kept": _flag,
    },
    "passage": {
        "captions": _captions,
        "level": _label,
        "confidential": _flag,
        "reason": _words,
    },
    "annex": {"title": _named, "note": _words, "confidential": _flag},
}
"""What each kind of element has, and how a value of it is checked."""
