"""What is learnt, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a Whisper model is taught to do with short windows.

    Attributes:
        shortest_seconds: Of the pieces that recordings are cut into, as live speech is heard piece by piece;
        longest_seconds: each has a length between these.
        margin_seconds: Of silence behind the speech of a batch, at most; the service gives 1 or 2 s.
        padded_share: In so many batches (0..1) the window is the full one, so that it is not unlearnt.
        encoder_weight: Of the encoder's states in the loss, beside the distributions of the decoder.
        held_out: Each piece of so many is never learnt from; what is lost is told on these.
        batch: Pieces in a step.
        steps: Updates of the weights.
        warmup_steps: In which the learning rate rises to its peak; after it falls to nothing, linearly.
        checkpoint_steps: After so many steps everything is kept.
    """

    shortest_seconds: float = 1.5
    longest_seconds: float = 12.0
    margin_seconds: float = 2.0
    padded_share: float = 0.2
    encoder_weight: float = 0.1
    held_out: int = 10
    batch: int = 16
    steps: int = 400
    warmup_steps: int = 40
    peak_rate: float = 1e-5
    checkpoint_steps: int = 50
    seed: int = 20_262


SIZES: dict[str, dict[str, Any]] = {
    "small": {},
    "toy": {"shortest_seconds": 1.0, "longest_seconds": 3.0, "batch": 2, "steps": 4, "warmup_steps": 1},
}
"""What differs from the recipe of the model that is for use: a toy shows that the recipe runs."""
