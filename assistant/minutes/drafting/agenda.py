"""Where in the talk each item of an agenda comes up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from assistant.minutes.drafting.announcements import read_announcement
from assistant.minutes.drafting.content import content_of
from assistant.minutes.drafting.lines import Line, Sentence

_WINDOW_SENTENCES = 4
"""How many sentences the words of a title may be spread over, so that they count together."""
_LEAST_SCORE = 0.45
_ANNOUNCED = 0.35
"""What an announcement adds to a score."""
_NUMBERED = 0.9
"""What an announcement that names the item's number adds to a score."""
_EARLY_WORDS = 0.15
"""What coming in the order of the agenda adds to a score."""


def match_agenda(
    titles: Sequence[str], lang: str, lines: Sequence[Line], sentences: Sequence[Sentence]
) -> list[int | None]:
    """Return for each item the position of the sentence at which it comes up; None where it never does.

    An item comes up where it is announced by its number, or where the words of its title come together for
    the first time with some weight: rare words count more (inverse document frequency). Items may come up in
    any order; that of the agenda is preferred where it is a close call.

    Args:
        titles: The titles of the agenda's items, in order.
        lang: The language of the agenda, BCP-47 primary subtag.
        lines: What was said.
        sentences: The sentences of all lines, in order.
    """
    wanted = [_stems_of(title, lang, lines) for title in titles]
    weights = _weights(sentences)
    numbers = _announced_numbers(sentences, len(titles))
    announced = [read_announcement(sentence.text, sentence.lang) is not None for sentence in sentences]
    scores = [
        _scores(stems, numbers.get(at), sentences, weights, announced) for at, stems in enumerate(wanted)
    ]
    return _assigned(scores, len(sentences))


def _stems_of(title: str, lang: str, lines: Sequence[Line]) -> frozenset[str]:
    """Return the stems of a title in its own language and in those that are spoken."""
    spoken = {line.lang for line in lines}
    return frozenset(stem for one in {lang, *spoken} for stem in content_of(title, one))


def _weights(sentences: Sequence[Sentence]) -> dict[str, float]:
    counts = Counter(stem for sentence in sentences for stem in set(sentence.stems))
    total = len(sentences) + 1
    return {stem: math.log(total / (count + 0.5)) for stem, count in counts.items()}


def _announced_numbers(sentences: Sequence[Sentence], items: int) -> dict[int, list[int]]:
    """Return for each item where its number is called."""
    found: dict[int, list[int]] = {}
    for at, sentence in enumerate(sentences):
        announcement = read_announcement(sentence.text, sentence.lang)
        if announcement and announcement.number and announcement.number <= items:
            found.setdefault(announcement.number - 1, []).append(at)
    return found


def _scores(
    stems: frozenset[str],
    called: Sequence[int] | None,
    sentences: Sequence[Sentence],
    weights: dict[str, float],
    announced: Sequence[bool],
) -> dict[int, float]:
    """Return how well an item begins at a sentence, for those where it may."""
    best = math.log(len(sentences) + 1)
    whole = sum(weights.get(stem, best) for stem in stems) or 1.0
    where = [at for at, sentence in enumerate(sentences) if not stems.isdisjoint(sentence.stems)]
    scores: dict[int, float] = {}
    for at in where:
        near: set[str] = set()
        for sentence in sentences[at : at + _WINDOW_SENTENCES]:
            near |= stems.intersection(sentence.stems)
        share = sum(weights.get(stem, best) for stem in near) / whole
        scores[at] = share + (_ANNOUNCED if announced[at] else 0.0)
    for at in called or ():
        # The number alone is enough, but not against an item whose very words are said there.
        scores[at] = scores.get(at, 0.0) + _NUMBERED
    return {at: score for at, score in scores.items() if score >= _LEAST_SCORE}


def _assigned(scores: Sequence[dict[int, float]], length: int) -> list[int | None]:
    """Give each item its best place, no place to two; the order of the agenda decides close calls."""
    places: list[int | None] = [None] * len(scores)
    candidates = [
        (score + _EARLY_WORDS * _in_order(item, at, len(scores), length) - 0.1 * at / (length + 1), item, at)
        for item, found in enumerate(scores)
        for at, score in found.items()
    ]
    taken: set[int] = set()
    for _, item, at in sorted(candidates, key=lambda one: (-one[0], one[1], one[2])):
        if places[item] is None and at not in taken:
            places[item] = at
            taken.add(at)
    return places


def _in_order(item: int, at: int, items: int, length: int) -> float:
    """Return 1 where an item comes when it would if all took the same time, 0 at the other end."""
    return 1.0 - abs((item + 0.5) / items - (at + 0.5) / length)
