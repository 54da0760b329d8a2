"""A catalogue of small made-up models, a store for them, and a server that has their files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from assistant.weights import WeightsStore
from assistant.weights.catalog import Catalog, parse_catalog
from tests.weights.file_server import Behaviour, FileServer, run_file_server

WEIGHTS = np.random.default_rng(7).bytes(300_000)
CONFIG = b'{"layers": 2}\n'


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry(name: str, sources: str) -> str:
    return f"""
[[models]]
name = "{name}"
title = "The model {name}"
kind = "speech"
languages = ["*"]
memory_bytes = 1000
licence = "MIT"
attribution = "Made up for a test."
homepage = "https://models.example"
{sources}
"""


def file_line(path: str, content: bytes, *, known: bool = True, members: tuple[str, ...] = ()) -> str:
    digest = f', sha256 = "{sha256(content)}"' if known else ""
    parts = f", members = [{', '.join(f'{member!r}' for member in members)}]" if members else ""
    return f'{{ path = "{path}", size_bytes = {len(content)}{digest}{parts} }}'


def url_source(base: str, *, known: bool = True) -> str:
    lines = ", ".join(
        file_line(path, content, known=known)
        for path, content in (("model.bin", WEIGHTS), ("config.json", CONFIG))
    )
    return f'[[models.sources]]\nkind = "url"\nbase = "{base}/"\nfiles = [{lines}]\n'


def beside_source(folder: str, files: dict[str, bytes]) -> str:
    lines = ", ".join(file_line(path, content) for path, content in files.items())
    return f'[[models.sources]]\nkind = "file"\nfolder = "{folder}"\nfiles = [{lines}]\n'


def catalog_of(*entries: str, beside: Path | None = None) -> Catalog:
    return parse_catalog("format = 1\ndefault = []\n" + "".join(entries), beside)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass
class Heard:
    """A progress that remembers."""

    labels: list[str] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def begin(self, label: str, total_bytes: int | None) -> None:
        """Remember a step."""
        del total_bytes
        self.labels.append(label)

    def reach(self, done_bytes: int) -> None:
        """Remember how far it came."""
        self.reached.append(done_bytes)

    def note(self, sentence: str) -> None:
        """Remember a sentence."""
        self.notes.append(sentence)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Give a file server that has the model `small` at `/small/`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with run_file_server() as files:
        files.files["/small/model.bin"] = Behaviour(WEIGHTS)
        files.files["/small/config.json"] = Behaviour(CONFIG)
        yield files


@pytest.fixture
def store_of(tmp_path: Path) -> Callable[..., WeightsStore]:
    """Give a function that opens a store in an empty directory, for a catalogue of entries."""

    def open_store(*entries: str, directory: str = "models") -> WeightsStore:
        return WeightsStore(tmp_path / directory, catalog_of(*entries))

    return open_store


@pytest.fixture
def small(server: FileServer, store_of: Callable[..., WeightsStore]) -> WeightsStore:
    """Give an empty store whose catalogue has `small`, from the server."""
    return store_of(entry("small", url_source(f"{server.url}/small")))
