"""Multipart forms with one large file, which goes to disk as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, create_form_parser
from starlette.requests import Request

from assistant.core.disk_errors import not_kept
from assistant.core.errors import InvalidInput, RecordingTooLarge
from assistant.sessions.space import SpaceReserve, Use
from assistant.sessions.temporary_folder import temporary_folder

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
async def received(
    request: Request, folder: Path, most_bytes: int, reserve: SpaceReserve
) -> AsyncIterator[Upload]:
    """Read a form; its file is deleted when the block ends.

    Args:
        request: A `multipart/form-data` request, unread.
        folder: Where the file is kept meanwhile.
        most_bytes: Of the whole body.
        reserve: Says whether recordings may use the disk.

    Raises:
        InvalidInput: It is no such form, or has two files.
        RecordingTooLarge: It has more bytes.
        DiskLow: What is free of the disk is kept for captions.
        StoreUnavailable: It cannot be written; nothing of it stays.
    """
    reserve.check(Use.RECORDING)
    async with temporary_folder(folder) as place:
        try:
            upload = await _read(request, place, most_bytes, reserve)
        except OSError as error:
            raise not_kept("A recording", error) from error
        yield upload


async def _read(request: Request, folder: Path, most_bytes: int, reserve: SpaceReserve) -> Upload:
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
            reserve.check(Use.RECORDING)
            await asyncio.to_thread(parser.write, chunk)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        if isinstance(error.__context__, OSError):  # the form is well, its file could not be made
            raise error.__context__ from None
        raise InvalidInput(
            "The request must be a form (multipart/form-data) with the field “file”."
        ) from error
    if len(files) > 1:
        raise InvalidInput("One recording can be sent at a time.")
    if files:
        await asyncio.to_thread(files[0].flush_to_disk)
        name = files[0].actual_file_name
        upload.path = folder / (name.decode() if isinstance(name, bytes) else str(name)) if name else None
        upload.name = (files[0].file_name or b"recording").decode("utf-8", "replace")
    return upload
