"""Glossaries as CSV and TBX: what is written is read again, and what others write is understood."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import FormatUnknown, GlossaryInvalid
from assistant.core.glossary.glossary import MOST_TERMS, Glossary
from assistant.core.glossary.terms import MOST_TERM_CHARACTERS, Term
from assistant.export.glossary_csv import read_csv, write_csv
from assistant.export.glossary_files import find_glossary_format, glossary_format_of, read_glossary_file
from assistant.export.glossary_tbx import read_tbx, write_tbx

GLOSSARY = Glossary.of(
    [
        Term.of("Kowalski", sounds_like=["cova ski", "Cow al, ski"], keep=True),
        Term.of("town hall", language="en", translations={"fr": "mairie", "pt": "câmara municipal"}),
        Term("C#; “Ça”, <b>&"),
        Term.of("OTAN", translations={"en": "NATO"}),
        Term("=HYPERLINK(1)"),
        Term("'-x"),
        Term("東京都"),
    ]
)

_TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), st.sampled_from("=+-@'\";,<&é")
    ),
    min_size=1,
    max_size=20,
).filter(lambda text: text.strip() and "<|" not in text)
_TERMS = st.builds(
    lambda spelling, language, sounds, called, keep: Term.of(
        spelling,
        language=language,
        sounds_like=[sound.replace("|", "") for sound in sounds],
        translations={tag: text for tag, text in called.items() if tag != language},
        keep=keep,
    ),
    _TEXTS,
    st.sampled_from(["", "fr", "en"]),
    st.lists(_TEXTS, max_size=3),
    st.dictionaries(st.sampled_from(["fr", "en", "pt", "is", "zh"]), _TEXTS, max_size=3),
    st.booleans(),
)
GLOSSARIES = st.lists(_TERMS, max_size=8).map(Glossary.of)


@given(GLOSSARIES)
def test_csv_comes_back_as_it_was(glossary: Glossary) -> None:
    """Whatever characters terms have, all that is known of them and their order survive."""
    assert read_csv(write_csv(glossary)) == glossary


@given(GLOSSARIES)
def test_tbx_comes_back_as_it_was(glossary: Glossary) -> None:
    """The same for TBX."""
    assert read_tbx(write_tbx(glossary)) == glossary


@given(st.binary(max_size=200))
def test_any_bytes_are_a_glossary_or_refused(data: bytes) -> None:
    """Nobody sees another error."""
    for read in (read_csv, read_tbx):
        try:
            read(data)
        except GlossaryInvalid:
            continue


def test_csv_is_for_spreadsheets() -> None:
    """A byte order mark, a column for each language in use, and no cell that a spreadsheet would run."""
    document = write_csv(GLOSSARY)
    assert document.startswith(b"\xef\xbb\xbfterm,language,sounds_like,keep,en,fr,pt\r\n")
    lines = document.decode("utf-8-sig").splitlines()
    assert lines[1] == '"Kowalski",,"cova ski | Cow al, ski",yes,,,'.replace('"Kowalski"', "Kowalski")
    assert lines[2] == "town hall,en,,,,mairie,câmara municipal"
    assert lines[5].startswith("'=HYPERLINK(1)")
    assert read_csv(document) == GLOSSARY


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_as_spreadsheets_write_it(encoding: str, separator: str) -> None:
    """Whatever the separator and the encoding; columns in any order and case, empty lines, `oui` for yes."""
    rows = ["FR|Term|Keep|pt-BR||Sounds like", "|DINUM|oui|||di noume", "||||", "Mairie|Câmara||||"]
    data = "\r\n".join(row.replace("|", separator) for row in rows).encode(encoding)
    assert read_csv(data).terms == (
        Term.of("DINUM", sounds_like=["di noume"], keep=True),
        Term.of("Câmara", translations={"fr": "Mairie"}),
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Line 1.*“term”"),
        (b"name,fr\na,b", "Line 1.*“name”"),
        (b"term,klingon\na,b", "Line 1.*“klingon”"),
        (b"term,fr,fr-CA\na,b,c", "Line 1.*“fr” twice"),
        (b"term\nfine\n" + b"x" * 61, "Line 3.*60"),
        (b"term,fr\n\n,mairie", "Line 3.*not how it is written"),
        (b"term,language\na,\n,fr", "Line 3.*no term"),
        (b"term,keep\na,perhaps", "Line 2.*“perhaps”"),
        (b"term,language\na,xx", "Line 2.*“xx”"),
        (b'term\n"a"b"', "Line 2.*cannot be read as CSV"),
        (b"term\na,b", "Line 2.*column that line 1 does not name"),
        (b'term\n"a\nb"', "Line 3.*characters"),
        (b"term\n" + b"\n".join(b"t%d" % number for number in range(MOST_TERMS + 1)), "at most 200"),
        (b"\xff\xfea", "UTF-8 nor as spreadsheets"),
    ],
)
def test_a_wrong_csv_is_refused_by_its_line(data: bytes, told: str) -> None:
    """The sentence says where and what."""
    with pytest.raises(GlossaryInvalid, match=told):
        read_csv(data)


def test_tbx_is_what_the_standard_says() -> None:
    """The root names the dialect and style; entries hold languages, and those hold terms."""
    root = fromstring(write_tbx(GLOSSARY))
    space = "{urn:iso:std:iso:30042:ed-2}"
    assert root.tag == f"{space}tbx"
    assert (root.get("style"), root.get("type")) == ("dca", "TBX-Basic")
    assert [child.tag for child in root] == [f"{space}tbxHeader", f"{space}text"]
    entries = root.findall(f"{space}text/{space}body/{space}conceptEntry")
    assert len(entries) == len(GLOSSARY.terms)
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [section.get(lang) for section in entries[1]] == ["en", "fr", "pt"]
    assert [term.text for term in entries[1].iter(f"{space}term")] == [
        "town hall",
        "mairie",
        "câmara municipal",
    ]


TBX_3_DCT = """<?xml version='1.0'?>
<!-- an export -->
<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
  xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic">
 <tbxHeader><fileDesc><sourceDesc><p>x</p></sourceDesc></fileDesc></tbxHeader>
 <text><body><conceptEntry id="c5"><min:subjectField>city</min:subjectField>
  <langSec xml:lang="en-GB">
   <termSec><term>town <hi>hall</hi></term><min:partOfSpeech>noun</min:partOfSpeech>
    <min:administrativeStatus>preferredTerm-admn-sts</min:administrativeStatus></termSec>
   <termSec><term>city hall</term></termSec>
   <termSec><term>down hole</term>
    <min:administrativeStatus>deprecatedTerm-admn-sts</min:administrativeStatus></termSec>
  </langSec>
  <langSec xml:lang="ga"><termSec><term>halla an bhaile</term></termSec></langSec>
  <langSec xml:lang="fr"><termSec><term>mairie</term></termSec></langSec>
  <langSec xml:lang="fr-CA"><termSec><term>hôtel de ville</term></termSec></langSec>
 </conceptEntry></body></text></tbx>"""

TBX_2 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX" xml:lang="en">
<martifHeader><fileDesc><sourceDesc><p>x</p></sourceDesc></fileDesc></martifHeader>
<text><body>
 <termEntry id="1"><langSet xml:lang="fr"><tig><term>mairie</term></tig></langSet>
  <langSet xml:lang="pt"><ntig><termGrp><term>câmara municipal</term>
   <termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></termGrp>
   </ntig></langSet></termEntry>
 <termEntry id="2"><langSet xml:lang="xx"><tig><term>lost</term></tig></langSet></termEntry>
</body></text></martif>"""


