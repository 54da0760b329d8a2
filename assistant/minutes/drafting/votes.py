"""How votes went, as it is announced."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from assistant.core.minutes.document import Vote, VoteResult
from assistant.minutes.drafting.number_words import in_digits, number_of, number_pattern
from assistant.minutes.drafting.phrases import known_languages, phrases_of

_MOST_LINES = 6
"""How many sentences the announcement of a vote may take."""
_PATIENCE = 3
"""How many sentences may come between the numbers and a result that does not follow from them."""
_ANSWER_WORDS = 6
"""How many words an answer to "who is for?" may have."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    counts: Mapping[str, tuple[re.Pattern[str], ...]]
    score: re.Pattern[str]
    unanimous: re.Pattern[str]
    adopted: re.Pattern[str]
    rejected: re.Pattern[str]
    tied: re.Pattern[str]
    call: re.Pattern[str]
    asked: Mapping[str, re.Pattern[str]]
    number: re.Pattern[str]

    def result_in(self, text: str) -> bool:
        """Return whether a text tells that something is adopted or rejected."""
        return bool(self.adopted.search(text) or self.rejected.search(text))


@cache
def _patterns(lang: str) -> _Patterns | None:
    if lang not in known_languages():
        return None
    words = phrases_of(lang).votes
    number = number_pattern(lang)

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE)

    kinds = {"in_favour": words.in_favour, "against": words.against, "abstentions": words.abstention}
    return _Patterns(
        counts={
            kind: (
                compiled(rf"{number}\s+{words.voices}(?:{named})(?!\w)"),
                compiled(rf"(?:{named})\s*[:,]\s*{number}(?!\w)"),
            )
            for kind, named in kinds.items()
        },
        score=compiled(words.score.replace("{n}", number)),
        unanimous=compiled(words.unanimous),
        adopted=compiled(rf"(?:{words.adopted})(?!\w)"),
        rejected=compiled(rf"(?:{words.rejected})(?!\w)"),
        tied=compiled(words.tied),
        call=compiled(words.call),
        asked={
            kind: re.compile(rf"(?:{named})[^?]{{0,20}}\?\s*$", re.IGNORECASE)
            for kind, named in kinds.items()
        },
        number=re.compile(rf"(?<![\w]){number}(?![\w])", re.IGNORECASE),
    )


def read_vote(text: str, lang: str) -> Vote | None:
    """Return how a vote went, of which a text tells; None where it tells of none.

    Args:
        text: One or several sentences.
        lang: BCP-47 primary subtag; in one that is not known nothing is found.
    """
    return _read(_plain(text, lang), lang)


def _plain(text: str, lang: str) -> str:
    return in_digits(text.replace("’", "'"), lang)


def _read(text: str, lang: str) -> Vote | None:
    patterns = _patterns(lang)
    if patterns is None:
        return None
    counts = _counts(text, lang, patterns)
    unanimous = bool(patterns.unanimous.search(text))
    if not counts and not unanimous:
        return None
    if len(counts) == 1 and not unanimous and not _speaks_of_votes(text, patterns):
        return None  # "three against the wall" counts no votes
    return _vote(counts, text, patterns, unanimous=unanimous)


def _vote(counts: Mapping[str, int], text: str, patterns: _Patterns, *, unanimous: bool) -> Vote:
    return Vote(
        in_favour=counts.get("in_favour"),
        against=counts.get("against"),
        abstentions=counts.get("abstentions"),
        result=_result(counts, text, patterns, unanimous=unanimous),
        unanimous=unanimous,
    )


def _speaks_of_votes(text: str, patterns: _Patterns) -> bool:
    return bool(
        patterns.result_in(text)
        or patterns.call.search(text)
        or re.search(r"\b(?:voix|votes?|stimmen|votos?|voti)\b", text, re.IGNORECASE)
    )


def _counts(text: str, lang: str, patterns: _Patterns) -> dict[str, int]:
    counts: dict[str, int] = {}
    for kind, rules in patterns.counts.items():
        for rule in rules:
            if found := rule.search(text):
                counts[kind] = number_of(found.group(1), lang)
                break
    if "in_favour" not in counts and (found := patterns.score.search(text)):
        counts["in_favour"], counts["against"] = (number_of(found.group(at), lang) for at in (1, 2))
    return counts


