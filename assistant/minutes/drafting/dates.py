"""Days that are named in what was said, told by the day of the meeting."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from assistant.minutes.drafting.number_words import in_digits, number_of, number_pattern
from assistant.minutes.drafting.phrases import DateWords, known_languages, phrases_of

_FRIDAY = 4
_MONTHS = 12
_CENTURY = 2000
_SHORT_YEAR = 100
_MOST_SPAN_DAYS = 800
_LOOK_BACK_CHARACTERS = 24
_MOST_DAY = 31


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A day in a text.

    Attributes:
        start: The position at which its words begin, without the deadline word, in the text with digits.
        end: The position behind its words, in the text with digits.
        day: Which day it is.
        deadline: Whether something is to be done by then, as the word before it says.
    """

    start: int
    end: int
    day: date
    deadline: bool


def find_dates(text: str, lang: str, on: date) -> list[FoundDate]:
    """Return the days that a text names, in order, none overlapping another.

    A weekday is the next one after the meeting, a date without a year the next such day; a week stands for
    its Friday, a month for its last day.

    Args:
        text: What was said.
        lang: BCP-47 primary subtag; of a language that is not known only dates in digits are found.
        on: The day of the meeting.
    """
    text = in_digits(text.replace("’", "'"), lang)
    found: list[FoundDate] = []
    for rule, day_of in _rules(lang):
        for match in rule.finditer(text):
            day = _safe(day_of, match, on)
            if day is None or any(match.start() < one.end and one.start < match.end() for one in found):
                continue
            found.append(FoundDate(match.start(), match.end(), day, _is_deadline(text, match.start(), lang)))
    return sorted(found, key=lambda one: one.start)


_DayOf = Callable[[re.Match[str], date], date | None]
_Rule = tuple[re.Pattern[str], _DayOf]


def _safe(day_of: _DayOf, match: re.Match[str], on: date) -> date | None:
    """Return a day, or None for one that no calendar has."""
    try:
        return day_of(match, on)
    except (ValueError, OverflowError):
        return None


def _is_deadline(text: str, start: int, lang: str) -> bool:
    if lang not in known_languages():
        return False
    before = text[max(0, start - _LOOK_BACK_CHARACTERS) : start]
    return bool(re.search(rf"\b(?:{phrases_of(lang).dates.deadline})\s*$", before, re.IGNORECASE))


@cache
def _rules(lang: str) -> tuple[_Rule, ...]:
    """Return the rules of a language, those that take the most words first."""
    if lang not in known_languages():
        return tuple(_digits())
    words = phrases_of(lang).dates
    return (
        *_of_months(words, lang),
        *_digits(),
        *_of_spans(words, lang),
        *_of_weeks_and_months(words),
        *_of_days(words),
    )


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])", re.IGNORECASE)


