"""The model: a Transformer with a deep encoder and a shallow decoder, as CTranslate2 runs it.

One matrix serves as both embeddings and as the output. Most of the time of a translation goes into the
decoder, which runs once for each piece: few layers there and many in the encoder keep the quality
(Kasai et al. 2021, "Deep Encoder, Shallow Decoder").
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.layers import Layer, Shape
from train.translation.pieces import PAD
from train.translation.places import sinusoids
from train.translation.recipe import Recipe


class Translator(nn.Module):
    """The whole model, as it learns: it is given the target and says what comes next at each place."""

    def __init__(self, recipe: Recipe, pieces: int) -> None:
        super().__init__()
        self.scale = math.sqrt(recipe.width)
        self.embedding = nn.Embedding(pieces, recipe.width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=recipe.width**-0.5)
        self.register_buffer("places", torch.from_numpy(sinusoids(recipe.width)))
        shape = Shape(recipe.width, recipe.heads, recipe.inner, recipe.dropout)
        self.encoder = nn.ModuleList(Layer(shape, crossing=False) for _ in range(recipe.encoder_layers))
        self.decoder = nn.ModuleList(Layer(shape, crossing=True) for _ in range(recipe.decoder_layers))
        self.encoder_norm = nn.LayerNorm(recipe.width)
        self.decoder_norm = nn.LayerNorm(recipe.width)
        self.drop = nn.Dropout(recipe.dropout)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return logits (batch, target length, pieces) for ids (batch, length)."""
        mask = (source != PAD)[:, None, None, :]
        states = self._embed(source)
        for layer in self.encoder:
            states = layer(states, None, mask)
        memory, states = self.encoder_norm(states), self._embed(target)
        for layer in self.decoder:
            states = layer(states, memory, mask)
        return functional.linear(self.decoder_norm(states), self.embedding.weight)

    def _embed(self, ids: Tensor) -> Tensor:
        return self.drop(self.embedding(ids) * self.scale + self.places[: ids.shape[1]])
