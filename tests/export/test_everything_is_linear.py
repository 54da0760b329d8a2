"""Whatever somebody sends or asks for costs in proportion to its size, however it is made."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from assistant.core.captions.caption import Caption
from assistant.core.captions.edits import replacer
from assistant.core.errors import AssistantError
from assistant.core.glossary.correction import corrected
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.minutes.document import Attendee, Meeting, Minutes
from assistant.core.minutes.redaction import NameMask, Redaction
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word
from assistant.core.translation.terminology import Terminology
from assistant.export.formats import render
from assistant.export.glossary_csv import read_csv
from assistant.export.glossary_tbx import read_tbx
from assistant.minutes.drafting.agenda_files import read_agenda
from tests.captions import a_caption

_TIMES = 8
_MOST_RATIO = 24
"""Of the times that eight times as much may take; quadratic work takes 64 times as long."""

_QUICK_SECONDS = 0.02
"""What takes no longer than this is not worth a comparison."""

_TRIES = 4
_SECTION = b"<langSec xml:lang='fr'><termSec><term>a</term></termSec></langSec>"
_KEPT = Glossary.of([Term.of(f"Name{number}", keep=True) for number in range(50)])
_TERMS = Terminology(_KEPT, "en", "fr")


class Case(NamedTuple):
    """Input of a size, and what is done with it."""

    size: int
    make: Callable[[int], Any]
    work: Callable[[Any], object]


def _tbx(inside: bytes) -> bytes:
    return b"<tbx>" + inside + b"</tbx>"


def _entry(inside: bytes) -> bytes:
    return _tbx(b"<conceptEntry>" + _SECTION + inside + b"</conceptEntry>")


def _calendar(inside: str) -> bytes:
    return f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{inside}\nEND:VEVENT\nEND:VCALENDAR\n".encode()


def _captions(count: int) -> list[Caption]:
    text = "The council votes on the budget of the town."
    return [
        a_caption(
            at,
            text,
            participant=f"p{at % 3}",
            speaker=f"Ana {at % 3}",
            start_seconds=at * 5.0,
            end_seconds=at * 5.0 + 4,
        )
        for at in range(count)
    ]


def _said(name: str) -> Minutes:
    person = Attendee("p1", name, confidential=True)
    return Minutes("weekly", Meeting("Weekly"), attendees=(person,))


CASES = {
    "csv, one column many times": Case(4000, lambda n: b"term," + b"fr," * n, read_csv),
    "csv, many columns and rows": Case(500, lambda n: b"term,fr,de,es\n" + b"a,b\n" * n, read_csv),
    "csv, apostrophes": Case(8000, lambda n: b"term\n" + b"'" * n, read_csv),
    "csv, marks on one letter": Case(
        4000, lambda n: ("term\na" + "\u0301" * n + "\u0323" * n).encode(), read_csv
    ),
    "csv, misheard spellings": Case(8000, lambda n: b"term,sounds_like\na," + b"b|" * n, read_csv),
    "csv, quotes": Case(8000, lambda n: b"term\n" + b'"' * n, read_csv),
    "text, blanks": Case(8000, lambda n: " " * n + "x", Glossary.parse),
    "tbx, entries in entries": Case(
        500,
        lambda n: _tbx((b"<conceptEntry>" + _SECTION) * n + b"</conceptEntry>" * n),
        read_tbx,
    ),
    "tbx, notes in notes": Case(2000, lambda n: _entry(b"<note>" * n + b"</note>" * n), read_tbx),
    "tbx, categories in categories": Case(
        2000,
        lambda n: _entry(
            b"<langSec><termSec>"
            + b"<administrativeStatus>" * n
            + b"</administrativeStatus>" * n
            + b"</termSec></langSec>"
        ),
        read_tbx,
    ),
    "agenda, a wide row and many": Case(
        1000, lambda n: ("a," * n + "\n" + "b\n" * n).encode(), lambda data: read_agenda(data, "text/csv")
    ),
    "agenda, numbers": Case(
        8000, lambda n: ("1." * n + "x").encode(), lambda data: read_agenda(data, "text/plain")
    ),
    "agenda, blanks": Case(
        8000, lambda n: (" " * n + "x").encode(), lambda data: read_agenda(data, "text/plain")
    ),
    "agenda, properties of an event": Case(
        500,
        lambda n: _calendar("X-A:1\n" * n + "DESCRIPTION:a"),
        lambda data: read_agenda(data, "text/calendar"),
    ),
    "agenda, events in events": Case(
        300,
        lambda n: _calendar("BEGIN:VEVENT\nDESCRIPTION:a\n" * n + "END:VEVENT\n" * n),
        lambda data: read_agenda(data, "text/calendar"),
    ),
    "agenda, folded lines": Case(
        2000,
        lambda n: _calendar("DESCRIPTION:a" + "\n b" * n),
        lambda data: read_agenda(data, "text/calendar"),
    ),
    "agenda, changes of a series": Case(
        100,
        lambda n: _calendar(
            "UID:1\nDTSTART:20260101T100000Z\nRRULE:FREQ=DAILY\nDESCRIPTION:a\nEND:VEVENT\n"
            + n * "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260102T100000Z\nEND:VEVENT\n"
            + "BEGIN:VEVENT\nDESCRIPTION:a"
        ),
        lambda data: read_agenda(data, "text/calendar", datetime(2026, 11, 30, 9, tzinfo=UTC)),
    ),
    "agenda, addresses of a conference": Case(
        4000,
        lambda n: ("https://" * n + "a-" * n + "1." * n + "\nhttps://zoom.us/j/1\n" + "1. a\n").encode(),
        lambda data: read_agenda(data, "text/plain"),
    ),
    "find and replace": Case(
        4000,
        lambda n: "aaaa " * n,
        replacer("aaaa aaaa aaaa b", "c", match_case=False, whole_words=True),
    ),
    "names that are hidden": Case(2000, lambda n: "Ana " * n, NameMask(["Ana Ana Ana Ana b"]).hide),
    "redaction": Case(1000, _captions, lambda captions: Redaction.of(_said("Ana 1"), captions)),
    "terms in a sentence": Case(200, lambda n: "Name1 and Name7 " * n, _TERMS.attempts),
    "terms in a translation": Case(
        200, lambda n: "Name1 and Name7 " * n, lambda text: _TERMS.missing(text, text)
    ),
    "terms in their own case": Case(
        200, lambda n: "Name1 and name7 " * n, lambda text: _TERMS.attempts(text)[0].restored(text)
    ),
    "misheard names": Case(
        50,
        lambda n: tuple(Word(f" Nam{at % 50}", Span(at, at + 1), 0.3, (1, 2)) for at in range(n)),
        lambda words: corrected(words, _KEPT, "en"),
    ),
}


def _transcript(kind: str) -> Case:
    return Case(50, _captions, lambda captions: render(captions, kind))


CASES |= {
    f"transcript, {kind}": _transcript(kind) for kind in ("docx", "odt", "pdf", "html", "md", "json", "vtt")
}


@pytest.mark.parametrize("name", CASES)
def test_eight_times_as_much_takes_about_eight_times_as_long(name: str) -> None:
    """No input makes work that grows with the square of its size."""
    case = CASES[name]
    small, large = case.make(case.size), case.make(_TIMES * case.size)
    _seconds(case, small)  # what is done once, such as imports, does not count
    ratios = []
    for _ in range(_TRIES):
        little, much = _seconds(case, small), _seconds(case, large)
        ratios.append(much / little if much > _QUICK_SECONDS else 0.0)
        if ratios[-1] < _MOST_RATIO:
            return
    pytest.fail(f"{_TIMES} times as much took {min(ratios):.0f} times as long.")


def _seconds(case: Case, data: object) -> float:
    began = time.process_time()
    with contextlib.suppress(AssistantError):  # refusing takes time as well
        case.work(data)
    return max(time.process_time() - began, 1e-4)
