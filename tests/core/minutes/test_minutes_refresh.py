"""A new draft keeps what the clerk wrote."""

from __future__ import annotations

from dataclasses import replace

from assistant.core.minutes.document import AgendaItem, Attendee, Evidence, Meeting, Minutes, Statement
from assistant.core.minutes.refresh import refreshed


def at(number: int) -> Evidence:
    return Evidence(f"c{number}", float(number), number + 0.9)


def point(number: int, text: str = "") -> Statement:
    return Statement(f"s{number}", "point", text or f"Texte {number}.", "fr", (at(number),))


FRESH = Minutes(
    "r",
    Meeting("Conseil", language="fr"),
    attendees=(Attendee("roy", "Mme Roy"), Attendee("petit", "M. Petit")),
    items=(
        AgendaItem("i1", "Budget", (point(1), point(3)), 0.0, 10.0),
        AgendaItem("i2", "Travaux", (point(12),), 10.0, 20.0),
    ),
)


def test_without_a_clerk_a_refresh_is_the_fresh_draft() -> None:
    """Nothing of the draft before stays."""
    old = replace(FRESH, items=(AgendaItem("old", "Autre", (point(9),)),), attendees=())
    assert refreshed(old, FRESH) == FRESH


def test_what_the_clerk_wrote_stays_where_it_was_said() -> None:
    """Between the drafted statements, by time; the drafted one it replaces is not told again."""
    mine = replace(point(3, "Écrit par le greffe."), kept=True, origin="clerk")
    own = Statement("k1", "point", "Note.", "fr", (at(2),), "clerk", kept=True)
    before = replace(FRESH, items=(replace(FRESH.items[0], statements=(own, mine)), FRESH.items[1]))
    after = refreshed(before, FRESH)
    assert [one.text for one in after.items[0].statements] == ["Texte 1.", "Note.", "Écrit par le greffe."]


def test_a_correction_makes_the_clerks_words_stale_and_the_methods_new() -> None:
    """A marked statement of the method follows the words; one that the clerk wrote is only flagged."""
    written = replace(point(1, "Écrit."), kept=True, origin="clerk")
    marked = replace(point(3, "Faux."), kept=True, confidential=True)
    before = replace(FRESH, items=(replace(FRESH.items[0], statements=(written, marked)), FRESH.items[1]))
    after = refreshed(before, FRESH, {"c1", "c3"}).items[0].statements
    assert (after[0].text, after[0].stale) == ("Écrit.", True)
    assert (after[1].text, after[1].confidential, after[1].stale) == ("Texte 3.", True, False)


def test_what_was_taken_out_does_not_come_back() -> None:
    """Statements, items and people."""
    before = replace(FRESH, removed=("s3", "i2", "petit"))
    after = refreshed(before, FRESH)
    assert [item.id for item in after.items] == ["i1"]
    assert [one.id for one in after.items[0].statements] == ["s1"]
    assert [person.id for person in after.attendees] == ["roy"]


def test_a_kept_statement_survives_its_item() -> None:
    """Where its item is gone it stands in the one in whose time it was said."""
    mine = replace(point(12, "Important."), kept=True, origin="clerk", id="k1")
    before = replace(FRESH, items=(AgendaItem("gone", "Ancien", (mine,)),))
    after = refreshed(before, FRESH)
    assert [one.text for one in after.items[1].statements] == ["Important."]


def test_the_head_and_the_order_of_items_are_the_clerks() -> None:
    """Fields that were set, titles that were changed, items that were added and moved."""
    renamed = replace(FRESH.items[1], title="Voirie", kept=True)
    added = AgendaItem("k", "Divers", kept=True)
    before = replace(
        FRESH,
        meeting=replace(FRESH.meeting, title="Conseil du 25", place="Mairie"),
        kept_fields=("title",),
        items=(renamed, added, FRESH.items[0]),
    )
    after = refreshed(before, FRESH)
    assert (after.meeting.title, after.meeting.place) == ("Conseil du 25", "")
    assert [item.title for item in after.items] == ["Voirie", "Divers", "Budget"]


def test_a_new_name_reaches_what_the_clerk_kept() -> None:
    """As speaker and as the one who does something."""
    mine = replace(point(1), kind="action", kept=True, origin="clerk", speaker="Mme Roi", who="Mme Roi")
    old = (replace(FRESH.attendees[0], name="Mme Roi"), FRESH.attendees[1])
    before = replace(FRESH, attendees=old, items=(replace(FRESH.items[0], statements=(mine,)),))
    statement = next(one for one in refreshed(before, FRESH).statements if one.kept)
    assert (statement.speaker, statement.who) == ("Mme Roy", "Mme Roy")


def test_what_a_model_told_stays_until_it_tells_again() -> None:
    """A correction makes the method's part anew, not the model's; that is flagged where its words changed."""
    told = replace(point(3, "Vu par le modèle."), origin="model", id="m1")
    before = replace(FRESH, items=(replace(FRESH.items[0], statements=(told,)), FRESH.items[1]))
    after = refreshed(before, FRESH, {"c3"}, told_again=False)
    kept = next(one for one in after.statements if one.id == "m1")
    assert (kept.text, kept.kept, kept.stale) == ("Vu par le modèle.", False, True)
    assert all(one.id != "m1" for one in refreshed(before, FRESH, told_again=True).statements)
