"""What is trained, and for how long: everything that decides how a model turns out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class LiveShares:
    """Which shares (0..1) of the copies that look like live captions are changed how; one can be several.

    Attributes:
        bare: Source in lower case without punctuation.
        cut: Both sides end early, as an utterance does that goes on.
        hesitant: Source with filler words and words said twice.
        typographic: Source with curly apostrophes, guillemets and no-break spaces.
        joined: Two pairs in one.
    """

    bare: float = 0.8
    cut: float = 0.15
    hesitant: float = 0.5
    typographic: float = 0.1
    joined: float = 0.4


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model, from the text that it sees to the last step.

    Attributes:
        source: BCP-47 primary subtag of the language it reads: French or English.
        target: The same of the language it writes: the other one.
        most_words: Pairs with a longer side are left out.
        most_pairs: Of one tag at most so many are learnt from, drawn at random.
        heard: What share (0..1) of all target pieces is copies that look like live captions.
        heard_pairs: How many such copies there are, at most.
        live: How they look.
        french_pieces: So many pieces of the parent's vocabulary stay for French in Portuguese words, the
            commonest; letters always stay.
        english_pieces: The same for English.
        steps: Updates of the weights.
        warmup_steps: In which the learning rate rises to its peak; after it falls to nothing, linearly.
        peak_rate: The highest learning rate. Over 5e-4 rare words are spoilt.
        french_rate: Share of the rate that the embeddings of French have.
        english_rate: The same for English; with 0 they stay as they are, which is better below some ten
            million pieces.
        label_smoothing: How much of each piece's probability is for all others.
        batch_pieces: Pieces of the longer side in a step, padding counted.
        pool_pairs: So many pairs are drawn at a time, in the shares of their groups, and sorted by length.
        running_mean: Share of the mean of all weights so far that each step keeps of it.
        checkpoint_steps: After so many steps everything is kept.
        averaged: The model is the mean of so many last checkpoints.
        seed: Of everything that is drawn.
    """

    source: str
    target: str
    most_words: int = 60
    most_pairs: int = 700_000
    heard: float = 0.15
    heard_pairs: int = 320_000
    live: LiveShares = field(default_factory=LiveShares)
    french_pieces: int = 18_000
    english_pieces: int = 16_000
    steps: int = 2000
    warmup_steps: int = 200
    peak_rate: float = 5e-4
    french_rate: float = 0.5
    english_rate: float = 1.0
    label_smoothing: float = 0.1
    batch_pieces: int = 40_000
    pool_pairs: int = 60_000
    running_mean: float = 0.99
    checkpoint_steps: int = 250
    averaged: int = 2
    seed: int = 20_263


SIZES: dict[str, dict[str, Any]] = {
    "gpu": {},
    "cpu": {
        "steps": 8000,
        "warmup_steps": 40,
        "peak_rate": 2.5e-4,
        "french_rate": 0.6,
        "english_rate": 0.0,
        "batch_pieces": 1500,
        "pool_pairs": 4000,
        "running_mean": 0.998,
        "checkpoint_steps": 400,
    },
    "toy": {
        "most_pairs": 2000,
        "heard_pairs": 200,
        "french_pieces": 1500,
        "english_pieces": 1500,
        "steps": 12,
        "warmup_steps": 2,
        "peak_rate": 3e-4,
        "batch_pieces": 300,
        "pool_pairs": 200,
        "running_mean": 0.9,
        "checkpoint_steps": 4,
    },
}
"""What differs from the recipe for a data-centre GPU: two cores take hours, a toy shows that it runs."""
