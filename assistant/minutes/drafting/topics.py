"""The topics of a meeting without an agenda: where one ends and the next begins, and what each is about.

Where the talk changes its words is found as in M. Hearst, "TextTiling: Segmenting Text into Multi-paragraph
Subtopic Passages", Computational Linguistics 23(1), 1997: by how alike the blocks on both sides of each gap
are, and how deep the valleys of that likeness. An announcement ("let's move on to…") makes a valley deeper.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.core.plain_text import one_line
from assistant.minutes.drafting.announcements import read_announcement
from assistant.minutes.drafting.content import stem, words_of
from assistant.minutes.drafting.lines import Line, Sentence

_BLOCK_SENTENCES = 12
_LEAST_SENTENCES = 20
_WORDS_OF_A_TOPIC = 700
"""How many words each topic stands for at least: about five minutes of talk."""
_MOST_TOPICS = 25
_ANNOUNCED_DEPTH = 0.6
_LEAST_DEPTH = 0.25
_TITLE_WORDS = 3
_MOST_TITLE_CHARACTERS = 80
_LEAST_TITLE_CHARACTERS = 4
_BEGINNING = 3
"""How many sentences behind a boundary may hold an announcement that names the topic."""


def find_topics(sentences: Sequence[Sentence]) -> list[int]:
    """Return the positions of the sentences with which topics begin; the first is 0, none for no sentence."""
    if not sentences:
        return []
    words = sum(len(sentence.text.split()) for sentence in sentences)
    most = min(_MOST_TOPICS, words // _WORDS_OF_A_TOPIC)
    if len(sentences) < 2 * _LEAST_SENTENCES or most < 1:
        return [0]
    depths = _depths(_likeness(sentences))
    for at, sentence in enumerate(sentences):
        if read_announcement(sentence.text, sentence.lang):
            depths[at] += _ANNOUNCED_DEPTH
    chosen = [0]
    for at in np.argsort(-depths, kind="stable"):
        if depths[at] < _LEAST_DEPTH or len(chosen) > most:
            break
        if all(abs(int(at) - other) >= _LEAST_SENTENCES for other in (*chosen, len(sentences))):
            chosen.append(int(at))
    return sorted(chosen)


def title_topic(sentences: Sequence[Sentence], lines: Sequence[Line], span: tuple[int, int]) -> str:
    """Return what a topic is called: what was announced, else its most telling words.

    Args:
        sentences: All sentences of the meeting.
        lines: All lines of the meeting.
        span: The first sentence of the topic, and the one after its last.
    """
    first, end = span
    for sentence in sentences[first : min(end, first + _BEGINNING)]:
        announcement = read_announcement(sentence.text, sentence.lang)
        if announcement and _is_title(announcement.topic):
            return announcement.topic[:1].upper() + announcement.topic[1:]
    return _telling_words(sentences, lines, span)


def _is_title(topic: str) -> bool:
    return _LEAST_TITLE_CHARACTERS <= len(topic) <= _MOST_TITLE_CHARACTERS


def _likeness(sentences: Sequence[Sentence]) -> NDArray[np.float64]:
    """Return for each sentence how alike the blocks before it and from it on are, 0..1."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter(stem for one in sentences[:_BLOCK_SENTENCES] for stem in one.stems)
    alike = np.ones(len(sentences))
    for at in range(1, len(sentences)):
        before.update(sentences[at - 1].stems)
        after.subtract(sentences[at - 1].stems)
        if at > _BLOCK_SENTENCES:
            before.subtract(sentences[at - 1 - _BLOCK_SENTENCES].stems)
        if at + _BLOCK_SENTENCES <= len(sentences):
            after.update(sentences[at + _BLOCK_SENTENCES - 1].stems)
        alike[at] = _cosine(+before, +after)
    return alike


def _cosine(left: Counter[str], right: Counter[str]) -> float:
    if not left or not right:
        return 0.0
    both = sum(count * right[stem] for stem, count in left.items())
    lengths = math.sqrt(sum(n * n for n in left.values()) * sum(n * n for n in right.values()))
    return both / lengths


def _depths(alike: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far the likeness rises on both sides of each valley, in standard deviations / 4."""
    depths = np.zeros_like(alike)
    spread = float(alike.std()) or 1.0
    for at in range(1, len(alike) - 1):
        low, high = max(1, at - 2 * _BLOCK_SENTENCES), min(len(alike), at + 2 * _BLOCK_SENTENCES)
        if alike[at] > alike[max(1, at - 2) : at + 3].min():
            continue
        rise = alike[low : at + 1].max() + alike[at:high].max() - 2 * alike[at]
        depths[at] = rise / (8 * spread)
    return depths


def _telling_words(sentences: Sequence[Sentence], lines: Sequence[Line], span: tuple[int, int]) -> str:
    """Return the words that are said often here and seldom elsewhere, as they were written."""
    first, end = span
    here = Counter(stem for sentence in sentences[first:end] for stem in sentence.stems)
    everywhere = Counter(stem for sentence in sentences for stem in sentence.stems)
    names = {stem(word, line.lang) for line in lines for word in words_of(line.speaker)}

    def weight(one: str) -> float:
        return here[one] * math.log(1 + len(sentences) / everywhere[one])

    known = [one for one in here if len(one) > _TITLE_WORDS and not one.isdigit() and one not in names]
    best = sorted(known, key=lambda one: (-weight(one), one))[:_TITLE_WORDS]
    written = _written(sentences[first:end])
    title = one_line(", ".join(written[one] for one in best if one in written))
    return title[:1].upper() + title[1:]


def _written(sentences: Sequence[Sentence]) -> dict[str, str]:
    """Return for each stem the form in which it is most often said."""
    forms: dict[str, Counter[str]] = {}
    for sentence in sentences:
        for word in words_of(sentence.text):
            forms.setdefault(stem(word, sentence.lang), Counter())[word] += 1
    return {one: min(counted, key=lambda form: (-counted[form], form)) for one, counted in forms.items()}
