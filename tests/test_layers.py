"""The arrows between the rooms of the house."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "assistant"

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Room:
    """What the modules of one place may import.

    Attributes:
        ours: Other places of this package; `*` for all.
        theirs: Libraries beyond the standard one; `*` for any.
    """

    ours: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()


def room(ours: str = "", theirs: str = "") -> Room:
    return Room(frozenset(ours.split()), frozenset(theirs.split()))


ROOMS = {
    "core": room(theirs="numpy"),
    "ports": room("core", "numpy"),
    "meeting_ports": room("core"),
    "job_ports": room("core"),
    "minutes_ports": room("core"),
    "link_ports": room("core"),
    "drafting": room("core", "numpy snowballstemmer icalendar"),
    "engines": room("ports core", EVERYTHING),
    # Both doors for recordings, the service's and the command line's, open them under the same rules.
    "media": room(theirs="av"),
    "adapters": room("media ports meeting_ports job_ports minutes_ports link_ports core", EVERYTHING),
    "sessions": room(
        "ports meeting_ports job_ports minutes_ports link_ports drafting core", "numpy structlog"
    ),
    # TBX is XML, which is only parsed with its traps shut; the others write office documents.
    "export": room("core", "defusedxml docx odfdo typst"),
    "web": room(
        "sessions export drafting job_ports ports core",
        "fastapi starlette uvicorn websockets pydantic structlog python_multipart",
    ),
    "client": room("media core", "numpy av httpx websockets pydantic"),
    "demo": room("client core", "numpy httpx"),
    "catalog": room("core"),
    "careful_tar": room("core"),
    "backup": room("adapters weights careful_tar catalog core __version__", "filelock"),
    "licences": room("catalog", "packaging"),
    "weights": room("careful_tar catalog core", "httpx filelock cryptography"),
    "text_models": room("weights catalog core", "structlog"),
    "level_files": room("core"),
    "settings": room("core", "pydantic pydantic_settings platformdirs"),
    "doors": room("settings core"),
    "bootstrap": room(EVERYTHING, EVERYTHING),
    "calibration": room("client demo ports core"),
    "doctor": room(EVERYTHING, EVERYTHING),
    "cli": room(EVERYTHING, EVERYTHING),
    "offline": room(),
    "egress": room("settings weights catalog core", "sqlalchemy"),
    "__init__": room("offline"),
}
"""Each place of `assistant/` (a package or a module) and what it may import."""

KNOWN_TO = {
    "webrtcvad": {"voice.py"},
    "onnxruntime": {"voice.py"},
    "tokenizers": {"whisper_tokens.py"},
    "ctranslate2": {"whisper.py", "argos.py"},
    "argostranslate": {"argos.py"},
    "fxtranslate": {"firefox.py"},
    "sentencex": {"sentences.py"},
    "py3langid": {"identification.py"},
}
"""Libraries that compute, and the files of the engines that know them: one each, but for the runtime that
runs both speech and text models."""


def imports_of(source: str) -> Iterator[str]:
    """Yield the full names of all modules that `source` imports, wherever it does so."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            # `from assistant import x` imports the place x.
            yield from (f"{base}.{alias.name}" for alias in node.names) if base == "assistant" else (base,)


def breaches(place: str, source: str) -> list[str]:
    """Return the imports of a module of `place` that lead where they may not."""
    allowed = ROOMS[place]
    found = []
    for name in imports_of(source):
        top, _, rest = name.partition(".")
        if top == "":
            found.append(f"{name} (relative)")
        elif top == "assistant":
            target = rest.partition(".")[0]
            if target != place and not {target, EVERYTHING} & allowed.ours:
                found.append(name)
        elif top not in sys.stdlib_module_names and not {top, EVERYTHING} & allowed.theirs:
            found.append(name)
    return found


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(module: Path) -> None:
    """Every module imports only what its place in the house allows."""
    assert breaches(place_of(module), module.read_text("utf-8")) == []


def test_every_place_has_its_rules() -> None:
    """A new package or module at the top needs a line in the table; a line needs its place."""
    places = {place_of(module) for module in modules()}
    assert places == set(ROOMS)


@pytest.mark.parametrize("library", KNOWN_TO)
def test_a_library_is_known_only_where_it_should_be(library: str) -> None:
    """A library that computes is imported by its files of the engines and by no other layer below."""
    layers = {"engines", "adapters", "sessions", "web", "core", "export", "client", "weights", "text_models"}
    users = {
        str(module.relative_to(PACKAGE))
        for module in modules()
        if place_of(module) in layers
        and any(name.split(".")[0] == library for name in imports_of(module.read_text("utf-8")))
    }
    assert users == {f"engines/{name}" for name in KNOWN_TO[library]}


def test_what_runs_in_the_service_cannot_download() -> None:
    """The part of the weights that the service uses knows no network library and no puller."""
    for name in ("store", "manifest", "__init__"):
        imported = set(imports_of((PACKAGE / "weights" / f"{name}.py").read_text("utf-8")))
        assert (
            not {"httpx", "socket", "urllib.request", "assistant.weights.pull", "assistant.weights.fetch"}
            & imported
        )


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("core", "import httpx"),
        ("core", "from assistant.ports import Clock"),
        ("core", "from assistant import ports"),
        ("core", "from ..ports import Clock"),
        ("core", "def late():\n    import ctranslate2"),
        ("ports", "from assistant.sessions.hub import MeetingHub"),
        ("engines", "from assistant.sessions import hub"),
        ("adapters", "import assistant.web.app"),
        ("sessions", "from fastapi import WebSocket"),
        ("sessions", "from assistant.adapters.sql_store import SqlTranscriptStore"),
        ("export", "from assistant.ports import TranscriptStore"),
        ("web", "from assistant.engines.whisper import WhisperTranscriber"),
        ("web", "import sqlalchemy"),
        ("weights", "from assistant.bootstrap import build_app"),
    ],
)
def test_a_breach_is_found(place: str, source: str) -> None:
    """The check fails on imports against the arrows, however they are written."""
    assert breaches(place, source)


@pytest.mark.parametrize(
    ("place", "source"),
    [
        (
            "core",
            "from __future__ import annotations\nimport numpy as np\nfrom assistant.core.audio import Pcm",
        ),
        (
            "sessions",
            "from assistant import ports\nfrom assistant.sessions.hub import MeetingHub\nimport asyncio",
        ),
        ("engines", "import ctranslate2\nfrom assistant.ports import Transcriber"),
        ("web", "from fastapi import FastAPI\nfrom assistant.export import render"),
    ],
)
def test_what_follows_the_arrows_passes(place: str, source: str) -> None:
    """The check lets the rest be."""
    assert breaches(place, source) == []
