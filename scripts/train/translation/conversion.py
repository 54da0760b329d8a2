"""From averaged weights to a model as CTranslate2 runs it, int8."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt

from train.translation.recipe import Recipe

_MOST_PLACES = 320
"""Position encodings, as the model that learns has them."""

_Arrays = Mapping[str, npt.NDArray[np.float32]]


def convert(weights: Path, recipe: Recipe, vocabulary: Sequence[str], folder: Path) -> None:
    """Write the model into `folder`, which it replaces.

    Args:
        weights: As `averaging.average` wrote them.
        recipe: Of the model.
        vocabulary: All pieces in the order of their ids.
        folder: Holds `model.bin`, `config.json` and `shared_vocabulary.json` in the end.
    """
    with np.load(weights) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    layers = recipe.encoder_layers, recipe.decoder_layers
    spec = ctranslate2.specs.TransformerSpec.from_config(layers, recipe.heads, pre_norm=True)
    for side, name in ((spec.encoder, "encoder"), (spec.decoder, "decoder")):
        side.position_encodings.encodings = sinusoids(_MOST_PLACES, recipe.width)
        _norm(arrays, f"{name}_norm", side.layer_norm)
        for index, layer in enumerate(side.layer):
            _layer(arrays, f"{name}.{index}", layer)
    spec.encoder.embeddings[0].weight = arrays["embedding.weight"]
    spec.decoder.embeddings.weight = arrays["embedding.weight"]
    spec.decoder.projection.weight = arrays["embedding.weight"]
    spec.register_source_vocabulary(list(vocabulary))
    spec.register_target_vocabulary(list(vocabulary))
    spec.validate()
    spec.optimize(quantization="int8")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec.save(str(folder))


def sinusoids(length: int, width: int) -> npt.NDArray[np.float32]:
    """Return the position encodings of "Attention Is All You Need" (length, width)."""
    angles = np.arange(length)[:, None] * np.exp(np.arange(0, width, 2) * (-math.log(1e4) / width))
    return np.stack((np.sin(angles), np.cos(angles)), -1).reshape(length, width).astype(np.float32)


def _layer(arrays: _Arrays, name: str, layer: ctranslate2.specs.LayerSpec) -> None:
    _attention(arrays, f"{name}.itself", layer.self_attention, 1)
    if hasattr(layer, "attention"):
        _attention(arrays, f"{name}.cross", layer.attention, 2)
    _norm(arrays, f"{name}.norm", layer.ffn.layer_norm)
    _linear(arrays, f"{name}.wide", layer.ffn.linear_0)
    _linear(arrays, f"{name}.narrow", layer.ffn.linear_1)


def _attention(arrays: _Arrays, name: str, attention: ctranslate2.specs.LayerSpec, into: int) -> None:
    _norm(arrays, f"{name}.norm", attention.layer_norm)
    names = [*(f"{name}.into.{index}" for index in range(into)), f"{name}.out"]
    for each, linear in zip(names, attention.linear, strict=True):
        _linear(arrays, each, linear)


def _linear(arrays: _Arrays, name: str, linear: ctranslate2.specs.LayerSpec) -> None:
    linear.weight, linear.bias = arrays[f"{name}.weight"], arrays[f"{name}.bias"]


def _norm(arrays: _Arrays, name: str, norm: ctranslate2.specs.LayerSpec) -> None:
    norm.gamma, norm.beta = arrays[f"{name}.weight"], arrays[f"{name}.bias"]
