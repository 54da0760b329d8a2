"""How people say that the meeting goes on to the next point."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from assistant.minutes.drafting.phrases import known_languages, phrases_of

_MOST_WORDS = 40
"""How many words an announcement may have: in a longer sentence they have come by chance."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A sentence with which the meeting goes on to another point.

    Attributes:
        number: Which point of the agenda, from 1; None where none was named.
        topic: What was named as the topic; may be empty.
    """

    number: int | None
    topic: str


@dataclass(frozen=True, slots=True)
class _Rules:
    move: re.Pattern[str]
    next_point: re.Pattern[str]
    numbered: re.Pattern[str]
    ordinal: re.Pattern[str]
    ordinals: tuple[re.Pattern[str], ...]
    numbers: tuple[str, ...]


@cache
def _rules(lang: str) -> _Rules | None:
    if lang not in known_languages():
        return None
    words = phrases_of(lang).announcements
    point, ordinals = words.point, "|".join(words.ordinals)
    return _Rules(
        move=re.compile(words.move, re.IGNORECASE),
        next_point=re.compile(rf"\b(?:{words.next_point})\b", re.IGNORECASE),
        numbered=re.compile(
            rf"\b(?:{point})\s*(?:numéro|number|nummer|número|numero|n°|no\.?|#)?\s*"
            rf"(\d{{1,2}}|{'|'.join(words.numbers)})\b(?!\s*(?:%|€|euros?))",
            re.IGNORECASE,
        ),
        ordinal=re.compile(rf"\b({ordinals})\s+(?:{point})\b|\b(?:{point})\s+({ordinals})\b", re.IGNORECASE),
        ordinals=tuple(re.compile(rf"(?:{pattern})$", re.IGNORECASE) for pattern in words.ordinals),
        numbers=words.numbers,
    )


_TOPIC_END = re.compile(r"[.,;:!?…]")
_ARTICLES = re.compile(
    r"^(?:(?:le|la|les|du|de la|des|the|der|die|das|dem|den|el|los|las|o|a|os|as|il|lo|i|gli)\s+|l['’])",
    re.IGNORECASE,
)


def read_announcement(sentence: str, lang: str) -> Announcement | None:
    """Return what a sentence announces; None where it announces nothing.

    Args:
        sentence: One sentence as it was said.
        lang: BCP-47 primary subtag; in a language that is not known nothing is announced.
    """
    rules = _rules(lang)
    if rules is None or len(sentence.split()) > _MOST_WORDS:
        return None
    number = _number_in(sentence, rules)
    move = rules.move.search(sentence)
    if number is None and not rules.next_point.search(sentence) and not (move and _is_short(sentence)):
        return None
    return Announcement(number, _topic_in(sentence, rules, move))


def _is_short(sentence: str) -> bool:
    return len(sentence.split()) <= _MOST_WORDS // 2


def _number_in(sentence: str, rules: _Rules) -> int | None:
    if found := rules.numbered.search(sentence):
        word = found.group(1).lower()
        return int(word) if word.isdigit() else rules.numbers.index(word) + 1
    if found := rules.ordinal.search(sentence):
        word = found.group(1) or found.group(2)
        return next((at for at, one in enumerate(rules.ordinals, 1) if one.match(word)), None)
    return None


def _topic_in(sentence: str, rules: _Rules, move: re.Match[str] | None) -> str:
    """Return what stands behind the announcement: after a comma or colon, or after the moving words."""
    marks = [found for found in (rules.next_point.search(sentence), rules.numbered.search(sentence),
                                 rules.ordinal.search(sentence)) if found]  # fmt: skip
    rest = sentence[max((mark.end() for mark in marks), default=move.end() if move else 0) :]
    rest = rest.lstrip(" ,;:–—-")
    end = _TOPIC_END.search(rest)
    topic = rest[: end.start()] if end else rest
    return _ARTICLES.sub("", topic.strip()).strip()
