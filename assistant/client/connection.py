"""Addresses, handshakes, and the patience with which broken connections are replaced."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from assistant.client.errors import ServiceError, ServiceUnreachable
from assistant.client.messages import parse_error
from assistant.core.addresses import is_loopback
from assistant.core.errors import AssistantError
from assistant.tasks.retries import Backoff

_FIRST_SERVER_ERROR = 500
_MAX_MESSAGE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the service is and how one gets in.

    Attributes:
        url: Base address, `http(s)` or `ws(s)`, with or without a path in front.
        token: Bearer token; empty when the service asks for none.
    """

    url: str
    token: str = field(default="", repr=False)

    def http_url(self, *segments: str) -> str:
        """Return the address of `/v1/segment/segment…` for a request."""
        return self._url({"ws": "http", "wss": "https"}, segments)

    def socket_url(self, *segments: str, **parameters: str) -> str:
        """Return the address of `/v1/segment/segment…?parameters` for a WebSocket."""
        return f"{self._url({'http': 'ws', 'https': 'wss'}, segments)}?{urlencode(parameters)}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers that every request carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def local(self) -> bool:
        """Whether the service runs on this machine, where no proxy may come between."""
        return is_loopback(urlsplit(self.url).hostname or "")

    def _url(self, schemes: dict[str, str], segments: tuple[str, ...]) -> str:
        base = urlsplit(self.url)
        path = "/".join([base.path.rstrip("/"), "v1", *(quote(segment, safe="") for segment in segments)])
        return urlunsplit((schemes.get(base.scheme, base.scheme), base.netloc, path, "", ""))


@dataclass(frozen=True, slots=True)
class Retry:
    """How a lost connection is replaced.

    Attributes:
        first_seconds: The expected wait before the second attempt; it doubles with each one.
        most_seconds: The longest wait between two attempts.
        patience_seconds: Give up when nothing came about for this long.
    """

    first_seconds: float = 0.1
    most_seconds: float = 3.0
    patience_seconds: float = 60.0


class Attempts:
    """Counts failures since the last success and waits longer after each."""

    def __init__(self, retry: Retry) -> None:
        self._pauses = Backoff(retry.first_seconds, retry.most_seconds)
        self._patience_seconds = retry.patience_seconds
        self._failures = 0
        self._deadline: float | None = None

    def succeeded(self) -> None:
        """Start anew: the connection works."""
        self._failures = 0
        self._deadline = None

    async def failed(self, cause: Exception) -> None:
        """Wait before the next attempt.

        Raises:
            AssistantError: Patience is over; `cause` itself when the service gave it, otherwise
                `ServiceUnreachable`.
        """
        now = asyncio.get_running_loop().time()
        if self._deadline is None:
            self._deadline = now + self._patience_seconds
        if now >= self._deadline:
            if isinstance(cause, AssistantError):
                raise cause
            raise ServiceUnreachable("The service cannot be reached.") from cause
        self._failures += 1
        await asyncio.sleep(min(self._pauses.pause_seconds(self._failures), self._deadline - now))


async def dial(endpoint: Endpoint, url: str) -> ClientConnection:
    """Open a WebSocket.

    Raises:
        AssistantError: The service refused, and said why.
        OSError: Nobody answers, or not as a WebSocket service does; a later attempt may succeed.
    """
    try:
        return await connect(
            url,
            additional_headers=endpoint.headers,
            proxy=None if endpoint.local else True,
            compression=None,
            max_size=_MAX_MESSAGE_BYTES,
            close_timeout=2,
        )
    except InvalidStatus as refusal:
        raise _refusal_of(refusal) from refusal
    except (InvalidHandshake, EOFError) as broken:
        raise ConnectionError("The handshake failed.") from broken


def _refusal_of(refusal: InvalidStatus) -> AssistantError | ConnectionError:
    status = refusal.response.status_code
    try:
        error = parse_error(json.loads(refusal.response.body or b""))
    except ValueError:
        error = None
    if error is not None:
        return error
    if status >= _FIRST_SERVER_ERROR:
        return ConnectionError(f"The service answered with status {status}.")
    return ServiceError(f"The service refused the connection with status {status}.", f"http_{status}")
