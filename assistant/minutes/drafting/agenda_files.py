"""Agendas as files: a list in text, a table in CSV, or the description of an event in a calendar file."""

from __future__ import annotations

import codecs
import csv
import io
import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from email.message import Message
from itertools import islice

from assistant.core.errors import AgendaInvalid
from assistant.core.plain_text import one_line
from assistant.minutes.drafting.calendar_files import descriptions_of
from assistant.minutes.drafting.code_pages import WESTERN, of_windows, unread_line
from assistant.minutes.drafting.invitations import without_invitation

MOST_ITEMS = 200
MOST_AGENDA_BYTES = 1 << 20
_MOST_TITLE_CHARACTERS = 300
_MOST_SHOWN = 60
"""Characters of a line that could not be read."""

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


_SEPARATOR = re.compile(r'"?sep=(?P<sign>[^"\r\n])"?[^\S\t\r\n]*(?:\r\n?|\n|$)', re.IGNORECASE)
"""The first line by which Excel says how cells are set apart."""
_DELIMITERS = ";\t|,"
_NOTHING = "\x1f"
"""Sets no cells apart: a sign that no text has."""
_ROWS = 50
"""So many rows say what sets cells apart."""
_ROWS_ABOVE = 5
"""In so many rows the names of columns are looked for: above them a table may have a title of its own."""
_TABLES = frozenset(("text/csv", "application/csv", "application/vnd.ms-excel", "text/tab-separated-values"))


def read_agenda(data: bytes, media_type: str, now: datetime | None = None) -> list[str]:
    """Return the titles of an agenda, in order.

    Of a calendar they are those of the event of today, and of a series those of its occurrence; how one joins
    its video conference is left out.

    Args:
        data: The file, in UTF-8 (with or without a mark), UTF-16 with one, in a code page of Windows (1250 to
            1254), or what `media_type` says.
        media_type: `text/plain`, `text/csv` or `text/calendar`, with a `charset` where it is another one.
        now: Aware, at the place of the meeting; None: the first event of a calendar is meant.

    Raises:
        AgendaInvalid: It is in another encoding or format, too large, or there is no item in it.
        MeetingCancelled: All meetings of the calendar are called off.
    """
    if len(data) > MOST_AGENDA_BYTES:
        raise AgendaInvalid(f"An agenda has at most {MOST_AGENDA_BYTES} bytes.")
    header = Message()
    header["Content-Type"] = media_type
    text = _decoded(data, str(header.get_param("charset") or ""))
    kind = media_type.partition(";")[0].strip().lower()
    separator = _SEPARATOR.match(text)
    if kind == "text/calendar" or text.lstrip().startswith("BEGIN:VCALENDAR"):
        found = (_of_lines(without_invitation(one)) for one in descriptions_of(text, now))
        titles = next(filter(None, found), [])
    elif separator:
        titles = _of_table(text[separator.end() :], separator["sign"])
    elif kind in _TABLES:
        titles = _of_table(text, _delimiter(text))
    else:
        titles = _of_lines(without_invitation(text))
    return check_titles(titles)


def check_titles(titles: list[str]) -> list[str]:
    """Return titles on one line each, but empty ones and what is about joining; raises `AgendaInvalid`."""
    cleaned = [one_line(title) for title in titles]
    cleaned = [title for title in cleaned if title]
    if len(cleaned) > MOST_ITEMS:
        raise AgendaInvalid(f"An agenda has at most {MOST_ITEMS} items.")
    if any(len(title) > _MOST_TITLE_CHARACTERS for title in cleaned):
        raise AgendaInvalid(f"An item of an agenda has at most {_MOST_TITLE_CHARACTERS} characters.")
    cleaned = without_invitation("\n".join(cleaned)).splitlines()
    if not cleaned:
        raise AgendaInvalid("There is no item in this agenda; write one on each line.")
    return cleaned


def _decoded(data: bytes, charset: str) -> str:
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = _from_windows(data, charset)
    if "\0" in text:
        raise AgendaInvalid("The agenda is no text file.")
    return text


def _from_windows(data: bytes, charset: str) -> str:
    """Return text in the encoding that it is said to be in, or in that of Windows where its words look so."""
    said = charset.strip().lower().replace("_", "-")
    try:
        if said and codecs.lookup(said).name not in {"utf-8", WESTERN, "iso8859-1", "ascii"}:
            return data.decode(said)
    except (UnicodeError, LookupError, ValueError) as error:
        raise _encoding_unknown(data) from error
    text = of_windows(data)
    if text is None:
        raise _encoding_unknown(data)
    return text


def _encoding_unknown(data: bytes) -> AgendaInvalid:
    number, line = unread_line(data)
    return AgendaInvalid(
        f"Line {number} of the agenda cannot be read (“{line[:_MOST_SHOWN]}”): it is neither in UTF-8 nor in "
        "an encoding of Windows for a language that is known; save it as “CSV UTF-8” or “text, UTF-8”."
    )


def _of_lines(text: str) -> list[str]:
    """Return the items in lines; where some are numbered or have bullets, only those."""
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if _BULLET.match(line)]
    titles = [_BULLET.sub("", line, count=1).strip() for line in marked or lines]
    return [title for title in titles if title.rstrip(" :").lower() not in _HEADINGS]


def _delimiter(text: str) -> str:
    """Return what sets cells apart in a table: by which most rows have as many; of one column, nothing."""
    best, most = _NOTHING, (0, 0)
    for sign in _DELIMITERS:
        with suppress(csv.Error):
            lines = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
            widths = [len(row) for row in islice(filter(None, lines), _ROWS)]
            like_first = (widths.count(widths[0]), widths[0]) if widths else most
            if widths and min(widths[0], statistics.median_low(widths)) > 1 and like_first > most:
                best, most = sign, like_first
    return best


def _of_table(text: str, delimiter: str) -> list[str]:
    """Return the column of titles: of those that are called so, else of all, the one with the longest texts.

    Where the last column has them, what a row has behind it belongs to its title: nobody quoted it.
    """
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [row for row in lines if any(map(str.strip, row))]
    except (csv.Error, ValueError, TypeError) as error:
        raise AgendaInvalid("The agenda is no table in CSV.") from error
    if not rows:
        return []
    first = max(range(min(len(rows), _ROWS_ABOVE)), key=lambda at: (bool(_named(rows[at])), _cells(rows[at])))
    named = _named(rows[first])
    if named:
        rows = rows[first:]
    last = len(rows[0]) - 1
    table = [
        [*row[:last], delimiter.join(row[last:]).rstrip(delimiter)] if len(row) > last else row
        for row in rows
    ]
    lengths = dict.fromkeys(named or range(last + 1), 0)
    for row in table[1:] or table:
        for column in lengths:
            lengths[column] += len(row[column]) if column < len(row) else 0
    titles = max(lengths, key=lambda column: lengths[column])
    return [row[titles] for row in (table[1:] if named else table) if titles < len(row)]


def _named(row: Sequence[str]) -> list[int]:
    """Return which cells of a row are names for a column of titles."""
    return [at for at, name in enumerate(row) if name.strip().lower() in _TITLE_COLUMNS]


def _rest(row: Sequence[str], last: int, delimiter: str) -> Iterator[str]:
    """Yield what the last column has of a row: with what stands behind it, which nobody quoted."""
    if len(row) > last:
        yield delimiter.join(row[last:]).rstrip(delimiter)


def _cells(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)
