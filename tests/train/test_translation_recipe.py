"""The recipe of a text model, from parallel sentences to a package that the service translates with."""

from __future__ import annotations

import csv
import hashlib
import lzma
import zipfile
from pathlib import Path

import pytest
from sacrebleu import BLEU
from train.__main__ import main
from train.translation.packaging import MEETING

from assistant.engines.argos import ArgosTranslator
from tests.train.conftest import Run

ROOT = Path(__file__).parents[2]
PARALLEL = ROOT / "tests" / "fixtures" / "parallel"
TINY = """steps=240 width=96 inner=192 encoder_layers=2 decoder_layers=1 warmup_steps=40 checkpoint_steps=80
batch_pieces=1000 pieces=600 peak_rate=0.004""".split()


@pytest.mark.slow
def test_the_recipe_runs_from_text_to_a_package(run_training: Run, tmp_path: Path) -> None:
    """In slices that go on; what was learnt is known, and the card says what it is made of."""
    folder = tmp_path / "fr-en"
    train = ["-m", "train", "translation", folder, "--size", "toy", "--device", "cpu"]
    train += ["--corpus", PARALLEL / "train.tsv.xz", "--dev", PARALLEL / "dev.tsv.xz"]
    changes = [word for value in TINY for word in ("--set", value)]
    first = run_training(*train, *changes, "--minutes", "0")
    assert "600 pairs" in first
    assert "stopped after step 1;" in first
    assert not list(folder.glob("*.argosmodel"))

    second = run_training(*train)
    assert "goes on after step 1\n" in second
    losses = [float(line.rpartition(" ")[2]) for line in second.splitlines() if "dev loss" in line]
    assert losses[-1] < 0.6 * losses[0]
    assert [path.name for path in sorted((folder / "checkpoints").glob("weights-*"))] == [
        "weights-0000160.pt",
        "weights-0000240.pt",
    ]

    package = folder / "translate-fr_en-1_0.argosmodel"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path)
    unpacked = tmp_path / "translate-fr_en-1_0"
    with lzma.open(PARALLEL / "train.tsv.xz", "rt", encoding="utf-8") as lines:
        learnt = [line.rstrip("\n").split("\t")[1:] for line in lines]
    said, wanted = zip(*learnt, strict=True)
    found = ArgosTranslator(unpacked).translate(said)
    assert BLEU().corpus_score(found, [list(wanted)]).score > 15

    card = (unpacked / "README.md").read_text("utf-8")
    assert hashlib.sha256((unpacked / "model" / "model.bin").read_bytes()).hexdigest() in card
    assert "CC BY 2.0" in card
    assert "CC BY 2.0" in (unpacked / "LICENSE").read_text("utf-8")
    assert "| dev, tatoeba, bare | this one | 60 |" in card

    before = package.read_bytes()
    third = run_training(*train)
    assert "kept" not in third
    assert package.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--corpus FILE"),
        (["--corpus", "nowhere.tsv"], "cannot be read"),
        (["--corpus", "{broken}"], "cannot be read"),
        (["--corpus", "{narrow}"], "line 2: 3 columns wanted, 2 found"),
        (["--corpus", "{empty}"], "no sentence"),
        (["--corpus", "{unknown}"], "“secret”"),
        (["--corpus", "{good}", "--to", "de"], "hold no de"),
        (["--corpus", "{good}", "--sources", "{narrow}"], "where text comes from"),
        (["--corpus", "{good}", "--set", "steps=many"], "“steps=many” changes nothing"),
        (["--corpus", "{good}", "--set", "wings=2"], "“wings=2” changes nothing"),
    ],
)
def test_bad_input_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    """In a sentence, with exit code 2, before anything is learnt."""
    texts = {
        "narrow": "tatoeba\tOui.\tYes.\ntatoeba\tNon.\n",
        "empty": "",
        "unknown": "secret\tOui.\tYes.\n",
        "good": "tatoeba\tOui.\tYes.\n",
    }
    files = {name: tmp_path / f"{name}.tsv" for name in texts} | {"broken": tmp_path / "broken.tsv.xz"}
    for name, text in texts.items():
        files[name].write_text(text, "utf-8")
    files["broken"].write_bytes(b"no xz")
    filled = [argument.format(**files) for argument in arguments]
    assert main(["translation", str(tmp_path / "out"), *filled]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_keeps_its_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever names another one is told, so that nothing is mixed."""
    folder = str(tmp_path / "out")
    assert main(["translation", folder, "--set", "steps=5"]) == 2  # no corpus yet
    assert main(["translation", folder, "--set", "steps=6"]) == 2
    assert "another recipe" in capsys.readouterr().err


def test_meeting_sentences_are_in_both_languages() -> None:
    """Twenty of them, for the card."""
    with MEETING.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) == 20
    assert all(row["fr"] and row["en"] for row in rows)
