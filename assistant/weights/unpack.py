"""Makes the files of a model from what was downloaded, checking each on the way."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from assistant.core.errors import HashMismatch, SourceUnreachable, WeightsError
from assistant.weights.catalog import Download, Source, WeightFile, safe_path
from assistant.weights.manifest import InstalledFile, inspect, sha256_of
from assistant.weights.store import reserved

_BLOCK_BYTES = 1 << 20


def unpack(source: Source, downloads: Mapping[str, Path], staging: Path) -> dict[str, InstalledFile]:
    """Write the files of `source` into `staging` and return their entries, by path.

    Args:
        source: The catalogue's description.
        downloads: Where each of its downloads lies, by the download's name.
        staging: An empty directory.

    Raises:
        HashMismatch: A file is not the one of the catalogue.
        WeightsError: A download is no archive, or lacks a member.
    """
    if source.kind in {"url", "file"}:
        return {file.path: _place(_blocks_of(downloads[file.path]), file, staging) for file in source.files}
    with ExitStack() as stack:
        members: dict[str, zipfile.ZipFile] = {}
        for download in source.downloads:
            try:
                archive = stack.enter_context(zipfile.ZipFile(downloads[download.name]))
            except zipfile.BadZipFile as error:
                raise WeightsError(f"{download.name} is no archive.") from error
            members |= dict.fromkeys((name for name in archive.namelist() if not name.endswith("/")), archive)
        files = source.files or _everything(list(members))
        return {file.path: _place(_joined(file, members), file, staging) for file in files}


def place(stream: IO[bytes], file: WeightFile, staging: Path) -> InstalledFile:
    """Write what `stream` holds as `file` into `staging`; raises HashMismatch."""
    return _place(_blocks(stream), file, staging)


def check_beside(path: Path, download: Download) -> None:
    """Look whether a file that lies beside the catalogue is there, and is the one that it names.

    Raises:
        SourceUnreachable: It is missing, or cannot be read.
        HashMismatch: It is another one; it was left where it is.
    """
    try:
        size_bytes, found = path.stat().st_size, sha256_of(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceUnreachable(f"The file {download.beside} beside the catalogue: {reason}.") from error
    if (size_bytes, found) != (download.size_bytes, download.sha256):
        raise HashMismatch(
            f"The file {download.beside} beside the catalogue has {size_bytes} bytes and SHA-256 {found}"
            f" instead of {download.size_bytes} and {download.sha256}; it is not used."
        )


def _everything(members: list[str]) -> tuple[WeightFile, ...]:
    """Return all members as files, without the one directory that holds them all, if there is one."""
    roots = {member.partition("/")[0] for member in members}
    strip = len(roots) == 1 and all("/" in member for member in members)
    files = []
    for member in members:
        path = safe_path(member.partition("/")[2] if strip else member)
        if not reserved(path):
            files.append(WeightFile(path, None, None, (member,)))
    return tuple(files)


def _joined(file: WeightFile, members: Mapping[str, zipfile.ZipFile]) -> Iterator[bytes]:
    for member in file.members:
        if member not in members:
            raise WeightsError(f"The download lacks {member}.")
        with members[member].open(member) as stream:
            yield from _blocks(stream)


def _blocks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from _blocks(stream)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK_BYTES):
        yield block


def _place(blocks: Iterable[bytes], file: WeightFile, staging: Path) -> InstalledFile:
    target = staging / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as output:
        for block in blocks:
            digest.update(block)
            output.write(block)
    if file.sha256 not in {None, digest.hexdigest()}:
        target.unlink()
        raise HashMismatch(
            f"The file {file.path} has SHA-256 {digest.hexdigest()} instead of {file.sha256}; it was deleted."
        )
    return inspect(target, digest.hexdigest())
