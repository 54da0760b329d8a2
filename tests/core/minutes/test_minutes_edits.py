"""What a clerk may do to minutes, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import OperationInvalid, TextTooLong
from assistant.core.minutes.document import (
    AgendaItem,
    Annex,
    Attendee,
    Evidence,
    Meeting,
    Minutes,
    Passage,
    Statement,
)
from assistant.core.minutes.edits import MOST_CHARACTERS, edit
from assistant.core.minutes.operations import parse_operation, parse_operations, to_document

E1 = Evidence("c1", 1.0, 2.0)
MINUTES = Minutes(
    "r",
    Meeting("Council", language="fr"),
    attendees=(Attendee("roy", "Mme Roy"), Attendee("petit", "M. Petit")),
    items=(
        AgendaItem(
            "i1",
            "Budget",
            (
                Statement("s1", "decision", "Adopté.", "fr", (E1,)),
                Statement("s2", "action", "J'envoie.", "fr", (E1,)),
            ),
        ),
        AgendaItem("i2", "Travaux", (Statement("s3", "point", "Retard.", "fr", (E1,)),)),
    ),
    passages=(Passage("p1", ("c9",), confidential=True),),
    annexes=(Annex("a1", "Plan"),),
)


def new_ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"new{next(numbers)}"


def apply(minutes: Minutes, *documents: dict[str, object]) -> Minutes:
    return edit(minutes, parse_operations(list(documents)), new_ids()).minutes


def test_a_clerks_words_are_kept_and_are_the_clerks() -> None:
    """A changed text is kept by later drafts, counts as written by the clerk, and is not stale any more."""
    before = replace(MINUTES.items[0].statements[0], stale=True)
    item = replace(MINUTES.items[0], statements=(before,))
    minutes = replace(MINUTES, items=(item,))
    after = apply(
        minutes, {"op": "set", "target": "statement:s1", "fields": {"text": " Adopté \n à 12 voix. "}}
    )
    statement = after.items[0].statements[0]
    assert (statement.text, statement.kept, statement.origin, statement.stale) == (
        "Adopté à 12 voix.",
        True,
        "clerk",
        False,
    )


def test_a_mark_leaves_the_origin_alone() -> None:
    """Marking a statement as confidential keeps it, but its words stay the method's."""
    after = apply(MINUTES, {"op": "set", "target": "statement:s1", "fields": {"confidential": True}})
    statement = after.items[0].statements[0]
    assert (statement.confidential, statement.kept, statement.origin) == (True, True, "method")


def test_what_is_taken_out_is_remembered_until_it_is_put_back() -> None:
    """A removed statement stands in `removed`, so that no draft brings it back; undoing that lets it."""
    gone = edit(MINUTES, parse_operations([{"op": "remove", "target": "statement:s1"}]), new_ids())
    assert gone.minutes.removed == ("s1",)
    back = edit(gone.minutes, gone.undo, new_ids())
    assert back.minutes == MINUTES


def test_an_item_goes_with_its_statements_and_comes_back_with_them() -> None:
    """Undoing the removal of an item brings its statements back, in its place."""
    gone = edit(MINUTES, parse_operations([{"op": "remove", "target": "item:i1"}]), new_ids())
    assert [item.id for item in gone.minutes.items] == ["i2"]
    assert set(gone.minutes.removed) == {"i1", "s1", "s2"}
    assert edit(gone.minutes, gone.undo, new_ids()).minutes == MINUTES


def test_a_statement_moves_to_another_item() -> None:
    """It stands where the clerk put it, and stays there."""
    after = apply(MINUTES, {"op": "move", "target": "statement:s2", "item": "i2", "index": 0})
    assert [one.id for one in after.items[1].statements] == ["s2", "s3"]
    assert after.items[1].statements[0].kept


def test_what_the_clerk_sets_at_the_head_is_kept() -> None:
    """Fields of the meeting that were set are named, so that a new draft leaves them alone."""
    after = apply(
        MINUTES, {"op": "set", "target": "meeting", "fields": {"title": "Conseil", "place": "Mairie"}}
    )
    assert (after.meeting.title, after.meeting.place) == ("Conseil", "Mairie")
    assert after.kept_fields == ("title", "place")


def test_all_operations_or_none() -> None:
    """One that cannot be applied leaves nothing of the others."""
    operations = parse_operations(
        [
            {"op": "remove", "target": "statement:s1"},
            {"op": "remove", "target": "statement:nowhere"},
        ]
    )
    with pytest.raises(OperationInvalid):
        edit(MINUTES, operations, new_ids())


