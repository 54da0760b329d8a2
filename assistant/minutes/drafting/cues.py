"""What kind of statement a sentence makes, by the words with which people decide, promise and ask.

The phrases of each language say which words make a kind and which take it back: what is told of the past,
supposed, denied or only said of the talk itself is none.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from assistant.minutes.drafting.phrases import CuePatterns, known_languages, phrases_of

_NO_WORDS: dict[str, Any] = {field.name: [] for field in fields(CuePatterns)}
_NOTHING = CuePatterns(**_NO_WORDS)


def patterns_of(lang: str) -> CuePatterns:
    """Return the patterns of a language; in one that is not known they find nothing."""
    return phrases_of(lang).cues if lang in known_languages() else _NOTHING


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
    """Return what the words of a sentence say of it; nothing in a language that is not known."""
    if lang not in known_languages():
        return Cues()
    patterns = patterns_of(lang)
    asked = sentence.rstrip().endswith("?") or bool(patterns.question.search(sentence))
    told = bool(patterns.past.search(sentence))
    acts = not told and not patterns.action_not.search(sentence)
    says = acts and not asked
    requests = acts and bool(patterns.request.search(sentence))
    return Cues(
        decides=not asked
        and not told
        and bool(patterns.decision.search(sentence))
        and not patterns.decision_not.search(sentence),
        promises=says and bool(patterns.promise.search(sentence)),
        vows=says and bool(patterns.vow.search(sentence)),
        passive=says and bool(patterns.passive.search(sentence)),
        tasks=says and bool(patterns.task.search(sentence)),
        requests=requests,
        asks=asked and not requests and not patterns.question_not.search(sentence),
    )


def opens_a_question(sentence: str, lang: str) -> bool:
    """Return whether a sentence says that something is not known yet, which is no point of a discussion."""
    return bool(patterns_of(lang).unanswered.search(sentence))
