"""A document as OpenDocument text (ODT), with real headings, lists and tables."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from odfdo import Document as OdfDocument
from odfdo import Element

from assistant.export.blocks import (
    RIGHT_TO_LEFT,
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
from assistant.export.office_archive import steady

_FONT = "Liberation Sans"
_INK, _QUIET, _LINE, _SHADE = "#1b2338", "#565e6c", "#b8c0cc", "#eef1f5"
_WIDTH_CM = 17.0
_COUNTRIES = {"en": "GB", "fr": "FR", "de": "DE", "es": "ES", "pt": "PT", "it": "IT"}


_RIGHT_TO_LEFT = "_20_rtl"
"""Ends the name of a style of paragraphs that are written from right to left."""
_TURNED = ("Standard", "Title", "Heading_20_1", "Heading_20_2", "Overline", "Mark", "Cell", "Figure")


def render_odt(document: Document) -> bytes:
    """Return an ODT file on A4 pages."""
    odf = OdfDocument("text")
    odf.body.clear()
    meta = odf.meta
    meta.title = clean(document.title)
    meta.language = document.lang
    if document.author:
        meta.set_creator(clean(document.author))
    for xml in _common_styles(document.lang):
        odf.insert_style(xml, default=False)
    _leave_headings_unnumbered(odf)
    _set_pages(odf, document)
    writer = _Writer(document)
    for xml in writer.automatic_styles():
        odf.insert_style(xml, automatic=True)
    for xml in writer.written:
        odf.body.append(Element.from_tag(xml))
    file = io.BytesIO()
    odf.save(file)
    return steady(file.getvalue())


def _common_styles(lang: str) -> Iterator[str]:
    """Yield the styles that readers list by name, so that an administration can change them."""
    code = lang.split("-", maxsplit=1)[0]
    country = _COUNTRIES.get(code, "none")
    text = (
        f'style:font-name="{_FONT}" fo:font-family="{_FONT}" fo:color="{_INK}" '
        f'style:font-name-complex="{_FONT}" '
        f'fo:language="{escape(code)}" fo:country="{country}"'
    )
    yield _paragraph_style("Standard", "", 'fo:margin-bottom="0.12cm"', f'{text} fo:font-size="10.5pt"')
    yield _paragraph_style(
        "Title",
        "Standard",
        f'fo:margin-bottom="0.3cm" fo:padding-bottom="0.15cm" fo:border-bottom="1pt solid {_LINE}"',
        'fo:font-size="20pt" fo:font-weight="bold"',
    )
    for level, size, before in ((1, "13.5pt", "0.6cm"), (2, "11pt", "0.35cm")):
        yield _paragraph_style(
            f"Heading_20_{level}",
            "Standard",
            f'fo:margin-top="{before}" fo:margin-bottom="0.2cm" fo:keep-with-next="always"',
            f'fo:font-size="{size}" fo:font-weight="bold"',
            more=f'style:default-outline-level="{level}" style:display-name="Heading {level}"',
        )
    yield _paragraph_style("Overline", "Standard", "", f'fo:color="{_QUIET}" fo:font-weight="bold"')
    yield _paragraph_style("Mark", "Standard", f'fo:background-color="{_SHADE}"', 'fo:font-weight="bold"')
    yield _paragraph_style("Cell", "Standard", 'fo:margin-bottom="0cm"', "")
    yield _paragraph_style("Figure", "Cell", 'fo:text-align="center"', "")
    yield _paragraph_style(
        "Page", "Standard", 'fo:text-align="center"', f'fo:color="{_QUIET}" fo:font-size="8.5pt"'
    )
    for name in _TURNED:
        aligned = "center" if name == "Figure" else "start"
        turned = f'style:writing-mode="rl-tb" fo:text-align="{aligned}"'
        yield _paragraph_style(f"{name}{_RIGHT_TO_LEFT}", name, turned, "")
    yield '<style:style style:name="Strong" style:family="text"><style:text-properties fo:font-weight="bold" style:font-weight-complex="bold"/></style:style>'
    yield (
        '<style:style style:name="Quiet" style:family="text">'
        f'<style:text-properties fo:color="{_QUIET}" fo:font-size="9pt"/></style:style>'
    )


def _paragraph_style(name: str, parent: str, layout: str, text: str, more: str = "") -> str:
    inherits = f' style:parent-style-name="{parent}"' if parent else ""
    return (
        f'<style:style style:name="{name}" style:family="paragraph" style:class="text"{inherits} {more}>'
        f"<style:paragraph-properties {layout}/><style:text-properties {text}/></style:style>"
    )


def _leave_headings_unnumbered(odf: OdfDocument) -> None:
    """Take out the template's numbers of chapters: items have those of the agenda."""
    for outline in odf.styles.get_elements("//text:outline-style"):
        outline.delete()


