"""What a reader's token opens, of all that the service has."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import Scope

from assistant.core.errors import ScopeInsufficient
from assistant.core.identity.reader_tokens import ReaderGrant

_KEY = "assistant.reader"


def check_scope(grant: ReaderGrant, scope: Scope) -> None:
    """Raise `ScopeInsufficient` unless `grant` opens what is asked for.

    Paths are compared whole, decoded as the router sees them and in no other way. So every other
    spelling of an address is refused, also where the router would find something under it.
    """
    room = f"/v1/rooms/{grant.room}"
    if scope["type"] == "websocket":
        opened = scope["path"] == f"{room}/captions"
    else:
        readable = (
            room,
            f"{room}/transcript",
            f"{room}/captions/events",
            f"{room}/minutes/published",
            "/v1/languages",
        )
        opened = scope["method"] == "GET" and scope["path"] in readable
    if not opened:
        raise ScopeInsufficient("This link opens the captions of one room for reading, and nothing else.")


def with_reader(scope: Scope, grant: ReaderGrant | None) -> Scope:
    """Return `scope` with a mark that a reader asks; without a grant it stays as it is."""
    return scope if grant is None else {**scope, _KEY: grant}


def reader_of(connection: HTTPConnection) -> ReaderGrant | None:
    """Return what the token of a request opens, if that is a reader's; None for that of the service."""
    grant = connection.scope.get(_KEY)
    return grant if isinstance(grant, ReaderGrant) else None


def check_choice(grant: ReaderGrant, *, audience: str, recipient: str) -> None:
    """Raise `ScopeInsufficient` where a reader chooses what was fixed when its link was made."""
    if audience not in {"", "public"}:
        raise ScopeInsufficient("This link opens the public version.")
    if recipient not in {"", grant.recipient}:
        raise ScopeInsufficient("Who gets copies through this link was said when it was made.")
