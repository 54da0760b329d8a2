"""Fails unless a Marian model as it learns says what fxtranslate says: for the environment that has both.

    python same_as_fxtranslate.py MODEL TEXT

fxtranslate multiplies whole numbers of 8 bits, which on some CPUs saturate, so that now and then another word
comes out: of ten sentences, six have to be the same. Then what was read and written has to be the same.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import fxtranslate
import torch
from train.warm_start.marian import MarianModel
from train.warm_start.model_files import ModelFiles
from train.warm_start.student import Student
from train.warm_start.vocabulary import open_vocabulary

_LEAST_SAME = 0.6
_MOST_PIECES = 60

files = ModelFiles.found(Path(sys.argv[1]))
sentences = Path(sys.argv[2]).read_text("utf-8").splitlines()
model = MarianModel.read(files.model)
student = Student(model.weights).eval()
source, target = map(open_vocabulary, files.vocabularies)
theirs = fxtranslate.Translator(
    model=files.model.read_bytes(),
    src_vocab=files.vocabularies[0].read_bytes(),
    trg_vocab=files.vocabularies[1].read_bytes(),
)


@torch.no_grad()  # type: ignore[untyped-decorator] # PyTorch's
def greedy(sentence: str) -> str:
    """Return the translation of the most probable pieces."""
    read = torch.tensor([[*source.encode(sentence), 0]])
    mask = torch.ones_like(read, dtype=torch.bool)
    memory, written = student.encode(read, mask), [0]
    while len(written) < _MOST_PIECES:
        states = student.decode(memory, mask, torch.tensor([written]))
        written[-1:] = [int(student.logits(states[0, -1]).argmax()), 0]
        if written[-2] == 0:
            break
    return str(target.decode(written[:-2]))


both = [(greedy(sentence), theirs.translate(sentence)) for sentence in sentences]
same = sum(ours == other for ours, other in both)
assert same >= _LEAST_SAME * len(sentences), both
with tempfile.TemporaryDirectory() as folder:
    copy = Path(folder) / "copy.bin"
    model.write(copy)
    again = MarianModel.read(copy)
assert again.alphas == model.alphas
assert all(
    abs(again.weights[name] - array).max() <= abs(array).max() / 250 for name, array in model.weights.items()
)
print(f"{same} of {len(sentences)} sentences are the same")  # noqa: T201
