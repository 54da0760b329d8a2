"""Minutes in every format, opened again with what others read them with."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import asdict, fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import jsonschema
import odfdo
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odfdo import XmlPart

from assistant.core.errors import CharactersUnprintable, FormatUnknown
from assistant.core.minutes.document import Meeting, Minutes, MinutesVersion
from assistant.core.minutes.levels import DEFAULT_SCALE
from assistant.export.calendar_words import long_day, short_day, time_of_day
from assistant.export.minutes_formats import MINUTES_FORMATS, render_minutes
from assistant.export.minutes_view import PrintOptions
from assistant.export.wording import Wording, worded_languages, wording_of
from tests.export.council_minutes import BEGAN, council

SCHEMA = Path(__file__).parents[2] / "docs" / "minutes.schema.json"
COPY = PrintOptions("fr", DEFAULT_SCALE.of("confidential"), 3, "Mme Xavier")
HOSTILE = (
    '<script>alert(1)</script> =HYPERLINK("http://x") #read("/etc/passwd") *b* [l](http://x) {{x}} \\ $x$'
)


def text_of(data: bytes, name: str) -> str:
    """Return the text of a document, white space single."""
    match name:
        case "docx":
            document = docx.Document(io.BytesIO(data))
            parts = [paragraph.text for paragraph in document.paragraphs]
            parts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            text = " ".join(parts)
        case "odt":
            text = odfdo.Document(io.BytesIO(data)).get_formatted_text()
        case "pdf":
            text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
        case "html":
            parser = _Html()
            parser.feed(data.decode())
            text = " ".join(parser.texts)
        case _:
            text = data.decode()
    return " ".join(text.split())


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "html":
            self.attributes = dict(attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", MINUTES_FORMATS)
def test_every_format_tells_the_same(name: str) -> None:
    """Who was there, what was decided and voted, who does what by when, and what is open."""
    text = text_of(render_minutes(council(), name, PrintOptions("fr")), name)
    for words in (
        "Conseil municipal",
        "Mme Anne Roy",
        "12 000 euros",
        "Envoyer le tableau",
        "Qui paie en 2027",
    ):
        assert words in text
    if name != "json":
        for words in (
            "Compte rendu",
            "25 novembre 2026",
            "1er décembre 2026",
            "adopté",
            "[00:17:00]",
            "18 h 55",
        ):
            assert words.lower() in text.lower().replace("\\", "")
        assert "Ce point n’a pas été abordé." in text


def test_docx_has_real_headings_and_tables() -> None:
    """Styles that navigation reads, a header row that is repeated, title and language in its properties."""
    document = docx.Document(io.BytesIO(render_minutes(council(), "docx", COPY)))
    headings = [one.text for one in document.paragraphs if one.style and one.style.name == "Heading 1"]
    assert headings[:3] == ["Présences", "Ordre du jour", "1. Budget de la cantine"]
    attendance = next(table for table in document.tables if table.rows[0].cells[0].text == "Nom")
    assert [cell.text for cell in attendance.rows[1].cells] == [
        "Mme Anne Roy",
        "Maire",
        "présent(e)",
        "18 h 55",
        "20 h 30",
    ]
    assert "w:tblHeader" in attendance.rows[0]._tr.xml
    assert document.core_properties.title == "Conseil municipal"
    section = document.sections[0]
    for part in (section.header, section.footer):
        assert "CONFIDENTIEL" in part.paragraphs[0].text
        assert "Exemplaire n° 3 – Mme Xavier" in part.paragraphs[0].text


def test_odt_has_real_headings_and_tables() -> None:
    """As the French administration's norm has them."""
    document = odfdo.Document(io.BytesIO(render_minutes(council(), "odt", COPY)))
    assert [one.inner_text for one in document.body.headers][:2] == [
        "Présences",
        "Ordre du jour",
    ]
    tables = document.body.get_tables()
    assert any("M. Hugo Martin" in table.inner_text for table in tables)
    assert "table-header-rows" in document.body.serialize()
    part = document.get_part("styles.xml")
    assert isinstance(part, XmlPart)
    styles = part.serialize().decode()
    assert styles.count("CONFIDENTIEL") == 2
    assert styles.count("Exemplaire n° 3 – Mme Xavier") == 2
    assert "<text:page-count" in styles
    assert "outline-style" not in styles  # the template's own numbers of chapters
    assert document.meta.title == "Conseil municipal"


def test_pdf_is_tagged_and_has_bookmarks() -> None:
    """PDF/UA: marked, with a language and a title; chapters stand in the outline."""
    reader = pypdf.PdfReader(io.BytesIO(render_minutes(council(), "pdf", COPY)))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert "/StructTreeRoot" in root
    assert reader.metadata
    assert reader.metadata.title == "Conseil municipal"
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert "Présences" in titles
    assert reader.xmp_metadata
    assert "pdfuaid" in reader.xmp_metadata.stream.get_data().decode()


def test_every_page_of_a_pdf_carries_the_level_and_the_copy() -> None:
    """Twice, above and below."""
    reader = pypdf.PdfReader(io.BytesIO(render_minutes(council(items=12), "pdf", COPY)))
    assert len(reader.pages) > 3
    for page in reader.pages:
        text = page.extract_text()
        assert text.count("CONFIDENTIEL") >= 2
        assert text.count("Exemplaire n° 3 – Mme Xavier") >= 2


