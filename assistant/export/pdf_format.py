"""A document as tagged PDF (PDF/UA-1), set by typst; what is printed goes in as data, never as markup."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import typst

from assistant.core.errors import CharactersUnprintable
from assistant.export.blocks import (
    Block,
    Bullets,
    Document,
    Fields,
    Heading,
    Paragraph,
    Run,
    Runs,
    Signatures,
    Table,
    clean,
    runs_right_to_left,
)

_TEMPLATE = Path(__file__).parent / "document.typ"
_MOST_NAMED = 20
"""How many of the characters without a glyph are named."""
_UNDISPLAYED = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]{1,6})\}")


def render_pdf(document: Document) -> bytes:
    """Return a PDF on A4 pages with tags, bookmarks, title and language.

    Raises:
        CharactersUnprintable: No font of this machine has some of its characters: there would be boxes.
    """
    data = json.dumps(_document(document), ensure_ascii=False)
    template, inputs = _TEMPLATE.read_bytes(), {"document": data}
    try:
        return typst.compile(template, format="pdf", sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError as error:
        if not (missing := _undisplayed(error.diagnostic)):
            # The standard forbids more than what nobody could read.
            return typst.compile(template, format="pdf", sys_inputs=inputs)
        shown = ", ".join(missing[:_MOST_NAMED]) + (", …" if len(missing) > _MOST_NAMED else "")
        raise CharactersUnprintable(
            f"No font on this machine has {shown}: install one, such as Noto, or take DOCX, ODT or HTML."
        ) from error


def _undisplayed(diagnostic: str) -> list[str]:
    """Return which characters have no glyph, each with its number, as the standard has typst name them.

    It names joiners and marks of direction that stand beside them too, which want none.
    """
    texts = (
        _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) for text in _UNDISPLAYED.findall(diagnostic)
    )
    characters = dict.fromkeys(character for text in texts for character in text if not character.isspace())
    seen = [character for character in characters if unicodedata.category(character) != "Cf"]
    return [f"{character} (U+{ord(character):04X})" for character in seen or characters]


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
        "blocks": [_block(block, document) for block in document.blocks],
    }


def _block(block: Block, document: Document) -> dict[str, object]:
    def told(runs: Runs) -> dict[str, object]:
        return {
            "runs": _runs(runs),
            "rtl": runs_right_to_left(runs, otherwise=document.right_to_left),
        }

    match block:
        case Heading(level, text):
            return {"is": "heading", "level": level, "text": told((Run(text),))}
        case Paragraph(runs, mark):
            return {"is": "paragraph", "text": told(runs), "mark": mark}
        case Bullets(items, numbered):
            return {"is": "list", "items": [told(runs) for runs in items], "numbered": numbered}
        case Fields(pairs):
            return {"is": "fields", "pairs": [[clean(name), told((Run(value),))] for name, value in pairs]}
        case Signatures(names):
            return {"is": "signatures", "names": [clean(name) for name in names]}
        case Table(header, rows, widths, numbers):
            return {
                "is": "table",
                "header": [clean(name) for name in header],
                "rows": [[told(cell) for cell in row] for row in rows],
                "widths": list(widths),
                "numbers": sorted(numbers),
            }


def _runs(runs: Runs) -> list[dict[str, object]]:
    return [{"text": clean(run.text), "bold": run.bold, "quiet": run.quiet, "lang": run.lang} for run in runs]
