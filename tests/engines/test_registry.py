"""Recognisers by name, and what becomes of a name that nobody has."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.core.errors import ModelMissing, WeightsError
from assistant.engines import registry
from assistant.engines.registry import RECOGNISERS, check_recogniser, load_recogniser
from assistant.ports.speech import TranscriberCapabilities
from assistant.weights.catalog import load_catalog

ENGINES = Path(registry.__file__).parent


class ShortOfBreath:
    """Hears ten seconds at a time."""

    def __init__(self, weights: Path, *, model: str, **_how: object) -> None:
        self.weights = weights
        self.capabilities = TranscriberCapabilities(model, frozenset({"en"}), "cpu", "none", 10.0, 1)


def test_every_engine_of_the_shipped_catalogue_is_there() -> None:
    """Each speech model names a recogniser, whose line leads to a file and a name in it."""
    assert {model.engine for model in load_catalog().models if model.kind == "speech"} <= set(RECOGNISERS)
    for place in RECOGNISERS.values():
        module, _, name = place.partition(":")
        source = (ENGINES / f"{module.removeprefix('assistant.engines.')}.py").read_text("utf-8")
        defined = {getattr(node, "name", "") for node in ast.parse(source).body}
        assert name in defined


def test_a_name_that_nobody_has_is_answered_with_those_there_are(tmp_path: Path) -> None:
    """Also where it is no text."""
    for name in ("whispr", "", None, 3, ["whisper"]):
        with pytest.raises(WeightsError, match="this version has whisper"):
            check_recogniser(name)
    with pytest.raises(WeightsError, match="unknown engine 'whispr'"):
        load_recogniser("whispr", tmp_path, model="m")


def test_the_registered_recogniser_gets_the_weights(tmp_path: Path) -> None:
    """Whisper says of an empty folder what it always said."""
    with pytest.raises(ModelMissing, match="assistant models pull whisper-base"):
        load_recogniser("whisper", tmp_path, model="whisper-base")


def test_one_that_hears_too_little_at_a_time_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Utterances would be longer than what it takes; the message says how long they are."""
    monkeypatch.setitem(RECOGNISERS, "short", f"{__name__}:ShortOfBreath")
    with pytest.raises(WeightsError, match="hears at most 10 seconds with m; captions need 29"):
        load_recogniser("short", tmp_path, model="m")


def test_no_library_is_imported_before_it_is_needed() -> None:
    """The names are known without CTranslate2 and without the tokenizers."""
    script = (
        "import sys, assistant.weights.catalog as catalog; catalog.load_catalog();"
        "print([name for name in ('ctranslate2', 'faster_whisper', 'tokenizers') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"
