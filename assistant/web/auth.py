"""Who may use the service: one gate before every route, so that none can be forgotten."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.bots.consent_links import PAGE, ConsentLinks
from assistant.core.addresses import is_loopback
from assistant.core.errors import (
    AssistantError,
    FrameTooLarge,
    OriginForbidden,
    RecordingTooLarge,
    ScopeInsufficient,
    TokenInvalid,
    TokenMissing,
)
from assistant.core.identity import consent_tokens, reader_tokens
from assistant.core.identity.consent_tokens import ConsentGrant
from assistant.core.identity.reader_tokens import ReaderGrant
from assistant.readers.links import ReaderLinks
from assistant.web.client_address import client_address
from assistant.web.consent import CONSENT, with_consent
from assistant.web.credentials import is_one_of, with_credential
from assistant.web.officers import OFFICER_HEADER
from assistant.web.reader_scope import check_scope, with_reader
from assistant.web.refusal import refuse
from assistant.web.services import WebSettings
from assistant.web.wrong_tokens import WrongTokens

_OPEN_PAGES = frozenset(("/", "/glossary", PAGE))
_OPEN_PATHS = ("/health/", "/rooms/", "/static/", "/api/v2/results/")
"""Health, pages, which hold nothing secret, and results, whose addresses do; the rest wants the token."""

_SIGNED_PATHS = frozenset(("/v1/livekit/webhook",))
"""Whoever comes here signs what they send, with a key of their own."""

_RECORDINGS = "/v1/audio/transcriptions"
_JOBS = "/api/v2/async-jobs/"
_METRICS = "/metrics"
_GLOSSARY = re.compile(r"/v1/(rooms/[^/]+/)?glossary(/read)?")
_MINUTES = re.compile(r"/v1/rooms/[^/]+/(minutes|agenda)")

_READING = frozenset(("GET", "HEAD", "OPTIONS"))


class Gate:
    """Checks the host, origin and token of every request, and the size of its body.

    A browser sends requests to any host for any page it shows. So pages of other sites are told
    apart by their origin, and without a token on a loopback address also by the host name they used
    (DNS rebinding); programs send no origin.

    The token of the service opens everything, and so does an officer's; a reader's opens the captions of one
    room, La Suite's what its jobs take, that of a collector the measurements, and somebody's personal link
    their own choice. All that is wrong with a token gets the same answer, later and later.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: WebSettings,
        links: ReaderLinks,
        wrong_tokens: WrongTokens,
        consent: ConsentLinks | None = None,
    ) -> None:
        self._app = app
        self._settings = settings
        self._links = links
        self._wrong_tokens = wrong_tokens
        self._consent = consent
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.allowed_origins)
        self._hosts = frozenset(urlsplit(origin).hostname for origin in self._origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, and answer the rest."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        try:
            grant = await self._check(scope)
        except AssistantError as error:
            if isinstance(error, TokenInvalid):
                await self._wrong_tokens.slow_down(client_address(scope))
            await refuse(error, scope, receive, send)
            return
        if scope["type"] == "http":
            receive = self._bounded(receive, scope["path"])
        token = _token_of(Headers(scope=scope), scope["query_string"])
        scope = with_consent(scope, grant) if isinstance(grant, ConsentGrant) else with_reader(scope, grant)
        await self._app(with_credential(scope, token), receive, send)

    async def _check(self, scope: Scope) -> ReaderGrant | ConsentGrant | None:
        """Raise unless the request may pass; return what its token opens, if that is not everything."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if self._settings.loopback and not self._settings.token:
            self._check_host(host)
        if scope["type"] == "websocket" or scope["method"] not in _READING:
            self._check_origin(headers.get("origin"), host)
        path = scope["path"]
        open_path = path in _OPEN_PAGES or path in _SIGNED_PATHS
        grant: ReaderGrant | ConsentGrant | None = None
        if path == CONSENT:
            grant = self._check_consent(_token_of(headers, scope["query_string"]))
        elif self._settings.token and not open_path and not path.startswith(_OPEN_PATHS):
            grant = await self._check_token(_token_of(headers, scope["query_string"]), path)
            await self._check_officer(headers, scope)
        if isinstance(grant, ReaderGrant):
            check_scope(grant, scope)
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._most_bytes(path):
            raise _body_too_large(path, self._most_bytes(path))
        return grant

    def _check_host(self, host: str) -> None:
        name = _parts_of(f"//{host}").hostname or ""
        if not is_loopback(name) and name not in self._hosts:
            raise OriginForbidden("Without a token this service answers to the names of this machine only.")

    def _check_origin(self, origin: str | None, host: str) -> None:
        if origin is None or origin.lower() in self._origins or "*" in self._origins:
            return
        if not host or _parts_of(origin.lower()).netloc != host:
            raise OriginForbidden("Pages of this origin may not use the service; see allowed_origins.")

    async def _check_token(self, token: bytes, path: str) -> ReaderGrant | None:
        settings = self._settings
        if not token:
            raise TokenMissing("This service wants a token: Authorization: Bearer … or ?token=….")
        if is_one_of(token, (settings.token, *settings.officer_tokens)):
            return None
        if is_one_of(token, settings.lasuite_tokens):
            if path != _RECORDINGS and not path.startswith(_JOBS):
                raise ScopeInsufficient("This token is for recordings and jobs.")
            return None
        if settings.metrics_token and is_one_of(token, (settings.metrics_token,)):
            if path != _METRICS:
                raise ScopeInsufficient("This token is for measurements.")
            return None
        if token.startswith(reader_tokens.PREFIX.encode()):
            return await self._links.grant(token.decode(errors="replace"))
        if self._consent and token.startswith(consent_tokens.PREFIX.encode()):
            self._consent.grant(token.decode(errors="replace"))
            raise ScopeInsufficient("This link says whether one person is heard, and opens nothing else.")
        raise TokenInvalid

    def _check_consent(self, token: bytes) -> ConsentGrant | None:
        """Return whose choice a token is; None where nobody has one, which the route tells."""
        if self._consent is None:
            return None
        if not token:
            raise TokenMissing("Whether somebody is heard is their own choice: it wants their personal link.")
        if not token.startswith(consent_tokens.PREFIX.encode()):
            raise ScopeInsufficient("Whether somebody is heard is their own choice: no other token makes it.")
        return self._consent.grant(token.decode(errors="replace"))

    async def _check_officer(self, headers: Headers, scope: Scope) -> None:
        """Slow down whoever tries officers' tokens; that theirs is none shows where one is needed."""
        carried = headers.get(OFFICER_HEADER, "").strip().encode("latin-1")
        if carried and not is_one_of(carried, self._settings.officer_tokens):
            await self._wrong_tokens.slow_down(client_address(scope))

    def _most_bytes(self, path: str) -> int:
        if path == _RECORDINGS:
            return self._settings.max_recording_bytes
        large = _GLOSSARY.fullmatch(path) or _MINUTES.fullmatch(path) or path.startswith(_JOBS)
        return self._settings.max_glossary_bytes if large else self._settings.max_body_bytes

    def _bounded(self, receive: Receive, path: str) -> Receive:
        """Return `receive` for a body that did not announce its size; raises when it is too large."""
        left_bytes = most_bytes = self._most_bytes(path)

        async def receive_bounded() -> Message:
            nonlocal left_bytes
            message = await receive()
            left_bytes -= len(message.get("body", b""))
            if left_bytes < 0:
                raise _body_too_large(path, most_bytes)
            return message

        return receive_bounded


def _token_of(headers: Headers, query_string: bytes) -> bytes:
    """Return the token as UTF-8, from the header or else from the address; empty if there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip().encode("latin-1")  # headers are decoded as Latin-1, whatever they hold
    values = parse_qs(query_string.decode("latin-1")).get("token", [""])
    return values[-1].encode()


def _parts_of(address: str) -> SplitResult:
    """Return the parts of an address, all empty where it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _body_too_large(path: str, limit_bytes: int) -> AssistantError:
    if path == _RECORDINGS:
        return RecordingTooLarge(f"A recording may have at most {limit_bytes} bytes.")
    return FrameTooLarge(f"A request may have at most {limit_bytes} bytes.")
