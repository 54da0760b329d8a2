"""Carrying weights to machines that are never online."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.core.errors import (
    AssistantError,
    BundleInvalid,
    HashMismatch,
    ModelMissing,
    ModelUnknown,
    WeightsError,
)
from assistant.weights import WeightsStore
from assistant.weights.bundle import install_bundle, write_bundle
from assistant.weights.pull import pull_models
from tests.weights.conftest import CONFIG, WEIGHTS, entry, sha256, url_source
from tests.weights.file_server import FileServer


def described(files: dict[str, bytes], name: str = "small") -> dict[str, Any]:
    listing = [
        {"path": path, "sha256": sha256(content), "size_bytes": len(content)}
        for path, content in files.items()
    ]
    return {"format": 1, "models": [{"name": name, "licence_text": "free", "files": listing}]}


Members = dict[str, bytes | tarfile.TarInfo]
FILES = {"model.bin": WEIGHTS, "config.json": CONFIG}
GOOD: Members = {f"small/{path}": content for path, content in FILES.items()}


def make_bundle(path: Path, index: dict[str, Any], members: Members) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in {"bundle.json": json.dumps(index).encode(), **members}.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
            else:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def offline(store_of: Callable[..., WeightsStore]) -> WeightsStore:
    """Give an empty store whose catalogue has `small` from a place that does not exist."""
    return store_of(entry("small", url_source("https://models.invalid")), directory="offline")


def test_a_bundle_brings_weights_to_a_machine_without_a_network(
    small: WeightsStore, offline: WeightsStore, tmp_path: Path
) -> None:
    """What was pulled here is installed there, file by file, with the licence."""
    pull_models(small, ["small"])
    archive = tmp_path / "weights.tar"
    write_bundle(small, ["small"], archive)
    assert install_bundle(offline, archive) == ("small",)
    offline.verify("small")
    assert (offline.path("small") / "model.bin").read_bytes() == WEIGHTS
    assert "MIT" in (offline.path("small") / "LICENSE.txt").read_text()
    assert install_bundle(offline, archive) == ()
    assert not (tmp_path / "weights.tar.part").exists()


def test_the_same_weights_make_the_same_bundle(small: WeightsStore, tmp_path: Path) -> None:
    """Bundles hold no times and no owners, so they can be compared by hash."""
    pull_models(small, ["small"])
    for name in ("one.tar", "two.tar"):
        write_bundle(small, ["small"], tmp_path / name)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_a_bundle_needs_installed_and_sound_weights(small: WeightsStore, tmp_path: Path) -> None:
    """Missing or changed weights cannot be bundled."""
    with pytest.raises(ModelMissing):
        write_bundle(small, ["small"], tmp_path / "weights.tar")
    pull_models(small, ["small"])
    (small.path("small") / "model.bin").write_bytes(b"x")
    with pytest.raises(HashMismatch):
        write_bundle(small, ["small"], tmp_path / "weights.tar")
    assert not (tmp_path / "weights.tar").exists()


def test_a_made_up_bundle_of_the_right_files_is_accepted(offline: WeightsStore, tmp_path: Path) -> None:
    """The bundles that the next test spoils are sound before that."""
    assert install_bundle(offline, make_bundle(tmp_path / "b.tar", described(FILES), GOOD)) == ("small",)


def bad_bundles() -> dict[str, tuple[dict[str, Any], Members]]:
    """Return the index and the members of bundles, by what is wrong with them."""
    link = tarfile.TarInfo("small/model.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    good, index = GOOD, described(FILES)
    return {
        "changed bytes": (index, good | {"small/model.bin": b"x" * len(WEIGHTS)}),
        "extra file": (index, good | {"small/extra.py": b"evil"}),
        "traversal by member": (index, good | {"small/../../evil": b"evil"}),
        "traversal by index": (
            described(FILES | {"../../evil": b"evil"}),
            good | {"small/../../evil": b"evil"},
        ),
        "traversal by name": (described(FILES, "../evil"), good),
        "link": (index, good | {"small/model.bin": link}),
        "lacks a file": (index, {"small/model.bin": WEIGHTS}),
        "reserved file": (described(FILES | {"manifest.json": b"{}"}), good | {"small/manifest.json": b"{}"}),
        "future format": (index | {"format": 2}, good),
        "no models": ({"format": 1}, good),
    }


@pytest.mark.parametrize("allow", [False, True])
@pytest.mark.parametrize("case", list(bad_bundles()))
def test_a_bad_bundle_installs_nothing(offline: WeightsStore, tmp_path: Path, case: str, allow: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Whatever is wrong with a bundle, nothing of it is installed and nothing lands elsewhere."""
    archive = make_bundle(tmp_path / "bad.tar", *bad_bundles()[case])
    with pytest.raises((BundleInvalid, HashMismatch)):
        install_bundle(offline, archive, allow_unknown_hash=allow)
    assert offline.installed() == ()
    assert not list(tmp_path.rglob("*evil*"))
    assert not list(offline.directory.glob(".staging-*"))


