"""A document as one HTML file that needs nothing else: accessible, printable, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

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

_STYLE = """
:root { color-scheme: light; }
body { font: 1rem/1.5 system-ui, sans-serif; color: #1b2338; background: #fff; margin: 0 auto; max-width: 46rem;
  padding: 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; padding-bottom: .4rem; border-bottom: 1px solid #b8c0cc; }
h2 { font-size: 1.25rem; margin: 2rem 0 .6rem; } h3 { font-size: 1.02rem; margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; } caption { text-align: left; }
th, td { text-align: start; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid #b8c0cc; }
thead th { background: #eef1f5; border-top: 1px solid #b8c0cc; } td.figure, th.figure { text-align: center; }
dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .3rem 1rem; } dd { margin: 0; }
dt, .quiet, .kind { color: #4c5462; } .quiet { font-size: .86em; }
.kind { font-weight: bold; text-transform: uppercase; letter-spacing: .05em; margin: 0; }
.mark { display: inline-block; background: #eef1f5; padding: .2rem .6rem; font-weight: bold; }
.level { text-align: center; font-weight: bold; position: sticky; top: 0; background: #fff; padding: .3rem; }
.signatures { display: flex; gap: 3rem; margin-top: 3rem; } .signatures p { flex: 1; color: #4c5462;
  border-bottom: 1px solid #b8c0cc; padding-bottom: 4rem; }
footer { margin-top: 3rem; border-top: 1px solid #b8c0cc; padding-top: .5rem; color: #4c5462; font-size: .9rem; }
@media print { body { padding: 0; } .level { position: fixed; width: 100%; } thead { display: table-header-group; }
  tr, .signatures { break-inside: avoid; } h2, h3 { break-after: avoid; } }
"""


def render_html(document: Document) -> bytes:
    """Return UTF-8 HTML in which names and spoken text have no markup of their own."""
    return "\n".join(_lines(document)).encode()


def _lines(document: Document) -> Iterator[str]:
    marks = " · ".join(document.furniture.marks)
    direction = ' dir="rtl"' if document.right_to_left else ""
    yield f'<!doctype html>\n<html lang="{_text(document.lang)}"{direction}>\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(document.kind)} – {_text(document.title)}</title>"
    yield f"<style>{_STYLE}</style>\n</head>\n<body>"
    if marks:
        yield f'<p class="level">{_text(marks)}</p>'
    yield f'<main>\n<p class="kind">{_text(document.kind)}</p>\n<h1>{_text(document.title)}</h1>'
    for block in document.blocks:
        yield from _block(block, document)
    yield "</main>"
    running = " · ".join(filter(None, (marks, document.furniture.running)))
    yield f"<footer>{_text(running)}</footer>\n</body>\n</html>\n"


def _block(block: Block, document: Document) -> Iterator[str]:
    match block:
        case Heading(level, text):
            yield f"<h{level + 1}{_turned((Run(text),), document)}>{_text(text)}</h{level + 1}>"
        case Paragraph(runs, mark):
            look = ' class="mark"' if mark else ""
            yield f"<p{look}{_turned(runs, document)}>{_runs(runs)}</p>"
        case Bullets(items, numbered):
            kind = "ol" if numbered else "ul"
            yield f"<{kind}>"
            yield from (f"<li{_turned(runs, document)}>{_runs(runs)}</li>" for runs in items)
            yield f"</{kind}>"
        case Fields(pairs):
            yield "<dl>"
            yield from (
                f"<dt>{_text(name)}</dt><dd{_turned((Run(value),), document)}>{_text(value)}</dd>"
                for name, value in pairs
            )
            yield "</dl>"
        case Table():
            yield from _table(block, document)
        case Signatures(names):
            yield f'<div class="signatures">{"".join(f"<p>{_text(name)}</p>" for name in names)}</div>'


def _table(table: Table, document: Document) -> Iterator[str]:
    def cell(tag: str, at: int, content: str, turned: str = "") -> str:
        scope = ' scope="col"' if tag == "th" else ""
        figure = ' class="figure"' if at in table.numbers else ""
        return f"<{tag}{scope}{figure}{turned}>{content}</{tag}>"

    names = "".join(cell("th", at, _text(name)) for at, name in enumerate(table.header))
    yield f"<table>\n<thead><tr>{names}</tr></thead>\n<tbody>"
    for row in table.rows:
        cells = (cell("td", at, _runs(runs), _turned(runs, document)) for at, runs in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody>\n</table>"


def _turned(runs: Runs, document: Document) -> str:
    """Return the attribute of what is written in another direction than its document."""
    here = runs_right_to_left(runs, otherwise=document.right_to_left)
    return "" if here == document.right_to_left else f' dir="{"rtl" if here else "ltr"}"'


def _runs(runs: Runs) -> str:
    return "".join(map(_run, runs))


def _run(run: Run) -> str:
    text = _text(run.text)
    if run.bold:
        return f"<strong>{text}</strong>"
    if run.quiet:
        return f'<span class="quiet">{text}</span>'
    return f'<span lang="{_text(run.lang)}" dir="auto">{text}</span>' if run.lang else text


def _text(text: str) -> str:
    return escape(clean(text))
