"""A document as Office Open XML (DOCX), with real headings, lists and tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import docx as office
from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as DocxParagraph

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
_INK = RGBColor(0x1B, 0x23, 0x38)
_QUIET = RGBColor(0x5B, 0x63, 0x70)
_LINE = "B8C0CC"
_SHADE = "EEF1F5"
_WIDTH_CM = 17.0
_FOOTER_SIZE = 8.5
_BEHIND_BIDI = tuple(
    f"w:{name}"
    for name in (
        "adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc "
        "textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange"
    ).split()
)
"""What stands behind the direction among the properties of a paragraph: their order is fixed."""
_LANGUAGES = {"en": "en-GB", "fr": "fr-FR", "de": "de-DE", "es": "es-ES", "pt": "pt-PT", "it": "it-IT"}


def render_docx(document: Document) -> bytes:
    """Return a DOCX file on A4 pages."""
    docx = office.Document()
    _set_up(docx, document)
    writer = _Writer(docx, document)
    writer.head()
    for block in document.blocks:
        writer.write(block)
    file = io.BytesIO()
    docx.save(file)
    return steady(file.getvalue())


def _set_up(docx: Docx, document: Document) -> None:
    section = docx.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)
    properties = docx.core_properties
    properties.title, properties.author = clean(document.title), clean(document.author)
    properties.language = document.lang
    properties.comments = ""
    _style(docx, "Normal", 10.5, after=4)
    _style(docx, "Title", 20, bold=True, after=6)
    _style(docx, "Heading 1", 13.5, bold=True, before=16, after=5)
    _style(docx, "Heading 2", 11, bold=True, before=9, after=3)
    for name in ("List Bullet", "List Number"):
        _style(docx, name, 10.5, after=3)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), _LANGUAGES.get(document.lang, document.lang))
    docx.styles["Normal"].element.get_or_add_rPr().append(language)


def _style(
    docx: Docx, name: str, size: float, *, bold: bool = False, before: float = 0, after: float = 0
) -> None:
    style = docx.styles[name]
    font = style.font
    font.name, font.size, font.bold = _FONT, Pt(size), bold
    font.color.rgb = _INK
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(kind), _FONT)
    for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
        if fonts.get(qn(kind)) is not None:
            del fonts.attrib[qn(kind)]
    space = style.paragraph_format
    space.space_before, space.space_after = Pt(before), Pt(after)
    if name.startswith("Heading"):
        space.keep_with_next = True


class _Writer:
    """Writes blocks one after the other."""

    def __init__(self, docx: Docx, document: Document) -> None:
        self._docx = docx
        self._document = document
        self._lists = 0

    def head(self) -> None:
        """Write what stands on every page, then what the document is and its title."""
        furniture = self._document.furniture
        section = self._docx.sections[0]
        top = section.header.paragraphs[0]
        top.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if furniture.level:
            self._run(top, Run(furniture.level, bold=True))
        if furniture.copy:
            self._run(top, Run(("  ·  " if furniture.level else "") + furniture.copy))
        bottom = section.footer.paragraphs[0]
        bottom.alignment = WD_ALIGN_PARAGRAPH.CENTER
        marks = "  ·  ".join(filter(None, (*furniture.marks, furniture.running)))
        self._run(bottom, Run(marks, quiet=True), size=_FOOTER_SIZE)
        numbers = section.footer.add_paragraph()
        numbers.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._page_numbers(numbers, furniture.page)
        kind = self._docx.add_paragraph()
        self._text(kind, (Run(self._document.kind.upper(), quiet=True, bold=True),), size=10)
        title = self._docx.add_paragraph(style="Title")
        self._border(title, "bottom")
        self._text(title, (Run(self._document.title),), styled=True)

    def write(self, block: Block) -> None:
        """Write one block."""
        match block:
            case Heading(level, text):
                self._text(self._paragraph(f"Heading {level}"), (Run(text),), styled=True)
            case Paragraph(runs, mark):
                shown = [replace(run, bold=True) for run in runs] if mark else runs
                self._text(self._paragraph(), shown)
            case Bullets(items, numbered):
                self._bullets(items, numbered=numbered)
            case Fields(pairs):
                rows = tuple(((Run(name, quiet=True),), (Run(value),)) for name, value in pairs)
                self._grid(rows, (24, 76), lines=False)
            case Table():
                self._table(block)
            case Signatures(names):
                self._signatures(names)

    def _paragraph(self, style: str = "Normal") -> DocxParagraph:
        return self._docx.add_paragraph(style=style)

    def _bullets(self, items: Sequence[Runs], *, numbered: bool) -> None:
        if not numbered:
            for runs in items:
                self._text(self._paragraph("List Bullet"), runs)
            return
        # Numbered by hand: numbering that begins anew needs definitions that readers disagree about.
        for number, runs in enumerate(items, 1):
            paragraph = self._paragraph()
            paragraph.paragraph_format.left_indent = Cm(0.8)
            paragraph.paragraph_format.first_line_indent = Cm(-0.8)
            paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.8))
            self._text(paragraph, (Run(f"{number}.\t"), *runs))

    def _table(self, table: Table) -> None:
        header = tuple((Run(name, bold=True),) for name in table.header)
        self._grid((header, *table.rows), table.widths, numbers=table.numbers)

    def _grid(
        self,
        rows: Sequence[Sequence[Runs]],
        widths: Sequence[int],
        *,
        lines: bool = True,
        numbers: frozenset[int] = frozenset(),
    ) -> None:
        if not rows:
            return
        grid = self._docx.add_table(len(rows), len(widths), style="Table Grid" if lines else "Normal Table")
        grid.alignment = WD_TABLE_ALIGNMENT.CENTER
        grid.autofit = False
        if lines:
            self._colour(grid)
        sizes = [Cm(_WIDTH_CM * width / sum(widths)) for width in widths]
        for column, size in zip(grid.columns, sizes, strict=True):
            column.width = size
        cells = grid._cells  # noqa: SLF001 - asking for each cell by its place costs a second a thousand
        for at, cell in enumerate(cells):
            row, column_at = divmod(at, len(widths))
            cell.width = sizes[column_at]
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
            if lines and column_at in numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            self._text(paragraph, rows[row][column_at])
        if lines:
            self._header_row(grid, len(widths))
        self._docx.add_paragraph().paragraph_format.space_after = Pt(2)

    def _header_row(self, grid: object, columns: int) -> None:
        """Shade the first row, and let it stand on every page."""
        first = grid.rows[0]  # type: ignore[attr-defined]
        self._flag(first._tr.get_or_add_trPr(), "w:tblHeader")  # noqa: SLF001 - the library has no word for it
        for row in grid.rows:  # type: ignore[attr-defined]
            self._flag(row._tr.get_or_add_trPr(), "w:cantSplit")  # noqa: SLF001 - nor for this
        for cell in grid._cells[:columns]:  # type: ignore[attr-defined] # noqa: SLF001 - as above
            shade = OxmlElement("w:shd")
            shade.set(qn("w:val"), "clear")
            shade.set(qn("w:fill"), _SHADE)
            cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - nor for this

    def _colour(self, grid: object) -> None:
        borders = OxmlElement("w:tblBorders")
        for side in ("top", "bottom", "insideH", "left", "right", "insideV"):
            line = OxmlElement(f"w:{side}")
            quiet = side in {"left", "right", "insideV"}
            line.set(qn("w:val"), "nil" if quiet else "single")
            line.set(qn("w:sz"), "4")
            line.set(qn("w:color"), _LINE)
            borders.append(line)
        grid._tbl.tblPr.append(borders)  # type: ignore[attr-defined] # noqa: SLF001 - nor for this

    def _signatures(self, names: Sequence[str]) -> None:
        self._docx.add_paragraph().paragraph_format.space_before = Pt(18)
        rows = (tuple((Run(name, quiet=True),) for name in names), tuple((Run(""),) for _ in names))
        self._grid(rows, [1] * len(names), lines=False)

    def _text(
        self, paragraph: DocxParagraph, runs: Sequence[Run], *, size: float = 0, styled: bool = False
    ) -> None:
        if runs_right_to_left(runs, otherwise=self._document.right_to_left):
            properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001 - the library has no word for it
            properties.insert_element_before(OxmlElement("w:bidi"), *_BEHIND_BIDI)
        for run in runs:
            self._run(paragraph, run, size=size, styled=styled)

    def _run(self, paragraph: DocxParagraph, run: Run, *, size: float = 0, styled: bool = False) -> None:
        written = paragraph.add_run(clean(run.text))
        if runs_right_to_left((replace(run, bold=False, quiet=False),), otherwise=False):
            # Without it, brackets and numbers within are set as if they stood in Latin text.
            written.font.rtl = True
            written.font.cs_bold = run.bold or None
        if styled:
            return
        written.bold = run.bold or None
        if run.quiet:
            written.font.color.rgb = _QUIET
            written.font.size = Pt(size or 9)
        elif size:
            written.font.size = Pt(size)
        if run.lang:
            language = OxmlElement("w:lang")
            code = run.lang.split("-", maxsplit=1)[0]
            kind = "w:bidi" if code in RIGHT_TO_LEFT else "w:val"
            language.set(qn(kind), _LANGUAGES.get(run.lang, run.lang))
            written._r.get_or_add_rPr().append(language)  # noqa: SLF001 - the library has no word for it

    def _page_numbers(self, paragraph: DocxParagraph, form: str) -> None:
        """Write "page 3 of 7" with fields that the reader counts."""
        for part in form.replace("{pages}", "\0NUMPAGES\0").replace("{page}", "\0PAGE\0").split("\0"):
            if part in {"PAGE", "NUMPAGES"}:
                field = OxmlElement("w:fldSimple")
                field.set(qn("w:instr"), part)
                shown = paragraph.add_run("1")  # until the reader has counted
                shown.font.size, shown.font.color.rgb = Pt(_FOOTER_SIZE), _QUIET
                field.append(shown._r)  # noqa: SLF001 - the library has no word for it
                paragraph._p.append(field)  # noqa: SLF001 - the library has no word for it
            elif part:
                self._run(paragraph, Run(part, quiet=True), size=_FOOTER_SIZE)

    @staticmethod
    def _flag(properties: object, name: str) -> None:
        properties.append(OxmlElement(name))  # type: ignore[attr-defined] # an element of lxml

    @staticmethod
    def _border(paragraph: DocxParagraph, side: str) -> None:
        borders = OxmlElement("w:pBdr")
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "8"), ("space", "6"), ("color", _LINE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
        paragraph._p.get_or_add_pPr().append(borders)  # noqa: SLF001 - the library has no word for it
