"""Glossaries as TBX (ISO 30042:2019, "TermBase eXchange"), for terminology and translation tools.

Written is TBX-Basic in the style with categories as attributes (DCA). Read are that, the style with
categories as elements (DCT), and the older TBX 2 (`martif`). What the standard has no category for:

- A name that has no language stands in a section of the language `und` (undetermined).
- A misheard spelling is a deprecated term of its section, so that no tool offers it.
- A term that stays as it is in every language has the note `do not translate`, which is read at any
  level of its entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from assistant.core.errors import GlossaryInvalid, LanguageUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.language import parse_language

_NAMESPACE = "urn:iso:std:iso:30042:ed-2"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NO_LANGUAGE = "und"
_STATUS = "administrativeStatus"
_MISHEARD = "deprecatedTerm-admn-sts"
_NOT_WANTED = ("deprecated", "superseded")
_KEEP = "do not translate"
_MOST_LEVELS = 16

_ENTRIES = frozenset(("conceptEntry", "termEntry"))
_LANGUAGES = frozenset(("langSec", "langSet"))
_TERMS = frozenset(("termSec", "tig", "ntig"))


def write_tbx(glossary: Glossary) -> bytes:
    """Return a glossary as TBX-Basic, in UTF-8."""
    root = Element("tbx", {"xmlns": _NAMESPACE, "style": "dca", "type": "TBX-Basic", _XML_LANG: "en"})
    source = SubElement(SubElement(SubElement(root, "tbxHeader"), "fileDesc"), "sourceDesc")
    SubElement(source, "p").text = "Names and terms of a meeting assistant."
    body = SubElement(SubElement(root, "text"), "body")
    for number, term in enumerate(glossary.terms, 1):
        entry = SubElement(body, "conceptEntry", {"id": f"c{number}"})
        if term.keep:
            SubElement(entry, "note").text = _KEEP
        section = _section(entry, term.language or _NO_LANGUAGE, term.spelling)
        for sound in term.sounds_like:
            misheard = SubElement(section, "termSec")
            SubElement(misheard, "term").text = sound
            SubElement(misheard, "termNote", {"type": _STATUS}).text = _MISHEARD
        for tag, text in term.translations:
            _section(entry, tag, text)
    indent(root)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def read_tbx(data: bytes) -> Glossary:
    """Return the glossary in a TBX file.

    The first language of an entry is that of the term; several terms of it are terms of their own.
    Languages that the service does not know are left out.

    Raises:
        GlossaryInvalid: It is none; the sentence names the line, or the entry.
    """
    try:
        root = fromstring(data)
    except ParseError as error:
        raise GlossaryInvalid(f"Line {error.position[0]} of the file cannot be read as XML.") from error
    except DefusedXmlException as error:
        raise GlossaryInvalid("The file defines entities; a glossary needs none.") from error
    except (ValueError, LookupError) as error:
        raise GlossaryInvalid(
            "The file is in an encoding that is not known here; save it in UTF-8."
        ) from error
    if _name(root) not in {"tbx", "martif"}:
        raise GlossaryInvalid(f"The file is not TBX: it begins with <{_name(root)[:40]}>.")
    entries = list(_entries(root))
    return Glossary.of(
        term.checked(f"Entry {entry.get('id') or number} of the file")
        for number, entry in enumerate(entries, 1)
        for term in _terms(entry)
    )


def _entries(root: Element) -> Iterator[Element]:
    """Yield the entries; raises `GlossaryInvalid` where one holds others, or parts in parts in parts.

    Each part of an entry is looked at once for each level it is in, so levels have to be few.
    """
    inside = [(root, 0, 0)]
    while inside:
        element, depth, entry_depth = inside.pop()
        if _name(element) in _ENTRIES:
            if entry_depth:
                raise GlossaryInvalid("The file has an entry within an entry.")
            entry_depth = depth
            yield element
        if depth - (entry_depth or depth) > _MOST_LEVELS:
            raise GlossaryInvalid(f"An entry of the file has more than {_MOST_LEVELS} levels.")
        inside += [(child, depth + 1, entry_depth) for child in reversed(element)]


class _Section(NamedTuple):
    """What an entry says in one language."""

    language: str
    wanted: tuple[str, ...]
    misheard: tuple[str, ...]


def _section(entry: Element, language: str, text: str) -> Element:
    section = SubElement(entry, "langSec", {_XML_LANG: language})
    SubElement(SubElement(section, "termSec"), "term").text = text
    return section


def _terms(entry: Element) -> Iterator[Term]:
    sections = list(_sections(entry))
    first = next((section for section in sections if section.wanted), None)
    if first is None:
        return
    called: dict[str, str] = {}
    for section in sections:
        if section.wanted and section.language and section.language != first.language:
            called.setdefault(section.language, section.wanted[0])
    keep = any(_name(note) == "note" and _text(note).casefold() == _KEEP for note in entry.iter())
    for number, spelling in enumerate(first.wanted):
        sounds_like = first.misheard if number == 0 else ()
        yield Term(spelling, first.language, sounds_like, tuple(called.items()), keep)


def _sections(entry: Element) -> Iterator[_Section]:
    for section in entry:
        tag = section.get(_XML_LANG) or section.get("lang") or _NO_LANGUAGE
        if _name(section) not in _LANGUAGES or (language := _known(tag)) is None:
            continue
        terms = [(_term(part), _is_wanted(part)) for part in section if _name(part) in _TERMS]
        wanted = tuple(text for text, good in terms if text and good)
        yield _Section(language, wanted, tuple(text for text, good in terms if text and not good))


def _known(tag: str) -> str | None:
    """Return a language; empty for none, None for one that the service does not know."""
    if tag.casefold() == _NO_LANGUAGE:
        return ""
    try:
        return parse_language(tag)
    except LanguageUnknown:
        return None


def _term(part: Element) -> str:
    return next((_text(element) for element in part.iter() if _name(element) == "term"), "")


def _is_wanted(part: Element) -> bool:
    """Whether a term may be used; in one style the category is an attribute, in the other an element."""
    status = [
        _text(element).casefold()
        for element in part.iter()
        if _STATUS in {_name(element), element.get("type")}
    ]
    return not any(word.startswith(_NOT_WANTED) for word in status)


def _name(element: Element) -> str:
    """Return the local name; comments and instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())
