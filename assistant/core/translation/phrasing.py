"""Words of votes and agendas that small models take for others, said so that models understand them."""

from __future__ import annotations

import re
from collections.abc import Callable

_COUNT = (
    r"\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|\w+ty(?:-\w+)?"
)
_ENDS = r"(?=\s*(?:[,;.!?)]|$|and\b|\d+\s*(?:[,;.!?)]|$|and\b)))"
"""Behind a “for” without an object: “voted for 27 members” has one."""

_OBJECT = re.compile(
    r"\b(?:(?:who|whom|which|what|that|(?:the|a|an|no|every|any|this|these|those|all)(?: \w+){1,4}?)"
    r" (?:i|you|he|she|we|they)|(?:who|whom|which|what)\b[^,;.:!?]* (?:d(?:id|o|oes)|ha(?:d|s|ve)|will))"
    r"\b[^,;.:!?]* (?:vote|voted|voting) for\b",
    re.IGNORECASE,
)
"""One that stands before: “Who did you vote for?”, “the man I voted for”."""

_Said = Callable[[re.Match[str]], str]


def _like(said: str) -> _Said:
    """Return what says `said` with a capital where what was found has one."""
    return lambda found: said[0].upper() + said[1:] if found.group()[0].isupper() else said


_PLAINER: tuple[tuple[re.Pattern[str], _Said], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), _like(said))
    for pattern, said in (
        # At the beginning “item 3” became an article of a law, and “agenda item 3” a diary everywhere.
        (r"(?:(?<![^\W_])(?<!\w )|\bagenda )item(?= (?:no\.? )?\d)", "point"),
        (r"(?:(?<![^\W_])(?<!\w )|\bagenda )items(?= \d)", "points"),
        (r"\b(?:(?<=^)|(?<=[,;.:] ))for(?=: \d)", "in favour"),
        (r"\bthe ayes have it\b", "the majority is in favour"),
        (r"\bthe (?:nay|noe)s have it\b", "the majority is against"),
        (r"\bayes(?=: ?\d)", "in favour"),
        (r"\bnays(?=: ?\d)", "against"),
        (r"\b(?:aye|yea)(?= \()|(?<=vote )(?:aye|yea)\b|(?<=voted )(?:aye|yea)\b", "yes"),
        (r"\bnay(?= \()|(?<=vote )nay\b|(?<=voted )nay\b", "no"),
    )
)
_VOTED = re.compile(rf"\b(vote|voted|voting) for\b{_ENDS}", re.IGNORECASE)
_VOTES = re.compile(rf"\b({_COUNT}) for(?=,| and \w+ against\b)", re.IGNORECASE)


def plainer(sentence: str, language: str) -> str:
    """Return a sentence in words that small models understand.

    Args:
        sentence: As a model would be given it.
        language: BCP-47 primary subtag; only in English such words are known.
    """
    if language != "en":
        return sentence
    for pattern, said in _PLAINER:
        sentence = pattern.sub(said, sentence)
    # “Three voted for, two against” lost its “for”.
    if _VOTED.search(sentence) and not _OBJECT.search(sentence):
        sentence = _VOTED.sub(r"\1 in favour", sentence)
    return _VOTES.sub(r"\1 in favour", sentence) if "against" in sentence.lower() else sentence
