"""What is learnt from, in which shares: the pairs of each tag, and copies that look like live captions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from train.corpus import Corpus, Pair, Source
from train.warm_start.live_speech import as_heard
from train.warm_start.people import renamed
from train.warm_start.recipe import Recipe

HEARD = "live captions"
"""The name of the group of copies."""


class Group(NamedTuple):
    """Pairs, and what share (0..1) of all target pieces is of them."""

    share: float
    pairs: Sequence[Pair]


def groups_of(corpus: Corpus, sources: Mapping[str, Source], recipe: Recipe) -> dict[str, Group]:
    """Return what is learnt from by name: tags, and `HEARD`.

    Args:
        corpus: All tags of which are known.
        sources: Says the share of each.
        recipe: Says how many pairs, and what the copies are like.
    """
    draw = random.Random(f"{recipe.seed} pairs")  # noqa: S311 - not for secrets
    whole = sum(sources[tag].share for tag in corpus)
    groups: dict[str, Group] = {}
    copied: list[Pair] = []
    for tag, every in sorted(corpus.items()):
        share = sources[tag].share / whole
        pairs = draw.sample(every, min(recipe.most_pairs, len(every)))
        if sources[tag].stock_names:
            pairs = [renamed(pair, draw) for pair in pairs]
        groups[tag] = Group(share * (1 - recipe.heard), pairs)
        copied += draw.sample(pairs, min(round(recipe.heard_pairs * share), len(pairs)))
    draw.shuffle(copied)
    heard = as_heard(copied, recipe.source, recipe.live, f"{recipe.seed} live")
    return {**groups, HEARD: Group(recipe.heard, list(heard))}
