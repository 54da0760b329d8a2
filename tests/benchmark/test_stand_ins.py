"""One model under several names."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from benchmark.bench import Bench
from benchmark.options import parse_arguments
from benchmark.service import Running
from benchmark.stand_ins import Weights, standing_in
from rich.console import Console

from assistant.client import Endpoint
from assistant.core.errors import ModelMissing
from assistant.settings import Settings
from assistant.weights import WeightsStore
from assistant.weights.catalog import load_catalog

FILES = {"model.enpt.bin": b"weights", "vocab.enpt.spm": b"words"}


def entry(name: str, languages: list[str], kind: str = "translation") -> str:
    files = ", ".join(
        f'{{ path = "{path}", size_bytes = {len(data)}, sha256 = "{hashlib.sha256(data).hexdigest()}" }}'
        for path, data in FILES.items()
    )
    return (
        f'[[models]]\nname = "{name}"\ntitle = "Say \\"{name}\\""\nkind = "{kind}"\n'
        f'languages = {json.dumps(languages)}\nmemory_bytes = 1\nlicence = "MIT"\nattribution = "A"\n'
        f'homepage = "https://h.example"\n[[models.sources]]\nkind = "url"\nbase = "https://h.example/"\n'
        f"files = [{files}]\n"
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Weights of speech, and of English to Portuguese and Spanish; French is only in the catalogue."""
    models = [
        ("speech", ["*"], "speech"),
        ("translate-en-pt", ["en", "pt"], "translation"),
        ("translate-en-es", ["en", "es"], "translation"),
        ("translate-en-fr", ["en", "fr"], "translation"),
    ]
    catalog = tmp_path / "catalog.toml"
    catalog.write_text("format = 1\n" + "\n".join(entry(*model) for model in models), "utf-8")
    for name in ("speech", "translate-en-pt", "translate-en-es"):
        folder = tmp_path / "weights" / name
        folder.mkdir(parents=True)
        for path, data in FILES.items():
            (folder / path).write_bytes(data)
    return Settings(models_dir=tmp_path / "weights", catalog=catalog)


def test_missing_languages_get_the_files_of_another(settings: Settings) -> None:
    """The service finds a whole model for each language; what is installed stays as it is."""
    with standing_in(settings, "pt", ["pt", "es", "fr", "de"]) as weights:
        assert weights.catalog is not None
        store = WeightsStore(weights.directory, load_catalog(weights.catalog))
        names = store.installed()
        assert names[:3] == ("speech", "translate-en-pt", "translate-en-es")
        assert names[3:] == ("translate-en-fr-like-pt", "translate-en-de-like-pt")
        for name in names:
            store.verify(name)
        stand_in = store.catalog.model("translate-en-de-like-pt")
        assert (stand_in.kind, stand_in.languages) == ("translation", ("en", "de"))
        linked = store.path(stand_in.name) / "model.enpt.bin"
        assert linked.samefile(settings.weights_dir / "translate-en-pt" / "model.enpt.bin")
        assert linked.parent.resolve() != (settings.weights_dir / "translate-en-pt").resolve()
    assert not weights.directory.exists()
    real = WeightsStore(settings.weights_dir, load_catalog(settings.catalog))
    assert real.installed() == ("speech", "translate-en-pt", "translate-en-es")
    real.verify("translate-en-pt")


def test_what_is_not_installed_cannot_stand_in(settings: Settings) -> None:
    """Only a model that is there can take the place of others."""
    with pytest.raises(ModelMissing, match="into “fr” is installed"), standing_in(settings, "fr", ["de"]):
        pass


def test_the_service_starts_on_them(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with `--stand-ins` gives them to its service, one without gives what is installed."""
    monkeypatch.setattr("benchmark.bench.read_settings", lambda: settings)
    seen: list[tuple[Weights, tuple[str, ...]]] = []

    class Started:
        def __init__(self, model: str, log: Path, weights: Weights, **more: object) -> None:
            del model, more
            log.write_text("")
            store = WeightsStore(weights.directory, load_catalog(weights.catalog))
            seen.append((weights, store.installed()))

        def __enter__(self) -> Running:
            return Running(Endpoint("http://h"), None)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("benchmark.bench.started", Started)
    plain = ["--talkers", "1", "--read", "pt,de", "--results", str(tmp_path)]
    for arguments in ([*plain, "--stand-ins", "pt"], plain):
        with Bench(parse_arguments(arguments), Console()).service():
            pass
    assert "translate-en-de-like-pt" in seen[0][1]
    assert seen[1][0] == Weights(settings.weights_dir, settings.catalog)
