"""Documents in which people speak languages of several writings."""

from __future__ import annotations

import html
import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as Xml

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from assistant.core.captions.caption import Caption
from assistant.core.errors import CharactersUnprintable
from assistant.export import render
from assistant.export.minutes_view import PrintOptions
from tests.captions import a_caption
from tests.names import REAL_NAMES

ARABIC = "نقطة نظام (33) — Mme Müller dit « non »"
HEBREW = "הצעה 7 (סעיף ב) – Budget"
PERSIAN = "12. علی‌رضا: خیر."
TURNED = (ARABIC, HEBREW, PERSIAN)
STRAIGHT = ("Bonjour, السلام عليكم.", "Слово и дело", "予算（33）")


def _captions(*texts: str, speaker: str = "محمد الأمين") -> list[Caption]:
    return [
        replace(
            a_caption(at + 1), id=f"c{at}", text=text, words=(), speaker=speaker, start_seconds=at * 60.0,
            participant=f"p{at}", end_seconds=at * 60.0 + 2
        )
        for at, text in enumerate(texts)
    ]  # fmt: skip


def _docx_directions(data: bytes) -> dict[str, bool]:
    paragraphs = docx.Document(io.BytesIO(data)).paragraphs
    return {one.text: one._p.find(f"{qn('w:pPr')}/{qn('w:bidi')}") is not None for one in paragraphs}


def _odt_directions(data: bytes) -> dict[str, bool]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content, styles = (archive.read(f"{name}.xml").decode() for name in ("content", "styles"))
    turned = set(
        re.findall(r'style:name="([^"]*)"(?=[^>]*>\s*<style:paragraph-properties[^>]*rl-tb)', styles)
    )
    assert turned
    name = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    return {
        "".join(one.itertext()): one.get(f"{name}style-name") in turned
        for one in Xml.fromstring(content).iter(f"{name}p")  # noqa: S314 - our own file
    }


def _html_directions(data: bytes) -> dict[str, bool]:
    found = re.findall(r"<(?:p|td)([^>]*)>(.*?)</(?:p|td)>", data.decode(), re.DOTALL)
    return {re.sub(r"<[^>]*>", "", text): 'dir="rtl"' in look for look, text in found}


_DIRECTIONS = {"docx": _docx_directions, "odt": _odt_directions, "html": _html_directions}


@pytest.mark.parametrize("kind", _DIRECTIONS)
@pytest.mark.parametrize("speaker", ["محمد الأمين", "Ana", ""])
def test_each_paragraph_has_the_direction_of_its_words(kind: str, speaker: str) -> None:
    """Whoever says them, and whatever the language of the document is."""
    data = render(_captions(*TURNED, *STRAIGHT, speaker=speaker), kind, options=PrintOptions("fr"))
    directions = _DIRECTIONS[kind](data)
    for text in (*TURNED, *STRAIGHT):
        found = [turned for shown, turned in directions.items() if text in shown]
        assert found == [text in TURNED], text


def test_brackets_and_numbers_in_docx_are_set_as_the_words_around_them() -> None:
    """Runs say that they are written from right to left, bold ones in these letters too."""
    paragraphs = docx.Document(io.BytesIO(render(_captions(ARABIC), "docx"))).paragraphs
    runs = {run.text.strip(): run for one in paragraphs for run in one.runs}
    assert runs[ARABIC].font.rtl
    assert runs["محمد الأمين"].font.cs_bold


def test_a_pdf_says_which_characters_no_font_has() -> None:
    """Each once and with its number, instead of boxes that nobody can read."""
    with pytest.raises(CharactersUnprintable, match=r"𒀀 \(U\+12000\), 𒁀 \(U\+12040\)") as refused:
        render(_captions("Bonjour 𒀀𒁀 à 𒀀 tous."), "pdf")
    assert "à" not in refused.value.message.split(":")[0]


def test_a_pdf_names_no_joiners() -> None:
    """Nor marks of direction, which nobody wrote: they want no glyph."""
    with pytest.raises(CharactersUnprintable) as refused:
        render(_captions("𒀀\u200d𒁀", "𐤀𐤁 (𐤂)."), "pdf")
    assert "𒀀 (U+12000), 𒁀 (U+12040)" in refused.value.message
    assert "𐤂 (U+10902)" in refused.value.message
    assert "U+20" not in refused.value.message


def test_words_in_a_pdf_are_found_whole() -> None:
    """In a document of the other direction no mark of direction stands between their letters."""
    data = render(_captions(HEBREW, speaker="דוד כהן"), "pdf", options=PrintOptions("fr"))
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    assert [word for word in ("הצעה", "סעיף", "דוד", "כהן", "Budget") if word not in text] == []
    assert not set(text) & set("\u202a\u202b\u202c\u2066\u2067\u2069")


def test_a_pdf_of_what_fonts_have_is_made() -> None:
    """Joiners and spaces are no characters that want a glyph."""
    data = render(_captions("Jean\u00a0Dupont dit «\u202fnon\u202f».", "Mül\u00adler\u200f"), "pdf")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    assert "Dupont" in text


@pytest.mark.parametrize("kind", ["vtt", "docx", "odt", "html"])
def test_names_come_whole_in_documents(kind: str) -> None:
    """With their joiners, spaces of all kinds and marks of direction."""
    named = [
        replace(caption, speaker=name)
        for caption, name in zip(_captions(*("Good day.",) * len(REAL_NAMES)), REAL_NAMES, strict=True)
    ]
    data = render(named, kind)
    if kind == "docx":
        text = "\n".join(one.text for one in docx.Document(io.BytesIO(data)).paragraphs)
    elif kind == "odt":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = "".join(Xml.fromstring(archive.read("content.xml")).itertext())  # noqa: S314 - our own file
    else:
        text = html.unescape(data.decode())
    assert [name for name in REAL_NAMES if name not in text] == []
