"""What the service asks of installed weights."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from assistant.core.errors import HashMismatch, ModelMissing, ModelUnknown
from assistant.weights import WeightsStore
from assistant.weights.pull import pull_models
from tests.weights.conftest import CONFIG, WEIGHTS, entry, url_source
from tests.weights.file_server import FileServer


def test_missing_weights_say_how_to_get_them(small: WeightsStore) -> None:
    """Weights that are not there raise an error with the command that fetches them."""
    with pytest.raises(ModelMissing, match="assistant models pull small"):
        small.path("small")
    with pytest.raises(ModelUnknown):
        small.path("large")
    assert small.installed() == ()


def test_a_changed_file_is_never_loaded(small: WeightsStore) -> None:
    """A file of the same length but other bytes is noticed, named and deleted."""
    pull_models(small, ["small"])
    weights = small.path("small") / "model.bin"
    weights.write_bytes(b"x" * len(WEIGHTS))
    with pytest.raises(HashMismatch, match=r"small/model\.bin.*deleted"):
        small.path("small")
    assert not weights.exists()
    with pytest.raises(ModelMissing):
        small.path("small")
    assert pull_models(small, ["small"]) == ("small",)


def test_verify_finds_what_time_and_length_do_not_show(small: WeightsStore) -> None:
    """`verify` hashes everything, even where a file looks untouched."""
    pull_models(small, ["small"])
    weights = small.path("small") / "model.bin"
    stamp = weights.stat()
    weights.write_bytes(b"x" * len(WEIGHTS))
    os.utime(weights, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert small.path("small").is_dir()
    with pytest.raises(HashMismatch):
        small.verify("small")


def test_a_touched_file_is_hashed_once(small: WeightsStore) -> None:
    """A file with another time is hashed, accepted, and remembered with that time."""
    pull_models(small, ["small"])
    weights = small.path("small") / "model.bin"
    os.utime(weights, ns=(1, 1))
    small.path("small")
    assert small.files("small").files["model.bin"].mtime_ns == 1


def test_a_lost_file_means_missing(small: WeightsStore) -> None:
    """A model without one of its files is not installed, and a pull mends it."""
    pull_models(small, ["small"])
    (small.path("small") / "config.json").unlink()
    with pytest.raises(ModelMissing, match=r"config\.json"):
        small.path("small")
    pull_models(small, ["small"])
    assert (small.path("small") / "config.json").read_bytes() == CONFIG


def test_files_laid_by_hand_are_accepted_by_hash(small: WeightsStore) -> None:
    """Files that somebody copied into place are used if they are the right ones, else deleted."""
    directory = small.directory / "small"
    directory.mkdir(parents=True)
    (directory / "model.bin").write_bytes(WEIGHTS)
    with pytest.raises(ModelMissing):
        small.path("small")
    (directory / "config.json").write_bytes(CONFIG)
    assert small.path("small") == directory
    (directory / "manifest.json").unlink()
    (directory / "config.json").write_bytes(b"x")
    with pytest.raises(HashMismatch):
        small.path("small")
    assert not (directory / "config.json").exists()


def test_a_read_only_directory_serves(small: WeightsStore) -> None:
    """Weights whose stamp cannot be renewed are used all the same."""
    pull_models(small, ["small"])
    directory = small.path("small")
    os.utime(directory / "model.bin", ns=(1, 1))
    # A directory in the way of the new manifest fails for root too, unlike permissions.
    (directory / "manifest.json.new").mkdir()
    assert small.path("small") == directory


def test_weights_of_an_older_catalogue_are_fetched_anew(
    small: WeightsStore, server: FileServer, store_of: Callable[..., WeightsStore]
) -> None:
    """When the catalogue names other hashes, what is installed no longer counts."""
    pull_models(small, ["small"])
    newer = url_source(f"{server.url}/small").replace("config.json", "settings.json")
    with pytest.raises(ModelMissing, match="catalogue"):
        store_of(entry("small", newer)).path("small")
