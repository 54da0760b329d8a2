"""What is learnt from: whose pairs, who is named in them, and copies like live captions."""

from __future__ import annotations

import random

import pytest
from train.corpus import Pair, Source
from train.warm_start.groups import HEARD, groups_of
from train.warm_start.people import renamed
from train.warm_start.recipe import Recipe

SOURCES = {"legal": Source("", "", "", 0.1), "talk": Source("", "", "", 0.3, stock_names=True)}
CORPUS = {
    "legal": [Pair(f"Tom a dit le nombre {n}.", f"Tom said the number {n}.") for n in range(50)],
    "talk": [Pair(f"Tom voit {n} chats.", f"Tom sees {n} cats.") for n in range(30)],
}


def test_groups_and_copies_have_their_shares() -> None:
    """As parts of the sum of those that are there; no tag has more pairs than asked for."""
    recipe = Recipe("fr", "en", heard=0.2, heard_pairs=20, most_pairs=40)
    groups = groups_of(CORPUS, SOURCES, recipe)
    assert {name: round(group.share, 6) for name, group in groups.items()} == {
        "legal": 0.2,
        "talk": 0.6,
        HEARD: 0.2,
    }
    assert [len(group.pairs) for group in groups.values()] == [40, 30, 20]
    assert set(groups["legal"].pairs) < set(CORPUS["legal"])
    assert sum(pair.source == pair.source.lower() for pair in groups[HEARD].pairs) > 10
    assert groups == groups_of(CORPUS, SOURCES, recipe)


def test_people_have_many_names_where_all_are_tom() -> None:
    """Only where the tag says so; both sides name the same person."""
    groups = groups_of(CORPUS, SOURCES, Recipe("fr", "en"))
    names = {tag: {pair.source.split()[0] for pair in groups[tag].pairs} for tag in CORPUS}
    assert names["legal"] == {"Tom"}
    assert len(names["talk"]) > 10
    assert all(pair.target.startswith(pair.source.split()[0]) for pair in groups["talk"].pairs)


@pytest.mark.parametrize("seed", range(30))
def test_a_new_name_is_elided(seed: int) -> None:
    """In French before a vowel; a name on one side alone stays."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    french, english = renamed(
        Pair("Je crois que Marie a vu la mère de Marie.", "I think Marie saw Marie's mother."), draw
    )
    name = english.split()[2]
    vowel = name[0] in "AEIOUYÉ"
    assert (
        french
        == f"Je crois qu{chr(39) if vowel else 'e '}{name} a vu la mère d{chr(39) if vowel else 'e '}{name}."
    )
    alone = Pair("Tom est là.", "He is here.")
    assert renamed(alone, draw) == alone
