"""Models whose files lie beside the catalogue."""

from __future__ import annotations

import shutil
from pathlib import Path

import built_in_models
import pytest

from assistant.core.errors import HashMismatch, PackageInvalid, SourceUnreachable, WeightsError
from assistant.weights import WeightsStore
from assistant.weights.catalog import load_catalog
from assistant.weights.pull import pull_models
from tests.weights.conftest import CONFIG, WEIGHTS, Heard, beside_source, catalog_of, entry

ROOT = Path(__file__).parents[2]
FILES = {"model.bin": WEIGHTS, "tables/words.tsv": CONFIG}
SMALL = {
    "fr-en": ("model.fren.intgemm.alphas.bin", "srcvocab.fren.spm", "trgvocab.fren.spm", "words.fren.tsv"),
    "en-fr": ("model.enfr.intgemm.alphas.bin", "srcvocab.enfr.spm", "trgvocab.enfr.spm", "code.enfr.tsv"),
}


def lay(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """Give the directory of a catalogue, with the files of one model."""
    lay(tmp_path / "catalogue" / "own", FILES)
    return tmp_path / "catalogue"


@pytest.fixture
def store(tmp_path: Path, beside: Path) -> WeightsStore:
    """Give an empty store whose catalogue has that model."""
    catalog = catalog_of(entry("own", beside_source("own", FILES)), beside=beside)
    return WeightsStore(tmp_path / "models", catalog)


def test_files_beside_the_catalogue_are_copied_and_checked(store: WeightsStore, beside: Path) -> None:
    """They are installed as any other model's, with the licence, and stay where they came from."""
    heard = Heard()
    assert pull_models(store, ["own"], heard) == ("own",)
    directory = store.path("own")
    store.verify("own")
    assert {path: (directory / path).read_bytes() for path in FILES} == FILES
    assert "MIT" in (directory / "LICENSE.txt").read_text()
    assert {path: (beside / "own" / path).read_bytes() for path in FILES} == FILES
    assert heard.labels == ["own (comes with the assistant)"]
    assert pull_models(store, ["own"]) == ()


def test_no_connection_is_opened_for_them(store: WeightsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are there for machines that are never online."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a client was opened")

    monkeypatch.setattr("assistant.weights.pull.open_blocking_http_client", refuse)
    pull_models(store, ["own"])
    assert store.installed() == ("own",)


def test_a_missing_file_is_told_by_name(store: WeightsStore, beside: Path) -> None:
    """Nothing is installed of a model that is not all there."""
    (beside / "own" / "tables" / "words.tsv").unlink()
    with pytest.raises(
        SourceUnreachable, match=r"own could not be installed.* own/tables/words\.tsv .*No such"
    ):
        pull_models(store, ["own"])
    assert store.present() == ()


@pytest.mark.parametrize("content", [WEIGHTS[:-1], b"x" * len(WEIGHTS), b""])
def test_an_altered_file_is_told_by_name(store: WeightsStore, beside: Path, content: bytes) -> None:
    """Other bytes than the catalogue's are not installed, and are left for whoever looks after them."""
    (beside / "own" / "model.bin").write_bytes(content)
    with pytest.raises(HashMismatch, match=rf"own/model\.bin .* has {len(content)} bytes .*it is not used"):
        pull_models(store, ["own"])
    assert (beside / "own" / "model.bin").read_bytes() == content
    assert store.present() == ()


def test_what_lies_beside_is_pulled_again_when_it_changed_with_the_catalogue(
    store: WeightsStore, beside: Path
) -> None:
    """A newer snapshot of a model takes the place of the one that is installed."""
    pull_models(store, ["own"])
    newer = FILES | {"model.bin": WEIGHTS[::-1]}
    lay(beside / "own", newer)
    catalog = catalog_of(entry("own", beside_source("own", newer)), beside=beside)
    renewed = WeightsStore(store.directory, catalog)
    assert not renewed.is_installed("own")
    assert pull_models(renewed, ["own"]) == ("own",)
    assert (renewed.path("own") / "model.bin").read_bytes() == WEIGHTS[::-1]


def test_a_catalogue_that_is_no_file_has_nothing_beside_it(tmp_path: Path) -> None:
    """The error names the model."""
    store = WeightsStore(tmp_path / "models", catalog_of(entry("own", beside_source("own", FILES))))
    with pytest.raises(WeightsError, match="nothing of own can lie beside it"):
        pull_models(store, ["own"])


@pytest.mark.parametrize("pair", sorted(SMALL))
def test_one_command_writes_a_built_in_model_into_the_catalogue(tmp_path: Path, pair: str) -> None:
    """Its entry has all files of the model and no other; a newer snapshot takes its place."""
    name = f"translate-{pair}-small"
    shipped = (ROOT / "models" / "catalog.toml").read_text("utf-8")
    (tmp_path / "catalog.toml").write_text(strip_built_in(shipped), "utf-8")
    before = load_catalog(tmp_path / "catalog.toml")
    lay(tmp_path / name, {file: file.encode() for file in SMALL[pair]} | {"README.md": b"a card"})
    command = [pair, "--models", str(tmp_path), "--bleu"]
    built_in_models.main([*command, "20.5"])
    first = (tmp_path / "catalog.toml").read_text("utf-8")
    built_in_models.main([*command, "20.5"])
    assert (tmp_path / "catalog.toml").read_text("utf-8") == first
    lay(tmp_path / name, {SMALL[pair][0]: b"newer"})
    built_in_models.main([*command, "33.0", "--comet", "0.8"])
    catalog = load_catalog(tmp_path / "catalog.toml")
    assert catalog.default == (*before.default, name)
    assert catalog.models[:-1] == before.models
    store = WeightsStore(tmp_path / "store", catalog)
    pull_models(store, [name])
    assert set(store.files(name).files) == set(SMALL[pair])
    assert (store.path(name) / SMALL[pair][0]).read_bytes() == b"newer"


def strip_built_in(catalogue: str) -> str:
    """Return a catalogue without built-in models, so that tests are the same before and after they came."""
    for pair in sorted(SMALL):
        name = f"translate-{pair}-small"
        for found in built_in_models._ENTRY.finditer(catalogue):
            if found[1] == name:
                catalogue = catalogue[: found.start()] + catalogue[found.end() :].lstrip("\n")
                break
        catalogue = catalogue.replace(f', "{name}"', "")
    return catalogue


def test_a_model_that_lacks_a_file_is_not_written_down(tmp_path: Path) -> None:
    """The catalogue stays as it was."""
    shutil.copyfile(ROOT / "models" / "catalog.toml", tmp_path / "catalog.toml")
    lay(tmp_path / "translate-fr-en-small", {"model.fren.intgemm.alphas.bin": b"x"})
    with pytest.raises(PackageInvalid, match="vocab"):
        built_in_models.main(["fr-en", "--bleu", "30", "--models", str(tmp_path)])
    assert (tmp_path / "catalog.toml").read_bytes() == (ROOT / "models" / "catalog.toml").read_bytes()
