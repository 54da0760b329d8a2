"""Whether a token is one that is known, and who is counted as one where limits are per credential."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from starlette.requests import HTTPConnection
from starlette.types import Scope

_KEY = "assistant.credential"
OPEN = "open"
"""The credential of everybody where the service asks for no token."""


def is_one_of(token: bytes, known: Iterable[str]) -> bool:
    """Return whether a token is one of those known; how long that takes tells nothing of them.

    Digests are compared, which are of one length, and always all of them.
    """
    digest = hashlib.sha256(token).digest()
    matches = [hmac.compare_digest(digest, hashlib.sha256(one.encode()).digest()) for one in known if one]
    return bool(token) and any(matches)


def with_credential(scope: Scope, token: bytes) -> Scope:
    """Return `scope` with a mark of the token that it came with; the mark does not tell the token.

    Args:
        scope: The scope of a request that may pass.
        token: The token as it came, UTF-8; empty where none was asked for.
    """
    return {**scope, _KEY: hashlib.sha256(token).hexdigest()[:16] if token else OPEN}


def credential_of(connection: HTTPConnection) -> str:
    """Return what stands for the token of a request: the same for all that came with the same one."""
    return str(connection.scope.get(_KEY, OPEN))
