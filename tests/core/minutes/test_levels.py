"""Protection levels: what they are called, what inherits them, what lowers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.adapters.level_files import read_scale
from assistant.core.errors import FileUnreadable, InvalidInput, LevelUnknown
from assistant.core.minutes.document import AgendaItem, Evidence, Meeting, Minutes, Passage, Statement
from assistant.core.minutes.levels import DEFAULT_SCALE
from assistant.core.minutes.protection import level_of_document, level_of_transcript, lowers

STATEMENT = Statement("s1", "point", "Texte.", "fr", (Evidence("c1", 1.0, 2.0),))
MINUTES = Minutes(
    "r", Meeting("M"), items=(AgendaItem("i1", "A", (STATEMENT,)), AgendaItem("i2", "B", level="internal"))
)


def test_levels_are_named_in_the_readers_language() -> None:
    """And in English where the scale has no name in it."""
    assert DEFAULT_SCALE.of("restricted").name_in("fr-FR") == "Diffusion restreinte"
    assert DEFAULT_SCALE.of("restricted").name_in("fi") == "Restricted"
    assert DEFAULT_SCALE.of("").code == "public"


def test_an_unknown_level_is_refused_but_protects() -> None:
    """Asked for, it is an error; found in an old document, it counts as the most closed one."""
    with pytest.raises(LevelUnknown):
        DEFAULT_SCALE.of("cosmic")
    assert DEFAULT_SCALE.highest(["internal", "cosmic"]) == "confidential"


@pytest.mark.parametrize(
    ("minutes", "room", "level"),
    [
        (replace(MINUTES, items=MINUTES.items[:1]), "", "public"),
        (MINUTES, "", "internal"),
        (MINUTES, "restricted", "restricted"),
        (replace(MINUTES, meeting=replace(MINUTES.meeting, level="restricted")), "", "restricted"),
        (replace(MINUTES, passages=(Passage("p", ("c1",), level="confidential"),)), "", "confidential"),
    ],
)
def test_a_document_is_as_closed_as_what_is_in_it(minutes: Minutes, room: str, level: str) -> None:
    """It inherits from its room, and from the most closed item, statement or passage in it."""
    assert level_of_document(minutes, DEFAULT_SCALE, room) == level


def test_a_transcript_inherits_from_room_document_and_passages() -> None:
    """Without minutes it has the level of its room."""
    passages = replace(MINUTES, passages=(Passage("p", ("c1",), level="restricted"),))
    assert level_of_transcript(passages, DEFAULT_SCALE, "internal") == "restricted"
    assert level_of_transcript(None, DEFAULT_SCALE, "internal") == "internal"


@pytest.mark.parametrize(
    ("change", "lowered"),
    [
        (lambda one: replace(one, items=(one.items[0], replace(one.items[1], level=""))), True),
        (lambda one: replace(one, items=(one.items[0], replace(one.items[1], level="restricted"))), False),
        (lambda one: replace(one, items=one.items[:1]), False),
        (lambda one: replace(one, passages=()), True),
        (lambda one: replace(one, meeting=replace(one.meeting, level="internal")), False),
    ],
)
def test_lowering_is_noticed_wherever_it_happens(change: Callable[[Minutes], Minutes], lowered: bool) -> None:  # noqa: FBT001
    """Setting a level down and lifting a passage do; taking an item out does not."""
    before = replace(MINUTES, passages=(Passage("p", ("c9",), level="internal"),))
    after = change(before)
    assert lowers(before, after, DEFAULT_SCALE) is lowered


def test_moving_a_statement_to_a_more_open_item_lowers_it() -> None:
    """The item's level held for it."""
    closed = replace(MINUTES.items[1], statements=(STATEMENT,))
    before = replace(MINUTES, items=(replace(MINUTES.items[0], statements=()), closed))
    assert lowers(before, MINUTES, DEFAULT_SCALE)


def test_a_scale_is_read_from_a_file(tmp_path: Path) -> None:
    """Levels from the most open to the most closed, with their names."""
    path = tmp_path / "levels.toml"
    path.write_text(
        '[[level]]\ncode = "open"\nmarked = false\n'
        '[[level]]\ncode = "secret"\nnumbered = true\n[level.names]\nfr = "Secret"\n',
        "utf-8",
    )
    scale = read_scale(path)
    assert [level.code for level in scale.levels] == ["open", "secret"]
    assert scale.of("secret").numbered
    assert scale.of("secret").name_in("fr") == "Secret"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "level = 5",
        "[[level]]",
        '[[level]]\ncode = "Bad Code"',
        '[[level]]\ncode = "a"\ncolour = "red"',
        '[[level]]\ncode = "a"\nnumbered = "yes"',
        '[[level]]\ncode = "a"\n[[level]]\ncode = "a"',
        "[[level",
    ],
)
def test_what_is_no_scale_is_refused(text: str, tmp_path: Path) -> None:
    """With the file's name, before the service starts."""
    path = tmp_path / "levels.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=r"levels\.toml"):
        read_scale(path)


def test_a_scale_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Rather than falling back to one that protects otherwise."""
    with pytest.raises(FileUnreadable):
        read_scale(tmp_path / "none.toml")