@pytest.mark.parametrize(
    "document",
    [
        "text",
        {},
        {"op": "erase", "target": "statement:s1"},
        {"op": "set", "target": "nothing:s1"},
        {"op": "set", "target": "statement:"},
        {"op": "set", "target": "statement:s 1"},
        {"op": "remove", "target": "meeting"},
        {"op": "set", "target": "statement:s1", "fields": {"text": ""}},
        {"op": "set", "target": "statement:s1", "fields": {"text": 5}},
        {"op": "set", "target": "statement:s1", "fields": {"text": "x" * 10_001}},
        {"op": "set", "target": "statement:s1", "fields": {"kind": "rumour"}},
        {"op": "set", "target": "statement:s1", "fields": {"due": "31/02/2026"}},
        {"op": "set", "target": "statement:s1", "fields": {"due": "2026-02-31"}},
        {"op": "set", "target": "statement:s1", "fields": {"id": "other"}},
        {"op": "set", "target": "statement:s1", "fields": {"vote": {"in_favour": -1}}},
        {"op": "set", "target": "statement:s1", "fields": {"vote": {"in_favour": True}}},
        {
            "op": "set",
            "target": "statement:s1",
            "fields": {"evidence": [{"caption": "c", "start_seconds": 1}]},
        },
        {
            "op": "set",
            "target": "statement:s1",
            "fields": {"evidence": [{"caption": "c", "start_seconds": 2, "end_seconds": 1}]},
        },
        {"op": "set", "target": "meeting", "fields": {"timezone": "Mars/Olympus"}},
        {"op": "set", "target": "meeting", "fields": {"timezone": "../../etc/passwd"}},
        {"op": "set", "target": "meeting", "fields": {"language": "not a language"}},
        {"op": "set", "target": "attendee:roy", "fields": {"arrived_at": float("nan")}},
        {"op": "set", "target": "passage:p1", "fields": {"captions": []}},
        {"op": "move", "target": "item:i1", "index": -1},
    ],
)
def test_what_makes_no_sense_is_refused(document: object) -> None:
    """Each with a sentence that names the field; nothing gets into the document unchecked."""
    with pytest.raises(OperationInvalid) as raised:
        parse_operation(document)
    assert raised.value.message


def test_control_characters_do_not_come_in() -> None:
    """They would break the office formats."""
    operation = parse_operation({"op": "set", "target": "item:i1", "fields": {"title": "a\x00b\x0bc\u2028d"}})
    assert operation.fields["title"] == "a b c d"


FIELDS = {
    "statement": st.fixed_dictionaries(
        {},
        optional={
            "text": st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20),
            "kind": st.sampled_from(["point", "decision", "vote", "action", "question"]),
            "confidential": st.booleans(),
            "who": st.sampled_from(["", "Mme Roy"]),
            "due": st.sampled_from(["", "2026-12-01"]),
            "vote": st.sampled_from([None, {"in_favour": 3, "result": "adopted"}]),
        },
    ),
    "item": st.fixed_dictionaries({}, optional={"title": st.sampled_from(["A", "B"]), "level": st.just("x")}),
    "attendee": st.fixed_dictionaries({}, optional={"role": st.sampled_from(["chair", ""])}),
}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    kind = draw(st.sampled_from(["statement", "item", "attendee"]))
    ids = {"statement": ["s1", "s2", "s3"], "item": ["i1", "i2"], "attendee": ["roy", "petit"]}[kind]
    target = f"{kind}:{draw(st.sampled_from(ids))}"
    op = draw(st.sampled_from(["set", "move", "remove"]))
    if op == "set":
        return {"op": op, "target": target, "fields": draw(FIELDS[kind])}
    if op == "move":
        item = {"item": draw(st.sampled_from(["i1", "i2"]))} if kind == "statement" else {}
        return {"op": op, "target": target, "index": draw(st.integers(0, 3))} | item
    return {"op": op, "target": target}


@given(st.lists(documents(), max_size=6))
def test_whatever_was_done_can_be_taken_back(changes: list[dict[str, object]]) -> None:
    """Undoing gives the same document, also after the operations went over the wire."""
    try:
        edited = edit(MINUTES, parse_operations(changes), new_ids())
    except OperationInvalid:
        return
    undo = parse_operations([to_document(operation) for operation in edited.undo])
    assert edit(edited.minutes, undo, new_ids()).minutes == MINUTES


def test_minutes_do_not_grow_beyond_bounds() -> None:
    """Statements are added until all texts together are too long; what makes them shorter always passes."""
    text = "x" * 10_000
    full = tuple(Statement(f"f{n}", "point", text, "fr") for n in range(MOST_CHARACTERS // len(text) - 1))
    minutes = replace(MINUTES, items=(AgendaItem("i1", "Budget", full),))
    one: dict[str, object] = {
        "op": "add",
        "target": "statement:n1",
        "item": "i1",
        "fields": {"kind": "point", "text": "y" * 5_000, "lang": "fr"},
    }
    more = apply(minutes, one)
    with pytest.raises(TextTooLong):
        apply(more, one | {"target": "statement:n2"})
    over = replace(more, items=(AgendaItem("i1", "Budget", (*full, *full)),))
    shorter = apply(over, {"op": "set", "target": "statement:f1", "fields": {"text": "short"}})
    assert len(shorter.items[0].statements) == len(full) * 2
