"""The fixed words of minutes and transcripts, in each language that has a file of them.

They stand in the folder `languages`, one TOML file for each language, so that people who speak a language can
correct its file without knowing Python. A file is read and checked when its language is first wanted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

_FOLDER = Path(__file__).with_name("languages")
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Calendar:
    """How days and times of day are written.

    Attributes:
        weekdays: From Monday to Sunday.
        months: From January to December.
        long_day: A day with its weekday, of `{weekday}`, `{day}`, `{month}` and `{year}`.
        short_day: A day without its weekday, of the others.
        first_of_month: What stands for the first `{day}` of a month.
        time_of_day: A time of day, of `{hour}` and `{minute}` with their digits as Python formats them.
    """

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    long_day: str
    short_day: str
    first_of_month: str
    time_of_day: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class Wording:
    """Each attribute is what its name says in English; `{…}` are filled in."""

    minutes: str
    transcript: str
    draft: str
    approved: str
    published: str
    version: str
    organisation: str
    date: str
    time: str
    place: str
    languages: str
    reference: str
    translated: str
    roughly_translated: str
    rough: str
    attendance: str
    name: str
    role: str
    presence: str
    arrival: str
    departure: str
    present: str
    excused: str
    absent: str
    agenda: str
    discussion: str
    decisions: str
    votes: str
    actions: str
    questions: str
    subject: str
    in_favour: str
    against: str
    abstentions: str
    result: str
    unanimous: str
    adopted: str
    rejected: str
    tied: str
    who: str
    what: str
    due: str
    all_decisions: str
    all_actions: str
    next_meeting: str
    annexes: str
    not_discussed: str
    nothing_said: str
    nothing_found: str
    stale: str
    chair: str
    secretary: str
    level: str
    copy: str
    page: str
    original: str
    translation: str
    public_version: str
    until: str
    colon: str
    calendar: Calendar
    language_names: Mapping[str, str]


@cache
def worded_languages() -> frozenset[str]:
    """Return the languages that documents can be worded in, as BCP-47 primary subtags."""
    return frozenset(path.stem for path in _FOLDER.glob("*.toml"))


def wording_of(lang: str) -> Wording:
    """Return the words of a language; English ones where there are none.

    Raises:
        ValueError: The file of the language lacks a word, or has one that nobody asks for.
    """
    primary = lang.split("-", maxsplit=1)[0]
    return _read(primary if primary in worded_languages() else "en")


@cache
def _read(lang: str) -> Wording:
    document = tomllib.loads((_FOLDER / f"{lang}.toml").read_text("utf-8"))
    return TypeAdapter(Wording).validate_python(document)
