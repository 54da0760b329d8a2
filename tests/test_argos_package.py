"""Making an `.argosmodel` of one's own model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
TOY_PACKAGE = ROOT / "tests" / "fixtures" / "argos" / "translate-fr_en-toy.argosmodel"
WIDTH = 16

CONFIG = """
type: transformer
transformer-decoder-autoreg: self-attention
transformer-no-projection: false
transformer-ffn-activation: relu
transformer-preprocess: ""
transformer-postprocess: dan
transformer-postprocess-emb: d
transformer-guided-alignment-layer: last
transformer-heads: 2
enc-depth: 1
dec-depth: 1
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """The parts of the toy package, and a licence."""
    with zipfile.ZipFile(TOY_PACKAGE) as archive:
        archive.extractall(tmp_path)
    folder = next(tmp_path.iterdir()).rename(tmp_path / "toy")
    (tmp_path / "licence.txt").write_text("Free for all.")
    return folder


def build(folder: Path, model: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "-m", "argos_package", model, "--from", "fr", "--to", "en",
        "--tokenizer", folder / "toy" / "sentencepiece.model", "--licence", folder / "licence.txt",
        *arguments,
    ]  # fmt: skip
    path = os.pathsep.join((str(ROOT / "scripts"), str(ROOT)))
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def marian(folder: Path) -> tuple[Path, Path]:
    """Write a Marian model of random weights, and its vocabulary."""
    pieces = json.loads((folder / "toy" / "model" / "shared_vocabulary.json").read_text("utf-8"))
    vocabulary = folder / "vocab.yml"
    vocabulary.write_text(
        "".join(f"{json.dumps(piece, ensure_ascii=False)}: {n}\n" for n, piece in enumerate(pieces))
    )
    chance = np.random.default_rng(1)
    weights = {
        "Wemb": chance.normal(size=(len(pieces), WIDTH)),
        "decoder_ff_logit_out_b": np.zeros((1, len(pieces))),
    }
    for scope in ("encoder_l1_self", "decoder_l1_self", "decoder_l1_context"):
        for name in "qkvo":
            weights[f"{scope}_W{name}"] = chance.normal(size=(WIDTH, WIDTH))
            weights[f"{scope}_b{name}"] = np.zeros((1, WIDTH))
        weights[f"{scope}_Wo_ln_scale"], weights[f"{scope}_Wo_ln_bias"] = (
            np.ones((1, WIDTH)),
            np.zeros((1, WIDTH)),
        )
    for scope in ("encoder_l1_ffn", "decoder_l1_ffn"):
        weights[f"{scope}_W1"], weights[f"{scope}_b1"] = chance.normal(size=(WIDTH, 32)), np.zeros((1, 32))
        weights[f"{scope}_W2"], weights[f"{scope}_b2"] = chance.normal(size=(32, WIDTH)), np.zeros((1, WIDTH))
        weights[f"{scope}_ffn_ln_scale"] = np.ones((1, WIDTH))
        weights[f"{scope}_ffn_ln_bias"] = np.zeros((1, WIDTH))
    arrays = {name: array.astype(np.float32) for name, array in weights.items()}
    config = np.frombuffer(CONFIG.encode() + b"\0", dtype=np.int8)
    everything: dict[str, Any] = {**arrays, "special:model.yml": config}
    np.savez(folder / "model.npz", **everything)
    return folder / "model.npz", vocabulary


def test_a_model_that_ctranslate2_reads_is_packaged(toy: Path) -> None:
    """Tried out, with its licence, and the same bytes each time."""
    folder = toy.parent
    done = build(folder, toy / "model", "--sample", "Merci beaucoup.", "--readme", folder / "licence.txt")
    assert done.returncode == 0, done.stderr
    assert "Merci beaucoup. → Thank you very much." in done.stdout
    package = folder / "translate-fr_en-1_0.argosmodel"
    with zipfile.ZipFile(package) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
        assert archive.read("translate-fr_en-1_0/LICENSE") == b"Free for all."
        metadata = json.loads(archive.read("translate-fr_en-1_0/metadata.json"))
    assert {
        "metadata.json",
        "README.md",
        "sentencepiece.model",
        "model/model.bin",
        "model/config.json",
    } < names
    assert (metadata["from_code"], metadata["to_name"], metadata["package_version"]) == (
        "fr",
        "English",
        "1.0",
    )
    again = build(folder, toy / "model", "--readme", folder / "licence.txt", "--output", "again.argosmodel")
    assert again.returncode == 0
    assert (folder / "again.argosmodel").read_bytes() == package.read_bytes()


def test_a_marian_model_is_converted(toy: Path) -> None:
    """With int8 weights; this one is small and says what chance has it say."""
    model, vocabulary = marian(toy.parent)
    done = build(toy.parent, model, "--vocabulary", vocabulary, "--version", "0.3")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(toy.parent / "translate-fr_en-0_3.argosmodel") as archive:
        assert "translate-fr_en-0_3/model/shared_vocabulary.json" in archive.namelist()


def test_what_cannot_be_packaged_is_told(toy: Path) -> None:
    """In a sentence, and no package is left."""
    folder = toy.parent
    model, vocabulary = marian(folder)
    (folder / "junk.npz").write_bytes(b"junk")
    (folder / "junk.model").write_bytes(b"junk")
    (folder / "empty").mkdir()
    for source, arguments, told in (
        (model, (), "--vocabulary"),
        (folder / "junk.npz", ("--vocabulary", vocabulary), "cannot be converted"),
        (folder / "empty", (), "no directory with a model.bin"),
        (folder / "absent", (), "no directory with a model.bin"),
        (toy / "model", ("--tokenizer", folder / "junk.model"), "damaged"),
        (toy / "model", ("--to", "fr"), "twice"),
        (toy / "model", ("--licence", folder / "absent"), "absent"),
    ):
        done = build(folder, source, *arguments)
        assert done.returncode == 1, source
        assert told in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(folder.glob("*.argosmodel"))


def test_it_explains_itself() -> None:
    """`--help` says which models it takes."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "scripts"), str(ROOT)))}
    command = [sys.executable, "-m", "argos_package", "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert all(word in done.stdout for word in ("CTranslate2", "Marian", "OpenNMT", "--licence"))
