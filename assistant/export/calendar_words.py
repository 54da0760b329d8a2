"""Days, times of day and names of languages, as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from assistant.export.wording import Calendar, wording_of


def long_day(at: float, timezone: str, lang: str) -> str:
    """Return the day of a POSIX time in a time zone, with its weekday: `mercredi 25 novembre 2026`."""
    calendar = wording_of(lang).calendar
    return _written(_there(at, timezone).date(), calendar.long_day, calendar)


def short_day(iso: str, lang: str) -> str:
    """Return an ISO day as it is written: `27 novembre 2026`; what is no day stays as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    calendar = wording_of(lang).calendar
    return _written(day, calendar.short_day, calendar)


def _written(day: date, form: str, calendar: Calendar) -> str:
    return form.format(
        weekday=calendar.weekdays[day.weekday()],
        day=calendar.first_of_month if day.day == 1 else day.day,
        month=calendar.months[day.month - 1],
        year=day.year,
    )


def time_of_day(at: float, timezone: str, lang: str) -> str:
    """Return a time of day in a time zone: `18 h 05` in French, else `18:05`."""
    there = _there(at, timezone)
    return wording_of(lang).calendar.time_of_day.format(hour=there.hour, minute=there.minute)


def _there(at: float, timezone: str) -> datetime:
    return datetime.fromtimestamp(at, tz=UTC).astimezone(ZoneInfo(timezone))


def language_name(code: str, lang: str) -> str:
    """Return what a language is called; its code where that is not known."""
    return wording_of(lang).language_names.get(code, code)
