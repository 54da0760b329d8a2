"""What the pages point at is there: files that they link to, modules that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "assistant"

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
NAMES_OF_OLD = {"CHANGELOG.md", "moved.md"}

_LINK = re.compile(r"\]\(([^)#\s]+)")
_MODULE = re.compile(r"`([a-z_]+(?:/[a-z_]+)+)(?:\.[A-Za-z_.]+)?`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page leads to a file or folder that there is."""
    links = [link for link in _LINK.findall(page.read_text("utf-8")) if ":" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name not in NAMES_OF_OLD],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_modules_are_called_as_they_are(page: Path) -> None:
    """Every `place/module` that a page names exists, where the place is one of `assistant/`."""
    named = set(_MODULE.findall(page.read_text("utf-8")))
    ours = {PACKAGE / name for name in named if (PACKAGE / name.partition("/")[0]).is_dir()}
    assert [name for name in ours if not name.exists() and not name.with_suffix(".py").exists()] == []
