"""How much one credential may have at a time, and what is kept for those who talk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.core.errors import (
    AssistantError,
    CapacityReached,
    TooManyConnections,
    TooManyReaders,
    TooManyTracks,
)
from assistant.web.admission import Admission
from assistant.web.credentials import credential_of
from assistant.web.limits import Limits
from assistant.web.refusal import refuse

Kind = Literal["track", "reader", "request"]

_TRACK = re.compile(r"/v1/rooms/.*/audio")
_READER = re.compile(r"/v1/rooms/.*/captions")
_STREAM = re.compile(r"/v1/rooms/.*/(captions|minutes)/events")
_ALWAYS = ("/health/", "/metrics", "/static/")
"""Whoever watches the service has to see it when it is full; files of pages are short."""


class Shares:
    """Counts what each credential has open; stands behind the gate, which says whose it is.

    Everybody who opens the same link, and where there is no token everybody, is one credential. So a hall of
    people is within the usual limits.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._open: Counter[tuple[str, Kind]] = Counter()
        self._beside_talkers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within its share."""
        kind = _kind_of(scope)
        if kind is None:
            await self._app(scope, receive, send)
            return
        credential = credential_of(HTTPConnection(scope))
        try:
            self._check(credential, kind, scope)
        except AssistantError as error:
            await refuse(error, scope, receive, send)
            return
        with self._taken(credential, kind):
            await self._app(scope, receive, send)

    def _check(self, credential: str, kind: Kind, scope: Scope) -> None:
        limits, have = self._limits, self._open
        every: tuple[Kind, ...] = ("track", "reader", "request")
        most = limits.max_connections_per_credential
        if sum(have[credential, each] for each in every) >= most:
            raise TooManyConnections(f"One token may have at most {most} requests and sockets at a time.")
        readers, tracks = limits.max_readers_per_credential, limits.max_tracks_per_credential
        if kind == "reader" and have[credential, kind] >= readers:
            raise TooManyReaders(f"One token may have at most {readers} readers at a time.")
        if kind == "track" and have[credential, kind] >= tracks:
            raise TooManyTracks(f"One token may have at most {tracks} audio tracks at a time.")
        most_beside = _most_beside_talkers(scope)
        if kind != "track" and most_beside is not None and self._beside_talkers >= most_beside:
            raise CapacityReached("This service has as many readers as it can carry. Try again later.")

    @contextmanager
    def _taken(self, credential: str, kind: Kind) -> Iterator[None]:
        self._open[credential, kind] += 1
        self._beside_talkers += kind != "track"
        try:
            yield
        finally:
            self._beside_talkers -= kind != "track"
            self._open[credential, kind] -= 1
            if not self._open[credential, kind]:
                del self._open[credential, kind]


def _most_beside_talkers(scope: Scope) -> int | None:
    """Return how many may read or ask at a time, as the server knows it; None where nobody does."""
    admission = getattr(scope["app"].state, "admission", None)
    return admission.most_beside_talkers if isinstance(admission, Admission) else None


def _kind_of(scope: Scope) -> Kind | None:
    """Return what a connection is counted as; None: it is not."""
    if scope["type"] not in {"http", "websocket"} or scope["path"].startswith(_ALWAYS):
        return None
    path = scope["path"]
    if scope["type"] == "websocket":
        if _TRACK.fullmatch(path):
            return "track"
        return "reader" if _READER.fullmatch(path) else "request"
    return "reader" if _STREAM.fullmatch(path) else "request"