def test_html_needs_nothing_else() -> None:
    """No scripts, no addresses; language and headers of columns for screen readers."""
    page = render_minutes(council(), "html", COPY).decode()
    parser = _Html()
    parser.feed(page)
    assert parser.attributes["lang"] == "fr"
    assert not {"script", "link", "img", "iframe"} & set(parser.tags)
    assert "http" not in page
    assert 'scope="col"' in page
    assert page.count("CONFIDENTIEL") >= 2


@pytest.mark.parametrize("public", [False, True])
def test_json_keeps_to_its_schema(*, public: bool) -> None:
    """The one in the documentation."""
    document = json.loads(render_minutes(council(), "json", replace(COPY, public=public)))
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    assert document["minutes"] == json.loads(json.dumps(asdict(council().minutes)))
    assert (document["schema"], document["copy"], document["public"]) == ("minutes/1", 3, public)


@pytest.mark.parametrize("name", MINUTES_FORMATS)
def test_hostile_names_are_only_text(name: str) -> None:
    """Whatever markup, formula or command they look like."""
    data = render_minutes(council(HOSTILE, HOSTILE), name, PrintOptions("fr"))
    text = text_of(data, name)
    if name == "html":
        assert "<script>" not in data.decode()
    if name == "json":
        assert json.loads(data)["minutes"]["meeting"]["title"] == HOSTILE
    else:
        assert "alert(1)" in text
        assert "root:" not in text


@pytest.mark.parametrize("name", MINUTES_FORMATS)
def test_an_empty_meeting_has_minutes_that_say_so(name: str) -> None:
    """Nobody, nothing, no date."""
    version = MinutesVersion(1, 1, "draft", Minutes("r", Meeting("Réunion", language="fr")))
    text = text_of(render_minutes(version, name, PrintOptions("fr")), name)
    assert "Réunion" in text
    assert name == "json" or "Rien n’a été dit" in text


@given(text=st.text(min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)
def test_any_text_goes_into_every_format(text: str) -> None:
    """Control characters, unpaired surrogates' neighbours, marks of every writing; PDF as far as fonts go."""
    version = council(f"T{text}", f"N{text}")
    for name in MINUTES_FORMATS:
        with contextlib.suppress(*([CharactersUnprintable] if name == "pdf" else [])):
            assert text_of(render_minutes(version, name, PrintOptions("ar")), name)


def test_what_was_not_said_in_the_documents_language_is_marked() -> None:
    """With its code, before the words."""
    assert "[en] We compared two towns." in render_minutes(council(), "txt", PrintOptions("fr")).decode()


def test_translated_minutes_name_their_reference() -> None:
    """So that nobody takes a machine's words for the ones that were approved."""
    text = render_minutes(council(), "txt", PrintOptions("en", translated=True)).decode()
    assert "The French version is the reference." in text


def test_drafts_show_what_is_to_be_checked_and_approved_minutes_do_not() -> None:
    """A note of the draft has no place in what is signed."""
    stale = wording_of("fr").stale
    assert stale in render_minutes(council(), "txt", PrintOptions("fr")).decode()
    approved = replace(council(), status="approved")
    assert stale not in render_minutes(approved, "txt", PrintOptions("fr")).decode()


@pytest.mark.parametrize("lang", sorted(worded_languages()))
def test_the_wording_is_whole(lang: str) -> None:
    """Every language has every word, with the same places to fill in."""
    words = [field.name for field in fields(Wording) if field.type == "str"]
    assert len(words) == len(fields(Wording)) - 2
    for name in words:
        word, english = getattr(wording_of(lang), name), getattr(wording_of("en"), name)
        assert word
        assert word.count("{") == english.count("{")
        if lang != "en" and len(english) > 12 and "{" not in english:
            assert word != english
    calendar = wording_of(lang).calendar
    assert (len(calendar.weekdays), len(calendar.months)) == (7, 12)
    assert wording_of(lang).language_names.keys() == wording_of("en").language_names.keys()


def test_days_and_times_are_written_as_people_write_them() -> None:
    """In the meeting's time zone."""
    assert long_day(BEGAN, "Europe/Paris", "fr") == "mercredi 25 novembre 2026"
    assert long_day(BEGAN, "Europe/Berlin", "de") == "Mittwoch, 25. November 2026"
    assert long_day(BEGAN, "Europe/Lisbon", "pt") == "quarta-feira, 25 de novembro de 2026"
    assert long_day(BEGAN, "Pacific/Auckland", "en") == "Thursday 26 November 2026"
    assert short_day("2026-12-01", "fr") == "1er décembre 2026"
    assert short_day("2026-12-01", "es") == "1 de diciembre de 2026"
    assert short_day("soon", "fr") == "soon"
    assert time_of_day(BEGAN, "Europe/Paris", "fr") == "19 h 00"
    assert time_of_day(BEGAN, "Europe/London", "en") == "18:00"


def test_an_unknown_format_is_refused() -> None:
    """With those there are."""
    with pytest.raises(FormatUnknown, match="docx, odt, pdf"):
        render_minutes(council(), "exe", PrintOptions())