def _set_pages(odf: OdfDocument, document: Document) -> None:
    """Set A4 pages with header and footer; page numbers are counted by the reader."""
    layout = odf.get_style("page-layout", "Mpm1")
    if layout is not None:
        layout.delete()
    odf.insert_style(
        '<style:page-layout style:name="Mpm1"><style:page-layout-properties fo:page-width="21cm" '
        'fo:page-height="29.7cm" fo:margin-top="1.2cm" fo:margin-bottom="1.2cm" fo:margin-left="2cm" '
        'fo:margin-right="2cm"/><style:header-style><style:header-footer-properties fo:min-height="1cm" '
        'fo:margin-bottom="0.4cm"/></style:header-style><style:footer-style>'
        '<style:header-footer-properties fo:min-height="1cm" fo:margin-top="0.4cm"/></style:footer-style>'
        "</style:page-layout>",
        automatic=True,
    )
    furniture = document.furniture
    master = odf.get_style("master-page", "Standard")
    if master is not None:
        master.delete()
    top = _span("Strong", furniture.level) + escape(
        clean(("  ·  " if furniture.level and furniture.copy else "") + furniture.copy)
    )
    marks = filter(None, (*furniture.marks, furniture.running))
    page = escape(clean(furniture.page)).replace("{pages}", "<text:page-count/>")
    page = page.replace("{page}", '<text:page-number text:select-page="current"/>')
    bottom = escape(clean("  ·  ".join(marks)))
    odf.insert_style(
        '<style:master-page style:name="Standard" style:page-layout-name="Mpm1">'
        f'<style:header><text:p text:style-name="Page">{top}</text:p></style:header>'
        f'<style:footer><text:p text:style-name="Page">{bottom}<text:line-break/>{page}</text:p></style:footer>'
        "</style:master-page>"
    )


def _span(style: str, text: str) -> str:
    return f'<text:span text:style-name="{style}">{escape(clean(text))}</text:span>' if text else ""


def _style(name: str, runs: Runs, document: Document) -> str:
    """Return the attribute that gives a paragraph its style, the turned one where it is so written."""
    turned = runs_right_to_left(runs, otherwise=document.right_to_left)
    return f'text:style-name="{name}{_RIGHT_TO_LEFT if turned else ""}"'


