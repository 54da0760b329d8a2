"""One archive with weights, hashes and licences, for machines that are never online.

A bundle is a plain tar file. Its first member, `bundle.json`, names the models and the hash and
length of each file; the files follow as `<model>/<path>`. In a signed bundle `bundle.sig` comes between:
64 bytes, the signature of `bundle.json`, which vouches for all the rest by its hashes.

Each file is hashed while it is written to where it will be used, so what was checked is what is installed.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assistant.core.errors import (
    ArchiveInvalid,
    BundleInvalid,
    BundleUntrusted,
    HashMismatch,
    ModelUnknown,
    WeightsError,
)
from assistant.weights.careful_tar import open_tar, plain_member
from assistant.weights.catalog import WeightFile, safe_name, safe_path
from assistant.weights.manifest import LICENCE, InstalledFile, Manifest
from assistant.weights.progress import Progress, Silent
from assistant.weights.signing import SIGNATURE_BYTES, TrustedKeys
from assistant.weights.store import WeightsStore, describes, reserved
from assistant.weights.unpack import place

FORMAT = 1
INDEX = "bundle.json"
SIGNATURE = "bundle.sig"
_INDEX_LIMIT_BYTES = 16 << 20
_MODE = 0o644


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a bundle says of one model; nothing of it is installed yet, so its files have no times."""

    manifest: Manifest
    licence_text: str


def write_bundle(
    store: WeightsStore,
    names: Sequence[str],
    archive: Path,
    progress: Progress | None = None,
    *,
    key: Ed25519PrivateKey | None = None,
) -> None:
    """Write installed models into `archive`, after hashing every file of them, signed where a key is given.

    Raises:
        ModelUnknown: The catalogue lacks one of them, and no operator installed it.
        ModelMissing: One is not installed.
        HashMismatch: A file was changed; it was deleted.
        WeightsError: The archive cannot be written.
    """
    progress = progress or Silent()
    for name in names:
        progress.begin(f"checking {name}", None)
        store.verify(name)
    unfinished = archive.with_name(archive.name + ".part")
    try:
        with tarfile.open(unfinished, "w", format=tarfile.PAX_FORMAT) as tar:
            index = [_describe(store, name) for name in names]
            content = json.dumps({"format": FORMAT, "models": index}, indent=1).encode()
            tar.addfile(plain_member(INDEX, len(content), _MODE), io.BytesIO(content))
            if key is not None:
                tar.addfile(plain_member(SIGNATURE, SIGNATURE_BYTES, _MODE), io.BytesIO(key.sign(content)))
            for name in names:
                progress.begin(f"adding {name}", None)
                _add_files(tar, store, name)
        unfinished.replace(archive)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise WeightsError(f"The bundle {archive} cannot be written ({error.strerror}).") from error


def install_bundle(
    store: WeightsStore,
    archive: Path,
    progress: Progress | None = None,
    *,
    allow_unknown_hash: bool = False,
    trusted: TrustedKeys | None = None,
) -> tuple[str, ...]:
    """Install the models of `archive` that are not installed yet and return their names.

    Every file must have the hash that the bundle names, and this the one of the catalogue. Where keys are
    given, one of them must have signed the bundle; it then also vouches for what the catalogue lacks.

    Raises:
        BundleInvalid: It is no bundle, is damaged, or holds something that it does not name.
        BundleUntrusted: It is not signed by a key of `trusted`, or was altered since.
        ModelUnknown: The catalogue here lacks one of the models, and unknown ones are not allowed.
        HashMismatch: A file is not the one of the catalogue; nothing of its model was installed.
        WeightsError: The weights cannot be written.
    """
    progress = progress or Silent()
    try:
        with open_tar(archive) as tar, store.locked(lambda: progress.note("Waiting for a pull.")):
            entries = _read_index(tar, trusted, progress)
            _check_members(tar, entries, archive.stat().st_size)
            for entry in entries:
                _admit(store, entry, vouched=allow_unknown_hash or trusted is not None)
            missing = [entry for entry in entries if not store.is_installed(entry.manifest.model)]
            _check_space(store, missing)
            for entry in missing:
                _install(store, tar, entry, progress)
            return tuple(entry.manifest.model for entry in missing)
    except (tarfile.TarError, EOFError, ArchiveInvalid) as error:
        raise BundleInvalid(f"{archive.name} is no bundle of weights, or it is damaged ({error}).") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(f"The bundle {archive.name} cannot be installed ({reason}).") from error


def _describe(store: WeightsStore, name: str) -> dict[str, Any]:
    manifest = store.files(name)
    known = next((model for model in store.catalog.models if model.name == name), None)
    licence = (
        {"kind": known.kind, "licence": known.licence, "licence_text": known.licence_text}
        if known
        else {"licence_text": (store.path(name) / LICENCE).read_text("utf-8")}
    )
    return {
        "name": name,
        **licence,
        "languages": list(manifest.languages),
        "rough": manifest.rough,
        "download_sha256": manifest.download_sha256,
        "files": [
            {"path": path, "sha256": entry.sha256, "size_bytes": entry.size_bytes}
            for path, entry in sorted(manifest.files.items())
        ],
    }


def _add_files(tar: tarfile.TarFile, store: WeightsStore, name: str) -> None:
    directory = store.path(name)
    for path in sorted(store.files(name).files):
        with (directory / path).open("rb") as file:
            size_bytes = (directory / path).stat().st_size
            tar.addfile(plain_member(f"{name}/{path}", size_bytes, _MODE), file)


