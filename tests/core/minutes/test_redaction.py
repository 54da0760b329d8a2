"""The public version holds nothing of what is confidential."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.captions.caption import Caption
from assistant.core.minutes import redaction
from assistant.core.minutes.document import (
    AgendaItem,
    Attendee,
    Evidence,
    Meeting,
    Minutes,
    Passage,
    Statement,
)
from assistant.core.minutes.redaction import MASK, NameMask, Redaction, public_captions, public_minutes
from tests.captions import a_caption


def said(number: int, participant: str, text: str, id_: str = "") -> Caption:
    return a_caption(
        number,
        text,
        id=id_ or f"c{number}",
        participant=participant,
        speaker={"roy": "Mme Anne Roy", "petit": "M. Petit"}.get(participant, participant),
        start_seconds=float(number),
        end_seconds=number + 0.9,
    )


def on(caption: Caption) -> Evidence:
    return Evidence(caption.id, caption.start_seconds, caption.end_seconds)


CAPTIONS = [
    said(1, "roy", "Le dossier médical de Paul est complet."),
    said(2, "petit", "Madame Roy a raison, et ROY le sait."),
    said(3, "petit", "La subvention est adoptée."),
    said(4, "petit", "Le terrain coûte trop cher."),
]
MINUTES = Minutes(
    "r",
    Meeting("Réunion avec Anne Roy", language="fr"),
    attendees=(Attendee("roy", "Mme Anne Roy"), Attendee("petit", "M. Petit")),
    items=(
        AgendaItem(
            "i1",
            "Point de Mme Roy",
            (
                Statement("s1", "point", CAPTIONS[0].text, "fr", (on(CAPTIONS[0]),)),
                Statement(
                    "s2", "action", "Roy rappelle Petit.", "fr", (on(CAPTIONS[2]),), who="Mme Anne Roy"
                ),
                Statement("s3", "decision", CAPTIONS[3].text, "fr", (on(CAPTIONS[3]),)),
            ),
        ),
    ),
)


def test_a_confidential_passage_is_nowhere() -> None:
    """Neither it nor a statement that rests on it, even in part."""
    minutes = replace(MINUTES, passages=(Passage("p", ("c4",), confidential=True, reason="terrain"),))
    redaction = Redaction.of(minutes, CAPTIONS)
    assert "terrain" not in repr(public_minutes(minutes, redaction))
    assert "terrain" not in repr(public_captions(CAPTIONS, redaction))
    assert [one.id for one in public_minutes(minutes, redaction).statements] == ["s1", "s2"]


def test_a_confidential_person_is_nowhere() -> None:
    """Not what they said, not their name in any spelling of case, in minutes and captions."""
    roy = replace(MINUTES.attendees[0], confidential=True)
    minutes = replace(MINUTES, attendees=(roy, MINUTES.attendees[1]))
    redaction = Redaction.of(minutes, CAPTIONS)
    shown = repr(public_minutes(minutes, redaction)) + repr(public_captions(CAPTIONS, redaction))
    for word in ("roy", "anne", "médical"):
        assert not re.search(rf"\b{word}\b", shown.lower())
    assert f"Madame {MASK} a raison, et {MASK} le sait." in shown


def test_a_confidential_statement_takes_its_words_along() -> None:
    """The captions it rests on are withheld too; they say the same."""
    hidden = replace(MINUTES.items[0].statements[2], confidential=True)
    item = replace(MINUTES.items[0], statements=(*MINUTES.items[0].statements[:2], hidden))
    minutes = replace(MINUTES, items=(item,))
    redaction = Redaction.of(minutes, CAPTIONS)
    assert "terrain" not in repr(public_captions(CAPTIONS, redaction))


def test_all_of_the_time_of_a_confidential_item_is_withheld() -> None:
    """Also what no statement rests on."""
    item = replace(MINUTES.items[0], confidential=True, start_seconds=2.0, end_seconds=4.0)
    minutes = replace(MINUTES, items=(item,))
    redaction = Redaction.of(minutes, [*CAPTIONS, said(5, "petit", "Autre sujet.")])
    left = public_captions([*CAPTIONS, said(5, "petit", "Autre sujet.")], redaction)
    assert [caption.text for caption in left] == ["Autre sujet."]
    assert public_minutes(minutes, redaction).items == ()


def test_halves_and_merged_captions_are_withheld_too() -> None:
    """Whatever holds words of a marked caption now: what was split off it, and what it was merged into."""
    minutes = replace(MINUTES, passages=(Passage("p", ("c3", "c4"), confidential=True),))
    captions = [
        said(2, "petit", "Bonjour. La subvention est adoptée."),
        said(3, "petit", ""),
        said(4, "petit", "Le terrain"),
        said(5, "petit", "coûte trop cher.", id_="c4~17"),
    ]
    assert public_captions([one for one in captions if one.text], Redaction.of(minutes, captions)) == []


def test_nothing_tells_that_something_was_marked() -> None:
    """Reasons of passages, what was removed and notes of drafting stay inside."""
    minutes = replace(
        MINUTES,
        passages=(Passage("p", ("c4",), confidential=True, reason="secret des affaires"),),
        removed=("s-secret",),
        draft_notes=("model_partly",),
    )
    public = public_minutes(minutes, Redaction.of(minutes, CAPTIONS))
    assert (public.passages, public.removed, public.draft_notes) == ((), (), ())


def test_names_are_masked_with_and_without_accents() -> None:
    """As recognisers write them: whole words in any case; parts of other words stay."""
    mask = NameMask(["Mme Éloïse de La Tour-Martin"])
    assert mask.hide("eloise et ÉLOÏSE, Tour Martin, detour") == f"{MASK} et {MASK}, {MASK} {MASK}, detour"
    assert mask.hide("La mairie de la ville") == "La mairie de la ville"


@given(st.text(max_size=60), st.text(max_size=12))
def test_a_masked_text_never_holds_the_name(text: str, name: str) -> None:
    """Hiding twice changes nothing more."""
    mask = NameMask([name])
    once = mask.hide(text)
    assert mask.hide(once) == once


def test_a_text_is_looked_through_once_for_all_who_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of the public version in a hall are all shown the same texts: the first pays for it."""
    looked: list[str] = []
    folded = redaction._folded

    def counting(text: str) -> str:
        looked.append(text)
        return folded(text)

    mask = NameMask(["Claire Petit"])
    monkeypatch.setattr(redaction, "_folded", counting)
    for caption in [said(1, "roy", "Merci à Claire Petit."), said(2, "roy", "Fin.")] * 1_000:
        assert "Petit" not in mask.masked(caption).text
    assert len(looked) <= 10
