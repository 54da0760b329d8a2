"""Output layer, softmax and cross-entropy in one, slice by slice: the logits of a whole batch never exist.

With ten thousands of pieces they would be most of the memory, and on a CPU most of the time: a slice
stays in the cache.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_CPU_SLICE, _GPU_SLICE = 128, 16_384


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
            states: (places, width).
            rows: Of the output layer (pieces, width).
            bias: (1, pieces).
            wanted: The piece of each place (places).
            smoothing: Of the labels.
        """
        size, kind = (_GPU_SLICE, torch.bfloat16) if states.is_cuda else (_CPU_SLICE, torch.float32)
        table, flat, count = rows.to(kind), bias.flatten(), len(states)
        to_states, to_rows, to_bias = (
            torch.zeros_like(each, dtype=torch.float32) for each in (states, rows, flat)
        )
        total = torch.zeros((), device=states.device)
        for start in range(0, count, size):
            part, label = states[start : start + size].to(kind), wanted[start : start + size, None]
            logits = (part @ table.T).float().add_(flat)
            norm = logits.logsumexp(1, keepdim=True)
            total += (norm - (1 - smoothing) * logits.gather(1, label)).sum() - smoothing * logits.mean(
                1
            ).sum()
            slope = logits.sub_(norm).exp_().sub_(smoothing / len(flat))
            slope.scatter_add_(1, label, torch.full_like(norm, smoothing - 1)).div_(count)
            to_states[start : start + size] = slope.to(kind) @ table
            if ctx.needs_input_grad[1]:
                to_rows += slope.to(kind).T @ part
            if ctx.needs_input_grad[2]:
                to_bias += slope.sum(0)
        ctx.gradients = to_states.to(states.dtype), to_rows, to_bias.view_as(bias)
        return total / count

    @staticmethod
    def backward(ctx: Any, *upper: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - PyTorch's
        """Return the gradients of the arguments of `forward`."""
        gradients = zip(ctx.gradients, ctx.needs_input_grad, strict=False)
        return *(each.mul_(upper[0]) if wanted else None for each, wanted in gradients), None, None
