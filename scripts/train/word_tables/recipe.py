"""What decides how the word tables turn out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recipe:
    """How sentences are chosen and aligned, and when a pair of words is believed.

    Attributes:
        most_words: Of an English sentence that is translated; short ones align best and cost least.
        most_sentences: That are translated.
        depth: Each French form is wanted in so many chosen sentences, where the corpus has them.
        plain_rounds: Rounds of EM in which a word may stand anywhere (IBM model 1).
        diagonal_rounds: Rounds after them, in which it stands about where its translation does.
        sharpness: Of the diagonal: the likelihood falls by e^-sharpness from one corner to the other.
        nothing: Share of the words that stand for nothing in the other language.
        likeness: Words that begin alike are likelier by up to e^likeness at the beginning.
        rare: So many unseen links are added to each word, or rare words would take what nothing explains.
        endings: Weight of what endings usually become.
        family: Weight of what other forms of a word became.
        alternative: A form gets a word of its own for the code where one has so large a share of its best.
    """

    most_words: int = 22
    most_sentences: int = 150_000
    depth: int = 20
    plain_rounds: int = 4
    diagonal_rounds: int = 6
    sharpness: float = 4.0
    nothing: float = 0.08
    likeness: float = 3.0
    rare: float = 3.0
    endings: float = 0.2
    family: float = 2.0
    alternative: float = 0.3


SIZES: dict[str, dict[str, Any]] = {
    "full": {},
    "toy": {"most_words": 12, "most_sentences": 2000, "depth": 2, "rare": 0.5},
}
"""What differs from the recipe of the tables that are for use."""
