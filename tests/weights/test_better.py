"""Looking, once, for better models than those that come with the assistant."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli.application import build
from assistant.core.errors import WeightsError
from assistant.weights import WeightsStore
from assistant.weights.better import MARK, Look, look_for_better
from assistant.weights.catalog import Catalog, load_catalog, parse_catalog
from assistant.weights.pull import pull_models
from tests.free_ports import free_port
from tests.weights.conftest import Heard, beside_source, file_line
from tests.weights.file_server import Behaviour, FileServer

ROUGH = 'scores = { bleu = 20.0 }\nbetter = ["best", "good"]\nrough = true'
FIREFOX = {"model.fren.bin": b"weights", "vocab.fren.spm": b"vocabulary"}


def lines(name: str, source: str, more: str = "") -> str:
    return f"""
[[models]]
name = "{name}"
title = "The model {name}"
kind = "translation"
languages = ["fr", "en"]
memory_bytes = 1000
{more}
licence = "MIT"
attribution = "Made up for a test."
homepage = "https://models.example"
{source}
"""


def from_url(base: str, files: dict[str, bytes]) -> str:
    listed = ", ".join(file_line(path, content) for path, content in files.items())
    return f'[[models.sources]]\nkind = "url"\nbase = "{base}/"\nfiles = [{listed}]\n'


def catalogue(directory: Path, *, best: str, good: str) -> str:
    """Lay a built-in model into a directory and return a catalogue of it and two better ones."""
    for path, content in FIREFOX.items():
        (directory / "small").mkdir(parents=True, exist_ok=True)
        (directory / "small" / path).write_bytes(content)
    return (
        'format = 1\ndefault = ["small"]\n'
        + lines(
            "small",
            beside_source("small", FIREFOX),
            'scores = { bleu = 20.0 }\nbetter = ["best", "good"]\nrough = true',
        )
        + lines("best", from_url(best, tagged("best")), "scores = { bleu = 50.0, comet = 0.9 }")
        + lines("good", from_url(good, tagged("good")), "scores = { bleu = 40.0, comet = 0.8 }")
    )


def tagged(name: str) -> dict[str, bytes]:
    return {path: content + name.encode() for path, content in FIREFOX.items()}


@pytest.fixture
def offering(server: FileServer) -> FileServer:
    """Give a server that has both better models."""
    for name in ("best", "good"):
        for path, content in tagged(name).items():
            server.files[f"/{name}/{path}"] = Behaviour(content)
    return server


@pytest.fixture
def store_with(tmp_path: Path) -> Callable[..., WeightsStore]:
    """Give a function that opens a store with the built-in model installed."""

    def open_store(best: str, good: str) -> WeightsStore:
        catalog: Catalog = parse_catalog(catalogue(tmp_path, best=best, good=good), tmp_path)
        store = WeightsStore(tmp_path / "models", catalog)
        pull_models(store, catalog.default)
        return store

    return open_store


OpenStore = Callable[..., WeightsStore]


def told(looks: tuple[Look, ...]) -> list[tuple[str, str, str]]:
    return [(look.built_in.name, look.better, look.why) for look in looks]


def test_the_best_that_can_be_reached_is_taken(offering: FileServer, store_with: OpenStore) -> None:
    """The first of the list, and only that one."""
    store = store_with(f"{offering.url}/best", f"{offering.url}/good")
    assert told(look_for_better(store, Heard())) == [("small", "best", "fetched")]
    assert store.installed() == ("small", "best")


def test_it_is_done_the_first_time_only(offering: FileServer, store_with: OpenStore) -> None:
    """Whatever came of it: a later start asks nobody, also where more could be had by now."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    store = store_with(nowhere, nowhere)
    assert told(look_for_better(store, Heard())) == [("small", "", "unreachable")]
    assert (store.directory / MARK).exists()
    again = store_with(f"{offering.url}/best", f"{offering.url}/good")
    offering.requests.clear()
    assert look_for_better(again, Heard()) == ()
    assert offering.requests == []
    assert again.installed() == ("small",)


def test_the_next_is_taken_where_the_best_does_not_answer(
    offering: FileServer, store_with: OpenStore
) -> None:
    """A refused connection, an error or a page that is gone count as none."""
    store = store_with(f"http://127.0.0.1:{free_port()}", f"{offering.url}/good")
    assert told(look_for_better(store, Heard())) == [("small", "good", "fetched")]


def test_the_next_is_taken_where_the_best_is_another(offering: FileServer, store_with: OpenStore) -> None:
    """Other bytes than the catalogue's are no better model; the reader is told."""
    offering.files["/best/model.fren.bin"] = Behaviour(b"x" * len(tagged("best")["model.fren.bin"]))
    store, heard = store_with(f"{offering.url}/best", f"{offering.url}/good"), Heard()
    assert told(look_for_better(store, heard)) == [("small", "good", "fetched")]
    assert any("best could not be installed" in note for note in heard.notes)
    assert store.installed() == ("small", "good")


def test_what_cannot_be_fetched_leaves_the_built_in_one(offering: FileServer, store_with: OpenStore) -> None:
    """Nothing fails for it."""
    for name in ("best", "good"):
        offering.files[f"/{name}/vocab.fren.spm"] = Behaviour(status=503)
    store = store_with(f"{offering.url}/best", f"{offering.url}/good")
    assert told(look_for_better(store, Heard())) == [("small", "", "broken")]
    assert store.installed() == ("small",)


