"""The formats of minutes, and the door to them: `render_minutes` writes any of `MINUTES_FORMATS`."""

from __future__ import annotations

import dataclasses
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from assistant.core.errors import FormatUnknown
from assistant.core.minutes.document import MinutesVersion
from assistant.export.blocks import Document
from assistant.export.document_text import render_document_markdown, render_document_text
from assistant.export.html_format import render_html
from assistant.export.minutes_view import PrintOptions, view_minutes

SCHEMA = "minutes/1"


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """One kind of document.

    Attributes:
        media_type: The value of a `Content-Type` header.
        write: Makes its bytes.
    """

    media_type: str
    write: Callable[[Document], bytes]


def _written_by(name: str) -> Callable[[Document], bytes]:
    """Return a writer that is imported when it is first used: these bring libraries of many megabytes."""
    return lambda document: bytes(pkgutil.resolve_name(f"assistant.export.{name}")(document))


DOCUMENT_FORMATS: Mapping[str, DocumentFormat] = MappingProxyType(
    {
        "docx": DocumentFormat(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            _written_by("docx_format:render_docx"),
        ),
        "odt": DocumentFormat(
            "application/vnd.oasis.opendocument.text", _written_by("odt_format:render_odt")
        ),
        "pdf": DocumentFormat("application/pdf", _written_by("pdf_format:render_pdf")),
        "html": DocumentFormat("text/html; charset=utf-8", render_html),
        "md": DocumentFormat("text/markdown; charset=utf-8", render_document_markdown),
        "txt": DocumentFormat("text/plain; charset=utf-8", render_document_text),
    }
)
"""What is printed, by the name that addresses and the ends of file names use."""

MINUTES_FORMATS = (*DOCUMENT_FORMATS, "json")


def media_type_of(name: str) -> str:
    """Return the media type of minutes in a format; raises `FormatUnknown` with the formats there are."""
    if name == "json":
        return "application/json"
    if name not in DOCUMENT_FORMATS:
        known = ", ".join(MINUTES_FORMATS)
        raise FormatUnknown(f"“{name[:20]}” is no format of minutes; there are {known}.")
    return DOCUMENT_FORMATS[name].media_type


def render_minutes(version: MinutesVersion, format: str, options: PrintOptions) -> bytes:  # noqa: A002 - the wire contract's name
    """Return minutes as a file.

    Long minutes take up to a second, so event loops call this in a thread.

    Args:
        version: The minutes, in the language in which they are printed.
        format: A name in `MINUTES_FORMATS`.
        options: How it is printed.

    Raises:
        FormatUnknown: There is no such format.
    """
    media_type_of(format)
    if format == "json":
        return _json(version, options)
    return DOCUMENT_FORMATS[format].write(view_minutes(version, options))


def _json(version: MinutesVersion, options: PrintOptions) -> bytes:
    """Return what `docs/minutes.schema.json` describes: names and shapes as in the core."""
    document = {
        "schema": SCHEMA,
        "version": version.number,
        "revision": version.revision,
        "status": version.status,
        "changed_at": version.changed_at,
        "changed_by": version.changed_by,
        "lang": options.lang,
        "level": options.level.code,
        "copy": options.copy_number or None,
        "recipient": options.recipient or None,
        "public": options.public,
        "minutes": dataclasses.asdict(version.minutes),
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
