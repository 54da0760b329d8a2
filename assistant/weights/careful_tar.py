"""Tar archives: plain ones are written, and those from outside opened so that reading one costs little.

A compressed archive can unpack to a million times its length, and an extended header can claim gigabytes
that the library would read into memory at once. Archives of this program are plain and their headers
short, so both are refused.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from assistant.core.errors import ArchiveInvalid

_MOST_READ_BYTES = (1 << 24) + (1 << 12)
"""Headers are blocks of 512 bytes; contents are read in pieces of a megabyte, indexes in one of 16 MiB."""


class _ShortReads:
    """A file from which nobody gets more than a few megabytes with one call."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises `ArchiveInvalid` where too many are asked for."""
        if not 0 <= size <= _MOST_READ_BYTES:
            raise ArchiveInvalid("a header claims more than any archive of this program has")
        return self._file.read(size)

    def seek(self, position: int) -> int:
        """Go to a position in the file, in bytes, and return it."""
        return self._file.seek(position)

    def seekable(self) -> bool:
        """Return True: one can go to any position."""
        return True

    def tell(self) -> int:
        """Return the position in the file, in bytes."""
        return self._file.tell()


def plain_member(path: str, size_bytes: int, mode: int) -> tarfile.TarInfo:
    """Return the header of a file without times and owners: the same files always make the same archive."""
    member = tarfile.TarInfo(path)
    member.size = size_bytes
    member.mode = mode
    return member


@contextmanager
def open_tar(path: Path) -> Iterator[tarfile.TarFile]:
    """Open a plain tar archive to read from.

    Raises:
        ArchiveInvalid: A header claims too much; also while it is read.
        tarfile.TarError: It is no tar archive, or a compressed one.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        careful = cast("IO[bytes]", _ShortReads(file))
        try:
            with tarfile.open(fileobj=careful, mode="r:") as tar:
                yield tar
        except RecursionError as error:
            # Extended headers that extend each other without end.
            raise ArchiveInvalid("its headers are nested too deep") from error
