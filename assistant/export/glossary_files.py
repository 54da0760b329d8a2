"""Glossaries as files: which formats there are, by name, by media type and by the end of a file's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from assistant.core.errors import FormatUnknown, GlossaryInvalid
from assistant.core.glossary.glossary import Glossary
from assistant.export.glossary_csv import read_csv, write_csv
from assistant.export.glossary_tbx import read_tbx, write_tbx


@dataclass(frozen=True, slots=True)
class GlossaryFormat:
    """How a glossary is written to a file and read from it.

    Attributes:
        name: What it is called in addresses and at the end of file names.
        media_types: What it may be sent as; answers have the first.
        read: Returns the glossary in a file; raises `GlossaryInvalid`.
        write: Returns the file of a glossary.
    """

    name: str
    media_types: tuple[str, ...]
    read: Callable[[bytes], Glossary]
    write: Callable[[Glossary], bytes]


GLOSSARY_FORMATS = (
    GlossaryFormat("csv", ("text/csv",), read_csv, write_csv),
    GlossaryFormat("tbx", ("application/x-tbx+xml", "application/xml", "text/xml"), read_tbx, write_tbx),
)


def find_glossary_format(name: str) -> GlossaryFormat:
    """Return a format by its name; raises `FormatUnknown`."""
    for known in GLOSSARY_FORMATS:
        if known.name == name.strip().lower():
            return known
    names = ", ".join(known.name for known in GLOSSARY_FORMATS)
    raise FormatUnknown(f"“{name[:40]}” is no format of glossaries; there are json, {names}.")


def glossary_format_of(media_type: str) -> GlossaryFormat | None:
    """Return the format of a `Content-Type`, or None."""
    kind = media_type.partition(";")[0].strip().lower()
    return next((known for known in GLOSSARY_FORMATS if kind in known.media_types), None)


def read_glossary_file(path: PurePath, data: bytes) -> Glossary:
    """Return the glossary in a file: CSV or TBX by the end of its name, else a term on each line.

    Raises:
        GlossaryInvalid: It is none; the sentence says where.
    """
    ending = path.suffix.lower().removeprefix(".")
    for known in GLOSSARY_FORMATS:
        if known.name == ending:
            return known.read(data)
    try:
        return Glossary.parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise GlossaryInvalid(
            "The file is not text in UTF-8. A CSV file may also be as spreadsheets write it on Windows."
        ) from error
