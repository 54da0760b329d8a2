"""The layers of Whisper, their matrices fused as CTranslate2 has them (`names` tells which is which).

Vaswani et al. 2017, "Attention Is All You Need", with normalisation before each part.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

_HEAD_WIDTH = 64
"""Of all sizes of Whisper."""


class Attention(nn.Module):
    """Multi-head attention, to itself or to a memory."""

    def __init__(self, width: int, *, itself: bool) -> None:
        super().__init__()
        self.heads = width // _HEAD_WIDTH
        self.norm = nn.LayerNorm(width)
        sizes = (3,) if itself else (1, 2)
        self.into = nn.ModuleList(nn.Linear(width, size * width) for size in sizes)
        self.out = nn.Linear(width, width)

    def forward(self, states: Tensor, memory: Tensor | None, *, causal: bool) -> Tensor:
        """Return what to add to `states` (batch, length, width)."""
        normal = self.norm(states)
        if memory is None:
            parts = self.into[0](normal).chunk(3, -1)
        else:
            parts = self.into[0](normal), *self.into[1](memory).chunk(2, -1)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        found = functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
        return self.out(found.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """One layer of an encoder, or with `crossing` of a decoder."""

    def __init__(self, width: int, *, crossing: bool) -> None:
        super().__init__()
        self.itself = Attention(width, itself=True)
        self.cross = Attention(width, itself=False) if crossing else None
        self.norm = nn.LayerNorm(width)
        self.wide = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, states: Tensor, memory: Tensor | None = None) -> Tensor:
        """Return the next states (batch, length, width).

        Args:
            states: Of an encoder's input, or of a decoder's, which sees only what is before.
            memory: What the decoder attends to.
        """
        states = states + self.itself(states, None, causal=self.cross is not None)
        if self.cross is not None:
            states = states + self.cross(states, memory, causal=False)
        return states + self.narrow(functional.gelu(self.wide(self.norm(states))))
