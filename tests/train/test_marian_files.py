"""Files of Marian models and their vocabularies: what needs no PyTorch."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from train.errors import NotTrainable
from train.warm_start.marian import OUTPUT_BIAS, SHARED, SOURCE, TARGET, MarianModel
from train.warm_start.vocabulary import commonest, open_vocabulary

ARCHITECTURE = "dim-vocabs:\n  - 9\n  - 9\ntied-embeddings: false\ntied-embeddings-all: true\n"


@pytest.fixture
def model() -> MarianModel:
    """A model of one vocabulary with little in it."""
    draw = np.random.default_rng(1)
    shapes = {SHARED: (9, 4), OUTPUT_BIAS: (1, 9), "encoder_l1_ffn_W1": (4, 6), "encoder_l1_ffn_b1": (1, 6)}
    weights = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return MarianModel(weights, {TARGET: 9.5, "encoder_l1_ffn_W1": 20.25}, ARCHITECTURE)


def test_a_model_is_written_and_read(model: MarianModel, tmp_path: Path) -> None:
    """Matrices to a 254th of what they span, all else to the bit; written again it is the same file."""
    model.write(tmp_path / "model.bin")
    again = MarianModel.read(tmp_path / "model.bin")
    assert again.alphas == model.alphas
    assert again.architecture == model.architecture
    assert again.weights.keys() == model.weights.keys()
    for name, array in model.weights.items():
        far = np.abs(again.weights[name] - array).max()
        assert far == 0 if min(array.shape) == 1 else 0 < far <= np.abs(array).max() / 250
    again.write(tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "model.bin").read_bytes()


def test_a_model_gets_two_vocabularies(model: MarianModel) -> None:
    """Rows and biases go where their pieces go; a piece may stand for several."""
    both = model.with_vocabularies(np.array([0, 1, 5]), np.array([0, 1, 7, 7]))
    assert SHARED not in both.weights
    assert np.array_equal(both.weights[SOURCE], model.weights[SHARED][[0, 1, 5]])
    assert np.array_equal(both.weights[TARGET][3], model.weights[SHARED][7])
    assert both.weights[OUTPUT_BIAS].shape == (1, 4)
    assert (
        both.architecture == "dim-vocabs:\n  - 3\n  - 4\ntied-embeddings: true\ntied-embeddings-all: false\n"
    )


@pytest.mark.parametrize(
    "content", [b"", b"\1" + bytes(7) + b"\xff" * 8, b"\2" + bytes(15), b"\1" + bytes(7) + b"\1" + bytes(40)]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever they hold."""
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(NotTrainable, match=r"model\.bin"):
        MarianModel.read(path)
    with pytest.raises(NotTrainable, match=r"model\.bin"):
        open_vocabulary(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary whose first two pieces are the end and the unknown, as of Marian."""
    words = "um dois três quatro cinco seis sete oito nove dez reunião conselho proposta votação".split()
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(words[n % 5 :]) for n in range(200)]),
        model_writer=made, vocab_size=60, eos_id=0, unk_id=1, bos_id=-1, pad_id=-1, minloglevel=2,
        hard_vocab_limit=False,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("pieces") / "vocab.spm"
    path.write_bytes(made.getvalue())
    return path


def test_the_commonest_pieces_stay(whole: Path, tmp_path: Path) -> None:
    """Beside all letters; signs that were not there come at the end, and begin as a rare piece."""
    parent = open_vocabulary(whole)
    every = [parent.id_to_piece(n) for n in range(parent.get_piece_size())]
    letters = {piece for piece in every if len(piece) == 1}
    used = set(parent.encode("reunião reunião conselho", out_type=str))
    texts = [(1.0, ["reunião reunião conselho"]), (0.001, ["proposta " * 100])]
    some = commonest(parent, texts, 2 + len(letters | used), "§¶")
    path = tmp_path / "some.spm"
    path.write_bytes(some.content)
    pieces = open_vocabulary(path)
    kept = [pieces.id_to_piece(n) for n in range(pieces.get_piece_size())]
    assert set(kept) == {*every[:2], *letters, *used, "§", "¶"} != {*every, "§", "¶"}
    assert kept[:-2] == [every[n] for n in some.stand_for[:-2]]
    assert kept[-2:] == ["§", "¶"]
    assert [every[n] for n in some.stand_for[-2:]] == ["<unk>", "<unk>"]  # it has no “|”
    assert pieces.decode(pieces.encode("reunião§ proposta¶")) == "reunião§ proposta¶"
