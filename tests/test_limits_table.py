"""The table of limits in `docs/deployment.md` is whole and tells what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from assistant.bootstrap import build_limits
from assistant.core import errors as error_tree
from assistant.core import json_bounds
from assistant.core.captions import edits as caption_edits
from assistant.core.errors import AssistantError
from assistant.core.minutes import edits
from assistant.settings import Settings
from assistant.web import clerks, transcriptions, uploads
from assistant.web.errors import status_of
from assistant.web.limits import Limits

_DOCUMENT = Path(__file__).parents[1] / "docs" / "deployment.md"
_LIMIT = re.compile(
    r"(max|min|most|reserved|documents?)_.*|.*_reserve_mb|.*_at_once|.*_(idle|stall|head|alive|ping|pong)_seconds"
)
_CODE = re.compile(r"(\d{3}) `([a-z_]+)`")


def _rows() -> list[list[str]]:
    """Return the cells of the rows of the table."""
    section = _DOCUMENT.read_text("utf-8").partition("\n## Limits\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


ROWS = _rows()
SETTINGS = {
    row[1].strip("`").removeprefix("ASSISTANT_").lower(): row[2].strip("`")
    for row in ROWS
    if row[1] != "fixed"
}


def test_every_limit_is_in_the_table() -> None:
    """A new setting that bounds something needs a row; a row needs its setting."""
    named = {name for name in Settings.model_fields if _LIMIT.fullmatch(name)}
    assert named == set(SETTINGS)
    assert len(SETTINGS) == sum(row[1] != "fixed" for row in ROWS), "each once"


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_default_is_the_one_that_is_told(name: str) -> None:
    """As the settings have it."""
    assert str(Settings.model_fields[name].default) == SETTINGS[name]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_answered_is_in_the_table(row: list[str]) -> None:
    """Every code that a row names is an error with that status."""
    kinds = [kind for kind in vars(error_tree).values() if isinstance(kind, type)]
    known = {kind.code: kind for kind in kinds if issubclass(kind, AssistantError)}
    for status, code in _CODE.findall(row[3]):
        assert status_of(known[code]("")) == int(status)
    assert row[3] or "between" in row[0]


def test_what_is_fixed_is_told_as_it_is() -> None:
    """The numbers of limits without a setting are those of the code."""
    told = {row[0]: row[2].strip("`") for row in ROWS if row[1] == "fixed"}
    for beginning, number in {
        "digits of a number in JSON": json_bounds.MOST_DIGITS,
        "fields of a form, its file": uploads.MOST_PARTS,
        "prompt of a recording": transcriptions.MOST_PROMPT,
        "text of a caption": caption_edits.MOST_CHARACTERS,
        "text of minutes": edits.MOST_CHARACTERS,
    }.items():
        assert [value for what, value in told.items() if what.startswith(beginning)] == [str(number)]
    longest = clerks.Correction.model_json_schema()["properties"]["text"]["anyOf"][0]["maxLength"]
    assert longest == caption_edits.MOST_CHARACTERS


def test_settings_reach_the_doors() -> None:
    """Each limit of the doors is the setting of its name."""
    changed: dict[str, Any] = {
        "max_url_bytes": 4_000,
        "max_headers": 50,
        "request_head_seconds": 3.0,
        "max_tracks": 7,
    }
    limits = build_limits(Settings(**changed, trusted_proxies=["10.0.0.0/8"]))
    assert (limits.max_url_bytes, limits.max_headers, limits.request_head_seconds) == (4_000, 50, 3.0)
    assert limits.max_tracks_per_credential == 7
    assert limits.trusted_proxies == ("10.0.0.0/8",)
    usual, plain = build_limits(Settings()), Limits()
    assert {field.name for field in fields(Limits)} <= {*Settings.model_fields, "answer_stall_seconds"}
    for field in fields(Limits):
        assert getattr(usual, field.name) == getattr(plain, field.name), field.name


@pytest.mark.parametrize("proxies", ["proxy.example.org", "10.0.0.0/33", "10.0.0"])
def test_proxies_are_addresses(proxies: str) -> None:
    """A name would have to be looked up, and could change."""
    with pytest.raises(ValueError, match="is no address and no network"):
        Settings(trusted_proxies=proxies)
