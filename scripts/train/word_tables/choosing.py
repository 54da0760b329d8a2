"""Which sentences are worth translating: such that every French form is met, the common ones often."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from train.word_tables.recipe import Recipe
from train.word_tables.text import french_forms

Row = tuple[str, str, str]
"""A tag, a French and an English sentence."""


def choose(rows: Iterable[Row], recipe: Recipe, seed: int = 7) -> list[Row]:
    """Return the sentences to translate, in an order in which the first ones already meet most forms.

    Args:
        rows: The corpus; each French sentence is taken once.
        recipe: How long a sentence may be, and how many are wanted.
        seed: Of the order among equals.
    """
    short = {row[1]: row for row in rows if len(row[2].split()) <= recipe.most_words}
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    order = sorted(short.values())
    draw.shuffle(order)
    order.sort(key=lambda row: len(row[2].split()) + 3 * draw.random())
    forms = [{form.lower() for form in french_forms(row[1])} for row in order]
    seen = Counter(form for each in forms for form in each)
    met: Counter[str] = Counter()
    chosen: list[Row] = []
    left = list(range(len(order)))
    for wanted in range(1, recipe.depth + 1):
        rest: list[int] = []
        for number in left:
            if len(chosen) < recipe.most_sentences and any(
                met[form] < min(wanted, seen[form]) for form in forms[number]
            ):
                chosen.append(order[number])
                met.update(forms[number])
            else:
                rest.append(number)
        left = rest
    return chosen + [order[number] for number in left[: recipe.most_sentences - len(chosen)]]


def count_forms(tagged: Mapping[str, Iterable[str]]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return how often French forms are met: in small letters, of them not with a capital, and weighed.

    Args:
        tagged: Sentences by where they come from; none of these places outweighs the others by its size.
    """
    counts: Counter[str] = Counter()
    small: Counter[str] = Counter()
    weighed: defaultdict[str, float] = defaultdict(float)
    for _, sentences in sorted(tagged.items()):
        here: Counter[str] = Counter()
        for sentence in sentences:
            for place, form in enumerate(french_forms(sentence)):
                here[form.lower()] += 1
                if not place or not form[:1].isupper():
                    small[form.lower()] += 1
        counts.update(here)
        size = max(here.total(), 1) ** 0.5
        for form, count in here.items():
            weighed[form] += count / size
    return counts, small, Counter(weighed)


def tagged_sentences(rows: Sequence[Row], more: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the French sentences of each tag, and those that have no translation under a tag of their own."""
    by_tag: defaultdict[str, list[str]] = defaultdict(list)
    for tag, french, _ in rows:
        by_tag[tag].append(french)
    yield from by_tag.items()
    yield "", list(more)
