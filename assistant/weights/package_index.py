"""Wheels from the package index that pip is configured for.

The index is asked directly, so that a large wheel can be fetched with a progress bar and be
resumed. Whatever this does not understand of pip's configuration (key rings, netrc, local folders
of wheels) is left to `pip download`.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import httpx

from assistant.core.errors import SourceUnreachable
from assistant.weights.catalog import Download

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_SETTING = re.compile(r"(?P<section>[\w:]+)\.(?P<key>[\w-]+)=(?P<value>['\"].*)")
_DEFAULT_INDEX = re.compile(r"--index-url.*?\(default\s+(\S+?)\)", re.DOTALL)
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class PipSettings:
    """What pip is configured to use.

    Attributes:
        indexes: URLs of simple indexes, with credentials if pip has them there.
        certificates: A file of certificate authorities, or empty.
        proxy: A proxy's URL, or empty.
    """

    indexes: tuple[str, ...]
    certificates: str = ""
    proxy: str = ""


def read_pip_settings() -> PipSettings:
    """Return pip's settings, from its files and environment variables.

    Raises:
        SourceUnreachable: This Python has no pip.
    """
    settings = parse_settings(_run_pip("config", "list"))
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        indexes: list[str] = []
    else:
        indexes = [
            settings.get("index-url") or _default_index(),
            *settings.get("extra-index-url", "").split(),
        ]
    return PipSettings(
        tuple(index for index in indexes if index), settings.get("cert", ""), settings.get("proxy", "")
    )


def may_fetch() -> bool:
    """Return whether pip may use an index; where it may not (`no-index`), nothing is to be fetched."""
    try:
        return bool(read_pip_settings().indexes)
    except SourceUnreachable:  # a Python without pip was not told anything
        return True


def parse_settings(listing: str) -> dict[str, str]:
    """Return the settings in the output of `pip config list`; the more specific section wins."""
    rank = {"global": 0, "download": 1, ":env:": 2}
    found: dict[str, tuple[int, str]] = {}
    for match in filter(None, map(_SETTING.fullmatch, listing.splitlines())):
        weight = rank.get(match["section"], -1)
        if weight >= found.get(match["key"], (0, ""))[0]:
            found[match["key"]] = (weight, str(ast.literal_eval(match["value"])))
    return {key: value for key, (_, value) in found.items()}


def find_wheel(client: httpx.Client, settings: PipSettings, download: Download) -> httpx.URL:
    """Return where the index has the file `download.name`.

    Raises:
        SourceUnreachable: No index can be reached, or none has it.
    """
    project = re.sub(r"[-_.]+", "-", download.requirement.partition("==")[0]).lower()
    reason = "no package index is configured"
    for index in settings.indexes:
        page = httpx.URL(index.rstrip("/") + f"/{project}/")
        try:
            response = client.get(page, headers={"Accept": _ACCEPT})
            response.raise_for_status()
            links = _links(response)
        except (httpx.HTTPError, ValueError) as error:
            reason = f"{page.host}: {type(error).__name__}"
            continue
        for link in links:
            if unquote(link.partition("#")[0].rsplit("/", 1)[-1]) == download.name:
                return _with_credentials(response.url.join(link), page)
        reason = f"{page.host} does not have it"
    raise SourceUnreachable(f"The package index did not give {download.name} ({reason}).")


def pip_download(download: Download, target: Path) -> None:
    """Fetch a wheel into `target` with pip itself; nothing is imported or built.

    Raises:
        SourceUnreachable: pip could not.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        _run_pip(
            *("download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--no-input", "--quiet"),
            *("--progress-bar=off", "--timeout=10", "--retries=1", "--dest", directory),
            *_tags(download.name),
            download.requirement,
        )
        found = sorted(Path(directory).glob("*.whl"))
        if not found:
            raise SourceUnreachable(f"pip brought no {download.name}.")
        found[0].replace(target)


def _tags(name: str) -> list[str]:
    """Return the options that make pip take this very wheel, whatever machine this is."""
    python, abi, platforms = name.removesuffix(".whl").split("-")[-3:]
    if platforms == "any":
        return []
    version = re.sub(r"\D", "", python)
    options = [f"--python-version={version}", f"--implementation={python[:2]}", f"--abi={abi}"]
    return options + [f"--platform={platform}" for platform in platforms.split(".")]


def _default_index() -> str:
    """Return the index that pip falls back to, which only its help text tells."""
    match = _DEFAULT_INDEX.search(_run_pip("download", "--help"))
    return match[1] if match else ""


def _run_pip(*arguments: str) -> str:
    # A wide "terminal" keeps URLs in the help text on one line; the locale keeps the text English.
    environment = os.environ | {"COLUMNS": "1000", "LC_ALL": "C.UTF-8", "PIP_RESUME_RETRIES": "5"}
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    # The command is this interpreter with arguments from the catalogue, and no shell reads it.
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = lines[-1] if lines else done.stderr.strip().rsplit("\n", 1)[-1]
        raise SourceUnreachable(f"pip failed ({_CREDENTIALS.sub('//***@', reason)}).")
    return done.stdout


def _with_credentials(url: httpx.URL, index: httpx.URL) -> httpx.URL:
    """Give a file's URL the user and password of its index, if it is the same server."""
    if index.userinfo and not url.userinfo and url.netloc == index.copy_with(userinfo=b"").netloc:
        return url.copy_with(userinfo=index.userinfo)
    return url


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the targets of links."""
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def _links(response: httpx.Response) -> list[str]:
    if "json" in response.headers.get("Content-Type", ""):
        return [str(file["url"]) for file in response.json().get("files", [])]
    anchors = _Anchors()
    anchors.feed(response.text)
    return anchors.links