@pytest.mark.parametrize("content", [b"", b"no archive at all", WEIGHTS])
def test_what_is_no_bundle_is_refused(offline: WeightsStore, tmp_path: Path, content: bytes) -> None:
    """Files that are no archives, or archives of something else, are refused with a sentence."""
    archive = tmp_path / "weights.tar"
    archive.write_bytes(content)
    with pytest.raises(BundleInvalid, match=r"weights\.tar"):
        install_bundle(offline, archive)
    with pytest.raises(WeightsError):
        install_bundle(offline, tmp_path / "absent.tar")


@pytest.mark.parametrize("allow", [False, True])
def test_other_weights_under_a_known_name_are_refused(
    offline: WeightsStore,
    tmp_path: Path,
    allow: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A bundle may say what it likes of its hashes: where the catalogue knows them, they count."""
    other = FILES | {"model.bin": b"another"}
    members: Members = GOOD | {"small/model.bin": b"another"}
    archive = make_bundle(tmp_path / "other.tar", described(other), members)
    with pytest.raises(HashMismatch, match="small"):
        install_bundle(offline, archive, allow_unknown_hash=allow)
    assert offline.installed() == ()


def test_a_truncated_bundle_is_refused(small: WeightsStore, offline: WeightsStore, tmp_path: Path) -> None:
    """A copy that broke off half-way installs nothing."""
    pull_models(small, ["small"])
    archive = tmp_path / "weights.tar"
    write_bundle(small, ["small"], archive)
    archive.write_bytes(archive.read_bytes()[:150_000])
    with pytest.raises(AssistantError):
        install_bundle(offline, archive)
    assert offline.installed() == ()


def test_an_unknown_model_needs_the_operators_word(offline: WeightsStore, tmp_path: Path) -> None:
    """A model that the catalogue lacks is installed only when allowed, and can then be used."""
    members: Members = {f"own/{path}": content for path, content in FILES.items()}
    archive = make_bundle(tmp_path / "own.tar", described(FILES, "own"), members)
    with pytest.raises(ModelUnknown):
        install_bundle(offline, archive)
    assert install_bundle(offline, archive, allow_unknown_hash=True) == ("own",)
    assert (offline.path("own") / "model.bin").read_bytes() == WEIGHTS
    assert offline.installed() == ("own",)


def test_hashes_that_the_catalogue_does_not_know_need_the_operators_word(
    server: FileServer, store_of: Callable[..., WeightsStore], tmp_path: Path
) -> None:
    """A bundle's own hashes vouch for nothing unless the operator says so."""
    vague = entry("small", url_source(f"{server.url}/small", known=False))
    store, offline = store_of(vague), store_of(vague, directory="offline")
    pull_models(store, ["small"], allow_unknown_hash=True)
    write_bundle(store, ["small"], tmp_path / "weights.tar")
    with pytest.raises(WeightsError, match="--allow-unknown-hash"):
        install_bundle(offline, tmp_path / "weights.tar")
    assert install_bundle(offline, tmp_path / "weights.tar", allow_unknown_hash=True) == ("small",)
