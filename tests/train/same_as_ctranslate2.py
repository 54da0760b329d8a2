"""Fails unless Whisper as it learns says what CTranslate2 says: a program for the environment that has both.

    python same_as_ctranslate2.py WEIGHTS SPEECH.npz

Windows are as long as the speech and a second more; then nothing learnt gives the file back byte for byte.
"""

from __future__ import annotations

import sys
from pathlib import Path

import ctranslate2
import numpy as np
import torch
from train.short_windows.listening import greedy
from train.short_windows.model_file import ModelFile
from train.short_windows.speech import Pieces
from train.short_windows.vocabulary import Vocabulary
from train.short_windows.whisper import Whisper

_MOST_TOKENS = 24

weights, speech = map(Path, sys.argv[1:])
file, vocabulary = ModelFile.read(weights / "model.bin"), Vocabulary.read(weights)
ours = Whisper.of(file).eval()
assert file.replaced(ours.arrays()) == file.content
theirs = ctranslate2.models.Whisper(str(weights), device="cpu", compute_type="float32")
pieces = Pieces.load(speech)
prompt = [vocabulary.start, vocabulary.languages[0], *vocabulary.after]
for index, frames in enumerate(pieces.frames.tolist()):
    mel = pieces.window([index], 2 * ((frames + 100) // 2))
    with torch.no_grad():
        memory = ours.encode(torch.from_numpy(mel))
    encoded = theirs.encode(ctranslate2.StorageView.from_array(mel), to_cpu=True)
    assert np.abs(np.asarray(encoded) - memory.numpy()).max() < 0.01
    text = theirs.generate(encoded, [prompt], beam_size=1, max_length=2 * _MOST_TOKENS, suppress_tokens=[-1])
    found = greedy(ours, memory, [prompt], vocabulary, _MOST_TOKENS)[0]
    assert found == text[0].sequences_ids[0][:_MOST_TOKENS], (index, found)
print(f"{len(pieces)} pieces say the same")  # noqa: T201
