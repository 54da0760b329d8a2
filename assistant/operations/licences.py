"""Under which terms everything comes that an installation consists of.

Libraries say so in their own metadata. What they bundle without saying is known here: native libraries in
wheels, fonts, and a network. Nothing here is legal advice; it says where to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assistant.weights.catalog import Catalog

Kind = Literal["library", "native", "weights", "font", "data"]
Copyleft = Literal["", "weak", "strong", "network"]

UNKNOWN = "unknown"

_LEVELS: tuple[Copyleft, ...] = ("", "weak", "strong", "network")
_OURS = "assistant"
_LONGEST_NAME = 80
"""What is longer in the field `License` is the licence's text and not its name."""

_SPDX = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
}
"""How packages write it, and how SPDX does."""

_GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
_NETTLE = "LGPL-3.0-or-later OR GPL-2.0-or-later"
_FFMPEG = "LGPL-3.0-or-later"

_NATIVE = {
    "libSvtAv1Enc": "BSD-3-Clause-Clear",
    "libXau": "MIT",
    "libasound": "LGPL-2.1-or-later",
    "libavcodec": _FFMPEG,
    "libavdevice": _FFMPEG,
    "libavfilter": _FFMPEG,
    "libavformat": _FFMPEG,
    "libavutil": _FFMPEG,
    "libctranslate2": "MIT",
    "libdav1d": "BSD-2-Clause",
    "libdrm": "MIT",
    "libgfortran": _GCC,
    "libgmp": _NETTLE,
    "libgnutls": "LGPL-2.1-or-later",
    "libgomp": _GCC,
    "libhogweed": _NETTLE,
    "libmp3lame": "LGPL-2.0-or-later",
    "libnettle": _NETTLE,
    "libopencore-amrnb": "Apache-2.0",
    "libopencore-amrwb": "Apache-2.0",
    "libopus": "BSD-3-Clause",
    "libquadmath": "LGPL-2.1-or-later",
    "libscipy_openblas64_": "BSD-3-Clause",
    "libsharpyuv": "BSD-3-Clause",
    "libswresample": _FFMPEG,
    "libswscale": _FFMPEG,
    "libunistring": _NETTLE,
    "libvpl": "MIT",
    "libvpx": "BSD-3-Clause",
    "libwebp": "BSD-3-Clause",
    "libwebpmux": "BSD-3-Clause",
    "libx264": "GPL-2.0-or-later",
    "libx265": "GPL-2.0-or-later",
    "libxcb": "MIT",
    "libxcb-shape": "MIT",
    "libxcb-shm": "MIT",
    "libxcb-xfixes": "MIT",
}
"""Native libraries that wheels bring along in a folder of their own (`…libs`), by name without version."""

_NATIVE_FILE = re.compile(r"(lib[A-Za-z0-9_-]+?)-?(?:-[0-9a-f]{8})*\.so(?:\.(.*))?")

_BUNDLED = {
    "typst": (
        ("font", "Libertinus Serif", "OFL-1.1"),
        ("font", "New Computer Modern", "LPPL-1.3c"),
        ("font", "DejaVu Sans Mono", "Bitstream-Vera"),
    ),
    "faster-whisper": (("weights", "Silero VAD", "MIT"),),
    "certifi": (("data", "Mozilla's certificate authorities", "MPL-2.0"),),
}
"""What is inside of packages without a word in their metadata."""


@dataclass(frozen=True, slots=True)
class Licensed:
    """One thing and its terms.

    Attributes:
        kind: What it is.
        name: What it is called.
        version: Its version; may be empty.
        licence: An SPDX expression, or what comes nearest; `unknown` where nobody says.
        copyleft: Whether its terms reach further than itself: `weak` (its own files), `strong` (all that is
            distributed with it as one work), `network` (also what is only served); empty: no.
        part_of: The package that brings it along; empty where it came by itself.
        runtime: Whether the service needs it; else it is for development.
        sha256: The hash of each file of weights, as the catalogue has it.
    """

    kind: Kind
    name: str
    version: str
    licence: str
    copyleft: Copyleft
    part_of: str = ""
    runtime: bool = True
    sha256: tuple[tuple[str, str], ...] = ()


def everything(catalog: Catalog) -> list[Licensed]:
    """Return all that is installed here, with the weights of a catalogue, whether installed or not."""
    return [*libraries(), *weights_of(catalog), *demo_recordings()]


