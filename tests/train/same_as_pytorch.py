"""Fails unless what is computed in our own way is what PyTorch computes: for the environment that has it.

The loss and its gradients, slice by slice, against `cross_entropy`; the recurrent unit against a loop.
"""

from __future__ import annotations

import torch
from torch.nn import functional
from train.warm_start.loss import OutputLoss
from train.warm_start.student import scan

torch.manual_seed(3)
states, rows, bias = torch.randn(300, 8), torch.randn(50, 8), torch.randn(1, 50)
wanted = torch.randint(50, (300,))
for smoothing in (0.0, 0.1):
    ours, theirs = ([each.clone().requires_grad_() for each in (states, rows, bias)] for _ in range(2))
    loss = OutputLoss.apply(*ours, wanted, smoothing)
    other = functional.cross_entropy(
        functional.linear(theirs[0], theirs[1], theirs[2].flatten()), wanted, label_smoothing=smoothing
    )
    assert torch.allclose(loss, other, atol=1e-5)
    (2 * loss).backward()
    (2 * other).backward()
    for one, another in zip(ours, theirs, strict=True):
        assert torch.allclose(one.grad, another.grad, atol=1e-6)

gate, new = torch.rand(2, 13, 4), torch.randn(2, 13, 4)
held, seen = torch.zeros(2, 4), []
for place in range(13):
    held = gate[:, place] * held + new[:, place]
    seen.append(held)
assert torch.allclose(scan(gate, new), torch.stack(seen, 1), atol=1e-6)
print("it is the same")  # noqa: T201
