"""What a calendar file says of the meeting of today (RFC 5545): of a series, one occurrence."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from heapq import merge
from html.parser import HTMLParser
from itertools import islice
from typing import Any, cast

import icalendar
from dateutil.rrule import rrulestr
from icalendar import Component

from assistant.core.errors import AgendaInvalid, MeetingCancelled

_MOST_REPETITIONS = 20_000
"""So many occurrences of one series are looked at: fifty years of days."""

_DAY = timedelta(days=1)

_MARKUP = re.compile(
    r"</?(?:a|b|br|div|font|html|i|li|ol|p|span|strong|table|td|tr|u|ul)\b[^<>]*>", re.IGNORECASE
)
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_LONE = re.compile(r"<(?!/?[a-z][^<>]*>)", re.IGNORECASE)
_BLOCKS = frozenset("br div li ol p table tr ul h1 h2 h3 h4".split())
_UNSEEN = frozenset("style script title".split())


def descriptions_of(text: str, now: datetime | None) -> list[str]:
    """Return what events of a calendar say of themselves, the one that is meant first.

    That is the event of today, of several the one that goes on or is closest to `now`; else the next one,
    else the last one. Of a series there is one occurrence only, as it was changed for that day; what is
    called off is left out.

    Args:
        text: The calendar.
        now: Aware, at the place of the meeting; None: as the file has them.

    Raises:
        AgendaInvalid: It is no calendar.
        MeetingCancelled: It calls off whatever it has.
    """
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        events = _latest([event for calendar in calendars for event in _events(calendar)])
        if events and all(map(_called_off, events)):
            raise MeetingCancelled(
                "The calendar file says that this meeting is cancelled; nothing was changed."
            )
        if now is None:
            return [_described(event) for event in events if not _called_off(event)]
        found = [
            min(occurrences, key=lambda one: _distance(one, now))
            for series in _series(events)
            if (occurrences := list(_occurrences(series, now)))
        ]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise AgendaInvalid("The agenda is no calendar file that can be read.") from error
    found.sort(key=lambda one: _distance(one, now))
    return [_described(one.event) for one in found]


def _events(calendar: Component) -> Iterator[Component]:
    """Yield the events of a calendar; where it was sent to call them off, each says so."""
    cancels = str(calendar.get("METHOD", "")).strip().upper() == "CANCEL"
    for event in calendar.walk("VEVENT"):
        if cancels:
            event["STATUS"] = icalendar.vText("CANCELLED")
        yield event


def _latest(events: list[Component]) -> list[Component]:
    """Return events without what was said of them before: the highest number of their sequence counts.

    Who calls a series off calls off what was changed in it before.
    """
    highest: dict[tuple[str, datetime | None], int] = {}
    for event in events:
        identity = _identity(event)
        highest[identity] = max(highest.get(identity, 0), _sequence(event))
    off = {
        str(event["UID"]): _sequence(event)
        for event in events
        if "UID" in event
        and _called_off(event)
        and _sequence(event) == highest[str(event["UID"]), None]
        and "RECURRENCE-ID" not in event
    }
    return [
        event
        for event in events
        if "UID" not in event
        or _sequence(event) >= max(highest[_identity(event)], off.get(str(event["UID"]), 0))
    ]


def _identity(event: Component) -> tuple[str, datetime | None]:
    """Return which event it is, and of a series, which occurrence."""
    changed = _moment(_day(event, "RECURRENCE-ID"), UTC) if "RECURRENCE-ID" in event else None
    return str(event.get("UID", "")), changed


def _sequence(event: Component) -> int:
    with suppress(ValueError, TypeError):
        return int(cast("Any", event.get("SEQUENCE", 0)))
    return 0


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """One meeting of a series, or one that has none.

    Attributes:
        start: Aware; None where the file does not say when it is.
        event: What is said of it.
        length: How long it takes; nothing where the file does not say it.
    """

    start: datetime | None
    event: Component
    length: timedelta


def _distance(one: _Occurrence, now: datetime) -> tuple[int, timedelta]:
    """Return how far a meeting is from being the one that is meant."""
    if one.start is None:
        return 3, timedelta()
    there = one.start.astimezone(now.tzinfo)
    if there <= now < there + one.length:
        if one.length < _DAY:
            return 0, timedelta()
        there = max(there, datetime.combine(now, time(), now.tzinfo))  # of several days, today's
    rank = 0 if there.date() == now.date() else 1 if there > now else 2
    return rank, abs(there - now)


def _series(events: Iterable[Component]) -> Iterable[list[Component]]:
    """Return events by the series they belong to."""
    found: dict[str, list[Component]] = {}
    for at, event in enumerate(events):
        found.setdefault(str(event.get("UID") or at), []).append(event)
    return found.values()


def _occurrences(series: list[Component], now: datetime) -> Iterator[_Occurrence]:
    zone = now.tzinfo or UTC
    changed = {
        _moment(_day(event, "RECURRENCE-ID"), zone): event for event in series if "RECURRENCE-ID" in event
    }
    changed_days = set(
        _days_only(_day(event, "RECURRENCE-ID") for event in series if "RECURRENCE-ID" in event)
    )
    from_then_on = sorted(
        at for at, event in changed.items() if "THISANDFUTURE" in str(event["RECURRENCE-ID"].params)
    )
    for event in series:
        if "RECURRENCE-ID" in event:
            if not _called_off(event):
                yield _Occurrence(_start(event, zone), event, _length(event))
            continue
        if _called_off(event):
            continue
        for start in _starts(event, zone):
            if start is None or (start not in changed and start.date() not in changed_days):
                since = bisect_left(from_then_on, start) if start else 0
                said = changed[from_then_on[since - 1]] if since else event
                yield _Occurrence(start, said, _length(said))
                if start and start > now + _DAY:
                    break  # the next one: later ones are farther away


def _starts(event: Component, zone: tzinfo) -> Iterator[datetime | None]:
    """Yield when an event takes place, in order."""
    if "DTSTART" not in event:
        yield None
        return
    first = _day(event, "DTSTART")
    left_out = {_moment(day, zone) for day in _days(event, "EXDATE")}
    days_left_out = set(_days_only(_days(event, "EXDATE")))
    moments: list[Iterable[date]] = [[first]]
    at = partial(_moment, zone=zone)
    if "RRULE" in event:
        rules = cast("Any", event["RRULE"])
        moments = [_by(rule, first) for rule in (rules if isinstance(rules, list) else [rules])]
    for moment in merge(*moments, sorted(_days(event, "RDATE"), key=at), key=at):
        start = at(moment)
        if start not in left_out and start.date() not in days_left_out:
            yield start


def _days_only(days: Iterable[date]) -> Iterator[date]:
    """Yield those that are whole days: what begins at any time of one is meant."""
    return (day for day in days if not isinstance(day, datetime))


def _by(rule: icalendar.vRecur, first: date) -> Iterator[date]:
    """Yield the days or moments of a rule.

    It is reckoned by the clock on the wall, so that a meeting at two stays one at two in summer and winter.
    """
    zone = first.tzinfo if isinstance(first, datetime) else None
    wall = first.replace(tzinfo=None) if isinstance(first, datetime) else datetime.combine(first, time())
    parts = {name: values for name, values in rule.items() if name != "UNTIL"}
    limit = datetime.max  # noqa: DTZ901 - by the clock on the wall
    for until in rule.get("UNTIL", ()):
        if not isinstance(until, datetime):
            limit = datetime.combine(until, time.max)
        else:
            limit = (until.astimezone(zone) if until.tzinfo and zone else until).replace(tzinfo=None)
    written: bytes = cast("Any", icalendar.vRecur(parts)).to_ical()
    for moment in islice(rrulestr(written.decode(), dtstart=wall), _MOST_REPETITIONS):
        if moment > limit:
            return
        yield moment.replace(tzinfo=zone) if isinstance(first, datetime) else moment.date()


def _days(event: Component, name: str) -> Iterator[date]:
    """Yield the days or moments of a list, such as those on which a series is left out."""
    lists = cast("Any", event.get(name, ()))
    for one in lists if isinstance(lists, list | tuple) else (lists,):
        for day in one.dts:
            yield day.dt[0] if isinstance(day.dt, tuple) else day.dt


def _day(event: Component, name: str) -> date:
    """Return the day or moment that a property holds."""
    day: date = cast("Any", event[name]).dt
    return day


def _length(event: Component) -> timedelta:
    """Return how long an event takes; what has a day only takes that day."""
    if "DURATION" in event:
        lasting: timedelta = cast("Any", event["DURATION"]).dt
        return lasting
    first = _day(event, "DTSTART") if "DTSTART" in event else None
    if first is not None and "DTEND" in event:
        last = _day(event, "DTEND")
        return _moment(last, UTC) - _moment(first, UTC)
    return timedelta() if first is None or isinstance(first, datetime) else _DAY


def _start(event: Component, zone: tzinfo) -> datetime | None:
    return _moment(_day(event, "DTSTART"), zone) if "DTSTART" in event else None


def _moment(day: date, zone: tzinfo) -> datetime:
    """Return a day or moment as a moment that can be compared; a day begins where the meeting is."""
    if not isinstance(day, datetime):
        return datetime.combine(day, time(), zone)
    return day if day.tzinfo else day.replace(tzinfo=zone)


def _called_off(event: Component) -> bool:
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def _described(event: Component) -> str:
    """Return what an event says of itself, as lines of text."""
    text = str(event.get("DESCRIPTION", ""))
    if not text.strip():
        marked = cast("Any", event.get("X-ALT-DESC", ""))
        text = str(marked[0] if isinstance(marked, list) else marked)
    if not _MARKUP.search(text):
        return text
    reader = _Lines()
    reader.feed(_sound_markup(text))
    reader.close()
    return "".join(reader.written)


def _sound_markup(text: str) -> str:
    """Return marked-up text without comments and declarations, in which `<` begins whole tags only.

    Of others the parser of the library makes errors, or looks to the end of the text for each.
    """
    first, *others = text.split("<!--")
    kept = [other.partition("-->")[2] if "-->" in other else f"&lt;!--{other}" for other in others]
    return _LONE.sub("&lt;", _DECLARATION.sub("", "".join((first, *kept))))


class _Lines(HTMLParser):
    """Writes marked-up text, as Google's calendar has it, in lines; items of lists get a bullet."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line where the text does."""
        del attrs
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.written.append("\n")
        if tag == "li":
            self.written.append("- ")

    def handle_endtag(self, tag: str) -> None:
        """End a line where the text does."""
        self._unseen -= tag in _UNSEEN
        if tag in _BLOCKS and tag != "li":
            self.written.append("\n")

    def handle_data(self, data: str) -> None:
        """Write what is shown."""
        if self._unseen <= 0:
            self.written.append(data)
