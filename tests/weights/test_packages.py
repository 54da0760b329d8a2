"""Installing text models that an operator has as a file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from assistant.core.errors import HashMismatch, ModelUnknown, PackageInvalid, WeightsError
from assistant.core.translation.routes import Scores
from assistant.weights import WeightsStore
from assistant.weights.bundle import install_bundle, write_bundle
from assistant.weights.packages import install_package
from assistant.weights.text_models import find_text_models
from tests.weights.conftest import entry, file_line, sha256, zipped

Members = dict[str, bytes]
OpenStore = Callable[..., WeightsStore]

METADATA = {"package_version": "1.0", "argos_version": "1.9", "from_code": "fr", "to_code": "en"}
ARGOS: Members = {
    "translate-fr_en/metadata.json": json.dumps(METADATA).encode(),
    "translate-fr_en/README.md": b"Trained on letters. Free for all.",
    "translate-fr_en/sentencepiece.model": b"pieces",
    "translate-fr_en/model/model.bin": b"weights",
    "translate-fr_en/model/shared_vocabulary.txt": b"words",
}
FIREFOX: Members = {
    "model.enfr.intgemm.alphas.bin": b"weights",
    "vocab.enfr.spm": b"words",
    "lex.50.50.enfr.s2t.bin": b"pairs",
    "LICENSE": b"Mozilla Public License",
    "notes.tmp": b"nothing of interest",
}


@pytest.fixture
def store(store_of: OpenStore) -> WeightsStore:
    """An empty store with an empty catalogue."""
    return store_of()


def argosmodel(folder: Path, members: Members, name: str = "my.argosmodel") -> Path:
    path = folder / name
    path.write_bytes(zipped(members))
    return path


def directory(folder: Path, members: Members) -> Path:
    path = folder / "firefox"
    path.mkdir(exist_ok=True)
    for name, content in members.items():
        (path / name).write_bytes(content)
    return path


def translation(name: str, languages: tuple[str, str], sources: str, quality: str = "quality = 0.9") -> str:
    spoken = f"languages = {list(languages)!r}\n{quality}"
    return (
        entry(name, sources)
        .replace('kind = "speech"', 'kind = "translation"')
        .replace('languages = ["*"]', spoken)
    )


def archive_source(content: bytes) -> str:
    return (
        '[[models.sources]]\nkind = "archive"\nurl = "https://models.invalid/argos.argosmodel"\n'
        f'size_bytes = {len(content)}\nsha256 = "{sha256(content)}"\n'
    )


def test_an_argos_package_is_installed_under_its_languages(store: WeightsStore, tmp_path: Path) -> None:
    """With the hash of the archive and of every file, and its own words on its licence."""
    package = argosmodel(tmp_path, ARGOS)
    assert install_package(store, package) == ("argos-fr-en", True)
    manifest = store.files("argos-fr-en")
    assert manifest.download_sha256 == sha256(package.read_bytes())
    assert manifest.files["model/model.bin"].sha256 == sha256(b"weights")
    assert manifest.languages == ("fr", "en")
    licence = (store.path("argos-fr-en") / "LICENSE.txt").read_text("utf-8")
    assert "Free for all" in licence
    assert manifest.download_sha256 in licence
    assert install_package(store, package) == ("argos-fr-en", False)
    ((model, path),) = find_text_models(store)
    assert (model.name, model.source, model.target, model.engine) == ("argos-fr-en", "fr", "en", "argos")
    assert (model.scores, model.rough) == (Scores(), False)
    assert path == store.path("argos-fr-en")


def test_a_newer_package_replaces_the_old_one(store: WeightsStore, tmp_path: Path) -> None:
    """Of the same languages there is one package of the operator's own."""
    install_package(store, argosmodel(tmp_path, ARGOS))
    newer = argosmodel(tmp_path, ARGOS | {"translate-fr_en/model/model.bin": b"better"}, "newer.argosmodel")
    assert install_package(store, newer) == ("argos-fr-en", True)
    assert (store.path("argos-fr-en") / "model" / "model.bin").read_bytes() == b"better"
    assert store.installed() == ("argos-fr-en",)


