"""Tokens that open the captions of one room for reading, and nothing else, for a while.

A token is `rt1.EXPIRES.ROOM.SIGNATURE`: POSIX seconds in hexadecimal, the room's name and an HMAC-SHA256 over
both in base64url. The key is derived from the service's own token, so a new one ends all links.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from assistant.core.errors import TokenExpired, TokenInvalid

_PREFIX = "rt1."
_PURPOSE = b"meeting-assistant reader token"
_PARTS = 4


@dataclass(frozen=True, slots=True)
class ReaderToken:
    """What a token opens: the captions of `room`, until `expires_at` (POSIX seconds)."""

    room: str
    expires_at: int


def is_reader_token(text: str) -> bool:
    """Return whether a text looks like a reader's token, valid or not."""
    return text.startswith(_PREFIX)


def make_reader_token(room: str, expires_at: float, *, secret: str) -> str:
    """Return a token.

    Args:
        room: The room's name.
        expires_at: POSIX seconds.
        secret: The service's token.
    """
    signed = f"{_PREFIX}{int(expires_at):x}.{_encode(room.encode())}"
    return f"{signed}.{_encode(_signature(signed, secret))}"


def check_reader_token(text: str, now: float, *, secret: str) -> ReaderToken:
    """Return what a token opens.

    Raises:
        TokenInvalid: It is none of this service, or was changed.
        TokenExpired: Its time is over.
    """
    signed, _, signature = text.rpartition(".")
    if not hmac.compare_digest(_encode(_signature(signed, secret)).encode(), signature.encode()):
        raise TokenInvalid("The token is not one that this service accepts.")
    parts = text.split(".")
    if len(parts) != _PARTS or not is_reader_token(text):
        raise TokenInvalid("The token is not one that this service accepts.")
    token = ReaderToken(_decode(parts[2]).decode(), int(parts[1], 16))
    if now >= token.expires_at:
        raise TokenExpired("This link has expired; ask for a new one.")
    return token


def _signature(signed: str, secret: str) -> bytes:
    key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
    return hmac.digest(key, signed.encode(), hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise TokenInvalid("The token is not one that this service accepts.") from error
