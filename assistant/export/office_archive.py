"""The archives that office documents are."""

from __future__ import annotations

import io
import zipfile

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def steady(archive: bytes) -> bytes:
    """Return an archive whose members do not say when they were written: the same content, the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as written, zipfile.ZipFile(file, "w") as anew:
        for member in written.infolist():
            content = written.read(member)
            member.date_time = _LONG_AGO
            anew.writestr(member, content)
    return file.getvalue()
