"""The layers of a Transformer, their matrices fused as CTranslate2 has them (`names` tells which is which).

Vaswani et al. 2017, "Attention Is All You Need", with normalisation before each part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

Activation = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a layer is built; `width` is a multiple of `heads`, `inner` the width between its last two."""

    width: int
    heads: int
    inner: int
    dropout: float = 0.0
    activation: Activation = functional.relu


class Attention(nn.Module):
    """Multi-head attention, to itself or to a memory."""

    def __init__(self, shape: Shape, *, itself: bool) -> None:
        super().__init__()
        self.heads = shape.heads
        self.norm = nn.LayerNorm(shape.width)
        sizes = (3,) if itself else (1, 2)
        self.into = nn.ModuleList(nn.Linear(shape.width, size * shape.width) for size in sizes)
        self.out = nn.Linear(shape.width, shape.width)

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
    """One layer of an encoder, or with `crossing` of a decoder."""

    def __init__(self, shape: Shape, *, crossing: bool) -> None:
        super().__init__()
        self.activation = shape.activation
        self.itself = Attention(shape, itself=True)
        self.cross = Attention(shape, itself=False) if crossing else None
        self.norm = nn.LayerNorm(shape.width)
        self.wide = nn.Linear(shape.width, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.width)
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, states: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Return the next states (batch, length, width).

        Args:
            states: Of an encoder's input, or of a decoder's, which sees only what is before.
            memory: What the decoder attends to.
            mask: False (batch, 1, 1, length) where the encoder's input is padding.
        """
        own_mask = mask if self.cross is None else None
        states = states + self.drop(self.itself(states, None, own_mask, causal=self.cross is not None))
        if self.cross is not None:
            states = states + self.drop(self.cross(states, memory, mask, causal=False))
        return states + self.drop(self.narrow(self.activation(self.wide(self.norm(states)))))
