"""Agendas as files: a list in text, a table in CSV, or the description of an event in a calendar file."""

from __future__ import annotations

import csv
import io
import re

import icalendar

from assistant.core.errors import AgendaInvalid
from assistant.core.plain_text import one_line

MOST_ITEMS = 200
MOST_AGENDA_BYTES = 1 << 20
_MOST_TITLE_CHARACTERS = 300

_BULLET = re.compile(
    r"""^\s*(?:
        (?:(?:point|item|punkt|top|punto|ponto|no?\.?|n°)\s*)?\d{1,3}(?:\.\d{1,3})*\s*[.):–—-]\s*
      | [ivxlIVXL]{1,6}\s*[.)]\s+
      | [a-zA-Z]\)\s+
      | [-*•‣▪–—]\s+
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_HEADINGS = frozenset(
    "ordre du jour|agenda|tagesordnung|orden del día|ordem do dia|ordem de trabalhos|ordine del giorno|"
    "ordre du jour prévisionnel|meeting agenda".split("|")
)
_TITLE_COLUMNS = frozenset(
    "title titre point item objet sujet subject topic titel punkt thema título tema asunto assunto titolo "
    "oggetto argomento libellé intitulé agenda".split()
)


def read_agenda(data: bytes, media_type: str) -> list[str]:
    """Return the titles of an agenda, in order.

    Args:
        data: The file, in UTF-8 (with or without a mark) or UTF-16 with one.
        media_type: `text/plain`, `text/csv` or `text/calendar`; parameters behind it do not matter.

    Raises:
        AgendaInvalid: It is in another encoding or format, too large, or there is no item in it.
    """
    if len(data) > MOST_AGENDA_BYTES:
        raise AgendaInvalid(f"An agenda has at most {MOST_AGENDA_BYTES} bytes.")
    text = _decoded(data)
    kind = media_type.partition(";")[0].strip().lower()
    if kind == "text/calendar" or text.lstrip().startswith("BEGIN:VCALENDAR"):
        titles = _of_lines(_description_of(text))
    elif kind == "text/csv":
        titles = _of_table(text)
    else:
        titles = _of_lines(text)
    return check_titles(titles)


def check_titles(titles: list[str]) -> list[str]:
    """Return titles on one line each, empty ones left out; raises `AgendaInvalid`."""
    cleaned = [one_line(title) for title in titles]
    cleaned = [title for title in cleaned if title]
    if not cleaned:
        raise AgendaInvalid("There is no item in this agenda; write one on each line.")
    if len(cleaned) > MOST_ITEMS:
        raise AgendaInvalid(f"An agenda has at most {MOST_ITEMS} items.")
    if any(len(title) > _MOST_TITLE_CHARACTERS for title in cleaned):
        raise AgendaInvalid(f"An item of an agenda has at most {_MOST_TITLE_CHARACTERS} characters.")
    return cleaned


def _decoded(data: bytes) -> str:
    utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise AgendaInvalid("The agenda is not in UTF-8; save it as “CSV UTF-8” or “text, UTF-8”.") from error
    if "\0" in text:
        raise AgendaInvalid("The agenda is no text file.")
    return text


def _of_lines(text: str) -> list[str]:
    """Return the items in lines; where some are numbered or have bullets, only those."""
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if _BULLET.match(line)]
    titles = [_BULLET.sub("", line, count=1).strip() for line in marked or lines]
    return [title for title in titles if title.rstrip(" :").lower() not in _HEADINGS]


def _of_table(text: str) -> list[str]:
    """Return the column of titles: the one that is called so, else the one with the longest texts."""
    sample = text[:4096]
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel  # one column
    try:
        rows = [row for row in csv.reader(io.StringIO(text), dialect) if any(map(str.strip, row))]
    except csv.Error as error:
        raise AgendaInvalid("The agenda is no table in CSV.") from error
    if not rows:
        return []
    names = [name.strip().lower() for name in rows[0]]
    for column, name in enumerate(names):
        if name in _TITLE_COLUMNS:
            return [row[column] for row in rows[1:] if column < len(row)]
    lengths = [0] * max(map(len, rows))
    for row in rows:
        for column, cell in enumerate(row):
            lengths[column] += len(cell)
    longest = lengths.index(max(lengths))
    return [row[longest] for row in rows if longest < len(row)]


def _description_of(text: str) -> str:
    """Return what the first event of a calendar says of itself."""
    try:
        calendar = icalendar.Calendar.from_ical(text)
        events = calendar.walk("VEVENT")
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise AgendaInvalid("The agenda is no calendar file that can be read.") from error
    described = [str(event.get("DESCRIPTION", "")) for event in events]
    return next((description for description in described if description.strip()), "")
