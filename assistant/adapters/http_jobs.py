"""Jobs' recordings and call-backs over HTTP, to the addresses that the operator named and no others."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from assistant.adapters.http_client import open_http_client
from assistant.core.disk_errors import not_kept
from assistant.core.errors import (
    RecordingTooLarge,
    RecordingUnreachable,
    SourceForbidden,
    WebhookFailed,
)

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_DOWNLOAD_SECONDS = 3600.0
_DEFAULT_PORTS = {"http": 80, "https": 443}


class HttpRecordingSource:
    """Fetches recordings from the hosts in `hosts` (`name` or `name:port`)."""

    def __init__(self, hosts: Sequence[str], most_bytes: int) -> None:
        self._hosts = frozenset(host.strip().lower() for host in hosts)
        self._most_bytes = most_bytes

    def check(self, url: str) -> None:
        """Raise `SourceForbidden` unless the operator allows to fetch from there."""
        try:
            parts = urlsplit(url)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        except ValueError as error:
            raise _forbidden() from error
        name = (parts.hostname or "").lower()
        usual = port == _DEFAULT_PORTS.get(parts.scheme)
        known = f"{name}:{port}" in self._hosts or (usual and name in self._hosts)
        if parts.scheme not in _DEFAULT_PORTS or not name or not known or parts.username:
            raise _forbidden()

    async def download(self, url: str, path: Path) -> None:
        """Fetch a recording into a file; redirects are not followed."""
        self.check(url)
        try:
            async with (
                asyncio.timeout(_DOWNLOAD_SECONDS),
                open_http_client(_TIMEOUT) as client,
                client.stream("GET", url) as answer,
            ):
                if not answer.is_success:
                    raise RecordingUnreachable(f"The storage answers {answer.status_code} for the recording.")
                await self._write(answer, path)
        except (httpx.HTTPError, TimeoutError) as error:
            raise RecordingUnreachable("The storage of the recording does not answer.") from error
        except OSError as error:
            raise not_kept("A recording", error) from error

    async def _write(self, answer: httpx.Response, path: Path) -> None:
        received_bytes = 0
        with path.open("wb") as file:
            async for chunk in answer.aiter_bytes(1 << 20):
                received_bytes += len(chunk)
                if received_bytes > self._most_bytes:
                    raise RecordingTooLarge(f"A recording may have at most {self._most_bytes} bytes.")
                await asyncio.to_thread(file.write, chunk)


class HttpWebhook:
    """Tells one address of the ends of jobs.

    Each call carries `Authorization: Bearer TOKEN` where there is a token, and `X-Assistant-Signature` where
    there is a secret.
    """

    def __init__(self, url: str, token: str = "", secret: str = "") -> None:
        self._url = url
        self._token = token
        self._secret = secret

    async def call(self, message: Mapping[str, str]) -> None:
        """Tell it; raises `WebhookFailed` where that is not confirmed."""
        body = json.dumps(message).encode()
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._secret:
            headers["X-Assistant-Signature"] = signature_of(body, int(time.time()), self._secret)
        try:
            async with open_http_client(_TIMEOUT) as client:
                answer = await client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise WebhookFailed("The webhook does not answer.") from error
        if not answer.is_success:
            raise WebhookFailed(f"The webhook answers {answer.status_code}.")


def signature_of(body: bytes, at_seconds: int, secret: str) -> str:
    """Return the signature of a call-back: `t=SECONDS,v1=HEX`, HMAC-SHA256 over `SECONDS.BODY`."""
    signed = f"{at_seconds}.".encode() + body
    return f"t={at_seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _forbidden() -> SourceForbidden:
    return SourceForbidden("Recordings are not fetched from this address; see ASSISTANT_JOBS_SOURCES.")
