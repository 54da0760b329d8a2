"""What a language model answers, checked: a sentence without evidence that supports it is dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast, get_args

from assistant.core.errors import ModelAnswerInvalid
from assistant.core.minutes.document import StatementKind, Vote, VoteResult
from assistant.core.plain_text import one_line
from assistant.minutes.drafting.content import content_of, share_of
from assistant.minutes.drafting.dates import find_dates
from assistant.minutes.drafting.finding import Finding
from assistant.minutes.drafting.lines import Line
from assistant.minutes.drafting.model_prompts import Chunk
from assistant.minutes.drafting.number_words import in_digits, number_of, number_pattern

_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0 ]\d{3})*(?:[.,]\d+)?")
_NAME = re.compile(r"(?<=[\w,;:’'»)] )[A-ZÀ-ÖØ-Þ][\w'’-]+")
_SUPPORT = 0.5
"""How much of what a sentence is about has to be in the lines that it cites, 0..1."""
_MOST_CHARACTERS = 600
_MOST_STATEMENTS = 200
_MOST_VOTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What is left of an answer.

    Attributes:
        findings: Sentences of the answer, each with lines that support it.
        dropped: How many sentences of the answer had no line that supports them.
    """

    findings: tuple[Finding, ...]
    dropped: int


def read_answer(answer: str, lines: Sequence[Line], chunk: Chunk, language: str, on: date) -> Answer:
    """Return the sentences of an answer that their evidence supports.

    A sentence stays if it cites lines of the chunk, all of its numbers and names are in them (or in the lines
    beside them), and so is half of what it is about; in another language than the lines only numbers and
    names can be compared. Reasoning that a model wrote along is no part of the answer.

    Args:
        answer: The model's answer as it came.
        lines: All lines of the meeting.
        chunk: What the model has read.
        language: BCP-47 primary subtag of the minutes' language.
        on: The day of the meeting.

    Raises:
        ModelAnswerInvalid: It is no JSON of the wanted shape.
    """
    entries = _entries(answer)
    found = []
    for entry in entries[:_MOST_STATEMENTS]:
        finding = _finding(entry, lines, chunk, language, on)
        if finding is not None:
            found.append(finding)
    return Answer(tuple(found), len(entries) - len(found))


def _entries(answer: str) -> list[object]:
    text = _THOUGHTS.sub("", answer)
    start, end = text.find("{"), text.rfind("}")
    try:
        document = json.loads(text[start : end + 1])
        entries = document["statements"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelAnswerInvalid("The language model's answer is not the JSON that was asked for.") from error
    if not isinstance(entries, list):
        raise ModelAnswerInvalid("The language model's answer has no list of statements.")
    return entries


def _finding(entry: object, lines: Sequence[Line], chunk: Chunk, language: str, on: date) -> Finding | None:
    if not isinstance(entry, Mapping) or entry.get("kind") not in get_args(StatementKind):
        return None
    text = one_line(str(entry.get("text") or ""))
    cited = entry.get("evidence")
    if not text or len(text) > _MOST_CHARACTERS or not isinstance(cited, list) or not cited:
        return None
    numbers = [one - 1 for one in cited if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) < len(cited) or not all(chunk.first <= at < chunk.end for at in numbers):
        return None
    at = tuple(sorted(set(numbers)))
    if not _supported(text, language, lines, at, on):
        return None
    kind = cast("StatementKind", entry["kind"])
    who = one_line(str(entry.get("who") or "")) if kind == "action" else ""
    near = _near(lines, at)
    if who and share_of(content_of(who, language), [stem for line in near for stem in _named(line)]) < 1:
        who = ""
    due = _due(entry.get("due"), near, on) if kind == "action" else ""
    vote = _vote(entry.get("vote"), near) if kind == "vote" else None
    if kind == "vote" and vote is None:
        return None
    return Finding(kind, at, text, language, 0.8, who=who, due=due, vote=vote, origin="model")


def _near(lines: Sequence[Line], at: Sequence[int]) -> list[Line]:
    around = {near for one in at for near in (one - 1, one, one + 1) if 0 <= near < len(lines)}
    return [lines[one] for one in sorted(around)]


def _named(line: Line) -> list[str]:
    return content_of(f"{line.speaker} {line.text}", line.lang)


def _supported(text: str, language: str, lines: Sequence[Line], at: Sequence[int], on: date) -> bool:
    near = _near(lines, at)
    said = " ".join(f"{line.speaker} {line.text}" for line in near)
    if not _numbers(text) <= _all_numbers(near) | _days(near, on):
        return False
    known = said.lower()
    if any(name.lower() not in known for name in _NAME.findall(text)):
        return False
    if any(line.lang != language for line in near):
        return True
    return share_of(content_of(text, language), content_of(said, language)) >= _SUPPORT


def _numbers(text: str) -> set[str]:
    return {re.sub(r"[\u202f\u00a0 .,]", "", number) for number in _NUMBER.findall(text)}


def _all_numbers(lines: Sequence[Line]) -> set[str]:
    """Return the numbers that were said, in digits and in words."""
    found: set[str] = set()
    for line in lines:
        text = in_digits(line.text, line.lang)
        found |= _numbers(line.text) | _numbers(text)
        words = re.findall(rf"\b{number_pattern(line.lang)}\b", text, re.IGNORECASE)
        found |= {str(number_of(word, line.lang)) for word in words}
    return found


def _days(lines: Sequence[Line], on: date) -> set[str]:
    """Return the numbers of days that were named, told by the day of the meeting."""
    days = {found.day for line in lines for found in find_dates(line.text, line.lang, on)} | {on}
    return {
        part for day in days for part in (str(day.day), str(day.year), f"{day.day:02d}", f"{day.month:02d}")
    }


def _due(due: object, lines: Sequence[Line], on: date) -> str:
    """Return a day only if somebody named it."""
    days = {found.day.isoformat() for line in lines for found in find_dates(line.text, line.lang, on)}
    return str(due) if str(due) in days else ""


def _vote(vote: object, lines: Sequence[Line]) -> Vote | None:
    if not isinstance(vote, Mapping):
        return None
    said = _all_numbers(lines)
    counts = []
    for name in ("in_favour", "against", "abstentions"):
        count = vote.get(name)
        known = isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _MOST_VOTES
        if count is not None and (not known or (count and str(count) not in said)):
            return None
        counts.append(count)
    result = vote.get("result") or ""
    if result not in get_args(VoteResult):
        return None
    in_favour, against, abstentions = counts
    return Vote(in_favour, against, abstentions, cast("VoteResult", result))
