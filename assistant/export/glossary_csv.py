"""Glossaries as CSV, for spreadsheets: a row for each term, a column for each language."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from assistant.core.errors import GlossaryInvalid, LanguageUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.language import parse_language

_TERM, _LANGUAGE, _SOUNDS, _KEEP = "term", "language", "sounds_like", "keep"
_COLUMNS = (_TERM, _LANGUAGE, _SOUNDS, _KEEP)
_BETWEEN_SOUNDS = "|"
_SHOWN_CHARACTERS = 30
_SEPARATORS = (",", ";", "\t")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TRUE = frozenset(("yes", "true", "1", "x", "oui", "vrai", "sim", "ja"))
_FALSE = frozenset(("", "no", "false", "0", "non", "faux", "não", "nao", "nein"))

# A spreadsheet would run a cell that begins like this; an apostrophe before it makes it text.
_FORMULA = re.compile(r"'*[=+\-@]")
_GUARDED = re.compile(r"'+[=+\-@]")


def write_csv(glossary: Glossary) -> bytes:
    """Return a glossary as CSV in UTF-8 with a byte order mark, which spreadsheets ask for."""
    languages = sorted({tag for term in glossary.terms for tag, _ in term.translations})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*_COLUMNS, *languages))
    for term in glossary.terms:
        called = dict(term.translations)
        cells = (
            term.spelling,
            term.language,
            f" {_BETWEEN_SOUNDS} ".join(term.sounds_like),
            "yes" if term.keep else "",
            *(called.get(tag, "") for tag in languages),
        )
        writer.writerow([_guarded(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def read_csv(data: bytes) -> Glossary:
    """Return the glossary in a CSV file, its values separated by commas, semicolons or tabs.

    It may be in UTF-8, UTF-16 or the Windows code page of Western Europe. The first line names the
    columns: `term`, and as wanted `language`, `sounds_like` (several with `|` between them), `keep`,
    and codes of languages.

    Raises:
        GlossaryInvalid: It is none; the sentence names the line.
    """
    text = _decoded(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    terms: list[Term] = []
    try:
        columns = _columns(next(reader, []))
        for row in reader:
            terms += _terms(row, columns, reader.line_num)
    except csv.Error as error:
        raise GlossaryInvalid(
            f"Line {reader.line_num} of the file cannot be read as CSV ({error})."
        ) from error
    return Glossary.of(terms)


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data.startswith(_UTF16_MARKS) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise GlossaryInvalid(
        "The file cannot be read as text, neither in UTF-8 nor as spreadsheets write it on Windows."
    )


def _separator(text: str) -> str:
    head = text.lstrip().partition("\n")[0]
    return max(_SEPARATORS, key=head.count)


def _columns(head: Sequence[str]) -> dict[int, str]:
    """Return what each column holds: one of `_COLUMNS`, or a language."""
    columns: dict[int, str] = {}
    seen: set[str] = set()
    for number, title in enumerate(head):
        name = title.strip().casefold().replace(" ", "_")
        if not name:
            continue
        column = name if name in _COLUMNS else _column_language(title.strip())
        if column in seen:
            raise GlossaryInvalid(f"Line 1 of the file names the column “{column}” twice.")
        seen.add(column)
        columns[number] = column
    if _TERM not in seen:
        raise GlossaryInvalid("Line 1 of the file has to name the columns, “term” among them.")
    return columns


def _column_language(title: str) -> str:
    try:
        return parse_language(title)
    except LanguageUnknown as error:
        raise GlossaryInvalid(
            f"Line 1 of the file has a column “{_shown(title)}”; there are {', '.join(_COLUMNS)} "
            "and codes of languages, such as fr."
        ) from error


def _terms(row: Sequence[str], columns: Mapping[int, str], line: int) -> Iterator[Term]:
    """Yield the term of a row; none for an empty one."""
    # Only what is there: a row costs what it holds, however many columns line 1 names.
    cells: dict[str, str] = {}
    for number, cell in enumerate(row):
        text = cell.strip()
        if not text:
            continue
        if number in columns:
            cells[columns[number]] = text[1:] if _GUARDED.match(text) else text
        else:
            raise GlossaryInvalid(
                f"Line {line} of the file has a value in a column that line 1 does not name."
            )
    if not cells:
        return
    term = Term(
        cells.pop(_TERM, ""),
        cells.pop(_LANGUAGE, ""),
        tuple(cells.pop(_SOUNDS, "").split(_BETWEEN_SOUNDS)),
        keep=_truth(cells.pop(_KEEP, ""), line),
        translations=tuple(cells.items()),
    ).checked(f"Line {line} of the file")
    if not term.spelling:
        raise GlossaryInvalid(f"Line {line} of the file has no term.")
    yield term


def _truth(cell: str, line: int) -> bool:
    word = cell.casefold()
    if word not in _TRUE | _FALSE:
        raise GlossaryInvalid(f"Line {line} of the file: keep is “yes” or empty, not “{_shown(cell)}”.")
    return word in _TRUE


def _shown(text: str) -> str:
    return "".join(letter for letter in text[:_SHOWN_CHARACTERS] if letter.isprintable())


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