def test_tbx_of_other_tools_is_read() -> None:
    """Categories as elements, synonyms as terms of their own, regions, and languages nobody speaks here."""
    called = {"fr": "mairie"}
    assert read_tbx(TBX_3_DCT.encode()).terms == (
        Term.of("town hall", language="en", sounds_like=["down hole"], translations=called),
        Term.of("city hall", language="en", translations=called),
    )


def test_tbx_of_the_older_version_is_read() -> None:
    """`martif` with its document type, which is not looked for, in another encoding."""
    term = Term.of("mairie", language="fr", translations={"pt": "câmara municipal"})
    assert read_tbx(TBX_2.encode("latin-1")).terms == (term,)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Line 1.*cannot be read as XML"),
        (b"<tbx>\n<text>\n</tbx>", "Line 3.*cannot be read as XML"),
        (b"<html/>", "not TBX.*<html>"),
        (b'<!DOCTYPE t [<!ENTITY a "aaa">]><tbx>&a;</tbx>', "entities"),
        (b'<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]><tbx>&a;</tbx>', "entities"),
        (TBX_3_DCT.replace("city hall", "x" * 61).encode(), "Entry c5.*60"),
        (b'<?xml version="1.0" encoding="klingon"?><tbx/>', "encoding|cannot be read as XML"),
    ],
)
def test_a_wrong_tbx_is_refused_by_its_place(data: bytes, told: str) -> None:
    """Damaged files, other files, and traps."""
    with pytest.raises(GlossaryInvalid, match=told):
        read_tbx(data)