def _digits() -> Iterator[_Rule]:
    yield (
        _word(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
        lambda match, _: date(*(int(match[name]) for name in ("year", "month", "day"))),
    )

    def day_of(match: re.Match[str], on: date) -> date | None:
        return _next(on, int(match["day"]), int(match["month"]), match["year"])

    yield (
        _word(r"(?P<day>\d{1,2})[/.](?P<month>\d{1,2})(?:[/.](?P<year>\d{4}|\d{2}))?(?![/\d%]|\.\d)"),
        day_of,
    )


def _next(on: date, day: int, month: int, year: str | None) -> date:
    """Return a day of a month; without a year, the next one."""
    if year:
        number = int(year)
        return date(number + _CENTURY if number < _SHORT_YEAR else number, month, day)
    this = date(on.year, month, day)
    return this if this >= on else date(on.year + 1, month, day)


def _of_months(words: DateWords, lang: str) -> Iterator[_Rule]:
    names = "|".join(f"(?P<m{number}>{name})" for number, name in enumerate(words.months, 1))
    numbers = number_pattern(lang)[1:-1]
    ordinal = rf"(?:{words.ordinal})?" if words.ordinal else ""
    year = r"(?:,?\s+(?:de\s+|of\s+|del\s+)?(?P<year>\d{4}))?"

    def month_of(match: re.Match[str]) -> int:
        return next(number for number in range(1, _MONTHS + 1) if match[f"m{number}"])

    def named(match: re.Match[str], on: date) -> date | None:
        return _next(on, _day_number(match["day"], lang), month_of(match), match["year"])

    def whole(match: re.Match[str], on: date) -> date | None:
        month = month_of(match)
        year = int(match["year"]) if match["year"] else on.year + (month < on.month)
        return date(year, month, calendar.monthrange(year, month)[1])

    joiner = rf"(?:{words.joiner})?" if words.joiner else ""
    yield _word(rf"(?P<day>{numbers}|premier){ordinal}\s+{joiner}(?:{names}){year}"), named
    if lang == "en":
        yield _word(rf"(?:{names})\s+(?:the\s+)?(?P<day>{numbers}){ordinal}{year}"), named
    yield _word(rf"(?:{words.end_of})(?:{names}){year}"), whole


def _day_number(text: str, lang: str) -> int:
    return 1 if text.lower() == "premier" else number_of(text, lang)


def _of_spans(words: DateWords, lang: str) -> Iterator[_Rule]:
    # Two weeks are fifteen days in French, Spanish, Portuguese and Italian, as a saying.
    for phrase, days in words.relative.items():
        if any(character.isspace() for character in phrase):
            yield _word(re.escape(in_digits(phrase, lang))), _days_later(days)
    number = number_pattern(lang)
    for unit, length in ((words.days, 1), (words.weeks, 7), (words.months_span, 0)):

        def day_of(match: re.Match[str], on: date, length: int = length) -> date | None:
            count = number_of(match[1], lang)
            if not length:
                return _months_later(on, count)
            return on + timedelta(count * length) if count * length <= _MOST_SPAN_DAYS else None

        yield _word(rf"(?<=\b)(?:{words.in_spans})\s+{number}\s+(?:{unit})"), day_of


def _days_later(days: int) -> _DayOf:
    return lambda _, on: on + timedelta(days)


def _months_later(on: date, count: int) -> date | None:
    if count > _MOST_SPAN_DAYS // _MOST_DAY:
        return None
    month = on.month - 1 + count
    year, month = on.year + month // _MONTHS, month % _MONTHS + 1
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def _of_weeks_and_months(words: DateWords) -> Iterator[_Rule]:
    def friday(on: date, weeks: int) -> date:
        day = on + timedelta(_FRIDAY - on.weekday() + 7 * weeks)
        return max(day, on)

    def last_of_month(on: date, months: int) -> date | None:
        there = _months_later(on.replace(day=1), months)
        return there and there.replace(day=calendar.monthrange(there.year, there.month)[1])

    yield _word(words.next_week), lambda _, on: friday(on, 1)
    yield _word(words.week_end), lambda _, on: friday(on, 0)
    yield _word(words.next_month), lambda _, on: last_of_month(on, 1)
    yield _word(words.month_end), lambda _, on: last_of_month(on, 0)
    yield _word(words.year_end), lambda _, on: date(on.year, _MONTHS, _MOST_DAY)


def _of_days(words: DateWords) -> Iterator[_Rule]:
    for phrase, days in words.relative.items():
        if not any(character.isspace() for character in phrase):
            yield _word(re.escape(phrase)), _days_later(days)
    for weekday, name in enumerate(words.weekdays):
        marked = rf"(?:(?:{words.next_marks})\s+)?(?:{name})(?:\s+(?:{words.next_marks}))?"

        def day_of(match: re.Match[str], on: date, weekday: int = weekday) -> date:
            del match
            return on + timedelta((weekday - on.weekday() - 1) % 7 + 1)

        yield _word(marked), day_of
