"""Fetching weights from a server that does not always behave."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from assistant.core.errors import HashMismatch, ModelMissing, ModelUnknown, SourceUnreachable, WeightsError
from assistant.weights import WeightsStore
from assistant.weights.pull import DOWNLOADS, Patience, pull_models
from tests.free_ports import free_port
from tests.weights.conftest import CONFIG, WEIGHTS, Heard, entry, sha256, url_source, zipped
from tests.weights.file_server import Behaviour, FileServer

QUICK = Patience(connect_seconds=0.5, read_seconds=0.3)
BIN = "/small/model.bin"


def test_a_model_is_installed_with_its_files_and_licence(small: WeightsStore) -> None:
    """A pull lays the files and the licence into the model's directory and leaves no downloads."""
    heard = Heard()
    assert pull_models(small, ["small"], heard) == ("small",)
    directory = small.path("small")
    assert (directory / "model.bin").read_bytes() == WEIGHTS
    assert (directory / "config.json").read_bytes() == CONFIG
    assert "MIT" in (directory / "LICENSE.txt").read_text()
    assert not (small.directory / DOWNLOADS).exists()
    assert not list(small.directory.glob(".staging-*"))
    assert heard.reached == [*sorted(heard.reached[:-1]), len(CONFIG)]


def test_what_is_installed_is_not_fetched_again(small: WeightsStore, server: FileServer) -> None:
    """A second pull asks the server for nothing."""
    pull_models(small, ["small"])
    before = len(server.requests)
    assert pull_models(small, ["small"]) == ()
    assert len(server.requests) == before


def test_an_unknown_name_fetches_nothing(small: WeightsStore, server: FileServer) -> None:
    """A name that the catalogue lacks stops the pull before the first request."""
    with pytest.raises(ModelUnknown, match="small"):
        pull_models(small, ["small", "smal"])
    assert not server.requests


def test_a_cut_connection_is_continued_with_a_range(small: WeightsStore, server: FileServer) -> None:
    """After a cut, only the missing bytes are asked for, and no byte is sent twice."""
    server.files[BIN].cuts = [100_000, 50_000]
    pull_models(small, ["small"])
    assert (small.path("small") / "model.bin").read_bytes() == WEIGHTS
    assert server.ranges_of(BIN) == ["", "bytes=100000-", "bytes=150000-"]
    assert server.sent_bytes == len(WEIGHTS) + len(CONFIG)


def test_a_later_pull_continues_an_earlier_one(small: WeightsStore, server: FileServer) -> None:
    """What a failed pull held is kept, and the next pull asks only for the rest."""
    server.files[BIN].cuts = [120_000, 0, 0]
    with pytest.raises(SourceUnreachable):
        pull_models(small, ["small"], patience=QUICK)
    with pytest.raises(ModelMissing):
        small.path("small")
    server.requests.clear()
    pull_models(small, ["small"])
    assert server.ranges_of(BIN) == ["bytes=120000-"]
    small.verify("small")


