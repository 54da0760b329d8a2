"""A Marian student in PyTorch: its weights under Marian's names, so that what learnt is written as it is.

The “tiny” model of Firefox Translations: a Transformer's encoder, and a decoder whose layers remember with
a recurrent unit instead of attending to what they wrote (SSRU; Kim et al. 2019, "From Research to Production
and Back"). Norms come behind each part; the output has the rows of the embedding of what is written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.warm_start.loss import OutputLoss
from train.warm_start.marian import OUTPUT_BIAS, SHARED, SOURCE, TARGET, Array

_HEADS = 8
_MOST_PLACES = 512
_EPSILON = 1e-6
_UNSEEN = -1e9


class Student(nn.Module):
    """The whole model: it is given the target and says what comes next at each place."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        """Take the weights of a model with one vocabulary or two."""
        super().__init__()
        self.weights = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(array)) for name, array in weights.items()}
        )
        self.source = SOURCE if SOURCE in weights else SHARED
        self.target = TARGET if TARGET in weights else SHARED
        self.width = weights[self.target].shape[1]
        self.encoder = [
            f"encoder_l{n + 1}" for n in range(sum(name.endswith("_self_Wq") for name in weights))
        ]
        self.decoder = [f"decoder_l{n + 1}" for n in range(sum(name.endswith("_rnn_Wf") for name in weights))]
        self.register_buffer("places", _places(self.width), persistent=False)
        self.largest: dict[str, list[float]] | None = None
        """Where to note the largest number that goes into each matrix; None if nobody asks."""

    def forward(self, source: Tensor, mask: Tensor, target: Tensor, target_mask: Tensor) -> Tensor:
        """Return what the output layer is given (pieces, width), for each piece of the target.

        Args:
            source: Ids (batch, length).
            mask: False (batch, length) where the source is padding.
            target: Ids (batch, length); each is told by those before it.
            target_mask: As `mask`.
        """
        states = self.decode(self.encode(source, mask), mask, target)[target_mask]
        self._note(states, TARGET)
        return states

    def loss(self, batch: tuple[Tensor, Tensor, Tensor, Tensor], smoothing: float) -> Tensor:
        """Return the cross-entropy for each piece of the target, in nats; arguments as of `forward`."""
        states = self(*batch)
        rows, bias = self.weights[self.target], self.weights[OUTPUT_BIAS]
        found: Tensor = OutputLoss.apply(states, rows, bias, batch[2][batch[3]], smoothing)
        return found

    def encode(self, source: Tensor, mask: Tensor) -> Tensor:
        """Return the states (batch, length, width) of what is read."""
        seen = mask[:, None, None, :]
        states = self._embed(source, self.source) + self.places[: source.shape[1]]
        for layer in self.encoder:
            states = self._feed(self._attend(states, states, seen, f"{layer}_self"), f"{layer}_ffn")
        return states

    def decode(self, memory: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Return the states (batch, length, width) that tell each piece of the target by those before."""
        seen = mask[:, None, None, :]
        before = functional.pad(self._embed(target, self.target)[:, :-1], (0, 0, 1, 0))
        states = before + self.places[: target.shape[1]]
        for layer in self.decoder:
            states = self._remember(states, f"{layer}_rnn")
            states = self._feed(self._attend(states, memory, seen, f"{layer}_context"), f"{layer}_ffn")
        return states

    def logits(self, states: Tensor) -> Tensor:
        """Return the logits (…, pieces) of states (…, width)."""
        return functional.linear(states, self.weights[self.target], self.weights[OUTPUT_BIAS].flatten())

    def arrays(self) -> dict[str, Array]:
        """Return the weights as they are now."""
        return {name: value.detach().cpu().numpy().astype(np.float32) for name, value in self.weights.items()}

    def _embed(self, ids: Tensor, name: str) -> Tensor:
        return functional.embedding(ids, self.weights[name]) * math.sqrt(self.width)

    def _product(self, states: Tensor, name: str, bias: str = "") -> Tensor:
        self._note(states, name)
        return functional.linear(states, self.weights[name].T, self.weights[bias].flatten() if bias else None)

    def _note(self, states: Tensor, name: str) -> None:
        if self.largest is not None:
            self.largest.setdefault(name, []).append(states.detach().abs().max().item())

    def _norm(self, states: Tensor, name: str) -> Tensor:
        scale, bias = (self.weights[f"{name}_ln_{part}"].flatten() for part in ("scale", "bias"))
        return functional.layer_norm(states, (self.width,), scale, bias, _EPSILON)

    def _attend(self, states: Tensor, memory: Tensor, seen: Tensor, name: str) -> Tensor:
        """Add what heads of attention find; Vaswani et al. 2017, "Attention Is All You Need"."""
        query, key, value = (
            self._product(what, f"{name}_W{letter}", f"{name}_b{letter}")
            .unflatten(-1, (_HEADS, -1))
            .transpose(1, 2)
            for letter, what in (("q", states), ("k", memory), ("v", memory))
        )
        found = attention(query, key, value, seen)
        found = found.transpose(1, 2).flatten(2)
        return self._norm(states + self._product(found, f"{name}_Wo", f"{name}_bo"), f"{name}_Wo")

    def _feed(self, states: Tensor, name: str) -> Tensor:
        inner = functional.relu(self._product(states, f"{name}_W1", f"{name}_b1"))
        return self._norm(states + self._product(inner, f"{name}_W2", f"{name}_b2"), f"{name}_ffn")

    def _remember(self, states: Tensor, name: str) -> Tensor:
        """Add what the recurrent unit holds after each place."""
        gate = torch.sigmoid(self._product(states, f"{name}_Wf", f"{name}_bf"))
        held = scan(gate.float(), ((1 - gate) * self._product(states, f"{name}_W")).float())
        return self._norm(states + functional.relu(held), f"{name}_ffn")


def attention(query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
    """Return the values (batch, heads, length, width) that queries find, of the keys that are seen.

    In three plain products: on a CPU PyTorch's own backward pass takes ten times as long for sentences.
    """
    if query.is_cuda:
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    likeness = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
    return likeness.float().masked_fill(~seen, _UNSEEN).softmax(-1).to(value.dtype) @ value


def scan(gate: Tensor, new: Tensor) -> Tensor:
    """Return held[t] = gate[t] * held[t-1] + new[t] for all t of (batch, length, width) at once.

    In as many passes as the length has binary digits (Hillis and Steele 1986, "Data Parallel Algorithms").
    """
    step = 1
    while step < new.shape[1]:
        moved = gate[:, step:] * new[:, :-step] + new[:, step:]
        gate = torch.cat((gate[:, :step], gate[:, step:] * gate[:, :-step]), 1)
        new = torch.cat((new[:, :step], moved), 1)
        step *= 2
    return new


def _places(width: int) -> Tensor:
    """Return the position encodings (places, width) as Marian has them: first all sines, then all cosines."""
    half = width // 2
    rates = torch.exp(-torch.arange(half) * (math.log(1e4) / (half - 1)))
    angles = torch.arange(_MOST_PLACES)[:, None] * rates
    return torch.cat((angles.sin(), angles.cos()), 1)
