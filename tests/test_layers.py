"""The arrows between the rooms of the house."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "assistant"

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Room:
    """One place of `assistant/` (a package or a module), and what its modules may import.

    Attributes:
        holds: What lives there, for the table in `docs/architecture.md`.
        ours: Other places of this package; `*` for all.
        theirs: Libraries beyond the standard one; `*` for any.
    """

    holds: str
    ours: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()


def room(holds: str, ours: str = "", theirs: str = "") -> Room:
    return Room(holds, frozenset(ours.split()), frozenset(theirs.split()))


ROOMS = {
    "core": room(
        "the domain: no I/O, no clock, no asyncio, no logging", theirs="numpy rapidfuzz text_to_num"
    ),
    "ports": room("protocols of everything outside the domain", "core", "numpy"),
    "captioning": room(
        "captions: endpointing, scheduler, second pass; live: track, front end, journal writer, publisher",
        "rooms translation tasks ports core",
        "numpy structlog",
    ),
    "rooms": room(
        "which rooms there are, who follows them, their glossaries",
        "translation tasks ports core",
        "structlog",
    ),
    "translation": room(
        "the translator, one stream for each room and language", "tasks ports core", "structlog"
    ),
    "readers": room("feeds, links and the public view", "rooms translation tasks ports core", "structlog"),
    "bots": room(
        "bots in meetings: who is heard, what is shown there, who was there",
        "captioning readers translation tasks ports core",
        "structlog",
    ),
    "recordings": room(
        "finished recordings and jobs", "captioning translation tasks ports core", "numpy structlog"
    ),
    "minutes": room(
        "minutes: drafts, edits, approval, and who is told",
        "minutes/drafting rooms translation tasks ports core",
        "structlog",
    ),
    "minutes/drafting": room(
        "minutes by method: from captions to a draft; what a model answers, checked",
        "core",
        "numpy pydantic snowballstemmer icalendar dateutil text_to_num",
    ),
    "service": room(
        "live captions as one service: what starts with it, is watched while it runs, and how it ends",
        "captioning rooms translation readers recordings tasks ports core",
        "structlog",
    ),
    "tasks": room("background work: its owners, threads, what is tried again", "ports", "structlog tenacity"),
    "export": room(
        # TBX is XML, which is only parsed with its traps shut; the others write office documents.
        "transcripts, minutes and glossaries as files",
        "core",
        "defusedxml docx odfdo pydantic typst",
    ),
    "engines": room(
        "one blocking library each: voice activity, Whisper, text models, languages; child processes",
        "tasks ports core",
        EVERYTHING,
    ),
    "adapters": room(
        "one outside system each: SQL store, room log, journal, decoders, LiveKit, metrics, log",
        "tasks ports core",
        EVERYTHING,
    ),
    "weights": room(
        "which weights, from where, with which hash; which text models are here",
        "adapters/http_client engines/text_packages engines/registry tasks core",
        "httpx filelock cryptography structlog",
    ),
    "web": room(
        "FastAPI: sockets, HTTP, auth, pages",
        "service captioning rooms translation readers bots recordings minutes export "
        "tasks ports core __version__",
        "fastapi starlette uvicorn websockets pydantic structlog python_multipart",
    ),
    "client": room(
        "the public contract from the other side",
        "tasks adapters/media_opening core",
        "numpy av httpx websockets pydantic",
    ),
    "demo": room("the demo meeting", "adapters/http_client client core", "numpy httpx"),
    "backup": room(
        "backups of the data folder: written while the service runs, checked, brought back",
        "adapters weights core __version__",
        "filelock",
    ),
    "operations/offline": room(
        "switches that keep libraries from speaking to their makers, turned before any import"
    ),
    "operations": room(
        "what administrators ask: does it work, what could leave, which terms hold",
        "bootstrap engines/devices translation weights settings ports core",
        "packaging sqlalchemy psutil",
    ),
    "settings": room("what operators choose", "core", "pydantic pydantic_settings platformdirs"),
    "bootstrap": room("what is concrete is chosen here and nowhere else", EVERYTHING, EVERYTHING),
    "cli": room("the commands", EVERYTHING, EVERYTHING),
    "__init__": room("the version", "operations/offline"),
}
"""Each place of `assistant/` and what it may import; the longest name that fits a module is its place."""

KNOWN_TO = {
    "webrtcvad": {"voice.py"},
    "onnxruntime": {"voice.py"},
    "tokenizers": {"whisper_tokens.py"},
    "ctranslate2": {"whisper.py", "argos.py", "devices.py"},
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
            parts = rest.split(".")
            targets = {"/".join(parts[:length]) for length in range(1, len(parts) + 1)}
            if place_named(parts) != place and not (targets | {EVERYTHING}) & allowed.ours:
                found.append(name)
        elif top not in sys.stdlib_module_names and not {top, EVERYTHING} & allowed.theirs:
            found.append(name)
    return found


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place_of(module: Path) -> str:
    return place_named(module.relative_to(PACKAGE).with_suffix("").parts)


def place_named(parts: Sequence[str]) -> str:
    """Return the place of a module: the longest name of a place that begins its own."""
    names = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((name for name in names if name in ROOMS), parts[0])


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(module: Path) -> None:
    """Every module imports only what its place in the house allows."""
    assert breaches(place_of(module), module.read_text("utf-8")) == []


def test_every_place_has_its_rules() -> None:
    """A new package or module at the top needs a line in the table; a line needs its place."""
    places = {place_of(module) for module in modules()}
    assert places == set(ROOMS)


def test_no_arrow_leads_back() -> None:
    """Places are in an order: whatever a place may import never imports it again, by whatever way."""
    ways = {
        place: {place_named(name.split("/")) for name in rules.ours - {EVERYTHING, place}}
        for place, rules in ROOMS.items()
    }
    assert list(TopologicalSorter(ways).static_order())


def rooms_table() -> str:
    """Return the table of `docs/architecture.md`."""
    rows = ["| place | what lives there | may import |", "|---|---|---|"]
    for place, rules in ROOMS.items():
        if not place.startswith("_"):
            name = f"`{place}/`" if (PACKAGE / place).is_dir() else f"`{place}.py`"
            ours = "all" if EVERYTHING in rules.ours else ", ".join(sorted(rules.ours)) or "nothing of ours"
            rows.append(f"| {name} | {rules.holds} | {ours} |")
    return "\n".join(rows)


def test_the_architecture_shows_these_places() -> None:
    """The table is this one: print `rooms_table()` to make it anew."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    assert rooms_table() in page, rooms_table()