def test_a_server_without_ranges_starts_over(small: WeightsStore, server: FileServer) -> None:
    """A server that answers a range request with the whole file gets its file used."""
    server.files[BIN].cuts = [100_000]
    server.files[BIN].ranges = False
    pull_models(small, ["small"])
    assert (small.path("small") / "model.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize("part", [b"x" * 100_000, b"x" * 300_000, b"x" * 400_000])
def test_a_damaged_part_is_fetched_anew(small: WeightsStore, server: FileServer, part: bytes) -> None:
    """A part of wrong bytes, or one that is too long, costs a second download and does no harm."""
    downloads = small.directory / DOWNLOADS
    downloads.mkdir(parents=True)
    (downloads / f"{sha256(WEIGHTS)[:16]}-model.bin.part").write_bytes(part)
    pull_models(small, ["small"])
    assert (small.path("small") / "model.bin").read_bytes() == WEIGHTS
    assert "" in server.ranges_of(BIN)


def test_a_wrong_file_is_deleted_and_named(small: WeightsStore, server: FileServer) -> None:
    """Bytes with another hash are refused by file name; nothing is installed and nothing kept."""
    server.files[BIN].content = b"x" * len(WEIGHTS)
    with pytest.raises(HashMismatch, match=r"model\.bin.*deleted"):
        pull_models(small, ["small"])
    assert not [path for path in small.directory.rglob("*model.bin*") if path.is_file()]
    with pytest.raises(ModelMissing, match="assistant models pull small"):
        small.path("small")


def test_a_file_that_is_too_long_is_not_read_to_its_end(small: WeightsStore, server: FileServer) -> None:
    """A server cannot fill the disk: beyond the known length it is cut off."""
    server.files[BIN].content = b"x" * 30_000_000
    heard = Heard()
    with pytest.raises(HashMismatch, match="longer"):
        pull_models(small, ["small"], heard)
    assert max(heard.reached) < 2_000_000


def test_a_wrong_file_falls_to_the_next_source(
    server: FileServer, store_of: Callable[..., WeightsStore]
) -> None:
    """The next source is tried after a wrong hash, and the reader is told."""
    server.files["/bad/model.bin"] = Behaviour(b"x" * len(WEIGHTS))
    server.files["/bad/config.json"] = Behaviour(CONFIG)
    sources = url_source(f"{server.url}/bad") + url_source(f"{server.url}/small")
    store, heard = store_of(entry("small", sources)), Heard()
    pull_models(store, ["small"], heard)
    store.verify("small")
    assert any("SHA-256" in note and "next source" in note for note in heard.notes)


@pytest.mark.parametrize("failure", ["closed", "hangs", "missing", "broken"])
def test_an_unreachable_source_falls_to_the_next(
    server: FileServer, store_of: Callable[..., WeightsStore], failure: str
) -> None:
    """A source that is off, silent, empty or broken costs one attempt, then the next one serves."""
    server.files["/first/model.bin"] = Behaviour(
        WEIGHTS, hangs=failure == "hangs", status={"missing": 404, "broken": 503}.get(failure, 200)
    )
    first = f"http://127.0.0.1:{free_port()}" if failure == "closed" else server.url
    store = store_of(entry("small", url_source(f"{first}/first") + url_source(f"{server.url}/small")))
    heard = Heard()
    assert pull_models(store, ["small"], heard, patience=QUICK) == ("small",)
    store.verify("small")
    assert len(heard.notes) == 1
    assert len(server.ranges_of("/first/model.bin")) == (0 if failure == "closed" else 1)


def test_without_any_source_each_is_named(store_of: Callable[..., WeightsStore]) -> None:
    """When no source answers, the error says so for the model."""
    store = store_of(entry("small", url_source(f"http://127.0.0.1:{free_port()}")))
    with pytest.raises(
        SourceUnreachable, match=r"small could not be installed.*127\.0\.0\.1 cannot be reached"
    ):
        pull_models(store, ["small"], patience=QUICK)


def test_an_unknown_hash_needs_the_operators_word(
    server: FileServer, store_of: Callable[..., WeightsStore]
) -> None:
    """Files without a known hash are fetched only when that is allowed."""
    store = store_of(entry("small", url_source(f"{server.url}/small", known=False)))
    with pytest.raises(WeightsError, match="--allow-unknown-hash"):
        pull_models(store, ["small"])
    assert not server.requests
    pull_models(store, ["small"], allow_unknown_hash=True)
    store.verify("small")


def test_without_a_hash_no_earlier_part_is_trusted(
    server: FileServer, store_of: Callable[..., WeightsStore]
) -> None:
    """A part of an earlier pull is continued only if the result can be checked."""
    store = store_of(entry("small", url_source(f"{server.url}/small", known=False)))
    server.files[BIN].cuts = [100_000, 0, 0]
    with pytest.raises(SourceUnreachable):
        pull_models(store, ["small"], patience=QUICK, allow_unknown_hash=True)
    server.requests.clear()
    pull_models(store, ["small"], allow_unknown_hash=True)
    assert server.ranges_of(BIN) == [""]


def test_two_pulls_at_once_fetch_once(small: WeightsStore, server: FileServer) -> None:
    """A second pull waits for the first and finds its work done."""
    results: list[tuple[str, ...]] = []
    pulls = [threading.Thread(target=lambda: results.append(pull_models(small, ["small"]))) for _ in range(3)]
    for pull in pulls:
        pull.start()
    for pull in pulls:
        pull.join()
    assert sorted(results) == [(), (), ("small",)]
    assert server.ranges_of(BIN) == [""]


def test_an_archive_is_taken_without_its_outer_directory(
    server: FileServer, store_of: Callable[..., WeightsStore]
) -> None:
    """All files of a zip archive are installed, whatever it calls the directory around them."""
    archive = zipped({"pack-1_9/model/model.bin": WEIGHTS, "pack-1_9/metadata.json": CONFIG})
    server.files["/pack.zip"] = Behaviour(archive)
    source = (
        f'[[models.sources]]\nkind = "archive"\nurl = "{server.url}/pack.zip"\nsha256 = "{sha256(archive)}"\n'
    )
    store = store_of(entry("pack", source))
    pull_models(store, ["pack"])
    assert (store.path("pack") / "model" / "model.bin").read_bytes() == WEIGHTS
    assert (store.path("pack") / "metadata.json").read_bytes() == CONFIG


@pytest.mark.parametrize("member", ["../outside", "/outside", "a/../../outside", "c:\\outside"])
def test_an_archive_cannot_write_elsewhere(
    server: FileServer, store_of: Callable[..., WeightsStore], member: str
) -> None:
    """A member that points out of the model's directory stops the installation."""
    archive = zipped({member: b"evil", "model.bin": WEIGHTS})
    server.files["/pack.zip"] = Behaviour(archive)
    source = (
        f'[[models.sources]]\nkind = "archive"\nurl = "{server.url}/pack.zip"\nsha256 = "{sha256(archive)}"\n'
    )
    store = store_of(entry("pack", source))
    with pytest.raises(WeightsError):
        pull_models(store, ["pack"])
    assert not list(store.directory.parent.rglob("*outside*"))
    assert not store.is_installed("pack")


def test_a_directory_that_cannot_be_written_is_told(server: FileServer, small: WeightsStore) -> None:
    """Trouble with the disk is one sentence that names the directory."""
    del server
    small.directory.parent.mkdir(exist_ok=True)
    small.directory.write_text("a file where the directory should be")
    with pytest.raises(WeightsError, match="cannot be written"):
        pull_models(small, ["small"])