def _result(counts: Mapping[str, int], text: str, patterns: _Patterns, *, unanimous: bool) -> VoteResult:
    if patterns.rejected.search(text):
        return "rejected"
    if patterns.tied.search(text):
        return "tied"
    if patterns.adopted.search(text) or unanimous:
        return "adopted"
    if "in_favour" in counts and "against" in counts:
        difference = counts["in_favour"] - counts["against"]
        return "adopted" if difference > 0 else "rejected" if difference < 0 else "tied"
    return ""


def read_votes(sentences: Sequence[tuple[str, str]]) -> list[tuple[int, int, Vote]]:
    """Return the votes in a talk: the position of the first and last sentence of each, and how it went.

    "Who is in favour? Twelve. Against? Three. The motion is carried." is one vote, whoever says which part.

    Args:
        sentences: Pairs of text and BCP-47 primary subtag, in order.
    """
    sentences = [(_plain(text, lang), lang) for text, lang in sentences]
    votes = []
    at = 0
    while at < len(sentences):
        end, vote = _vote_from(sentences, at)
        if vote is None:
            at += 1
            continue
        votes.append((at, end, vote))
        at = end + 1
    return votes


def _vote_from(sentences: Sequence[tuple[str, str]], at: int) -> tuple[int, Vote | None]:
    text, lang = sentences[at]
    patterns = _patterns(lang)
    if patterns is None:
        return at, None
    if not patterns.call.search(text):
        vote = _read(text, lang)
        if vote is None and at + 1 < len(sentences) and _counts(text, lang, patterns):
            # The word that makes votes of these numbers may come right behind them.
            following = sentences[at + 1][0]
            if patterns.result_in(following):
                vote = _read(f"{text} {following}", lang)
                return (at + 1, vote) if vote else (at, None)
        if vote is None or (vote.result and vote.in_favour is None and not vote.unanimous):
            return at, vote
        return _with_result(sentences, at, vote, patterns)
    return _called_vote(sentences, at, lang, patterns)


def _with_result(
    sentences: Sequence[tuple[str, str]], at: int, vote: Vote, patterns: _Patterns
) -> tuple[int, Vote]:
    """Let the sentences behind the numbers add to them: the rest of the numbers, and the result."""
    text, lang = sentences[at]
    end = at
    for further in range(at + 1, min(at + _MOST_LINES, len(sentences))):
        following = sentences[further][0]
        told = patterns.result_in(following)
        if not told and _read(following, lang) is None:
            if vote.result not in {"", "tied"} or further > at + _PATIENCE:
                break
            continue
        text, end = f"{text} {following}", further
        vote = _read(text, lang) or vote
        if told:
            break
    return end, vote


def _called_vote(
    sentences: Sequence[tuple[str, str]], at: int, lang: str, patterns: _Patterns
) -> tuple[int, Vote | None]:
    """Read a vote that is called for kind by kind."""
    counts: dict[str, int] = {}
    asked, end, told = "", at, ""
    for position in range(at, min(at + 2 * _MOST_LINES, len(sentences))):
        text = sentences[position][0]
        found = _counts(text, lang, patterns)
        kind = next((kind for kind, rule in patterns.asked.items() if rule.search(text)), "")
        answer = patterns.number.search(text) if asked and len(text.split()) <= _ANSWER_WORDS else None
        result = patterns.result_in(text) or patterns.unanimous.search(text)
        if not (found or kind or answer or result or patterns.call.search(text)):
            if position - end > 1:
                break
            continue
        counts |= {name: number for name, number in found.items() if name not in counts}
        if answer and not found and asked not in counts:
            counts[asked] = number_of(answer.group(1), lang)
        asked, end, told = kind or ("" if answer else asked), position, f"{told} {text}"
        if result and not text.rstrip().endswith("?"):
            break
    unanimous = bool(patterns.unanimous.search(told))
    if not counts and not unanimous and not patterns.result_in(told):
        return at, None
    return end, _vote(counts, told, patterns, unanimous=unanimous)
