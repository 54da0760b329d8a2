"""Multipart forms with one large file, which goes to disk as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, create_form_parser
from starlette.requests import Request

from assistant.core.errors import InvalidInput, RecordingTooLarge

_MOST_FIELD_BYTES = 1 << 20
_MOST_FIELDS = 64


@dataclass(slots=True)
class Upload:
    """What a form held.

    Attributes:
        path: Where the file is; None where there was none.
        name: The file's name, as its sender has it.
        fields: All values of each field, in order.
    """

    path: Path | None = None
    name: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of a field."""
        return self.fields.get(name, [default])[-1]


@asynccontextmanager
async def received(request: Request, folder: Path, most_bytes: int) -> AsyncIterator[Upload]:
    """Read a form; its file is deleted when the block ends.

    Args:
        request: A `multipart/form-data` request, unread.
        folder: Where the file is kept meanwhile.
        most_bytes: Of the whole body.

    Raises:
        InvalidInput: It is no such form, or has two files.
        RecordingTooLarge: It has more bytes.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
    place = await asyncio.to_thread(lambda: TemporaryDirectory(dir=folder))
    try:
        yield await _read(request, Path(place.name), most_bytes)
    finally:
        await asyncio.to_thread(place.cleanup)


async def _read(request: Request, folder: Path, most_bytes: int) -> Upload:
    upload = Upload()
    files: list[File] = []

    def on_field(found: Field) -> None:
        if len(upload.fields) >= _MOST_FIELDS:
            raise InvalidInput("The form has too many fields.")
        value = (found.value or b"").decode("utf-8", "replace")
        upload.fields.setdefault((found.field_name or b"").decode("utf-8", "replace"), []).append(value)

    config = {"UPLOAD_DIR": str(folder), "MAX_MEMORY_FILE_SIZE": 0, "UPLOAD_DELETE_TMP": False}
    try:
        headers = {"Content-Type": request.headers.get("content-type", "").encode()}
        parser = create_form_parser(headers, on_field, files.append, config=config)
        received_bytes = 0
        async for chunk in request.stream():
            received_bytes += len(chunk)
            if received_bytes > most_bytes:
                raise RecordingTooLarge(f"A recording may have at most {most_bytes} bytes.")
            await asyncio.to_thread(parser.write, chunk)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise InvalidInput(
            "The request must be a form (multipart/form-data) with the field “file”."
        ) from error
    if len(files) > 1:
        raise InvalidInput("One recording can be sent at a time.")
    if files:
        await asyncio.to_thread(_keep, files[0])
        name = files[0].actual_file_name
        upload.path = folder / (name.decode() if isinstance(name, bytes) else str(name)) if name else None
        upload.name = (files[0].file_name or b"recording").decode("utf-8", "replace")
    return upload


def _keep(file: File) -> None:
    """Have the whole file on disk, and let go of it."""
    if file.in_memory:
        file.flush_to_disk()
    file.close()