class _Writer:
    """Writes blocks as XML, and the styles that they ask for."""

    def __init__(self, document: Document) -> None:
        self.written: list[str] = [
            f"<text:p {_style(name, (Run(text),), document)}>{escape(clean(text))}</text:p>"
            for name, text in (("Overline", document.kind.upper()), ("Title", document.title))
        ]
        self._document = document
        self._tables: list[tuple[int, ...]] = []
        self._languages: set[str] = set()
        for block in document.blocks:
            self.written += self._block(block)

    def automatic_styles(self) -> Iterator[str]:
        """Yield what tables, lists and passages in other languages need."""
        for number, widths in enumerate(self._tables):
            yield (
                f'<style:style style:name="T{number}" style:family="table"><style:table-properties '
                f'style:width="{_WIDTH_CM}cm" table:align="margins" fo:margin-bottom="0.3cm"/></style:style>'
            )
            for column, width in enumerate(widths):
                size = _WIDTH_CM * width / sum(widths)
                yield (
                    f'<style:style style:name="T{number}.{column}" style:family="table-column">'
                    f'<style:table-column-properties style:column-width="{size:.2f}cm"/></style:style>'
                )
        border = f'fo:border-bottom="0.5pt solid {_LINE}" fo:padding="0.1cm"'
        for name, look in (
            ("HeaderCell", f'fo:background-color="{_SHADE}" fo:border-top="0.5pt solid {_LINE}" {border}'),
            ("RowCell", border),
            ("BareCell", 'fo:padding="0.05cm"'),
        ):
            yield (
                f'<style:style style:name="{name}" style:family="table-cell">'
                f"<style:table-cell-properties {look}/></style:style>"
            )
        for name, kind, look in (
            ("Bullets", "bullet", 'text:bullet-char="•"'),
            ("Numbers", "number", 'style:num-format="1" style:num-suffix="."'),
        ):
            indent = '<style:list-level-properties text:space-before="0.2cm" text:min-label-width="0.6cm"/>'
            yield (
                f'<text:list-style style:name="{name}"><text:list-level-style-{kind} text:level="1" {look}>'
                f"{indent}</text:list-level-style-{kind}></text:list-style>"
            )
        for lang in sorted(self._languages):
            country = _COUNTRIES.get(lang, "none")
            where = f'fo:language="{lang}" fo:country="{country}"'
            if lang in RIGHT_TO_LEFT:
                where = f'style:language-complex="{lang}" style:country-complex="{country}"'
            yield (
                f'<style:style style:name="In_{lang}" style:family="text">'
                f"<style:text-properties {where}/></style:style>"
            )

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Heading(level, text):
                style = self._style(f"Heading_20_{level}", (Run(text),))
                yield f'<text:h {style} text:outline-level="{level}">{escape(clean(text))}</text:h>'
            case Paragraph(runs, mark):
                style = self._style("Mark" if mark else "Standard", runs)
                yield f"<text:p {style}>{self._runs(runs)}</text:p>"
            case Bullets(items, numbered):
                rows = "".join(
                    f"<text:list-item><text:p {self._style('Standard', runs)}>{self._runs(runs)}</text:p></text:list-item>"
                    for runs in items
                )
                yield f'<text:list text:style-name="{"Numbers" if numbered else "Bullets"}">{rows}</text:list>'
            case Fields(pairs):
                fields = tuple(((Run(name, quiet=True),), (Run(value),)) for name, value in pairs)
                yield self._table(Table((), fields, (24, 76)), cell="BareCell")
            case Table():
                yield self._table(block, cell="RowCell")
            case Signatures(names):
                yield '<text:p text:style-name="Standard"/>'
                row = tuple((Run(name, quiet=True),) for name in names)
                yield self._table(Table((), (row,), (1,) * len(names)), cell="BareCell")

    def _table(self, table: Table, *, cell: str) -> str:
        number = len(self._tables)
        self._tables.append(table.widths)
        columns = "".join(
            f'<table:table-column table:style-name="T{number}.{at}"/>' for at in range(len(table.widths))
        )
        header = ""
        if table.header:
            names = tuple((Run(name, bold=True),) for name in table.header)
            row = self._row(names, "HeaderCell", table.numbers)
            header = f"<table:table-header-rows>{row}</table:table-header-rows>"
        rows = "".join(self._row(row, cell, table.numbers) for row in table.rows)
        name = quoteattr(f"Table{number + 1}")
        return f'<table:table table:name={name} table:style-name="T{number}">{columns}{header}{rows}</table:table>'

    def _row(self, cells: Sequence[Runs], style: str, numbers: frozenset[int]) -> str:
        written = "".join(
            f'<table:table-cell table:style-name="{style}" office:value-type="string">'
            f"<text:p {self._style('Figure' if at in numbers else 'Cell', runs)}>{self._runs(runs)}</text:p>"
            "</table:table-cell>"
            for at, runs in enumerate(cells)
        )
        return f"<table:table-row>{written}</table:table-row>"

    def _style(self, name: str, runs: Runs) -> str:
        return _style(name, runs, self._document)

    def _runs(self, runs: Runs) -> str:
        return "".join(map(self._run, runs))

    def _run(self, run: Run) -> str:
        if run.bold or run.quiet:
            return _span("Strong" if run.bold else "Quiet", run.text)
        lang = run.lang.split("-", maxsplit=1)[0]
        if lang.isalpha():
            self._languages.add(lang)
            return _span(f"In_{lang}", run.text)
        return escape(clean(run.text))
