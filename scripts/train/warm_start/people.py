"""Other people than those few who fill a corpus, and would turn up in every translation."""

from __future__ import annotations

import random
import re

from train.corpus import Pair

_MEN = (
    "Paul Louis Hugo Karim Ahmed Pierre Luc Marc Olivier Antoine Thomas David Michael James Robert Yann "
    "Erwan Mehdi Omar Ali Ivan Piotr Lars Jens Giulio Marco Pedro João Carlos Diego Andreas Klaus Stefan "
    "Nikos Chen Hiroshi Ravi Kofi Mamadou Ousmane"
).split()
_WOMEN = (
    "Anna Julie Claire Sophie Fatima Leïla Nadia Camille Chloé Emma Louise Jeanne Isabelle Sandrine Aïcha "
    "Inès Maria Ana Lucia Elena Giulia Carmen Ingrid Astrid Katarzyna Olga Mei Yuki Priya Amina Awa Nicole "
    "Susan Jennifer Linda Karen Rachel Hannah"
).split()
_STOCK = {"Tom": _MEN, "John": _MEN, "Jean": _MEN, "Mary": _WOMEN, "Marie": _WOMEN}


def renamed(pair: Pair, draw: random.Random) -> Pair:
    """Return a pair with another name for each stock name that both its sides have."""
    for name, others in _STOCK.items():
        if all(re.search(rf"\b{name}\b", side) for side in pair):
            other = draw.choice(others)
            pair = Pair(*(_elided(re.sub(rf"\b{name}\b", other, side), other) for side in pair))
    return pair


def _elided(text: str, name: str) -> str:
    """Return a text, French or not, in which a vowel before a name with one is left out: d'Anna, qu'Omar."""
    if name[0] not in "AEIOUYÉ":
        return text
    return re.sub(rf"\b([Dd]|[Qq]u)e {name}\b", rf"\1'{name}", text)
