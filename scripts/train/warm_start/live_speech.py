"""Sentences as live captions have them: bare, cut off, hesitant, with the typography of a recogniser.

What a recogniser writes differs from written text on the side that is read only: the translation stays as
clean as it was. A sentence that is cut off ends early on both sides, in proportion (Niehues et al. 2018,
"Low-Latency Neural Speech Translation"): so the model learns not to invent the end of what it has not seen.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from train.corpus import Pair
from train.warm_start.recipe import LiveShares

FILLERS = {
    "de": ("äh", "ähm", "hm", "also", "naja"),
    "en": ("uh", "um", "er", "hmm", "well", "you know", "I mean"),
    "es": ("eh", "este", "pues", "o sea", "bueno"),
    "fr": ("euh", "heu", "hum", "ben", "bah", "enfin", "voilà", "vous savez"),
    "it": ("eh", "ehm", "allora", "cioè", "insomma"),
    "pt": ("hã", "hum", "bem", "quer dizer", "pronto"),
}
"""What people say while they look for words."""

_MOST_FILLERS = 3
_LEAST_WORDS_TO_CUT = 5
_JOINED_MOST_WORDS = 30
_MARKS = re.compile(r"[^\w\s'’.,-]|(?<!\w)[-'’.,]|[-'’.,](?!\w)")
_SENTENCE_END = " .,;:!?…"


def as_heard(pairs: Sequence[Pair], language: str, shares: LiveShares, seed: str) -> Iterator[Pair]:
    """Yield all pairs, some of them as live captions have them; the same ones for the same seed.

    Args:
        pairs: As they were written.
        language: Of the source; decides about filler words.
        shares: How many of each kind. One pair can be of several.
        seed: Any text.
    """
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    before: Pair | None = None
    for written in pairs:
        pair = written
        if before and draw.random() < shares.joined:
            pair = joined(before, pair)
        before = written
        if draw.random() < shares.cut:
            pair = cut(pair, draw)
        if draw.random() < shares.hesitant:
            pair = Pair(hesitant(pair.source, language, draw), pair.target)
        if draw.random() < shares.typographic:
            pair = Pair(typographic(pair.source, language), pair.target)
        if draw.random() < shares.bare:
            pair = Pair(bare(pair.source), pair.target)
        yield pair


def bare(text: str) -> str:
    """Return the text in lower case, without punctuation but inside words."""
    return " ".join(_MARKS.sub(" ", text).lower().split()) or text


def cut(pair: Pair, draw: random.Random) -> Pair:
    """Return both sides up to the same share of their words; short ones as they are."""
    source, target = pair.source.split(), pair.target.split()
    if min(len(source), len(target)) < _LEAST_WORDS_TO_CUT:
        return pair
    kept = draw.randint(2, len(source) - 1)
    ends = max(1, round(kept * len(target) / len(source)))
    return Pair(_open(source[:kept]), _open(target[:ends]))


def hesitant(text: str, language: str, draw: random.Random) -> str:
    """Return the text with up to three filler words, and a word or two said twice."""
    words = text.split()
    fillers = FILLERS.get(language.split("-", maxsplit=1)[0], ())
    for _ in range(draw.randint(1, _MOST_FILLERS) if fillers else 0):
        at = draw.randint(0, len(words) - 1)
        filler = draw.choice(fillers)
        words.insert(at, draw.choice((filler, f"{filler},")))
        if at == 0:
            words[0] = words[0][0].upper() + words[0][1:]
    if draw.random() < 0.5:  # noqa: PLR2004
        at = draw.randint(0, len(words) - 1)
        again = words[at].strip(_SENTENCE_END)
        words[at:at] = [again + draw.choice(("", ",", "..."))] if again else []
    return " ".join(words)


def typographic(text: str, language: str) -> str:
    """Return the text with curly apostrophes and quotes, in French with no-break spaces before marks."""
    french = language.startswith("fr")
    opening, closing = ("« ", " »") if french else ("“", "”")
    text = re.sub(r'"([^"]*)"', rf"{opening}\1{closing}", text.replace("'", "’"))
    return re.sub(r" (?=[?!:;»])|(?<=«) ", "\u00a0", text) if french else text


def joined(first: Pair, second: Pair) -> Pair:
    """Return two pairs as one, unless that would be long."""
    both = Pair(f"{first.source} {second.source}", f"{first.target} {second.target}")
    return both if len(both.source.split()) <= _JOINED_MOST_WORDS else second


def _open(words: Sequence[str]) -> str:
    """Return words without the marks of a sentence that ends there."""
    return " ".join(words).rstrip(_SENTENCE_END)
