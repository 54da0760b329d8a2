"""From averaged weights to a model as CTranslate2 runs it, int8."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt

from train.names import layer_names
from train.translation.places import sinusoids
from train.translation.recipe import Recipe


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
        side.position_encodings.encodings = sinusoids(recipe.width)
        _set(side, "layer_norm/gamma", arrays[f"{name}_norm.weight"])
        _set(side, "layer_norm/beta", arrays[f"{name}_norm.bias"])
        for index, layer in enumerate(side.layer):
            for ours, theirs in layer_names(crossing=side is spec.decoder):
                _set(layer, theirs, arrays[f"{name}.{index}.{ours}"])
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


def _set(spec: ctranslate2.specs.LayerSpec, path: str, value: npt.NDArray[np.float32]) -> None:
    """Set what a model's variable of that name holds; linears of an attention are in a list."""
    *owners, last = path.split("/")
    for part in owners:
        name, _, index = part.rpartition("_")
        spec = getattr(spec, part) if hasattr(spec, part) else getattr(spec, name)[int(index)]
    setattr(spec, last, value)
