"""Multipart forms with one large file, which goes to disk as it comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from assistant.core.disk_errors import not_kept
from assistant.core.errors import FrameTooLarge, InvalidInput, RecordingTooLarge
from assistant.core.space_reserve import SpaceReserve, Use
from assistant.recordings.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_FIELD_BYTES = 1 << 20
MOST_PARTS = 64
_FORM = b"multipart/form-data"
_NO_FORM = "The request must be a form (multipart/form-data) with the field “file”."


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
    request: Request,
    folder: Path,
    most_bytes: int,
    reserve: SpaceReserve,
    most_field_bytes: int = MOST_FIELD_BYTES,
) -> AsyncIterator[Upload]:
    """Read a form; its file is deleted when the block ends.

    Args:
        request: A `multipart/form-data` request, unread.
        folder: Where the file is kept meanwhile.
        most_bytes: How large the whole body may be.
        reserve: Says whether recordings may use the disk.
        most_field_bytes: How large all fields may be together, which are kept in memory.

    Raises:
        InvalidInput: It is no such form, has two files, or too many parts.
        FrameTooLarge: Its fields have more bytes.
        RecordingTooLarge: It has more bytes.
        DiskLow: What is free of the disk is kept for captions.
        StoreUnavailable: It cannot be written; nothing of it stays.
    """
    reserve.check(Use.RECORDING)
    async with temporary_folder(folder) as place:
        try:
            upload = await _read(request, place, most_bytes, reserve, most_field_bytes)
        except OSError as error:
            raise not_kept("A recording", error) from error
        yield upload


async def _read(
    request: Request, folder: Path, most_bytes: int, reserve: SpaceReserve, most_field_bytes: int
) -> Upload:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != _FORM or not options.get(b"boundary"):
        raise InvalidInput(_NO_FORM)
    with _Form(folder, most_field_bytes) as form:
        try:
            parser = MultipartParser(options[b"boundary"], form.callbacks)
            received_bytes = 0
            async for chunk in request.stream():
                received_bytes += len(chunk)
                if received_bytes > most_bytes:
                    raise RecordingTooLarge(f"A recording may have at most {most_bytes} bytes.")
                reserve.check(Use.RECORDING)
                await asyncio.to_thread(parser.write, chunk)
            parser.finalize()
        except (FormParserError, ValueError) as error:
            raise InvalidInput(_NO_FORM) from error
        return form.upload


class _Form:
    """Takes what the parser finds: the file to disk, fields into memory, and not one of them too much."""

    def __init__(self, folder: Path, most_field_bytes: int) -> None:
        self.upload = Upload()
        self._folder = folder
        self._most_field_bytes = most_field_bytes
        self._field_bytes = 0
        self._parts = 0
        self._file: BinaryIO | None = None
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._value: bytearray | None = None

    def __enter__(self) -> _Form:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()

    @property
    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._header_ended,
            "on_headers_finished": self._headers_ended,
            "on_part_data": self._take,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise InvalidInput(f"A form may have at most {MOST_PARTS} fields.")
        self._headers = {}

    def _header_ended(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value).strip(b" \t")
        self._header_name.clear()
        self._header_value.clear()

    def _headers_ended(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name, file_name = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise InvalidInput(_NO_FORM)
        self._name = name.decode("utf-8", "replace")
        if file_name is None:
            self._value = bytearray()
            return
        if self._file:
            raise InvalidInput("One recording can be sent at a time.")
        path = self._folder / "recording"
        self._file = path.open("xb")
        self.upload.name = file_name.decode("utf-8", "replace") or "recording"
        self.upload.path = path
        self._value = None

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._value is None:
            if self._file:
                self._file.write(data[start:end])
            return
        self._field_bytes += end - start
        if self._field_bytes > self._most_field_bytes:
            raise FrameTooLarge(
                f"The field “{self._name[:40]}” is too large: all fields of a form but its file"
                f" may have at most {self._most_field_bytes} bytes together."
            )
        self._value += data[start:end]

    def _end(self) -> None:
        if self._value is None:
            if self._file:
                self._file.flush()
            return
        value = self._value.decode("utf-8", "replace")
        self.upload.fields.setdefault(self._name, []).append(value)
