"""The recipe of French and English, from parallel sentences to a model that the service translates with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from benchmark.parallel_text import read_parallel
from train.__main__ import main
from train.warm_start.measuring import MEETING

from assistant.core.translation.relexification import AS_IT_IS, MARKS
from assistant.engines.firefox import FirefoxTranslator
from assistant.weights import WeightsStore
from assistant.weights.catalog import load_catalog
from assistant.weights.packages import install_package
from tests.train.conftest import Run

ROOT = Path(__file__).parents[2]
PARALLEL = ROOT / "tests" / "fixtures" / "parallel"
TOY = "-m train warm-start --device cpu --threads 1 --size toy".split()
WORDS = """
le=o la=a les=os l'=o un=um une=uma de=de d'=de du=do des=dos et=e à=a au=ao en=em dans=em pour=para
avec=com sur=sobre je=eu j'=eu tu=tu il=ele elle=ela nous=nós vous=você ils=eles ce=isto c'=isto
est=é suis=sou sont=são ai=tenho a=tem avons=temos avez=tem ont=têm pas=não ne=não n'=não que=que
qu'=que qui=quem oui=sim non=não merci=obrigado où=onde quand=quando comment=como pourquoi=porquê
moi=mim toi=ti lui=ele mon=meu ma=minha ton=teu votre=vosso cette=esta argent=dinheiro
aujourd'hui=hoje demain=amanhã maison=casa homme=homem femme=mulher livre=livro eau=água temps=tempo
jour=dia chat=gato chien=cão mange=come veux=quero peux=posso fait=faz dit=diz va=vai vais=vou
sais=sei aime=gosta été=sido bien=bem très=muito tout=tudo rien=nada personne=ninguém
"""

SAID = """
O conselho decidiu abrir a reunião hoje.
Não há dinheiro para isso.
Como você fez isso?
Gostaria de um copo de água, por favor.
Onde fica a estação mais próxima?
A proposta foi aprovada por unanimidade.
Temos que terminar este trabalho antes de sexta-feira.
Ela não quer falar com ninguém.
O tempo está muito bom esta semana.
Obrigado a todos pela vossa atenção.
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table that serves for both directions, of some everyday words."""
    path = tmp_path / "table.tsv"
    path.write_text("\n".join(WORDS.split()).replace("=", "\t"), "utf-8")
    return path


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """Ten sentences that models of Portuguese know."""
    path = tmp_path / "said.txt"
    path.write_text(SAID.strip(), "utf-8")
    return path


def dev_losses(said: str) -> list[float]:
    return [float(line.rpartition(" ")[2]) for line in said.splitlines() if "dev loss" in line]


@pytest.mark.slow
@pytest.mark.usefixtures("parents")
def test_french_is_learnt_in_slices(run_training: Run, table: Path, said: Path, tmp_path: Path) -> None:
    """Whatever stops it, the same is learnt; the engine says what PyTorch says; the service installs it."""
    data: list[str | Path] = [
        "--words",
        table,
        "--corpus",
        PARALLEL / "train.tsv.xz",
        "--dev",
        PARALLEL / "dev.tsv.xz",
    ]
    folder, other = tmp_path / "fr-en", tmp_path / "other"
    first = run_training(*TOY, folder, *data, until="step 4, ")
    assert "tatoeba: 600 pairs, 85.0% of what is learnt" in first
    assert "; call it again to go on" in first
    assert not (folder / "model").exists()
    second = run_training(*TOY, folder, *data)
    assert "goes on after step" in second
    losses = dev_losses(first + second)
    assert losses[-1] < 0.9 * losses[0]

    whole = run_training(*TOY, other, *data, "--stop-after", "learn")
    assert dev_losses(whole)[-1] == losses[-1]
    weights = [each / "checkpoints" / "weights-0000012.npz" for each in (folder, other)]
    with np.load(weights[0]) as ours, np.load(weights[1]) as theirs:
        assert all(np.array_equal(ours[name], theirs[name]) for name in ours.files)

    same = ROOT / "tests" / "train" / "same_as_fxtranslate.py"
    assert "sentences are the same" in run_training(same, folder / "model", said)

    card = (folder / "model" / "README.md").read_text("utf-8")
    for path in ("model.fren.intgemm.alphas.bin", "words.fren.tsv"):
        assert hashlib.sha256((folder / "model" / path).read_bytes()).hexdigest() in card
    assert "translate-pt-en" in card
    assert "| dev, tatoeba, bare | this one | 60 |" in card
    store = WeightsStore(tmp_path / "models", load_catalog())
    name, new = install_package(store, folder / "model", pair="fr-en")
    assert (name, new) == ("translate-fr-en-local", True)
    assert "CC BY 2.0" in (store.path(name) / "LICENSE.txt").read_text("utf-8")
    assert "words.fren.tsv" in store.files(name).files
    assert FirefoxTranslator(store.path(name)).translate(["Oui."])[0]


@pytest.mark.slow
@pytest.mark.usefixtures("parents")
def test_french_is_written_in_code(run_training: Run, table: Path, tmp_path: Path) -> None:
    """And decoded; a model that was made before learns on in a new folder, with vocabularies and table."""
    data: list[str | Path] = ["--from", "en", "--set", "steps=6", "--corpus", PARALLEL / "train.tsv.xz"]
    first = run_training(*TOY, tmp_path / "first", *data, "--code", table, "--stop-after", "learn")
    model = tmp_path / "first" / "model"
    assert "1,512 written" in first
    made = run_training(*TOY, tmp_path / "first", *data, "--as-it-is", "--dev", PARALLEL / "dev.tsv.xz")
    assert "dev, tatoeba: BLEU" in made
    translator = FirefoxTranslator(model)
    written = " ".join(translator.translate([sentence for sentence, _ in meeting("en", "fr")]))
    assert not set(written) & set(MARKS + AS_IT_IS)

    again = run_training(*TOY, tmp_path / "second", *data, "--start", model)
    assert "1,512 written" in again
    second = tmp_path / "second" / "model"
    for name in ("srcvocab.enfr.spm", "trgvocab.enfr.spm", "code.enfr.tsv"):
        assert (second / name).read_bytes() == (model / name).read_bytes()
    digest = hashlib.sha256((model / "model.enfr.intgemm.alphas.bin").read_bytes()).hexdigest()
    assert f"| before: an earlier model of this recipe | `{digest}` |" in (second / "README.md").read_text(
        "utf-8"
    )
    assert (second / "LICENSE.earlier").read_bytes() == (model / "LICENSE").read_bytes()


def test_what_is_computed_our_way_is_the_same(run_training: Run) -> None:
    """Loss, gradients and the recurrent unit."""
    assert "the same" in run_training(ROOT / "tests" / "train" / "same_as_pytorch.py")


@pytest.mark.usefixtures("parents")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--words TABLE"),
        (["--from", "en", "--words", "{good}"], "--code TABLE"),
        (["--words", "nowhere.tsv"], "nowhere.tsv"),
        (["--words", "{lone}"], "word table lone.tsv is damaged"),
        (["--words", "{table}"], "--corpus FILE"),
        (["--words", "{table}", "--parent", "{tmp}"], "lacks the weights"),
        (["--words", "{table}", "--parent", "{other}"], "its SHA-256 is another"),
        (["--words", "{table}", "--parent", "nowhere"], "assistant models pull translate-pt-en"),
        (["--words", "{table}", "--start", "nowhere"], "cannot be read"),
        (["--words", "{table}", "--corpus", "nowhere.tsv"], "cannot be read"),
        (["--words", "{table}", "--corpus", "{broken}"], "cannot be read"),
        (["--words", "{table}", "--corpus", "{narrow}"], "line 2: 3 columns wanted, 2 found"),
        (["--words", "{table}", "--corpus", "{empty}"], "no sentence"),
        (["--words", "{table}", "--corpus", "{unknown}"], "“secret”"),
        (["--words", "{table}", "--corpus", "{good}", "--columns", "fr,pt"], "hold no en"),
        (["--words", "{table}", "--corpus", "{good}", "--sources", "{narrow}"], "where text comes from"),
        (["--set", "steps=many"], "“steps=many” changes nothing"),
        (["--set", "wings=2"], "“wings=2” changes nothing"),
    ],
)
def test_bad_input_is_told(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    """In a sentence, with exit code 2, before anything is learnt."""
    texts = {
        "narrow": "tatoeba\tOui.\tYes.\ntatoeba\tNon.\n",
        "empty": "",
        "lone": "oui\n",
        "unknown": "secret\tOui.\tYes.\n",
        "good": "tatoeba\tOui.\tYes.\n",
    }
    files = {name: tmp_path / f"{name}.tsv" for name in texts} | {"broken": tmp_path / "broken.tsv.xz"}
    for name, text in texts.items():
        files[name].write_text(text, "utf-8")
    files["broken"].write_bytes(b"no xz")
    other = tmp_path / "other"
    other.mkdir()
    for name in ("model.pten.intgemm.alphas.bin", "vocab.pten.spm"):
        (other / name).write_bytes(b"another model")
    filled = [argument.format(**files, table=table, tmp=tmp_path, other=other) for argument in arguments]
    assert main(["warm-start", str(tmp_path / "out"), *filled]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_keeps_its_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever names another one is told, so that nothing is mixed."""
    folder = str(tmp_path / "out")
    assert main(["warm-start", folder, "--set", "steps=5"]) == 2  # no table yet
    assert main(["warm-start", folder, "--set", "steps=6"]) == 2
    assert "another recipe" in capsys.readouterr().err


def meeting(source: str, target: str) -> list[tuple[str, str]]:
    """Return what is said in meetings."""
    (text,) = read_parallel(MEETING)
    return list(zip(text.lines[source], text.lines[target], strict=True))


def test_meeting_sentences_are_in_both_languages() -> None:
    """Twenty of them, for the card."""
    assert len(meeting("fr", "en")) == 20
    assert all(map(all, meeting("fr", "en")))