def libraries() -> Iterator[Licensed]:
    """Yield each installed package and, after it, what it brings along."""
    needed = runtime_names()
    found = {canonicalize_name(package.name): package for package in metadata.distributions()}
    for name, package in sorted(found.items()):
        licence, runtime = licence_of(package), name in needed
        yield Licensed("library", name, package.version, licence, copyleft_of(licence), runtime=runtime)
        yield from _native_in(package, name, runtime=runtime)
        for kind, inner, terms in _BUNDLED.get(name, ()):
            yield Licensed(kind, inner, "", terms, copyleft_of(terms), name, runtime)  # type: ignore[arg-type]


def runtime_names() -> frozenset[str]:
    """Return the names of all packages that the service needs, as they require each other."""
    needed: set[str] = set()
    waiting = [(_OURS, frozenset[str]())]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # wanted on other systems only, or by an extra that is not installed
        needed.add(canonicalize_name(name))
        for requirement in map(Requirement, package.requires or ()):
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": extra}) for extra in extras or ("",)):
                continue
            wanted = (requirement.name, frozenset(requirement.extras))
            if wanted not in seen:
                seen.add(wanted)
                waiting.append(wanted)
    return frozenset(needed)


def licence_of(package: metadata.Distribution) -> str:
    """Return what a package says of its licence: as an expression, by a name, or by its classifiers."""
    told = package.metadata
    expressions = told.get_all("License-Expression")
    if expressions:
        return str(expressions[0])
    named = str((told.get_all("License") or [""])[0]).strip()
    if named and len(named) <= _LONGEST_NAME and "\n" not in named:
        return _SPDX.get(named.casefold(), named)
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or ()
        if line.startswith("License :: ") and line.count(" :: ") > 1
    ]
    if classified:
        return " OR ".join(_SPDX.get(name.casefold(), name) for name in classified)
    return UNKNOWN


def weights_of(catalog: Catalog) -> Iterator[Licensed]:
    """Yield the models of a catalogue."""
    for model in catalog.models:
        hashes = tuple(
            (file.path, file.sha256) for file in model.sources[0].files if file.sha256 is not None
        ) or tuple((item.name, item.sha256) for item in model.sources[0].downloads if item.sha256)
        yield Licensed("weights", model.name, "", model.licence, copyleft_of(model.licence), sha256=hashes)


def demo_recordings() -> Iterator[Licensed]:
    """Yield the recordings of the demo meeting, as the table beside them has them."""
    table = Path(__file__).parents[1] / "demo" / "audio" / "LICENSES.md"
    for line in table.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            licence = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cells[1])
            yield Licensed("data", cells[0].replace("`", ""), "", licence, copyleft_of(licence))


def copyleft_of(expression: str) -> Copyleft:
    """Return how far the terms of an expression reach: of alternatives the least, of parts the most."""
    alternatives = _split(expression, " OR ")
    if len(alternatives) > 1:
        return min(map(copyleft_of, alternatives), key=_LEVELS.index)
    parts = _split(expression, " AND ")
    if len(parts) > 1:
        return max(map(copyleft_of, parts), key=_LEVELS.index)
    bare = expression.strip()
    if bare.startswith("(") and bare.endswith(")"):
        return copyleft_of(bare[1:-1])
    if "AGPL" in bare:
        return "network"
    if bare.startswith("GPL"):
        return "" if "-exception-" in bare else "strong"
    return "weak" if bare.startswith(("LGPL", "MPL", "EPL", "CDDL")) else ""


def _split(expression: str, word: str) -> list[str]:
    """Return what stands between the words that are in no parentheses."""
    parts, depth, begin, at = [], 0, 0, 0
    while at < len(expression):
        depth += {"(": 1, ")": -1}.get(expression[at], 0)
        if depth == 0 and expression.startswith(word, at):
            parts.append(expression[begin:at])
            begin = at = at + len(word)
        else:
            at += 1
    return [*parts, expression[begin:]]


def _native_in(package: metadata.Distribution, name: str, *, runtime: bool) -> Iterator[Licensed]:
    for library, version in sorted(set(_native_names(str(file) for file in package.files or ()))):
        licence = _NATIVE.get(library, UNKNOWN)
        yield Licensed("native", library, version, licence, copyleft_of(licence), name, runtime)


def _native_names(files: Iterable[str]) -> Iterator[tuple[str, str]]:
    for file in files:
        folder, _, base = file.rpartition("/")
        match = _NATIVE_FILE.fullmatch(base)
        if folder.endswith(".libs") and match:
            yield match[1], match[2] or ""
