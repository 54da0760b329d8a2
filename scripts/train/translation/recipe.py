"""What is trained, and for how long: everything that decides how a model turns out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class LiveShares:
    """Which shares (0..1) of the pairs are changed into what live captions look like.

    Attributes:
        bare: Source in lower case without punctuation.
        cut: Both sides end early, as an utterance does that goes on.
        hesitant: Source with filler words and words said twice.
        typographic: Source with curly apostrophes, guillemets and no-break spaces.
        joined: Two pairs in one.
    """

    bare: float = 0.15
    cut: float = 0.1
    hesitant: float = 0.12
    typographic: float = 0.1
    joined: float = 0.05


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model, from the text that it sees to the last step.

    Attributes:
        source: BCP-47 primary subtag of the language it reads.
        target: The same of the language it writes.
        most_words: Pairs with a longer side are left out.
        commonest: Learn only so many pairs, those whose rarest word is the commonest; 0 takes all.
        pieces: Size of the vocabulary, which both languages share; smaller where the text is.
        sampling: Temperature of subword sampling (Kudo 2018): lower splits words in more ways, 0 in one.
        width: Of the model; a multiple of `heads`.
        inner: Width of the feed-forward layers.
        steps: Updates of the weights.
        warmup_steps: In which the learning rate rises to its peak; after it falls to nothing, linearly.
        batch_pieces: Pieces of the target side in a step, padding counted.
        averaged: The model is the mean of so many last checkpoints.
        checkpoint_steps: After so many steps there is one.
    """

    source: str
    target: str
    most_words: int = 60
    commonest: int = 0
    live: LiveShares = field(default_factory=LiveShares)
    pieces: int = 16_000
    sampling: float = 0.2
    width: int = 384
    inner: int = 1536
    heads: int = 6
    encoder_layers: int = 12
    decoder_layers: int = 2
    dropout: float = 0.1
    label_smoothing: float = 0.1
    steps: int = 12_000
    warmup_steps: int = 1000
    peak_rate: float = 1.5e-3
    weight_decay: float = 0.01
    batch_pieces: int = 25_000
    averaged: int = 5
    checkpoint_steps: int = 400
    seed: int = 20_261


SIZES: dict[str, dict[str, Any]] = {
    "small": {},
    "toy": {
        "most_words": 8,
        "commonest": 30_000,
        "pieces": 3000,
        "sampling": 0.0,
        "width": 128,
        "inner": 512,
        "heads": 4,
        "encoder_layers": 3,
        "decoder_layers": 2,
        "dropout": 0.05,
        "steps": 3000,
        "warmup_steps": 300,
        "peak_rate": 2.5e-3,
        "batch_pieces": 2000,
        "averaged": 2,
        "checkpoint_steps": 100,
    },
}
"""What differs from the recipe of the model that is for use: a toy shows that the recipe runs."""
