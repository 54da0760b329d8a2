"""Who may lower a protection level."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from assistant.web.credentials import is_one_of
from assistant.web.services import WebSettings

OFFICER_HEADER = "x-officer-token"


def may_lower(connection: HTTPConnection, settings: WebSettings) -> bool:
    """Return whether a request carries the token of an officer, in `X-Officer-Token` or as its own.

    Where the service asks for no token at all it is used by one person alone, who may.
    """
    if not settings.officer_tokens:
        return not settings.token
    own = connection.headers.get("authorization", "").partition(" ")[2].strip()
    carried = (connection.headers.get(OFFICER_HEADER, "").strip(), own)
    return any(is_one_of(token.encode("latin-1", "replace"), settings.officer_tokens) for token in carried)
