"""What learning has in common, whatever is learnt: the rate, one update, and files that are always whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

REPORT_SECONDS = 5.0
"""Between two lines of progress."""

_CLIP = 1.0
_CPU = Path("/proc/cpuinfo")

Say = Callable[[str], None]
"""Takes a line of progress."""


class Course(Protocol):
    """How long is learnt, and how fast: of any recipe."""

    @property
    def steps(self) -> int:
        """Updates of the weights."""

    @property
    def warmup_steps(self) -> int:
        """In which the learning rate rises to its peak."""

    @property
    def peak_rate(self) -> float:
        """The highest learning rate."""


def rate(course: Course, step: int) -> float:
    """Return the learning rate of a step, from 1: it rises to its peak, then falls to nothing, linearly."""
    if step <= course.warmup_steps:
        return course.peak_rate * step / course.warmup_steps
    return course.peak_rate * (course.steps - step + 1) / (course.steps - course.warmup_steps + 1)


def update(model: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor, learning_rate: float) -> None:
    """Make one step down the gradient of a loss, which is clipped.

    A group of the optimiser may have a `share` of the learning rate.
    """
    for group in optimiser.param_groups:
        group["lr"] = learning_rate * group.get("share", 1.0)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
    optimiser.step()


def precision(device: str) -> torch.autocast:
    """Return in what to compute the forward pass: bfloat16 where its products are fast, float32 elsewhere."""
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda" or _has_matrix_unit())


@cache
def _has_matrix_unit() -> bool:
    """Return whether this CPU multiplies matrices of bfloat16 as such (AMX), six times as fast as others."""
    return _CPU.is_file() and "amx_bf16" in _CPU.read_text("utf-8").split()


def write_whole(path: Path, document: object) -> None:
    """Write so that a file of that name is never half written."""
    unfinished = path.with_suffix(".part")
    torch.save(document, unfinished)
    unfinished.replace(path)
