"""The model: a Transformer with a deep encoder and a shallow decoder, as CTranslate2 runs it.

Vaswani et al. 2017, "Attention Is All You Need", with normalisation before each part; one matrix serves as
both embeddings and as the output. Most of the time of a translation goes into the decoder, which runs once
for each piece: few layers there and many in the encoder keep the quality (Kasai et al. 2021, "Deep Encoder,
Shallow Decoder").
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.translation.pieces import PAD
from train.translation.recipe import Recipe

MOST_PLACES = 320
"""Position encodings in the model; the service may ask for longer text than was learnt from."""


class Attention(nn.Module):
    """Multi-head attention, its matrices fused as CTranslate2 has them."""

    def __init__(self, recipe: Recipe, *, itself: bool) -> None:
        super().__init__()
        self.heads = recipe.heads
        self.norm = nn.LayerNorm(recipe.width)
        sizes = (3,) if itself else (1, 2)
        self.into = nn.ModuleList(nn.Linear(recipe.width, size * recipe.width) for size in sizes)
        self.out = nn.Linear(recipe.width, recipe.width)

    def forward(self, states: Tensor, memory: Tensor | None, mask: Tensor | None, *, causal: bool) -> Tensor:
        """Return what to add to `states` (batch, length, width)."""
        normal = self.norm(states)
        if memory is None:
            parts = self.into[0](normal).chunk(3, -1)
        else:
            parts = self.into[0](normal), *self.into[1](memory).chunk(2, -1)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
        return self.out(found.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """One layer of the encoder, or with `crossing` of the decoder."""

    def __init__(self, recipe: Recipe, *, crossing: bool) -> None:
        super().__init__()
        self.itself = Attention(recipe, itself=True)
        self.cross = Attention(recipe, itself=False) if crossing else None
        self.norm = nn.LayerNorm(recipe.width)
        self.wide = nn.Linear(recipe.width, recipe.inner)
        self.narrow = nn.Linear(recipe.inner, recipe.width)
        self.drop = nn.Dropout(recipe.dropout)

    def forward(self, states: Tensor, memory: Tensor | None, mask: Tensor) -> Tensor:
        """Return the next states; `mask` (batch, 1, 1, source length) hides padding of the source."""
        own_mask = mask if self.cross is None else None
        states = states + self.drop(self.itself(states, None, own_mask, causal=self.cross is not None))
        if self.cross is not None:
            states = states + self.drop(self.cross(states, memory, mask, causal=False))
        return states + self.drop(self.narrow(functional.relu(self.wide(self.norm(states)))))


class Translator(nn.Module):
    """The whole model, as it learns: it is given the target and says what comes next at each place."""

    def __init__(self, recipe: Recipe, pieces: int) -> None:
        super().__init__()
        self.scale = math.sqrt(recipe.width)
        self.embedding = nn.Embedding(pieces, recipe.width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=recipe.width**-0.5)
        self.register_buffer("places", _sinusoids(MOST_PLACES, recipe.width))
        self.encoder = nn.ModuleList(Layer(recipe, crossing=False) for _ in range(recipe.encoder_layers))
        self.decoder = nn.ModuleList(Layer(recipe, crossing=True) for _ in range(recipe.decoder_layers))
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


def _sinusoids(length: int, width: int) -> Tensor:
    """Return the position encodings of "Attention is all you need"."""
    angles = torch.arange(length)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1)
