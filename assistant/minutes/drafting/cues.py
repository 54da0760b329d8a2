"""What kind of statement a sentence makes, by the words with which people decide, promise and ask.

The tables of each language (`cues_fr` and so on) say which words make a kind and which take it back: what is
told of the past, supposed, denied or only said of the talk itself is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

from assistant.minutes.drafting import cues_de, cues_en, cues_es, cues_fr, cues_it, cues_pt
from assistant.minutes.drafting.cue_words import CueWords

_WORDS: Mapping[str, CueWords] = {
    "de": cues_de.WORDS,
    "en": cues_en.WORDS,
    "es": cues_es.WORDS,
    "fr": cues_fr.WORDS,
    "it": cues_it.WORDS,
    "pt": cues_pt.WORDS,
}

LANGUAGES = tuple(sorted(_WORDS))
"""Languages in which anything is found."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """The words of a language as patterns; each attribute is that of `CueWords`."""

    decision: re.Pattern[str]
    decision_not: re.Pattern[str]
    promise: re.Pattern[str]
    vow: re.Pattern[str]
    passive: re.Pattern[str]
    task: re.Pattern[str]
    request: re.Pattern[str]
    action_not: re.Pattern[str]
    acceptance: re.Pattern[str]
    refusal: re.Pattern[str]
    question: re.Pattern[str]
    question_not: re.Pattern[str]
    unanswered: re.Pattern[str]
    assent: re.Pattern[str]
    proposal: re.Pattern[str]
    past: re.Pattern[str]


@lru_cache(maxsize=len(_WORDS))
def patterns_of(lang: str) -> Patterns | None:
    """Return the patterns of a language; None where there are none."""
    words = _WORDS.get(lang)
    if words is None:
        return None
    return Patterns(**{field.name: _compiled(getattr(words, field.name)) for field in fields(words)})


def _compiled(alternatives: tuple[str, ...]) -> re.Pattern[str]:
    if not alternatives:
        return re.compile(r"(?!)")
    # People and recognisers write either apostrophe.
    joined = "|".join(f"(?:{one})" for one in alternatives).replace("'", "['’]")
    return re.compile(joined, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cues:
    """What the words of one sentence say of it.

    Attributes:
        decides: Something is decided with these words.
        promises: The speaker promises to do something.
        vows: The speaker will do something, if a day is named too.
        passive: Something will be done, if a day is named too.
        tasks: Somebody else is said to do something.
        requests: Somebody is asked to do something.
        asks: A question of substance.
    """

    decides: bool = False
    promises: bool = False
    vows: bool = False
    passive: bool = False
    tasks: bool = False
    requests: bool = False
    asks: bool = False


def cues_of(sentence: str, lang: str) -> Cues:
    """Return what the words of a sentence say of it; nothing in a language without tables."""
    patterns = patterns_of(lang)
    if patterns is None:
        return Cues()
    asked = sentence.rstrip().endswith("?") or bool(patterns.question.search(sentence))
    told = bool(patterns.past.search(sentence))
    acts = not told and not patterns.action_not.search(sentence)
    requests = acts and bool(patterns.request.search(sentence))
    return Cues(
        decides=not asked
        and not told
        and bool(patterns.decision.search(sentence))
        and not patterns.decision_not.search(sentence),
        promises=acts and not asked and bool(patterns.promise.search(sentence)),
        vows=acts and not asked and bool(patterns.vow.search(sentence)),
        passive=acts and not asked and bool(patterns.passive.search(sentence)),
        tasks=acts and not asked and bool(patterns.task.search(sentence)),
        requests=requests,
        asks=asked and not requests and not patterns.question_not.search(sentence),
    )


def opens_a_question(sentence: str, lang: str) -> bool:
    """Return whether a sentence says that something is not known yet, which is no point of a discussion."""
    patterns = patterns_of(lang)
    return bool(patterns and patterns.unanswered.search(sentence))
