"""Output layer, softmax and cross-entropy in one, slice by slice: the logits of a whole batch never exist.

With ten thousands of pieces they would be most of the memory, and on a CPU most of the time: a slice
stays in the cache. What the labels and their smoothing add to the gradients is added once, not to each logit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_CPU_SLICE, _GPU_SLICE = 256, 16_384


class OutputLoss(torch.autograd.Function):
    """The mean cross-entropy with label smoothing; gradients are made on the way."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - PyTorch's
        states: Tensor,
        rows: Tensor,
        bias: Tensor,
        wanted: Tensor,
        smoothing: float,
    ) -> Tensor:
        """Return the loss in nats.

        Args:
            ctx: Where the gradients are kept.
            states: (places, width); products with the rows are made in the precision of autocast.
            rows: Of the output layer (pieces, width).
            bias: (1, pieces).
            wanted: The piece of each place (places).
            smoothing: Of the labels.
        """
        device = states.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype
        size = _GPU_SLICE if states.is_cuda else _CPU_SLICE
        table, flat, exact = rows.to(kind), bias.flatten().to(kind), states.float()
        to_states = torch.empty_like(exact)
        to_rows = torch.zeros(len(rows), rows.shape[1] + 1, device=rows.device)
        total = torch.zeros((), device=states.device)
        for start in range(0, len(states), size):
            part = slice(start, start + size)
            logits = functional.linear(states[part].to(kind), table, flat)
            highest = logits.amax(1, keepdim=True)
            chances = logits.sub_(highest).exp_()
            whole = chances.sum(1, keepdim=True, dtype=torch.float32)
            total += (whole.log() + highest).sum()
            to_states[part] = (chances @ table).float() / whole
            to_rows += chances.T @ (functional.pad(exact[part], (0, 1), value=1.0) / whole).to(kind)
        likely, mean = functional.embedding(wanted, rows), rows.mean(0)
        told = (exact * likely).sum() + bias.flatten()[wanted].sum()
        smooth = (exact @ mean).sum() + bias.mean() * len(states)
        to_states -= (1 - smoothing) * likely + smoothing * mean
        seen = functional.pad(exact, (0, 1), value=1.0)
        to_rows -= smoothing / len(rows) * seen.sum(0)
        to_rows.index_add_(0, wanted, seen, alpha=smoothing - 1)
        for gradient in (to_states, to_rows):
            gradient.div_(len(states))
        ctx.gradients = to_states.to(states.dtype), to_rows[:, :-1], to_rows[:, -1].view_as(bias)
        loss: Tensor = (total - (1 - smoothing) * told - smoothing * smooth) / len(states)
        return loss

    @staticmethod
    def backward(ctx: Any, *upper: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - PyTorch's
        """Return the gradients of the arguments of `forward`."""
        gradients = zip(ctx.gradients, ctx.needs_input_grad, strict=False)
        return *(each * upper[0] if wanted else None for each, wanted in gradients), None, None
