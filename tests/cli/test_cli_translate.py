"""`assistant translate`, run as people run it: what goes in line by line comes out line by line."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.bootstrap import build_weights
from assistant.core.errors import ModelMissing
from assistant.settings import Settings
from tests.cli.test_cli import TOY_PACKAGE, invoke


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a toy model from French to English is installed."""
    directory = tmp_path_factory.mktemp("models")
    invoke("models", "install", TOY_PACKAGE, "--models-dir", directory)
    return directory


def translated(models_dir: Path, text: bytes, *options: object) -> tuple[bytes, str, int]:
    """Return what comes of French text: standard output, standard error, exit status."""
    command = [sys.executable, "-m", "assistant.cli", "translate", "--from", "fr", "--to", "en"]
    command += ["--models-dir", str(models_dir), *map(str, options)]
    done = subprocess.run(command, input=text, capture_output=True, check=False, timeout=120)
    return done.stdout, done.stderr.decode(), done.returncode


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"\n\nBonjour.\n",
        b"Bonjour.\r\nMerci.\r\n",
        b"Bonjour. Merci.\x0b\x0c\x85 Bonjour.\nMerci",
        "Bonjour.\u2028Merci.\u2029\n".encode(),
        b"\xff\xfe\x00\n\x80\n",
        "§ ¶ †\n".encode() * 40,
        "Ωμέγα 👍 Привет\n漢字\n".encode(),
        b"bonjour " * 2000 + b"\n",
    ],
)
def test_as_many_lines_out_as_in(models_dir: Path, text: bytes) -> None:
    """Whatever stands in them; each is UTF-8."""
    out, told, status = translated(models_dir, text)
    lines = text.count(b"\n") + (text != b"" and not text.endswith(b"\n"))
    assert out.count(b"\n") == lines
    assert out == b"" or out.endswith(b"\n")
    out.decode()
    assert "Traceback" not in told
    assert status == (1 if "could be translated" in told else 0)


def test_lines_keep_their_place_and_their_blanks(models_dir: Path) -> None:
    """Empty lines stay empty, also many at a time."""
    text = "".join(f"\n{number}\n" for number in range(50))
    assert translated(models_dir, text.encode())[0].decode() == text
    out = translated(models_dir, b"  Bonjour.\n\nBonjour.\n")[0].decode().splitlines()
    assert out[0] == f"  {out[2]}"
    assert out[2] != "Bonjour."


def test_json_tells_the_route(models_dir: Path) -> None:
    """One object a line, with the models that it went through, and whether all of it did."""
    out, _, status = translated(models_dir, b"Bonjour.\n\n", "--json")
    first, second = map(json.loads, out.splitlines())
    assert first["models"] == ["argos-fr-en-local"]
    assert (first["via"], first["translated"], first["rough"]) == ([], True, False)
    assert (second["text"], status) == ("", 0)


@pytest.mark.weights
def test_a_glossary_holds(tmp_path: Path) -> None:
    """Terms are written as it says."""
    try:
        models_dir = build_weights(Settings()).path("translate-en-pt").parent
    except ModelMissing:
        pytest.skip("English to Portuguese is not here: “assistant models pull” fetches it")
    glossary = tmp_path / "terms.csv"
    glossary.write_text("term,language,pt\nmayor,en,burgomestre\n", "utf-8")
    english = ("--from", "en", "--to", "pt")
    out, _, status = translated(models_dir, b"The mayor is here.\n", *english, "--glossary", glossary)
    assert ("burgomestre" in out.decode(), status) == (True, 0)
    assert "burgomestre" not in translated(models_dir, b"The mayor is here.\n", *english)[0].decode()


def test_a_glossary_that_cannot_be_read_is_named(models_dir: Path, tmp_path: Path) -> None:
    """Before anything is translated."""
    out, told, status = translated(models_dir, b"Bonjour.\n", "--glossary", tmp_path / "missing.csv")
    assert (out, status, "missing.csv cannot be read" in told) == (b"", 1, True)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("<&-", "Standard input or output is closed: lines come from the one and go to the other."),
        (">&-", "Standard input or output is closed: lines come from the one and go to the other."),
        (">/dev/full", "Not all could be written (No space left on device)."),
        ("| head -n 1", ""),
    ],
)
def test_ends_that_are_closed_or_full_are_told_in_a_sentence(models_dir: Path, ends: str, told: str) -> None:
    """And who reads no further gets no complaint."""
    command = [sys.executable, "-m", "assistant.cli", "translate", "--from", "fr", "--to", "en"]
    command += ["--models-dir", str(models_dir)]
    text = b"\n".join([b"123"] * 20_000)
    done = subprocess.run(  # noqa: S602 - the shell closes what is to be closed
        f"{shlex.join(command)} {ends}", input=text, shell=True, capture_output=True, check=False, timeout=120
    )
    assert done.stderr.decode().strip() == told
    assert done.returncode == (1 if told else 0)


@pytest.mark.parametrize("pair", [("en", "fr"), ("fr", "fr"), ("fr", "klingon")])
def test_where_no_way_leads_a_sentence_says_so(models_dir: Path, pair: tuple[str, str]) -> None:
    """And nothing is written."""
    out, told, status = translated(models_dir, b"Hello.\n", "--from", pair[0], "--to", pair[1])
    assert (out, status) == (b"", 1)
    assert len(told.strip().splitlines()) == 1
    assert pair[1] in told