def test_a_deep_file_does_no_harm() -> None:
    """Entries are found without going down into what is nested without end."""
    data = b"<tbx>" + b"<x>" * 20_000 + b"</x>" * 20_000 + b"</tbx>"
    assert read_tbx(data) == Glossary()


def test_a_keep_note_and_misheard_spellings_survive_tbx() -> None:
    """In categories that other tools understand: deprecated terms, and a note."""
    document = write_tbx(GLOSSARY).decode()
    assert "<note>do not translate</note>" in document
    assert '<termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote>' in document


@pytest.mark.parametrize("place", ["conceptEntry", "langSec", "termSec"])
def test_a_keep_note_counts_at_every_level(place: str) -> None:
    """Other tools put notes on the language or on the term."""
    note = "<note> Do not\n translate</note>"
    document = (
        '<tbx><text><body><conceptEntry><langSec xml:lang="fr"><termSec><term>DINUM</term></termSec>'
        "</langSec></conceptEntry><conceptEntry><langSec xml:lang='fr'><termSec><term>mairie</term>"
        "<note>never to be translated word for word</note></termSec></langSec></conceptEntry>"
        "</body></text></tbx>"
    ).replace(f"</{place}>", f"{note}</{place}>", 1)
    kept, free = read_tbx(document.encode()).terms
    assert (kept.spelling, kept.keep) == ("DINUM", True)
    assert not free.keep


def test_formats_go_by_name_media_type_and_file_name() -> None:
    """Text with a term on each line is what files are that are neither."""
    assert find_glossary_format("TBX").read is read_tbx
    with pytest.raises(FormatUnknown, match="csv, tbx"):
        find_glossary_format("xlsx")
    known = [glossary_format_of(kind) for kind in ("text/csv; charset=utf-8", "Application/XML", "image/png")]
    assert [kind.name if kind else None for kind in known] == ["csv", "tbx", None]
    assert read_glossary_file(PurePath("a.CSV"), write_csv(GLOSSARY)) == GLOSSARY
    assert read_glossary_file(PurePath("a.tbx"), write_tbx(GLOSSARY)) == GLOSSARY
    assert read_glossary_file(PurePath("a.txt"), b"DINUM # office\nC#").spellings == ("DINUM", "C#")
    with pytest.raises(GlossaryInvalid, match=r"UTF-8.*CSV"):
        read_glossary_file(PurePath("a.txt"), b"Caf\xe9")
    assert read_glossary_file(PurePath("a.csv"), b"term\r\nCaf\xe9").spellings == ("Café",)


def test_a_term_may_be_as_long_in_a_file_as_elsewhere() -> None:
    """The bound is the same."""
    longest = Glossary.of(["x" * MOST_TERM_CHARACTERS])
    assert read_csv(write_csv(longest)) == read_tbx(write_tbx(longest)) == longest
