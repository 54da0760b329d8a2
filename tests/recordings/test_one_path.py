"""Live tracks, the transcription API and `assistant transcribe` go one way."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from assistant.cli.application import build
from tests.conftest import SPEECH
from tests.live.service import LiveService

PACKAGE = Path(__file__).parents[2] / "assistant"
FIXTURES = sorted(path for path in SPEECH.iterdir() if path.suffix == ".flac")


def callers(name: str) -> set[str]:
    """Return the modules of the package that call something of this name."""
    return {
        module.relative_to(PACKAGE).with_suffix("").as_posix()
        for module in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Call) and name == _name(node.func)
    }


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def test_one_module_cuts_audio_into_utterances() -> None:
    """Whoever hears a track, live or from a file, has the same one do it."""
    assert callers("Segmenter") == {"captioning/endpointing"}


def test_one_module_has_whole_utterances_filtered() -> None:
    """Beside the domain itself, which filters partials and what it reads again."""
    assert {caller for caller in callers("rejection") if not caller.startswith("core/")} == {
        "captioning/second_pass"
    }


def said_by_api(lasting_service: LiveService, path: Path) -> list[tuple[Any, ...]]:
    """Return utterances and words with their times, as the service tells them."""
    answer = httpx.post(
        f"{lasting_service.url}/v1/audio/transcriptions",
        data={"response_format": "diarized_json"},
        files={"file": (path.name, path.read_bytes())},
        timeout=120,
        trust_env=False,
    )
    return [
        (
            segment["text"],
            segment["start"],
            segment["end"],
            [(word["word"], word["start"], word["end"]) for word in segment["words"]],
        )
        for segment in answer.raise_for_status().json()["segments"]
    ]


def said_by_command(folder: Path, weights: Path, path: Path) -> list[tuple[Any, ...]]:
    """Return utterances and words with their times, as the command line writes them."""
    arguments = ("transcribe", path, "--format", "json", "--output", folder, "--models-dir", weights.parent)
    done = CliRunner().invoke(build(), [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return [
        (
            caption["text"],
            caption["start"],
            caption["end"],
            [(word["text"], word["start"], word["end"]) for word in caption["words"]],
        )
        for caption in json.loads((folder / f"{path.stem}.json").read_text("utf-8"))["captions"]
    ]


@pytest.mark.weights
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_api_and_command_line_say_the_same(
    lasting_service: LiveService, whisper_weights: Path, tmp_path: Path, path: Path
) -> None:
    """The same words at the same times, for every recording of the fixtures."""
    by_command = said_by_command(tmp_path, whisper_weights, path)
    assert said_by_api(lasting_service, path) == by_command
    spoken = path.stem.startswith(("jfk", "ibm", "switch"))
    assert bool(by_command) >= spoken
