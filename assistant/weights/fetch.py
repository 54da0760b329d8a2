"""Downloads over HTTP that go on where an earlier attempt broke off."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from assistant.core.errors import HashMismatch, SourceUnreachable
from assistant.tasks.retries import Backoff
from assistant.weights.catalog import Download
from assistant.weights.manifest import length_bytes, sha256_of
from assistant.weights.progress import Progress

_PAUSES = Backoff(0.5, 2.0)


class _Interrupted(Exception):
    """The connection ended before the file did."""


def fetch(client: httpx.Client, url: httpx.URL, target: Path, download: Download, progress: Progress) -> None:
    """Put what `url` holds into `target`, whose hash is then the one of `download`.

    A part that was fetched earlier (`target` with `.part`) is kept and continued with a range
    request, if the hash is known: only then can the joint be trusted.

    Raises:
        SourceUnreachable: The server does not answer, refuses, or breaks off again and again.
        HashMismatch: It holds something else; that was deleted.
    """
    part = target.with_name(target.name + ".part")
    if download.sha256 is None:
        part.unlink(missing_ok=True)
    resumed = length_bytes(part) > 0
    progress.begin(download.name, download.size_bytes)
    while True:
        _complete(client, url, part, download, progress)
        found = sha256_of(part)
        if download.sha256 in {None, found}:
            part.replace(target)
            return
        part.unlink()
        if not resumed:
            raise HashMismatch(
                f"{download.name} from {url.host} has SHA-256 {found} instead of {download.sha256};"
                " it was deleted."
            )
        # The earlier part may have been damaged, or of another file: once more, from the start.
        resumed = False


def _complete(
    client: httpx.Client, url: httpx.URL, part: Path, download: Download, progress: Progress
) -> None:
    """Fetch into `part` until it is whole, reconnecting as long as that gets further."""
    fruitless = 0
    while True:
        before = length_bytes(part)
        try:
            _transfer(client, url, part, download, progress)
        except (httpx.TransportError, _Interrupted) as error:
            after = length_bytes(part)
            fruitless = 0 if after > before else fruitless + 1
            # A server that never gave a byte is not waited for: another source may be better.
            if after == 0 or fruitless > 1:
                raise SourceUnreachable(f"{url.host} cannot be reached ({_reason(error)}).") from error
            time.sleep(_PAUSES.pause_seconds(fruitless + 1))
        except httpx.HTTPError as error:
            raise SourceUnreachable(f"{url.host} gave no usable answer ({_reason(error)}).") from error
        else:
            return


def _transfer(
    client: httpx.Client, url: httpx.URL, part: Path, download: Download, progress: Progress
) -> None:
    """Make one request and write its body behind what `part` holds."""
    held_bytes = length_bytes(part)
    if download.size_bytes is not None and held_bytes == download.size_bytes:
        return
    headers = {"Range": f"bytes={held_bytes}-"} if held_bytes else {}
    with client.stream("GET", url, headers=headers) as response:
        continues = response.status_code == httpx.codes.PARTIAL_CONTENT
        expected_range = response.headers.get("Content-Range", "").startswith(f"bytes {held_bytes}-")
        beyond = response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE
        useless_part = held_bytes > 0 and (beyond or (continues and not expected_range))
        if not useless_part:
            if not response.is_success:
                raise SourceUnreachable(f"{url.host} answers {response.status_code} for {download.name}.")
            _write(response, part, download, progress, held_bytes if continues else 0)
    if useless_part:
        part.unlink()
        _transfer(client, url, part, download, progress)


def _write(
    response: httpx.Response, part: Path, download: Download, progress: Progress, held_bytes: int
) -> None:
    announced = response.headers.get("Content-Length", "")
    total_bytes = download.size_bytes or (held_bytes + int(announced) if announced.isdigit() else None)
    with part.open("ab" if held_bytes else "wb") as file:
        # Blocks as they come: what waits to fill a larger one would be lost with the connection.
        for block in response.iter_raw():
            file.write(block)
            held_bytes += len(block)
            progress.reach(held_bytes)
            if total_bytes is not None and held_bytes > total_bytes:
                break
    if total_bytes is not None and held_bytes > total_bytes:
        part.unlink()
        raise HashMismatch(
            f"{download.name} from {response.url.host} is longer than {total_bytes} bytes; it was deleted."
        )
    if total_bytes is not None and held_bytes < total_bytes:
        raise _Interrupted(f"{held_bytes} of {total_bytes} bytes came")


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
