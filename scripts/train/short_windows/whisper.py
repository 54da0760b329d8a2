"""Whisper as it learns: the weights of a CTranslate2 model, with audio windows of any length.

Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision". A window shorter than
30 seconds has the first position encodings, as in CTranslate2.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.errors import NotTrainable
from train.short_windows.layers import Layer
from train.short_windows.model_file import Array, ModelFile
from train.short_windows.names import layer_names

_SPECIFICATION = "WhisperSpec"


class Whisper(nn.Module):
    """Encoder and decoder; everything learns but the encoder's position encodings.

    Args:
        mels: Bands of the spectrogram.
        width: Of the model.
        layers: Of the encoder, and of the decoder.
        places: Position encodings of the encoder, and of the decoder.
        tokens: Size of the vocabulary.
    """

    def __init__(
        self, mels: int, width: int, layers: tuple[int, int], places: tuple[int, int], tokens: int
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(mels, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("encoder_places", torch.zeros(places[0], width))
        self.encoder = nn.ModuleList(Layer(width, crossing=False) for _ in range(layers[0]))
        self.encoder_norm = nn.LayerNorm(width)
        self.embedding = nn.Embedding(tokens, width)
        self.decoder_places = nn.Parameter(torch.zeros(places[1], width))
        self.decoder = nn.ModuleList(Layer(width, crossing=True) for _ in range(layers[1]))
        self.decoder_norm = nn.LayerNorm(width)

    @classmethod
    def of(cls, file: ModelFile) -> Whisper:
        """Return the model of a file.

        Raises:
            NotTrainable: It is of another kind.
        """
        if file.specification != _SPECIFICATION:
            raise NotTrainable(f"That is no Whisper model of CTranslate2, but a {file.specification}.")
        width, mels, _ = file.array("encoder/conv1/weight").shape
        layers = _count(file, "encoder"), _count(file, "decoder")
        model = cls(
            mels,
            width,
            layers,
            (_places(file, "encoder"), _places(file, "decoder")),
            len(file.array("decoder/embeddings/weight")),
        )
        model.load_state_dict(
            {ours: torch.from_numpy(file.array(theirs).astype(np.float32)) for ours, theirs in model.names()}
        )
        return model

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield what each parameter is called here and in the file."""
        for side, layers in (("encoder", self.encoder), ("decoder", self.decoder)):
            for index in range(len(layers)):
                for ours, theirs in layer_names(crossing=side == "decoder"):
                    yield f"{side}.{index}.{ours}", f"{side}/layer_{index}/{theirs}"
            yield f"{side}_norm.weight", f"{side}/layer_norm/gamma"
            yield f"{side}_norm.bias", f"{side}/layer_norm/beta"
            yield f"{side}_places", f"{side}/position_encodings/encodings"
        for name in ("conv1", "conv2"):
            yield f"{name}.weight", f"encoder/{name}/weight"
            yield f"{name}.bias", f"encoder/{name}/bias"
        yield "embedding.weight", "decoder/embeddings/weight"

    def arrays(self) -> dict[str, Array]:
        """Return the weights by their names in the file."""
        state = self.state_dict()
        return {theirs: state[ours].cpu().numpy() for ours, theirs in self.names()}

    def encode(self, mel: Tensor) -> Tensor:
        """Return states (batch, frames / 2, width) of spectrograms (batch, mels, frames)."""
        states = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        states = states + self.encoder_places[: states.shape[1]]
        for layer in self.encoder:
            states = layer(states)
        return self.encoder_norm(states)

    def decode(self, tokens: Tensor, memory: Tensor) -> Tensor:
        """Return logits (batch, length, vocabulary) of what comes after each token (batch, length)."""
        states = self.embedding(tokens) + self.decoder_places[: tokens.shape[1]]
        for layer in self.decoder:
            states = layer(states, memory)
        return functional.linear(self.decoder_norm(states), self.embedding.weight)


def _places(file: ModelFile, side: str) -> int:
    return len(file.array(f"{side}/position_encodings/encodings"))


def _count(file: ModelFile, side: str) -> int:
    return sum(
        name.startswith(f"{side}/layer_") and name.endswith("/ffn/linear_0/weight") for name in file.variables
    )
