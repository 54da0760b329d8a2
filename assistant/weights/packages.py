"""Text models that an operator has as a file: an Argos package, or the files of a Firefox model."""

from __future__ import annotations

import json
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from assistant.core.errors import BundleUntrusted, LanguageUnknown, PackageInvalid, WeightsError
from assistant.core.language import parse_language
from assistant.engines.text_packages import METADATA, argos_languages, engine_of, firefox_files
from assistant.weights.catalog import Download, Source
from assistant.weights.manifest import Manifest, inspect, read_manifest, sha256_of
from assistant.weights.progress import Progress, Silent
from assistant.weights.store import WeightsStore, describes
from assistant.weights.unpack import unpack

MOST_BYTES = 8 << 30
"""No text model unpacks to more; an archive that claims so is none."""

_TERMS = ("license*", "licence*", "copying*", "readme*")
_MOST_TERMS_BYTES = 1 << 20
_UNKNOWN = (
    "{} is not known to the catalogue by its hash, and where ASSISTANT_BUNDLE_PUBLIC_KEY is set nothing"
    " else is installed from a file: put it into a signed bundle."
)
_PREFIXES = {"argos": "argos", "firefox": "translate"}


@dataclass(frozen=True, slots=True)
class _Package:
    """What is about to be installed, unpacked and looked through; its manifest names no model yet."""

    prefix: str
    languages: tuple[str, str]
    manifest: Manifest
    terms: str


def install_package(
    store: WeightsStore,
    source: Path,
    *,
    pair: str = "",
    rough: bool = False,
    try_out: Callable[[Path], None] = lambda _: None,
    progress: Progress | None = None,
    only_known: bool = False,
) -> tuple[str, bool]:
    """Install one text model and return its name, and whether it was not installed before.

    What the catalogue has with the same hashes gets the catalogue's name; anything else is called
    after its languages, and replaces what was installed under that name.

    Args:
        store: Where to.
        source: An `.argosmodel` file, or a directory with a Firefox model.
        pair: From and to which language it translates, such as `en-fr`; an Argos package says so itself.
        rough: Whether it is rough, which its readers are told; an Argos package may say so itself, by
            `"rough": true` in its metadata. Of what the catalogue has, the catalogue says it.
        try_out: Called with the directory of the unpacked model; raises `PackageInvalid` if it fails.
        progress: Is told what goes on.
        only_known: Whether nothing is taken but what the catalogue has with the same hashes.

    Raises:
        PackageInvalid: It is none, or is incomplete or damaged; the message names it and says why.
        BundleUntrusted: The catalogue does not know it, and has to; it was not unpacked.
        WeightsError: The weights cannot be written.
    """
    progress = progress or Silent()
    progress.begin(f"installing {source.name}", None)
    try:
        with store.locked(lambda: progress.note("Waiting for a pull.")), store.staging() as staging:
            if source.is_dir():
                package = _copy_firefox(source, staging, pair)
            else:
                package = _unpack_copy(store, source, staging, pair, only_known=only_known)
            if only_known and not _known(store, package):
                raise BundleUntrusted(_UNKNOWN.format(source.name))
            try_out(staging)
            if rough:
                package = replace(package, manifest=replace(package.manifest, rough=True))
            return _adopt(store, staging, package, source)
    except PackageInvalid as error:
        raise PackageInvalid(f"{source.name} cannot be installed: {error.message}") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(f"{source.name} cannot be installed ({reason}).") from error


def _unpack_copy(
    store: WeightsStore, archive: Path, staging: Path, pair: str, *, only_known: bool
) -> _Package:
    """Unpack a copy that nobody else can change, so that what was hashed is what is unpacked."""
    with store.staging() as private:
        copy = private / archive.name
        shutil.copyfile(archive, copy)
        if only_known and sha256_of(copy) not in _known_archives(store):
            raise BundleUntrusted(_UNKNOWN.format(archive.name))
        return _unpack(copy, staging, pair)


def _known_archives(store: WeightsStore) -> set[str]:
    """Return the hashes of the archives that the catalogue knows text models by."""
    return {
        download.sha256
        for model in store.catalog.models
        for place in model.sources
        for download in place.downloads
        if place.kind == "archive" and download.sha256
    }


def _known(store: WeightsStore, package: _Package) -> bool:
    """Return whether a hash of the catalogue vouches for each byte of `package`."""
    return any(
        place.vouched and describes(place, package.manifest)
        for model in store.catalog.models
        if model.kind == "translation"
        for place in model.sources
    )


