"""The recipe of Whisper for short windows, from recordings to weights that the service loads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from train.__main__ import main

from assistant.client.recordings import read_waveform
from assistant.engines.whisper import WhisperTranscriber
from assistant.ports.speech import TranscriptionRequest
from assistant.weights import WeightsStore
from assistant.weights.catalog import load_catalog
from tests.train.conftest import Run

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "tests" / "fixtures" / "speech"


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """A folder with one recording, which can be measured on too."""
    folder = tmp_path / "speech"
    folder.mkdir()
    shutil.copy(SPEECH / "jfk.flac", folder)
    lines = (SPEECH / "manifest.jsonl").read_text("utf-8").splitlines()
    (folder / "manifest.jsonl").write_text(next(line for line in lines if "jfk.flac" in line) + "\n", "utf-8")
    return folder


@pytest.mark.weights
@pytest.mark.slow
def test_the_recipe_runs_from_speech_to_weights(
    run_training: Run, whisper_weights: Path, speech: Path, tmp_path: Path
) -> None:
    """In slices that go on; short windows come closer to the teacher, and the service takes the result."""
    folder = tmp_path / "out"
    train = "-m", "train", "short-windows", folder, "--weights", whisper_weights, "--device", "cpu"
    first = run_training(*train, "--size", "toy", "--speech", speech, "--minutes", "0")
    assert "stopped after step 1;" in first
    assert not (folder / "models").exists()

    second = run_training(*train, "--licence", "public domain", "--measure", speech)
    assert "goes on after step 1\n" in second
    told = [line.partition("windows are ")[2].split(" ")[0] for line in (first + second).splitlines()]
    losses = [float(each) for each in told if each]
    assert losses[-1] < losses[0]

    same = ROOT / "tests" / "train" / "same_as_ctranslate2.py"
    assert "pieces say the same" in run_training(same, whisper_weights, folder / "speech.npz")

    store = WeightsStore(folder / "models", load_catalog(folder / "catalog.toml"))
    weights = store.path("whisper-base-short-windows")
    assert (weights / "model.bin").read_bytes() != (whisper_weights / "model.bin").read_bytes()
    assert (weights / "model.bin").stat().st_size == (whisper_weights / "model.bin").stat().st_size
    engine = WhisperTranscriber(weights, model="short-windows")
    heard = engine.transcribe(TranscriptionRequest(read_waveform(speech / "jfk.flac"), "en", quality="final"))
    assert "what you can do for your country" in heard.text.lower()
    card = (folder / "README.md").read_text("utf-8")
    assert "licence: public domain" in card
    assert card.count("| as they were |") == card.count("| short windows |") == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--speech FOLDER"),
        (["--speech", "{tmp}/nowhere"], "no folder"),
        (["--speech", "{tmp}/empty"], "no recording of 1.5 seconds or more"),
        (["--speech", "{tmp}/empty", "--weights", "{tmp}"], "cannot be read as a model"),
        (["--speech", "{tmp}/empty", "--weights", "{tmp}/text"], "is not of format 6"),
        (["--set", "steps=few"], "“steps=few” changes nothing"),
    ],
)
@pytest.mark.weights
def test_speech_or_weights_that_are_none_are_told(
    tmp_path: Path,
    whisper_weights: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    """In a sentence, with exit code 2, before anything is learnt."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no speech")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "model.bin").write_text(json.dumps({"no": "model"}))
    filled = [argument.format(tmp=tmp_path) for argument in arguments]
    if "--weights" not in filled:
        filled += ["--weights", str(whisper_weights)]
    assert main(["short-windows", str(tmp_path / "out"), *filled]) == 2
    assert told in capsys.readouterr().err