def test_a_package_without_its_own_directory_is_taken_too(store: WeightsStore, tmp_path: Path) -> None:
    """Some archives hold the files, some one directory with them."""
    flat = {name.partition("/")[2]: content for name, content in ARGOS.items()}
    assert install_package(store, argosmodel(tmp_path, flat)) == ("argos-fr-en", True)


def test_a_name_of_the_catalogue_is_left_to_it(store_of: OpenStore, tmp_path: Path) -> None:
    """Another package of the same languages is called local; both can be used."""
    store = store_of(translation("argos-fr-en", ("fr", "en"), archive_source(b"another")))
    assert install_package(store, argosmodel(tmp_path, ARGOS)) == ("argos-fr-en-local", True)
    assert [model.name for model, _ in find_text_models(store)] == ["argos-fr-en-local"]


def test_a_package_of_the_catalogue_is_recognised(store_of: OpenStore, tmp_path: Path) -> None:
    """By its hash, whatever the file is called; it gets the catalogue's name, licence and quality."""
    package = argosmodel(tmp_path, ARGOS)
    store = store_of(translation("argos-best", ("fr", "en"), archive_source(package.read_bytes())))
    assert install_package(store, package) == ("argos-best", True)
    assert install_package(store, package) == ("argos-best", False)
    assert "MIT" in (store.path("argos-best") / "LICENSE.txt").read_text("utf-8")
    ((model, _),) = find_text_models(store)
    assert (model.name, model.scores) == ("argos-best", Scores(0.9))


def rough_models(store: WeightsStore) -> dict[str, bool]:
    return {model.name: model.rough for model, _ in find_text_models(store)}


def test_a_package_may_be_rough(store: WeightsStore, store_of: OpenStore, tmp_path: Path) -> None:
    """As the operator says, or an Argos package itself; a bundle carries that over; the newer word counts."""
    firefox = directory(tmp_path, FIREFOX)
    assert install_package(store, firefox, pair="en-fr", rough=True) == ("translate-en-fr", True)
    assert install_package(store, firefox, pair="en-fr", rough=True) == ("translate-en-fr", False)
    metadata = json.loads(ARGOS["translate-fr_en/metadata.json"]) | {"rough": True}
    packed = ARGOS | {"translate-fr_en/metadata.json": json.dumps(metadata).encode()}
    install_package(store, argosmodel(tmp_path, packed))
    assert rough_models(store) == {"argos-fr-en": True, "translate-en-fr": True}
    write_bundle(store, store.installed(), tmp_path / "weights.tar")
    there = store_of(directory="there")
    install_bundle(there, tmp_path / "weights.tar", allow_unknown_hash=True)
    assert rough_models(there) == {"argos-fr-en": True, "translate-en-fr": True}
    assert install_package(store, firefox, pair="en-fr") == ("translate-en-fr", True)
    assert rough_models(store)["translate-en-fr"] is False


def test_of_its_own_models_the_catalogue_says_what_is_rough(store_of: OpenStore, tmp_path: Path) -> None:
    """An operator's word changes nothing there."""
    package = argosmodel(tmp_path, ARGOS)
    store = store_of(translation("argos-best", ("fr", "en"), archive_source(package.read_bytes())))
    install_package(store, package, rough=True)
    assert rough_models(store) == {"argos-best": False}


def test_a_firefox_model_is_installed_from_its_files(store: WeightsStore, tmp_path: Path) -> None:
    """What the engine reads is copied, nothing else; the pair is what the operator says."""
    source = directory(tmp_path, FIREFOX)
    assert install_package(store, source, pair="en-fr") == ("translate-en-fr", True)
    assert set(store.files("translate-en-fr").files) == {
        "model.enfr.intgemm.alphas.bin",
        "vocab.enfr.spm",
        "lex.50.50.enfr.s2t.bin",
    }
    assert "Mozilla" in (store.path("translate-en-fr") / "LICENSE.txt").read_text("utf-8")
    assert install_package(store, source, pair="en-fr") == ("translate-en-fr", False)
    ((model, _),) = find_text_models(store)
    assert (model.source, model.target, model.engine) == ("en", "fr", "firefox")