@pytest.mark.parametrize("silent", [1, 2])
def test_silence_costs_no_more_than_the_time_that_is_given(
    offering: FileServer, store_with: OpenStore, silent: int
) -> None:
    """All servers together have it, not each of them."""
    for name in ("best", "good")[:silent]:
        offering.files[f"/{name}/model.fren.bin"] = Behaviour(hangs=True)
    store = store_with(f"{offering.url}/best", f"{offering.url}/good")
    began = time.monotonic()
    looks = look_for_better(store, Heard(), answer_seconds=1.0)
    assert time.monotonic() - began < 1.0 * 2
    assert told(looks) == [("small", "good", "fetched") if silent == 1 else ("small", "", "unreachable")]


def test_a_name_that_nobody_answers_for_costs_no_more_either(
    store_with: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking up a name cannot be broken off; it is not waited for."""

    def look_up(*_: object, **__: object) -> None:
        time.sleep(4.0)
        raise OSError("no such name")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    store = store_with("http://models.example/best", "http://models.example/good")
    began = time.monotonic()
    assert told(look_for_better(store, Heard(), answer_seconds=0.5)) == [("small", "", "unreachable")]
    assert time.monotonic() - began < 3.0


def test_where_the_settings_forbid_it_nobody_is_asked(offering: FileServer, store_with: OpenStore) -> None:
    """The built-in model is what there is."""
    store = store_with(f"{offering.url}/best", f"{offering.url}/good")
    assert told(look_for_better(store, Heard(), wanted=lambda: False)) == [("small", "", "unwanted")]
    assert offering.requests == []


def test_where_a_better_one_is_installed_nobody_is_asked(offering: FileServer, store_with: OpenStore) -> None:
    """Whatever the operator has is left alone."""
    store = store_with(f"{offering.url}/best", f"{offering.url}/good")
    pull_models(store, ["good"])
    offering.requests.clear()
    assert told(look_for_better(store, Heard())) == [("small", "good", "here")]
    assert offering.requests == []


def test_without_built_in_models_nothing_is_done(small: WeightsStore, server: FileServer) -> None:
    """No file is written, and nobody asked."""
    assert look_for_better(small, Heard()) == ()
    assert not small.directory.exists()
    assert server.requests == []


def test_a_directory_that_cannot_be_written_is_left_alone(tmp_path: Path, offering: FileServer) -> None:
    """Nothing could be installed there, and nobody could remember."""
    catalog = parse_catalog(catalogue(tmp_path, best=offering.url, good=offering.url), tmp_path)
    (tmp_path / "models").write_text("a file where the directory should be")
    assert look_for_better(WeightsStore(tmp_path / "models", catalog), Heard()) == ()
    assert offering.requests == []


@pytest.mark.parametrize("better", ['["other"]', '["speech"]', '["../x"]'])
def test_a_better_model_is_one_of_the_same_languages(tmp_path: Path, better: str) -> None:
    """The catalogue is refused otherwise."""
    text = catalogue(tmp_path, best="http://a.example", good="http://a.example")
    speech = lines("speech", from_url("http://a.example", FIREFOX)).replace('"fr", "en"', '"en", "fr"')
    assert parse_catalog(text + speech).model("small").better == ("best", "good")
    with pytest.raises(WeightsError):
        parse_catalog((text + speech).replace('["best", "good"]', better))


def test_shipped_built_in_models_look_at_mozillas_first() -> None:
    """Then at those of Argos; as long as none is shipped, there is nothing to look for."""
    catalog = load_catalog()
    for model in map(catalog.model, catalog.default):
        if model.sources[0].kind == "file":
            pair = "-".join(model.languages)
            assert model.better == (f"translate-{pair}", f"argos-{pair}")
        else:
            assert model.better == ()


def test_the_command_says_which_model_is_used_and_why(
    tmp_path: Path, offering: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line for each direction, once."""
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(catalogue(tmp_path, best=f"{offering.url}/best", good=f"{offering.url}/good"), "utf-8")

    def pulled(where: str) -> list[str]:
        command = ["models", "pull", "--default", "--better", "--catalog", str(catalog)]
        done = CliRunner().invoke(build(), [*command, "--models-dir", str(tmp_path / where)])
        assert done.exit_code == 0, done.output
        return [line for line in done.stdout.splitlines() if "→" in line]

    fetched = "fr → en: best is used, since best could be reached and is better than small, which came along."
    assert pulled("first") == [fetched]
    assert pulled("first") == []
    monkeypatch.setenv("ASSISTANT_FETCH_BETTER", "false")
    (forbidden,) = pulled("second")
    assert forbidden.startswith(
        "fr → en: small, which is rough, is used, since the settings let nothing better"
    )
    monkeypatch.delenv("ASSISTANT_FETCH_BETTER")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (forbidden,) = pulled("third")
    assert "the settings let nothing better" in forbidden
    monkeypatch.setenv("ASSISTANT_ROUGH_TRANSLATIONS", "false")
    (off,) = pulled("fourth")
    assert off.startswith("fr → en: nothing is used")
    here = ["--catalog", str(catalog), "--models-dir", str(tmp_path / "fourth")]
    listed = json.loads(CliRunner().invoke(build(), ["models", "list", "--json", *here]).stdout)
    assert listed["translations"] == []
