"""What was installed: the hash of each file, and the stamp by which a change is noticed cheaply."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

MANIFEST = "manifest.json"
LICENCE = "LICENSE.txt"


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One file as it was when all of it was last hashed.

    Attributes:
        sha256: Its hash in hexadecimal.
        size_bytes: Its length.
        mtime_ns: Its modification time; a file with another one is hashed again before use.
    """

    sha256: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one installed model.

    Attributes:
        model: The catalogue's name.
        download_sha256: The hash of the archive they came from, or empty.
        files: By path below the model's directory.
        languages: From and to which one it translates, where an operator installed what the
            catalogue does not have; else empty.
        rough: Whether the operator said of such a one that it is rough.
    """

    model: str
    download_sha256: str
    files: dict[str, InstalledFile]
    languages: tuple[str, ...] = ()
    rough: bool = False


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def length_bytes(path: Path) -> int:
    """Return the length of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def inspect(path: Path, sha256: str) -> InstalledFile:
    """Return the entry of a file whose hash was just found to be `sha256`."""
    status = path.stat()
    return InstalledFile(sha256, status.st_size, status.st_mtime_ns)


def unchanged(path: Path, entry: InstalledFile) -> bool:
    """Return whether a file still has the length and time that `entry` names."""
    status = path.stat()
    return (status.st_size, status.st_mtime_ns) == (entry.size_bytes, entry.mtime_ns)


def read_manifest(directory: Path) -> Manifest | None:
    """Return the manifest in a model's directory, or None if there is none that can be read."""
    try:
        content = json.loads((directory / MANIFEST).read_text("utf-8"))
        files = {path: InstalledFile(**entry) for path, entry in content["files"].items()}
        languages = tuple(map(str, content.get("languages", ())))
        rough = content.get("rough") is True
        return Manifest(content["model"], content["download_sha256"], files, languages, rough)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Put the manifest into a model's directory, in one step.

    Raises:
        OSError: The directory cannot be written.
    """
    unfinished = directory / (MANIFEST + ".new")
    unfinished.write_text(json.dumps(asdict(manifest), indent=1) + "\n", "utf-8")
    unfinished.replace(directory / MANIFEST)


def renew_manifest(directory: Path, manifest: Manifest) -> None:
    """Put the manifest into a model's directory; where that is read-only, the old one stays."""
    # Weights may lie on a read-only volume; then they are hashed at each start.
    with contextlib.suppress(OSError):
        write_manifest(directory, manifest)
