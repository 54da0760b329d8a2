"""Files of CTranslate2 models, and pieces of speech: what the recipe needs no PyTorch for."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from train.errors import NotTrainable
from train.short_windows.model_file import ModelFile
from train.short_windows.recipe import Recipe
from train.short_windows.speech import Pieces, cut


@pytest.mark.weights
def test_variables_are_read_and_replaced_in_place(whisper_weights: Path, tmp_path: Path) -> None:
    """Nothing else in the file changes."""
    file = ModelFile.read(whisper_weights / "model.bin")
    assert file.specification == "WhisperSpec"
    name = "encoder/layer_norm/gamma"
    assert file.array(name).shape == (512,)
    assert file.replaced({name: file.array(name)}) == file.content
    changed = tmp_path / "model.bin"
    changed.write_bytes(file.replaced({name: np.ones(512, dtype=np.float32)}))
    again = ModelFile.read(changed)
    assert (again.array(name) == 1).all()
    assert all(np.array_equal(again.array(one), file.array(one)) for one in file.variables if one != name)
    with pytest.raises(NotTrainable, match="another shape"):
        file.replaced({name: np.ones(3, dtype=np.float32)})
    with pytest.raises(NotTrainable, match="no wings"):
        file.array("wings")


@pytest.mark.parametrize("content", [b"", b"\5\0\0\0", b"\6\0\0\0\4\0abc\0", b"\6\0\0\0\1\0\xff" * 9])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever they hold."""
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(NotTrainable):
        ModelFile.read(path)


def test_recordings_are_cut_from_end_to_end() -> None:
    """Into pieces of the recipe's lengths, the same ones for the same seed."""
    recipe = Recipe()
    draw = random.Random(3)  # noqa: S311 - not for secrets
    pieces = list(cut(16_000 * 60, recipe, draw))
    assert pieces[0][0] == 0
    assert all(a[1] == b[0] for a, b in pairwise(pieces))
    assert all(1.5 <= (end - start) / 16_000 <= 12 for start, end in pieces)
    assert 16_000 * 60 - pieces[-1][1] < 1.5 * 16_000
    assert list(cut(16_000, recipe, draw)) == []


def test_a_window_is_silent_behind_the_speech(tmp_path: Path) -> None:
    """As quiet as the spectrogram of that speech can be; what is longer than the window is cut."""
    mel = np.arange(12, dtype=np.float16).reshape(2, 6) / np.float16(4)
    pieces = Pieces(mel, np.array([2, 6]))
    pieces.save(tmp_path / "speech.npz")
    pieces = Pieces.load(tmp_path / "speech.npz")
    assert pieces.frames.tolist() == [2, 4]
    window = pieces.window([0, 1], 4)
    assert window.shape == (2, 2, 4)
    assert window[0, :, :2].tolist() == mel[:, :2].tolist()
    assert (window[0, :, 2:] == mel[:, :2].max() - 2.0).all()
    assert pieces.window([1], 2)[0].tolist() == mel[:, 2:4].tolist()
