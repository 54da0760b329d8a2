"""The file of a backup: a plain tar archive, whose last member names every other with its hash.

Members are `journal/<session>/<segment>`, `database/transcripts.db`, `glossary/…`, `levels/…`, `models/…`
and, last, `backup.json`; a file that ends before it is no backup.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from assistant.core.errors import ArchiveInvalid, BackupInvalid, WeightsError
from assistant.weights.careful_tar import open_tar, plain_member
from assistant.weights.catalog import safe_path

FORMAT = 1
MANIFEST = "backup.json"
DATABASE = "database/transcripts.db"
PLACES = ("journal", "database", "glossary", "levels", "models")

_MODE = 0o600
_BLOCK_BYTES = 1 << 20
_MOST_MANIFEST_BYTES = 256 << 20
"""A year of kept audio has a million segments."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a backup.

    Attributes:
        path: Where it lies in the archive.
        size_bytes: Its length.
        sha256: Its hash in hexadecimal.
    """

    path: str
    size_bytes: int
    sha256: str


@dataclass(slots=True)
class Contents:
    """What a backup says of itself.

    Attributes:
        program: The version that wrote it.
        created_at: When it began, in ISO 8601, UTC.
        database: `sqlite`, or what else the transcripts are in: then they are not in the backup.
        files: Every member but the last.
    """

    program: str
    created_at: str
    database: str
    files: list[Member] = field(default_factory=list)

    def told(self) -> bytes:
        """Return it as the last member."""
        return json.dumps({"format": FORMAT, **asdict(self)}, separators=(",", ":")).encode()


class BackupWriter:
    """Adds files to an archive and remembers their hashes."""

    def __init__(self, tar: tarfile.TarFile, contents: Contents) -> None:
        self._tar = tar
        self._contents = contents

    def add_bytes(self, path: str, content: bytes) -> None:
        """Add a file that is in memory."""
        self._add(path, len(content), io.BytesIO(content))

    def add_file(self, path: str, source: Path) -> None:
        """Add a file that nobody changes meanwhile."""
        with source.open("rb") as file:
            self._add(path, os.fstat(file.fileno()).st_size, file)

    def finish(self) -> None:
        """Add the list of all files."""
        told = self._contents.told()
        self._tar.addfile(plain_member(MANIFEST, len(told), _MODE), io.BytesIO(told))

    def _add(self, path: str, size_bytes: int, stream: IO[bytes]) -> None:
        hashed = _Hashed(stream)
        self._tar.addfile(plain_member(path, size_bytes, _MODE), hashed)
        self._contents.files.append(Member(path, size_bytes, hashed.digest.hexdigest()))


class _Hashed(io.RawIOBase):
    """A stream that hashes what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self.digest.update(content)
        return content


@contextmanager
def writing(file: IO[bytes], contents: Contents) -> Iterator[BackupWriter]:
    """Write an archive into an open file; it is whole when the block has ended without an exception."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        writer = BackupWriter(tar, contents)
        yield writer
        writer.finish()


def read_through(
    archive: Path, target_of: Callable[[str], Path | None], reach: Callable[[int], None] = lambda _: None
) -> Contents:
    """Read all of a backup, hashing each file while it is written to where `target_of` says, if anywhere.

    Nothing of what was written may be used unless this returns.

    Raises:
        BackupInvalid: It is no backup, is damaged, or holds something that it does not name.
        OSError: It cannot be read, or a target cannot be written.
    """
    try:
        with open_tar(archive) as tar:
            return _read_members(tar, archive, target_of, reach)
    except (tarfile.TarError, EOFError, ArchiveInvalid) as error:
        raise BackupInvalid(f"{archive.name} is no backup, or it is damaged ({error}).") from error


def _read_members(
    tar: tarfile.TarFile, archive: Path, target_of: Callable[[str], Path | None], reach: Callable[[int], None]
) -> Contents:
    found: dict[str, Member] = {}
    left_bytes = archive.stat().st_size
    for member in tar:
        left_bytes -= member.size
        if not member.isreg() or member.issparse() or left_bytes < 0 or member.name in found:
            raise BackupInvalid(f"{archive.name} holds {member.name[:200]!r}, which no backup does.")
        if member.name == MANIFEST:
            contents = _contents_in(tar, member, archive.name)
            if {file.path: file for file in contents.files} != found or tar.next() is not None:
                raise BackupInvalid(
                    f"{archive.name} does not hold what it says: it is damaged or was altered."
                )
            return contents
        target = target_of(_place_checked(member.name, archive.name))
        found[member.name] = _copy(tar, member, target)
        reach(member.offset_data + member.size)
    raise BackupInvalid(f"{archive.name} is incomplete: it ends before its list of files.")


def _place_checked(path: str, archive: str) -> str:
    try:
        if safe_path(path).partition("/")[0] in PLACES and "/" in path:
            return path
    except WeightsError:
        pass
    raise BackupInvalid(f"{archive} holds {path[:200]!r}, which no backup does.")


def _contents_in(tar: tarfile.TarFile, member: tarfile.TarInfo, archive: str) -> Contents:
    stream = tar.extractfile(member)
    if stream is None or member.size > _MOST_MANIFEST_BYTES:
        raise BackupInvalid(f"The list of files in {archive} is too long.")
    try:
        told = json.loads(b"".join(iter(lambda: stream.read(_BLOCK_BYTES), b"")))
        if told["format"] != FORMAT:
            raise BackupInvalid(f"{archive} has format {told['format']}; this version reads {FORMAT}.")
        files = [Member(str(f["path"]), int(f["size_bytes"]), str(f["sha256"])) for f in told["files"]]
        return Contents(str(told["program"]), str(told["created_at"]), str(told["database"]), files)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupInvalid(f"The list of files in {archive} cannot be understood.") from error


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path | None) -> Member:
    stream = tar.extractfile(member)
    if stream is None:
        raise BackupInvalid(f"{member.name} cannot be read.")
    digest = hashlib.sha256()
    size_bytes = 0
    with _created(target) if target else Path(os.devnull).open("wb") as output:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            size_bytes += len(block)
            output.write(block)
        if target:
            output.flush()
            os.fsync(output.fileno())
    return Member(member.name, size_bytes, digest.hexdigest())


def _created(target: Path) -> IO[bytes]:
    _make_directory(target.parent)
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb")


def _make_directory(path: Path) -> None:
    """Make a directory and its missing parents, all for the owner only."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(mode=0o700)