def _read_index(tar: tarfile.TarFile, trusted: TrustedKeys | None, progress: Progress) -> list[_Entry]:
    """Return what a bundle says that it holds, once it is known that it may be believed."""
    content = _small_member(tar, tar.next(), INDEX, _INDEX_LIMIT_BYTES)
    if content is None:
        raise BundleInvalid(f"The archive does not begin with {INDEX}, so it is no bundle of weights.")
    signature = _small_member(tar, tar.next(), SIGNATURE, SIGNATURE_BYTES)
    # Before anything is made of the content.
    if trusted is not None:
        if signature is None:
            raise BundleUntrusted(
                "The bundle is not signed, and ASSISTANT_BUNDLE_PUBLIC_KEY wants it to be: write it with"
                " “assistant models bundle --sign KEYFILE”."
            )
        trusted.check(content, signature)
    elif signature is not None:
        progress.note("The bundle's signature is checked only where ASSISTANT_BUNDLE_PUBLIC_KEY is set.")
    try:
        index = json.loads(content)
        if index["format"] != FORMAT:
            raise BundleInvalid(f"The bundle has format {index['format']}; this version reads {FORMAT}.")
        return [_entry(model) for model in index["models"]]
    except (ValueError, KeyError, TypeError, RecursionError, WeightsError) as error:
        if isinstance(error, BundleInvalid):
            raise
        raise BundleInvalid(f"The bundle's {INDEX} cannot be understood ({error}).") from error


def _small_member(
    tar: tarfile.TarFile, member: tarfile.TarInfo | None, name: str, most_bytes: int
) -> bytes | None:
    """Return the content of `member` if it is the file `name` and no longer than allowed."""
    if member is None or member.name != name or not member.isreg() or member.size > most_bytes:
        return None
    stream = tar.extractfile(member)
    return stream.read() if stream else None


def _entry(model: dict[str, Any]) -> _Entry:
    files = {
        safe_path(file["path"]): InstalledFile(str(file["sha256"]), int(file["size_bytes"]), 0)
        for file in model["files"]
    }
    if any(map(reserved, files)):
        raise BundleInvalid("The bundle holds a file of a name that is not for weights.")
    languages = tuple(str(language) for language in model.get("languages", ()))
    digest, licence = str(model.get("download_sha256", "")), str(model.get("licence_text", ""))
    rough = model.get("rough") is True
    return _Entry(Manifest(safe_name(model["name"]), digest, files, languages, rough), licence)


def _admit(store: WeightsStore, entry: _Entry, *, vouched: bool) -> None:
    """Raise unless the catalogue vouches for every file of `entry`, or operator or signature do (`vouched`).

    They can vouch for what the catalogue does not know, never for what it knows otherwise.
    """
    name = entry.manifest.model
    if name not in {model.name for model in store.catalog.models}:
        if vouched:
            return
        raise ModelUnknown(
            f"The catalogue has no model “{name}”; --allow-unknown-hash accepts that of the bundle."
        )
    sources = store.catalog.model(name).sources
    fitting = [source for source in sources if describes(source, entry.manifest)]
    if not fitting:
        raise HashMismatch(f"The bundle's files of {name} are not those of the catalogue here.")
    hashes_known = any(source.files and all(file.sha256 for file in source.files) for source in fitting)
    if not hashes_known and not vouched:
        raise WeightsError(
            f"The catalogue does not know the SHA-256 of each file of {name};"
            " --allow-unknown-hash accepts those of the bundle."
        )


def _check_members(tar: tarfile.TarFile, entries: Sequence[_Entry], archive_bytes: int) -> None:
    """Raise unless the archive holds exactly the files that its index names, and as much as it is long."""
    named = {
        f"{entry.manifest.model}/{path}": file.size_bytes
        for entry in entries
        for path, file in entry.manifest.files.items()
    }
    # A file with holes is longer than what it takes; an honest bundle has none.
    if sum(named.values()) > archive_bytes:
        raise BundleInvalid("The bundle says that it holds more than it is long.")
    for number, member in enumerate(tar):
        if number == 0 or (number == 1 and member.name == SIGNATURE):
            continue
        plain = member.isreg() and not member.issparse()
        if not plain or named.pop(member.name, None) != member.size:
            raise BundleInvalid(f"The bundle holds {member.name[:200]!r}, which it does not name as it is.")
    if named:
        raise BundleInvalid(f"The bundle lacks {', '.join(sorted(named))}.")


def _check_space(store: WeightsStore, missing: Sequence[_Entry]) -> None:
    needed = sum(file.size_bytes for entry in missing for file in entry.manifest.files.values())
    if needed > shutil.disk_usage(store.directory).free:
        raise WeightsError(
            f"The models of the bundle need {needed / 1e6:.0f} MB in {store.directory}; there is less free."
        )


def _install(store: WeightsStore, tar: tarfile.TarFile, entry: _Entry, progress: Progress) -> None:
    name = entry.manifest.model
    progress.begin(f"installing {name}", None)
    with store.staging() as staging:
        placed = {}
        for path, file in entry.manifest.files.items():
            stream = tar.extractfile(f"{name}/{path}")
            if stream is None:
                raise BundleInvalid(f"The bundle lacks {path} of {name}.")
            placed[path] = place(stream, WeightFile(path, file.size_bytes, file.sha256), staging)
        store.adopt(staging, replace(entry.manifest, files=placed), entry.licence_text)
