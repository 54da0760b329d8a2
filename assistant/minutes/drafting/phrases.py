"""The words and patterns of each language by which drafting reads what was said.

They stand in the folder `languages`, one TOML file for each language, so that people who speak a language can
correct its file without knowing Python. A file is read and checked when its language is first wanted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

_FOLDER = Path(__file__).with_name("languages")
_STRICT = ConfigDict(extra="forbid")


def _any_of(alternatives: list[str]) -> re.Pattern[str]:
    """Return the pattern that finds any of some alternatives; of none, one that never matches."""
    joined = "|".join(f"(?:{one})" for one in alternatives) or "(?!)"
    try:
        # People and recognisers write either apostrophe.
        return re.compile(joined.replace("'", "['’]"), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error


AnyOf = Annotated[re.Pattern[str], BeforeValidator(_any_of)]
"""A pattern that the file has as a list of alternatives."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class CuePatterns:
    """How people decide, promise and ask.

    Attributes:
        decision: Something is decided with these words.
        decision_not: What looks like that is supposed, denied, or still to come.
        promise: The speaker says that they will do something.
        vow: A weaker promise, which counts where a day is named.
        passive: Something will be done, by whomever.
        task: Somebody is said to have to do something.
        request: Somebody is asked to do something.
        action_not: What looks like that is said of the talk itself, denied or supposed.
        acceptance: How a request is accepted, at the beginning of the answer.
        refusal: How it is not.
        question: A question without its mark, as recognisers write some.
        question_not: A question nobody needs an answer to in minutes.
        unanswered: An answer that leaves a question open.
        assent: A short "yes, agreed" that makes a decision of what was proposed.
        proposal: How something is proposed.
        past: The sentence tells of something that was, long ago or last time.
    """

    decision: AnyOf
    decision_not: AnyOf
    promise: AnyOf
    vow: AnyOf
    passive: AnyOf
    task: AnyOf
    request: AnyOf
    action_not: AnyOf
    acceptance: AnyOf
    refusal: AnyOf
    question: AnyOf
    question_not: AnyOf
    unanswered: AnyOf
    assent: AnyOf
    proposal: AnyOf
    past: AnyOf


@dataclass(frozen=True, slots=True, config=_STRICT)
class VoteWords:
    """How votes are called and told, each as a regular expression.

    Attributes:
        voices: May stand between a number and what it counts.
        in_favour: What voices in favour are called.
        against: What voices against are called.
        abstention: What abstentions are called.
        unanimous: Nobody was against.
        adopted: What was voted on is adopted.
        rejected: What was voted on is rejected.
        call: A vote begins, or one of its kinds is asked for.
        tied: There were as many for as against.
        score: Voices in favour and against in one breath; each `{n}` stands for a number.
    """

    voices: str
    in_favour: str
    against: str
    abstention: str
    unanimous: str
    adopted: str
    rejected: str
    call: str
    tied: str
    score: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class AnnouncementWords:
    """How a meeting goes on to another point, each as a regular expression.

    Attributes:
        point: What a point of the agenda is called.
        next_point: The one that comes now.
        move: What is said before a topic that the meeting moves on to.
        ordinals: "First" and so on.
        numbers: "One" and so on, in plain words.
    """

    point: str
    next_point: str
    move: str
    ordinals: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class DateWords:
    """How days and spans of time are named, each as a regular expression; numbers are digits.

    Attributes:
        weekdays: From Monday to Sunday.
        months: From January to December.
        deadline: Stands before a date by which something is done.
        relative: What names a day by itself, in plain words, with the days from the meeting to it.
        week_end: The Friday of this week.
        next_week: The Friday of the next week.
        month_end: The last day of this month.
        next_month: The last day of the next month.
        year_end: The last day of the year.
        next_marks: Around a weekday: of the week that comes.
        in_spans: Introduces a number of days, weeks or months to go.
        days: The word for days.
        weeks: The word for weeks.
        months_span: The word for months.
        end_of: Before a month's name: its last day.
        ordinal: May stand right behind the number of a day; empty for nothing.
        joiner: May stand between the number of a day and its month; empty for nothing.
    """

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    deadline: str
    relative: Mapping[str, int]
    week_end: str
    next_week: str
    month_end: str
    next_month: str
    year_end: str
    next_marks: str
    in_spans: str
    days: str
    weeks: str
    months_span: str
    end_of: str
    ordinal: str
    joiner: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class Phrases:
    """What one language says.

    Attributes:
        opening: What the time before the first item of an agenda is called.
        bodies: What services and bodies that do something are called, as a regular expression.
        stop_words: Words that say nothing of what a sentence is about, those of hesitation among them.
        cues: How people decide, promise and ask.
        votes: How votes are called and told.
        announcements: How a meeting goes on to another point.
        numbers: Words that mean a number only where one is due, such as "none".
        dates: How days and spans of time are named.
    """

    opening: str
    bodies: str
    stop_words: frozenset[str]
    cues: CuePatterns
    votes: VoteWords
    announcements: AnnouncementWords
    numbers: Mapping[str, int]
    dates: DateWords


@cache
def known_languages() -> frozenset[str]:
    """Return the languages in which anything is found, as BCP-47 primary subtags."""
    return frozenset(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def phrases_of(lang: str) -> Phrases:
    """Return what one of the `known_languages` says; raises as `read_phrases` does."""
    return read_phrases(_FOLDER / f"{lang}.toml")


def read_phrases(path: Path) -> Phrases:
    """Return what the file of a language says.

    Raises:
        ValueError, KeyError: It is not whole, has what nobody asks for, or a pattern that is none.
    """
    document = tomllib.loads(path.read_text("utf-8"))
    stop_words = document.pop("stop_words").split()
    parts = {f"{{{name}}}": _without_breaks(text) for name, text in document.pop("parts").items()}
    whole = {name: _filled(value, parts) for name, value in document.items()}
    return TypeAdapter(Phrases).validate_python({**whole, "stop_words": stop_words})


def _filled(value: object, parts: Mapping[str, str]) -> object:
    """Return a value of a file with its texts on one line each, and the parts that they name put in."""
    match value:
        case str():
            text = _without_breaks(value)
            for place, part in parts.items():
                text = text.replace(place, part)
            return text
        case list():
            return [_filled(one, parts) for one in value]
        case dict():
            return {name: _filled(one, parts) for name, one in value.items()}
        case _:
            return value


def _without_breaks(text: str) -> str:
    return "".join(line.lstrip() for line in text.splitlines())
