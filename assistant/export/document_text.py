"""A document as Markdown (CommonMark with tables) and as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.export.blocks import (
    Block,
    Bullets,
    Document,
    Fields,
    Heading,
    Paragraph,
    Runs,
    Signatures,
    Table,
    clean,
    plain_text,
)

_SPECIAL = re.compile(r"([\\`*_\[\]<>&|~#!])")
_LINE_START = re.compile(r"^([-+=]|\d+[.)])")
_UNDERLINES = {1: "=", 2: "-"}


def render_document_markdown(document: Document) -> bytes:
    """Return UTF-8 Markdown in which names and spoken text have no markup of their own."""
    marks = document.furniture.marks
    around = [f"**{escaped(' · '.join(marks))}**"] if marks else []
    head = [escaped(document.kind), f"# {escaped(document.title)}"]
    return _written([*around, *head, *map(_markdown, document.blocks), *around])


def _written(parts: Sequence[str]) -> bytes:
    """Return parts with an empty line between them."""
    return ("\n\n".join(parts) + "\n").encode()


def escaped(text: str) -> str:
    """Return a text on one line that Markdown shows as it is."""
    text = _plain_marks(" ".join(clean(text).split()))
    return _LINE_START.sub(r"\\\1", text)


def _plain_marks(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", clean(text))


def _markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * (level + 1)} {_plain_marks(text)}"
        case Paragraph(runs, mark):
            text = _marked(runs)
            return f"*{escaped(plain_text(runs))}*" if mark else text
        case Bullets(items, numbered):
            lines = zip(_signs(items, numbered=numbered), items, strict=True)
            return "\n".join(f"{sign} {_marked(runs)}" for sign, runs in lines)
        case Fields(pairs):
            return "\n".join(f"- **{escaped(name)}**: {escaped(value)}" for name, value in pairs)
        case Table(header, rows):
            cells = [[escaped(name) for name in header], ["---"] * len(header)]
            cells += [[_marked(cell) for cell in row] for row in rows]
            return "\n".join(f"| {' | '.join(line)} |" for line in cells)
        case Signatures(names):
            return "\n\n".join(f"{escaped(name)}: ____________________" for name in names)


def _signs(items: Sequence[Runs], *, numbered: bool) -> Iterator[str]:
    """Yield what stands before each item of a list."""
    return (f"{number}." if numbered else "-" for number in range(1, len(items) + 1))


def _marked(runs: Runs) -> str:
    parts = []
    for run in runs:
        text = _plain_marks(run.text)
        core = text.strip()
        parts.append(text.replace(core, f"**{core}**", 1) if run.bold and core else text)
    return _LINE_START.sub(r"\\\1", " ".join("".join(parts).split()))


def render_document_text(document: Document) -> bytes:
    """Return UTF-8 text that ends with a line break."""
    marks = document.furniture.marks
    around = [" · ".join(marks)] if marks else []
    title = _line(document.title)
    head = [_line(document.kind), f"{title}\n{'=' * len(title)}"]
    return _written([*around, *head, *map(_plain, document.blocks), *around])


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _plain(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{_line(text)}\n{_UNDERLINES[level] * len(_line(text))}"
        case Paragraph(runs):
            return _line(plain_text(runs))
        case Bullets(items, numbered):
            lines = zip(_signs(items, numbered=numbered), items, strict=True)
            return "\n".join(f"{sign} {_line(plain_text(runs))}" for sign, runs in lines)
        case Fields(pairs):
            width = max((len(_line(name)) for name, _ in pairs), default=0)
            return "\n".join(f"{_line(name):<{width}}  {_line(value)}" for name, value in pairs)
        case Table(header, rows):
            return "\n".join(_records(header, rows))
        case Signatures(names):
            return "\n\n".join(f"{_line(name)}: ____________________" for name in names)


def _records(header: tuple[str, ...], rows: tuple[tuple[Runs, ...], ...]) -> Iterator[str]:
    """Yield each row on a line of its own: the first cell, then what the others say and are called."""
    for row in rows:
        cells = [_line(plain_text(cell)) for cell in row]
        named = [f"{name}: {cell}" for name, cell in zip(header[1:], cells[1:], strict=True) if cell]
        yield f"- {'; '.join([cells[0], *named])}"
