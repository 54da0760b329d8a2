"""The catalogue that ships, and what a catalogue may not say."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assistant.core.errors import ModelUnknown, WeightsError
from assistant.core.translation.routes import Scores
from assistant.weights.catalog import load_catalog, parse_catalog, safe_path
from assistant.weights.unpack import check_beside

ROOT = Path(__file__).parents[2]

MINIMAL = """
format = 1
default = ["one"]
[[models]]
name = "one"
title = "One"
kind = "speech"
languages = ["*"]
memory_bytes = 1
licence = "MIT"
attribution = "Nobody"
homepage = "https://models.example"
[[models.sources]]
kind = "url"
base = "https://models.example/one/"
files = [{ path = "model.bin", size_bytes = 1, sha256 = "HASH" }]
""".replace("HASH", "0" * 64)


def test_the_shipped_catalogue_has_the_default_models() -> None:
    """Whisper base, English and Portuguese are fetched by default, and what comes along is copied."""
    catalog = load_catalog()
    come_along = {model.name for model in catalog.models if model.sources[0].kind == "file"}
    assert set(catalog.default) - come_along == {"whisper-base", "translate-en-pt", "translate-pt-en"}
    assert come_along <= set(catalog.default)
    assert catalog.model("whisper-base").kind == "speech"
    assert catalog.model("translate-pt-en").languages == ("pt", "en")


def test_every_shipped_source_settles_every_byte() -> None:
    """No model of the shipped catalogue needs the operator to trust an unknown file."""
    for model in load_catalog().models:
        assert model.licence
        assert model.attribution
        assert model.memory_bytes
        for source in model.sources:
            assert source.vouched, model.name
            assert source.size_bytes, model.name


def test_the_shipped_catalogue_names_only_publishers_of_models() -> None:
    """Which index serves the wheels is the machine's own configuration, not the catalogue's."""
    urls = [
        download.url
        for model in load_catalog().models
        for source in model.sources
        for download in source.downloads
        if download.url
    ]
    assert {urlsplit(url).hostname for url in urls} == {
        "huggingface.co",
        "firefox-settings-attachments.cdn.mozilla.net",
        "argos-net.com",
        "data.argosopentech.com",
    }
    assert all(url.startswith("https://") for url in urls)


def tracked(folder: str) -> list[str]:
    """Return the files of the repository below `folder`, as paths from there."""
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path.removeprefix(f"{folder}/") for path in listed.stdout.splitlines()]


def test_what_the_shipped_catalogue_has_beside_it_is_what_it_names() -> None:
    """A built-in model that was trained on and not written down again is found here, by name."""
    catalog = load_catalog()
    assert catalog.directory == ROOT / "models"
    named = set()
    for model in catalog.models:
        for source in model.sources:
            for download in source.downloads if source.kind == "file" else ():
                check_beside(ROOT / "models" / download.beside, download)
                named.add(download.beside)
    weights = {path for path in tracked("models") if path.endswith((".bin", ".spm", ".tsv"))}
    assert weights == named


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    """The error lists what there is."""
    with pytest.raises(ModelUnknown, match="whisper-base"):
        load_catalog().model("whisper-bass")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("format = 1", "format = 2"),
        ("format = 1", "format ="),
        ('default = ["one"]', 'default = ["two"]'),
        ('name = "one"', 'name = "../one"'),
        ('name = "one"', 'name = "One"'),
        ('kind = "speech"', 'kind = "dance"'),
        ('kind = "speech"', 'kind = "speech"\nengine = "whispr"'),
        ('kind = "speech"', 'kind = "speech"\nengine = 3'),
        ('licence = "MIT"', ""),
        ('kind = "speech"', 'kind = "speech"\nrough = true'),
        ('kind = "speech"', 'kind = "translation"\nrough = 1'),
        ('kind = "speech"', 'kind = "translation"\nscores = { comet = 1.5 }'),
        ('kind = "speech"', 'kind = "translation"\nscores = { bleu = 0 }'),
        ('kind = "speech"', 'kind = "translation"\nscores = { bleu = "30" }'),
        ('kind = "speech"', 'kind = "translation"\nscores = { chrf = 50.0 }'),
        ('kind = "speech"', 'kind = "translation"\nscores = 0.9'),
        ('kind = "speech"', 'kind = "translation"\nquality = 2.0'),
        ('kind = "url"', 'kind = "ftp"'),
        ('kind = "url"', 'kind = "file"'),
        ('kind = "url"', 'kind = "file"\nfolder = "../one"'),
        ("model.bin", "../model.bin"),
        ("model.bin", "/model.bin"),
        ("0" * 64, "0" * 63),
        ("https://models.example/one/", "file:///etc/"),
        ("https://models.example/one/", "https://user:password@models.example/"),
        ("size_bytes = 1", 'size_bytes = "many"'),
    ],
)
def test_a_catalogue_with_a_mistake_is_refused(before: str, after: str) -> None:
    """Whatever is wrong, reading ends with an error of the one tree."""
    assert parse_catalog(MINIMAL).model("one").size_bytes == 1
    assert before in MINIMAL
    with pytest.raises(WeightsError):
        parse_catalog(MINIMAL.replace(before, after))


def test_a_speech_model_whose_engine_nobody_named_is_for_whisper() -> None:
    """Catalogues from before engines had names stay readable; translation models name none."""
    assert parse_catalog(MINIMAL).recogniser("one") == "whisper"
    assert parse_catalog(MINIMAL).recogniser("installed-by-an-operator") == "whisper"
    assert {model.engine for model in load_catalog().models if model.kind == "translation"} == {""}


def test_scores_are_read_by_measure() -> None:
    """Catalogues from before there were two measures stay readable: theirs was COMET."""

    def read(lines: str) -> tuple[Scores, bool]:
        text = MINIMAL.replace('kind = "speech"', f'kind = "translation"\n{lines}')
        model = parse_catalog(text.replace('["*"]', '["fr", "en"]')).model("one")
        return model.scores, model.rough

    assert read("") == (Scores(), False)
    assert read("quality = 0.9") == (Scores(0.9), False)
    assert read("scores = { bleu = 31.5 }\nrough = true") == (Scores(None, 31.5), True)
    assert read("scores = { comet = 0.87, bleu = 49.6 }\nrough = false") == (Scores(0.87, 49.6), False)


def test_an_unknown_engine_is_answered_with_the_known_ones() -> None:
    """The message names the entry, the engine, and what there is."""
    with pytest.raises(WeightsError, match=r"entry one .*unknown engine 'whispr'; this version has whisper"):
        parse_catalog(MINIMAL.replace('kind = "speech"', 'kind = "speech"\nengine = "whispr"'))


@pytest.mark.parametrize(
    "path", ["", ".", "..", "a/..", "../a", "/a", "a//b", "a/./b", "a\\b", "c:a", "a\nb", "a/"]
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    """Only relative, normal paths below the model's directory are paths of weights."""
    with pytest.raises(WeightsError):
        safe_path(path)


def test_a_missing_catalogue_is_told(tmp_path: Path) -> None:
    """A path that cannot be read is an error that names it."""
    with pytest.raises(WeightsError, match="absent"):
        load_catalog(tmp_path / "absent.toml")


def test_the_wheel_carries_the_catalogue_and_the_demo(tmp_path: Path) -> None:
    """An installed package has what it reads at run time, beside its modules."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        packed = archive.read("assistant/weights/catalog.toml")
        assert packed == (ROOT / "models" / "catalog.toml").read_bytes()
    beside = {path for path in tracked("models") if path != "catalog.toml"}
    assert {f"assistant/weights/{path}" for path in beside} <= names
    assert {"assistant/demo/meeting.toml", "assistant/web/static/read.html"} <= names
    assert not [name for name in names if name.startswith("tests/")]
