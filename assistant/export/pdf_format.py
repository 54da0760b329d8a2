"""A document as tagged PDF (PDF/UA-1), set by typst; what is printed goes in as data, never as markup."""

from __future__ import annotations

import json
from pathlib import Path

import typst

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
)

_TEMPLATE = Path(__file__).parent / "document.typ"


def render_pdf(document: Document) -> bytes:
    """Return a PDF on A4 pages with tags, bookmarks, title and language.

    It says that it keeps to PDF/UA-1 unless a character has no glyph in the fonts of this machine.
    """
    data = json.dumps(_document(document), ensure_ascii=False)
    template, inputs = _TEMPLATE.read_bytes(), {"document": data}
    try:
        return typst.compile(template, format="pdf", sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:
        # The standard wants a glyph for every character; no machine has one for all writings.
        return typst.compile(template, format="pdf", sys_inputs=inputs)


def _document(document: Document) -> dict[str, object]:
    furniture = document.furniture
    return {
        "kind": clean(document.kind),
        "title": clean(document.title) or document.kind,
        "lang": document.lang,
        "rtl": document.right_to_left,
        "author": clean(document.author),
        "level": clean(furniture.level),
        "copy": clean(furniture.copy),
        "running": clean(furniture.running),
        "page": furniture.page,
        "blocks": [_block(block) for block in document.blocks],
    }


def _block(block: Block) -> dict[str, object]:
    match block:
        case Heading(level, text):
            return {"is": "heading", "level": level, "text": clean(text)}
        case Paragraph(runs, mark):
            return {"is": "paragraph", "runs": _runs(runs), "mark": mark}
        case Bullets(items, numbered):
            return {"is": "list", "items": [_runs(runs) for runs in items], "numbered": numbered}
        case Fields(pairs):
            return {"is": "fields", "pairs": [[clean(name), clean(value)] for name, value in pairs]}
        case Signatures(names):
            return {"is": "signatures", "names": [clean(name) for name in names]}
        case Table(header, rows, widths, numbers):
            return {
                "is": "table",
                "header": [clean(name) for name in header],
                "rows": [[_runs(cell) for cell in row] for row in rows],
                "widths": list(widths),
                "numbers": sorted(numbers),
            }


def _runs(runs: Runs) -> list[dict[str, object]]:
    return [{"text": clean(run.text), "bold": run.bold, "quiet": run.quiet, "lang": run.lang} for run in runs]