def _unpack(archive: Path, staging: Path, pair: str) -> _Package:
    try:
        with zipfile.ZipFile(archive) as members:
            infos = members.infolist()
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise PackageInvalid("it would unpack to more than any text model.")
            small = [
                info.filename for info in infos if info.file_size <= _MOST_TERMS_BYTES and not info.is_dir()
            ]
            terms = _terms((name, partial(members.read, name)) for name in small)
        download = Download(archive.name, None, None)
        files = unpack(Source("archive", (download,), ()), {archive.name: archive}, staging)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise PackageInvalid("it is no Argos package (a zip archive), or it is damaged.") from error
    except WeightsError as error:
        raise PackageInvalid(error.message) from error
    if METADATA not in files:
        raise PackageInvalid(f"it is no Argos package, since it has no {METADATA}.")
    engine, (languages, rough) = engine_of(files), _told_by_metadata(staging)
    if pair and _pair(pair) != languages:
        raise PackageInvalid(f"it translates {_told(languages)}, not --pair {pair}.")
    manifest = Manifest("", sha256_of(archive), files, rough=rough)
    return _Package(_PREFIXES[engine], languages, manifest, terms)


def _told_by_metadata(staging: Path) -> tuple[tuple[str, str], bool]:
    """Return from and to which language an Argos package translates, and whether it says that it is rough."""
    try:
        metadata = json.loads((staging / METADATA).read_text("utf-8"))
        return argos_languages(metadata), metadata.get("rough") is True
    except ValueError as error:
        raise PackageInvalid(f"{METADATA} of the Argos package is no JSON.") from error


def _copy_firefox(directory: Path, staging: Path, pair: str) -> _Package:
    names = [path.name for path in directory.iterdir() if path.is_file()]
    if METADATA in names:
        raise PackageInvalid("it is an unpacked Argos package; install the .argosmodel file itself.")
    engine = engine_of(names)
    wanted = firefox_files(names).names | {name for name in names if fnmatchcase(name, "config.*.yml")}
    languages = _pair(pair)
    files = {}
    for name in sorted(wanted):
        shutil.copyfile(directory / name, staging / name)
        files[name] = inspect(staging / name, sha256_of(staging / name))
    small = [name for name in names if (directory / name).stat().st_size <= _MOST_TERMS_BYTES]
    terms = _terms((name, (directory / name).read_bytes) for name in small)
    return _Package(_PREFIXES[engine], languages, Manifest("", "", files), terms)


def _pair(pair: str) -> tuple[str, str]:
    source, _, target = pair.partition("-")
    if not (source and target):
        raise PackageInvalid("say from and to which language it translates: --pair en-fr.")
    try:
        languages = parse_language(source), parse_language(target)
    except LanguageUnknown as error:
        raise PackageInvalid(f"--pair {pair}: {error.message}") from error
    if languages[0] == languages[1]:
        raise PackageInvalid(f"{pair} names the same language twice.")
    return languages


def _told(languages: Iterable[str]) -> str:
    return "from {} to {}".format(*languages)


def _terms(files: Iterable[tuple[str, Callable[[], bytes]]]) -> str:
    """Return what the files say of the licence, those that are named for it first."""
    found = []
    for name, read in files:
        base = name.rsplit("/", 1)[-1].casefold()
        place = next((place for place, term in enumerate(_TERMS) if fnmatchcase(base, term)), None)
        if place is not None:
            found.append((place, name, read().decode("utf-8", "replace").strip()))
    return "\n\n".join(f"{name}:\n\n{text}" for _, name, text in sorted(found))


def _adopt(store: WeightsStore, staging: Path, package: _Package, source: Path) -> tuple[str, bool]:
    manifest = package.manifest
    for model in store.catalog.models:
        if model.kind == "translation" and any(describes(place, manifest) for place in model.sources):
            if model.languages != package.languages:
                raise PackageInvalid(
                    f"it is {model.name} of the catalogue, which translates {_told(model.languages)},"
                    f" not {_told(package.languages)}."
                )
            if store.is_installed(model.name):
                return model.name, False
            store.adopt(staging, replace(manifest, model=model.name, rough=False), model.licence_text)
            return model.name, True
    name = "-".join((package.prefix, *package.languages))
    if name in {model.name for model in store.catalog.models}:
        name += "-local"
    if store.is_installed(name) and _same(store.directory / name, package):
        return name, False
    named = replace(manifest, model=name, languages=package.languages)
    store.adopt(staging, named, _licence_text(package, source))
    return name, True


def _same(directory: Path, package: _Package) -> bool:
    installed = read_manifest(directory)
    return (
        installed is not None
        and (installed.languages, installed.rough) == (package.languages, package.manifest.rough)
        and {path: entry.sha256 for path, entry in installed.files.items()}
        == {path: entry.sha256 for path, entry in package.manifest.files.items()}
    )


def _licence_text(package: _Package, source: Path) -> str:
    origin = f"Installed from {source.name}"
    if package.manifest.download_sha256:
        origin += f" (SHA-256 {package.manifest.download_sha256})"
    return f"{origin}.\n\n{package.terms or 'It came without a word on its licence.'}\n"