def test_a_firefox_model_of_the_catalogue_is_recognised(store_of: OpenStore, tmp_path: Path) -> None:
    """By the hashes of its files; then the catalogue says what it translates."""
    names = [name for name in FIREFOX if name.endswith((".bin", ".spm"))]
    lines = ", ".join(file_line(name, FIREFOX[name]) for name in names)
    source = f'[[models.sources]]\nkind = "url"\nbase = "https://models.invalid/"\nfiles = [{lines}]\n'
    store = store_of(translation("translate-en-fr", ("en", "fr"), source))
    with pytest.raises(
        PackageInvalid, match=r"translate-en-fr of the catalogue.*from en to fr, not from en to de"
    ):
        install_package(store, directory(tmp_path, FIREFOX), pair="en-de")
    assert store.installed() == ()
    assert install_package(store, directory(tmp_path, FIREFOX), pair="en-fr") == ("translate-en-fr", True)
    assert store.files("translate-en-fr").languages == ()
    store.verify("translate-en-fr")


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ("", "say from and to"),
        ("en", "say from and to"),
        ("en-", "say from and to"),
        ("english-french", "“english”"),
        ("en-yy", "“yy”"),
        ("en-en", "twice"),
    ],
)
def test_a_firefox_model_needs_its_pair(store: WeightsStore, tmp_path: Path, pair: str, told: str) -> None:
    """Its files do not say reliably what it translates; the tag that is not known is named."""
    with pytest.raises(PackageInvalid, match=rf"firefox.*{told}"):
        install_package(store, directory(tmp_path, FIREFOX), pair=pair)
    assert store.installed() == ()


def test_a_pair_that_contradicts_a_package_is_refused(store: WeightsStore, tmp_path: Path) -> None:
    """An Argos package says itself what it translates; the same pair, regions aside, may be given."""
    package = argosmodel(tmp_path, ARGOS)
    with pytest.raises(PackageInvalid, match="translates from fr to en, not --pair en-fr"):
        install_package(store, package, pair="en-fr")
    assert store.installed() == ()
    assert install_package(store, package, pair="fr-en-GB") == ("argos-fr-en", True)


@pytest.mark.parametrize(("lost", "named"), [("vocab", "vocabulary"), ("model", "weights")])
def test_an_incomplete_firefox_model_is_refused(
    store: WeightsStore, tmp_path: Path, lost: str, named: str
) -> None:
    """The sentence names the directory and what it lacks."""
    members = {name: content for name, content in FIREFOX.items() if not name.startswith(lost)}
    with pytest.raises(PackageInvalid, match=rf"firefox.*lacks.*{named}"):
        install_package(store, directory(tmp_path, members), pair="en-fr")


def test_both_vocabularies_are_missed_once(store: WeightsStore, tmp_path: Path) -> None:
    """The sentence says what there may be instead, and does not say it twice."""
    source = directory(tmp_path, {"model.enfr.bin": b"weights"})
    with pytest.raises(PackageInvalid) as caught:
        install_package(store, source, pair="en-fr")
    assert caught.value.message.count("the vocabulary") == 1


OTHER_FILES: dict[str, Members] = {
    "nothing": {},
    "photographs": {"a.jpg": b"picture"},
    "a Whisper model": {"model.bin": b"weights", "vocabulary.txt": b"words", "config.json": b"{}"},
}


@pytest.mark.parametrize("case", OTHER_FILES)
def test_any_other_directory_is_no_model(store: WeightsStore, tmp_path: Path, case: str) -> None:
    """It is not taken for a Firefox model that lacks something."""
    with pytest.raises(PackageInvalid, match="no text model in it") as caught:
        install_package(store, directory(tmp_path, OTHER_FILES[case]), pair="en-fr")
    assert "lacks" not in caught.value.message


