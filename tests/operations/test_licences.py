"""What is installed, under which terms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli.application import build
from assistant.operations.licences import UNKNOWN, copyleft_of, everything, libraries, runtime_names
from assistant.weights.catalog import load_catalog

ROOT = Path(__file__).parents[2]


def test_the_terms_of_everything_that_is_shipped_are_known() -> None:
    """A new dependency, or a native library that one begins to bundle, is looked at before it is shipped."""
    unknown = [item for item in everything(load_catalog()) if item.runtime and item.licence == UNKNOWN]
    assert unknown == []


def test_native_libraries_in_wheels_are_found() -> None:
    """The wheel of PyAV says BSD; the encoders that it brings along are another matter."""
    native = {item.name: item for item in libraries() if item.kind == "native" and item.part_of == "av"}
    assert native["libx264"].copyleft == native["libx265"].copyleft == "strong"
    assert native["libavcodec"].copyleft == "weak"
    assert native["libx264"].version


def test_what_needs_what_is_followed_through_extras() -> None:
    """The server's own extras count, tools of developers do not."""
    names = runtime_names()
    assert {"uvloop", "cryptography", "minisbd", "av"} <= names
    assert not {"pytest", "mypy", "cyclonedx-bom", "hypothesis"} & names


@pytest.mark.parametrize(
    ("expression", "copyleft"),
    [
        ("MIT", ""),
        ("Apache-2.0 AND MIT", ""),
        ("MPL-2.0 AND MIT", "weak"),
        ("MIT OR GPL-2.0-only", ""),
        ("(MIT OR GPL-2.0-only) AND LGPL-2.1-or-later", "weak"),
        ("LGPL-3.0-or-later OR GPL-2.0-or-later", "weak"),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", ""),
        ("GPL-2.0-or-later", "strong"),
        ("AGPL-3.0-only", "network"),
    ],
)
def test_how_far_terms_reach(expression: str, copyleft: str) -> None:
    """Of alternatives one may choose; of parts all count."""
    assert copyleft_of(expression) == copyleft


def test_the_command_lists_all_kinds_and_says_what_is_copyleft() -> None:
    """For people as a table with sentences, for programs as JSON."""
    told = CliRunner().invoke(build(), ["licences"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    strong = told.output.partition("strong copyleft")[2].partition("network copyleft")[0]
    assert "libx264, libx265" in strong
    listed = json.loads(CliRunner().invoke(build(), ["licences", "--json"]).output)
    assert {item["kind"] for item in listed} == {"library", "native", "weights", "font", "data"}
    assert "pytest" not in {item["name"] for item in listed}
    every = json.loads(CliRunner().invoke(build(), ["licences", "--json", "--all"]).output)
    assert "pytest" in {item["name"] for item in every}


@pytest.mark.parametrize("path", ["README.md", "docs/deployment.md", "Dockerfile", "Dockerfile.gpu"])
def test_images_say_what_is_in_them(path: str) -> None:
    """Who builds or passes on an image is told of the encoders where they look."""
    assert "GPL" in (ROOT / path).read_text("utf-8")
