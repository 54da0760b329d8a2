"""Installed weights: where they are, and that they are the ones of the catalogue."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.core.errors import HashMismatch, ModelMissing, ModelUnknown
from assistant.weights.catalog import Catalog, Model, Source, safe_name
from assistant.weights.manifest import (
    LICENCE,
    MANIFEST,
    Manifest,
    inspect,
    read_manifest,
    renew_manifest,
    sha256_of,
    unchanged,
    write_manifest,
)


class WeightsStore:
    """The directory of weights, one sub-directory per model; opens no connection.

    A model's files are hashed in full when they are installed and whenever their length or time
    differ from what they were then.
    """

    def __init__(self, directory: Path, catalog: Catalog) -> None:
        self.directory = directory
        self.catalog = catalog

    def path(self, name: str) -> Path:
        """Return the directory of an installed model whose files are what they should be.

        Raises:
            ModelUnknown: The catalogue has no such model.
            ModelMissing: It is not installed, or not as the catalogue has it now.
            HashMismatch: A file was changed; it was deleted.
        """
        return self._checked(name, full=False)

    def verify(self, name: str) -> None:
        """Hash every file of an installed model; raises as `path` does."""
        self._checked(name, full=True)

    def is_installed(self, name: str) -> bool:
        """Return whether `path` would give a directory."""
        try:
            self.path(name)
        except (ModelMissing, HashMismatch, ModelUnknown):
            return False
        return True

    def installed(self) -> tuple[str, ...]:
        """Return the names of the models that are installed, those of the catalogue first."""
        return tuple(name for name in self.present() if self.is_installed(name))

    def present(self) -> tuple[str, ...]:
        """Return the names of the models of which something is here, whole or not."""
        known = [model.name for model in self.catalog.models if (self.directory / model.name).is_dir()]
        others = sorted(path.parent.name for path in self.directory.glob(f"[!.]*/{MANIFEST}"))
        return tuple(dict.fromkeys(known + others))

    def files(self, name: str) -> Manifest:
        """Return what is installed of a model; raises as `path` does."""
        manifest = read_manifest(self.path(name))
        if manifest is None:
            raise ModelMissing(f"The directory of {name} cannot be written, so its files were not recorded.")
        return manifest

    @contextmanager
    def locked(self, on_wait: Callable[[], None]) -> Iterator[None]:
        """Hold the directory alone; `on_wait` is called if another process holds it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.directory / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            on_wait()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a fresh directory on the same disk, which is removed afterwards if it is still there."""
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=self.directory))
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def adopt(self, staging: Path, manifest: Manifest, licence_text: str) -> None:
        """Make checked files in `staging` the installed model, all at once."""
        (staging / LICENCE).write_text(licence_text, "utf-8")
        write_manifest(staging, manifest)
        for path in staging.rglob("*"):
            if path.is_file():
                _flush(path)
        target = self.directory / manifest.model
        if target.exists():
            with self.staging() as discarded:
                target.rename(discarded / "old")
        # Staging directories are made for their owner alone; weights are no secret.
        staging.chmod(0o755)
        staging.rename(target)

    def _checked(self, name: str, *, full: bool) -> Path:
        directory = self.directory / safe_name(name)
        manifest = read_manifest(directory)
        if manifest is None:
            self._recognise(self.catalog.model(name), directory)
            return directory
        # A model that the catalogue lacks has a manifest only if an operator installed it on purpose.
        known = [model for model in self.catalog.models if model.name == name]
        if known and not any(describes(source, manifest) for source in known[0].sources):
            raise ModelMissing(f"{_asks_for(name)} (what is installed is not what the catalogue has now).")
        renewed = dict(manifest.files)
        for path, entry in manifest.files.items():
            if not (directory / path).is_file():
                cure = _asks_for(name) if known else f"The package {name} must be installed again"
                raise ModelMissing(f"{cure} (the file {path} is gone).")
            if full or not unchanged(directory / path, entry):
                _expect(directory / path, entry.sha256, f"{name}/{path}")
                renewed[path] = inspect(directory / path, entry.sha256)
        if renewed != manifest.files:
            renew_manifest(directory, replace(manifest, files=renewed))
        return directory

    def _recognise(self, model: Model, directory: Path) -> None:
        """Accept files that somebody laid there by hand, if their hashes are the catalogue's."""
        for source in model.sources:
            files = source.files
            if not files or not all(file.sha256 and (directory / file.path).is_file() for file in files):
                continue
            for file in files:
                _expect(directory / file.path, file.sha256 or "", f"{model.name}/{file.path}")
            entries = {file.path: inspect(directory / file.path, file.sha256 or "") for file in files}
            renew_manifest(directory, Manifest(model.name, "", entries))
            return
        raise ModelMissing(f"{_asks_for(model.name)}.")


def _asks_for(name: str) -> str:
    return f"The weights {name} are not installed: run “assistant models pull {name}”"


def describes(source: Source, manifest: Manifest) -> bool:
    """Return whether the manifest's files are those that `source` makes."""
    if not source.files:
        return bool(manifest.download_sha256) and source.downloads[0].sha256 in {
            None,
            manifest.download_sha256,
        }
    expected = {file.path: file.sha256 for file in source.files}
    return expected.keys() == manifest.files.keys() and all(
        sha256 in {None, manifest.files[path].sha256} for path, sha256 in expected.items()
    )


def _expect(path: Path, sha256: str, label: str) -> None:
    found = sha256_of(path)
    if found == sha256:
        return
    try:
        # The file first and the manifest never: what is left is seen as incomplete at once.
        path.unlink()
        fate = "it was deleted"
    except OSError:
        fate = "it could not be deleted and is not used"
    raise HashMismatch(f"The file {label} has SHA-256 {found} instead of {sha256}; {fate}.")


def _flush(path: Path) -> None:
    """Force a file to disk, so that a power cut cannot leave an empty one under its final name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def reserved(path: str) -> bool:
    """Return whether `path` is a name that the store keeps for itself in a model's directory."""
    return path in {MANIFEST, LICENCE, MANIFEST + ".new"}