def test_an_unpacked_argos_package_is_told_so(store: WeightsStore, tmp_path: Path) -> None:
    """Packages are installed from their file, whose hash is recorded."""
    with zipfile.ZipFile(argosmodel(tmp_path, ARGOS)) as archive:
        archive.extractall(tmp_path)
    with pytest.raises(PackageInvalid, match=r"unpacked Argos package.*\.argosmodel"):
        install_package(store, tmp_path / "translate-fr_en")


def without(part: str) -> Members:
    return {name: content for name, content in ARGOS.items() if part not in name}


def with_metadata(content: bytes) -> Members:
    return ARGOS | {"translate-fr_en/metadata.json": content}


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no Argos package"),
    "no archive": (b"something else", "no Argos package"),
    "cut off": (zipped(ARGOS)[:-40], "no Argos package"),
    "changed bytes": (zipped(ARGOS).replace(b"weights", b"wEights", 1), "damaged"),
    "no metadata": (zipped(without("metadata")), r"no Argos package.*metadata\.json"),
    "another zip": (zipped({"a.jpg": b"picture"}), r"no Argos package.*metadata\.json"),
    "a Firefox model": (zipped(FIREFOX), r"no Argos package.*metadata\.json"),
    "no weights": (zipped(without("model.bin")), r"lacks model/model\.bin"),
    "no tokenizer": (zipped(without("sentencepiece")), "lacks the tokenizer"),
    "no vocabulary": (zipped(without("vocabulary")), "lacks the vocabulary"),
    "metadata is no JSON": (zipped(with_metadata(b"{")), "no JSON"),
    "metadata is no object": (zipped(with_metadata(b"[]")), "no JSON object"),
    "metadata without languages": (zipped(with_metadata(b"{}")), "from_code"),
    "language of nobody": (zipped(with_metadata(b'{"from_code": "qq", "to_code": "en"}')), "qq"),
    "one language": (zipped(with_metadata(b'{"from_code": "en", "to_code": "en"}')), "twice"),
    "traversal": (zipped(ARGOS | {"translate-fr_en/../../evil": b"evil"}), "evil"),
    "absolute": (zipped(ARGOS | {"/evil": b"evil"}), "evil"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_installs_nothing(store: WeightsStore, tmp_path: Path, case: str) -> None:
    """The sentence names the file and what is wrong; nothing is left, here or elsewhere."""
    content, reason = BROKEN[case]
    package = tmp_path / "my.argosmodel"
    package.write_bytes(content)
    with pytest.raises(PackageInvalid, match=rf"(?s)my\.argosmodel.*{reason}"):
        install_package(store, package)
    assert store.installed() == ()
    assert not list(tmp_path.rglob("*evil*"))
    assert not list(store.directory.glob(".staging-*"))


def test_an_archive_that_claims_too_much_is_refused(store: WeightsStore, tmp_path: Path) -> None:
    """A zip bomb is found out by its table of contents."""
    buffer = io.BytesIO(zipped(ARGOS))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("translate-fr_en/zeros", b"")
        archive.infolist()[-1].file_size = 1 << 40
    (tmp_path / "my.argosmodel").write_bytes(buffer.getvalue())
    with pytest.raises(PackageInvalid, match="more than"):
        install_package(store, tmp_path / "my.argosmodel")


def test_what_cannot_be_used_is_not_installed(store: WeightsStore, tmp_path: Path) -> None:
    """Whoever installs may try the model out before it is adopted."""

    def try_out(unpacked: Path) -> None:
        assert (unpacked / "model" / "model.bin").read_bytes() == b"weights"
        raise PackageInvalid("it says nothing.")

    with pytest.raises(PackageInvalid, match=r"my\.argosmodel cannot be installed: it says nothing"):
        install_package(store, argosmodel(tmp_path, ARGOS), try_out=try_out)
    assert store.installed() == ()


def test_a_missing_file_is_told(store: WeightsStore, tmp_path: Path) -> None:
    """A path that leads nowhere is an error that names it."""
    with pytest.raises(WeightsError, match=r"absent\.argosmodel"):
        install_package(store, tmp_path / "absent.argosmodel")


def test_codes_of_argos_are_understood(store: WeightsStore, tmp_path: Path) -> None:
    """Argos calls Brazilian Portuguese pb."""
    package = argosmodel(tmp_path, with_metadata(b'{"from_code": "en", "to_code": "pb"}'))
    assert install_package(store, package) == ("argos-en-pt", True)


def test_own_packages_travel_in_bundles(store: WeightsStore, store_of: OpenStore, tmp_path: Path) -> None:
    """With their languages and their licence, to where the operator vouches for them."""
    install_package(store, argosmodel(tmp_path, ARGOS))
    write_bundle(store, ["argos-fr-en"], tmp_path / "weights.tar")
    there = store_of(directory="there")
    with pytest.raises(ModelUnknown, match="--allow-unknown-hash"):
        install_bundle(there, tmp_path / "weights.tar")
    assert install_bundle(there, tmp_path / "weights.tar", allow_unknown_hash=True) == ("argos-fr-en",)
    assert there.files("argos-fr-en").languages == ("fr", "en")
    assert "Free for all" in (there.path("argos-fr-en") / "LICENSE.txt").read_text("utf-8")
    assert [model.name for model, _ in find_text_models(there)] == ["argos-fr-en"]


def test_what_is_broken_is_named_once_and_left_out(store: WeightsStore, tmp_path: Path) -> None:
    """Changed, incomplete or unreadable packages do not keep the others from being used."""
    for target in ("en", "pt", "es", "de", "it"):
        metadata = json.dumps(METADATA | {"to_code": target}).encode()
        install_package(store, argosmodel(tmp_path, with_metadata(metadata)))
    (store.directory / "argos-fr-pt" / "model" / "model.bin").write_bytes(b"changed")
    (store.directory / "argos-fr-es" / "sentencepiece.model").unlink()
    (store.directory / "argos-fr-de" / "manifest.json").write_text("{")
    manifest = json.loads((store.directory / "argos-fr-it" / "manifest.json").read_text("utf-8"))
    manifest["languages"] = ["fr", "qq"]
    (store.directory / "argos-fr-it" / "manifest.json").write_text(json.dumps(manifest))
    with capture_logs() as logs:
        assert [model.name for model, _ in find_text_models(store)] == ["argos-fr-en"]
    assert {entry["model"]: entry["code"] for entry in logs} == {
        "argos-fr-pt": "hash_mismatch",
        "argos-fr-es": "model_missing",
        "argos-fr-de": "model_unknown",
        "argos-fr-it": "language_unknown",
    }
    assert len(logs) == 4
    assert all(entry["event"] == "text_model_skipped" for entry in logs)
    assert "argos-fr-en" in store.installed()


def test_only_text_models_are_text_models(store_of: OpenStore) -> None:
    """Neither speech models nor what is not installed are found, and nothing is said of them."""
    store = store_of(
        entry("small", archive_source(b"x")), translation("t", ("en", "fr"), archive_source(b"y"))
    )
    (store.directory / "small").mkdir(parents=True)
    with capture_logs() as logs:
        assert find_text_models(store) == ()
    assert logs == []


def test_a_changed_package_fails_its_verification(store: WeightsStore, tmp_path: Path) -> None:
    """What an operator installed is held to its hashes like everything else."""
    install_package(store, argosmodel(tmp_path, ARGOS))
    store.verify("argos-fr-en")
    (store.directory / "argos-fr-en" / "model" / "model.bin").write_bytes(b"WEIGHTS")
    with pytest.raises(HashMismatch):
        store.verify("argos-fr-en")
