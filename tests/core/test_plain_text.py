"""Text on one line, and names that can be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import ParticipantInvalid
from assistant.core.plain_text import one_line
from assistant.core.rooms import check_participant
from tests.names import MADE_UP_NAMES, REAL_NAMES, UNSEEN_NAMES


@pytest.mark.parametrize("name", REAL_NAMES)
def test_real_names_stay_as_they_are(name: str) -> None:
    """Whatever writing and keyboard they come from."""
    assert check_participant(name, "name") == name
    assert check_participant(f" {name}\n", "name") == name


@pytest.mark.parametrize(("name", "left"), MADE_UP_NAMES)
def test_controls_and_turns_of_direction_are_taken_out(name: str, left: str) -> None:
    """What is left is the name."""
    assert check_participant(name, "name") == left


@pytest.mark.parametrize("name", ["", " ", *UNSEEN_NAMES])
def test_a_name_shows_something(name: str) -> None:
    """One that nobody can see is refused."""
    with pytest.raises(ParticipantInvalid):
        check_participant(name, "name")


def test_a_name_has_an_end() -> None:
    """At 200 characters."""
    assert check_participant("a" * 200, "name")
    with pytest.raises(ParticipantInvalid):
        check_participant("a" * 201, "name")


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    """And stays as it is when it is made one again."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


def test_spaces_that_were_written_on_purpose_stay() -> None:
    """As before the signs of French; plain ones are a space together, outer ones go."""
    assert one_line(" dit  «\u00a0non\u00a0»\u202f!\u00a0 ") == "dit «\u00a0non\u00a0»\u202f!"
    assert one_line("a \u00a0\n b") == "a b"