@pytest.mark.parametrize("library", KNOWN_TO)
def test_a_library_is_known_only_where_it_should_be(library: str) -> None:
    """A library that computes is imported by its files of the engines and by no other layer below."""
    layers = set(ROOMS) - {"bootstrap", "cli", "operations"}
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
        network = {"httpx", "socket", "urllib.request", "assistant.adapters.http_client"}
        assert not (network | {"assistant.weights.pull", "assistant.weights.fetch"}) & imported


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("core", "import httpx"),
        ("core", "from assistant.ports.system import Clock"),
        ("core", "from assistant import ports"),
        ("core", "from ..ports import Clock"),
        ("core", "def late():\n    import ctranslate2"),
        ("ports", "from assistant.service.caption_service import CaptionService"),
        ("engines", "from assistant.rooms import service"),
        ("adapters", "import assistant.web.app"),
        ("captioning", "from fastapi import WebSocket"),
        ("rooms", "from assistant.adapters.sql_store import SqlTranscriptStore"),
        ("export", "from assistant.ports.storage import TranscriptStore"),
        ("minutes/drafting", "from assistant.ports.minutes import MinutesStore"),
        ("minutes/drafting", "from assistant.minutes.service import MinutesService"),
        ("weights", "from assistant.engines.argos import ArgosTranslator"),
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
            "import numpy as np\nfrom assistant.core.speech.audio import Pcm",
        ),
        (
            "captioning",
            "from assistant import ports\nfrom assistant.rooms.registry import RoomRegistry\nimport asyncio",
        ),
        ("engines", "import ctranslate2\nfrom assistant.ports.speech import Transcriber"),
        ("minutes", "from assistant.minutes.drafting.draft import draft_of"),
        ("weights", "from assistant.engines.text_packages import engine_of"),
        ("web", "from fastapi import FastAPI\nfrom assistant.export import render"),
    ],
)
def test_what_follows_the_arrows_passes(place: str, source: str) -> None:
    """The check lets the rest be."""
    assert breaches(place, source) == []
