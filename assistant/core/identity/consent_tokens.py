"""Tokens with which one person in one meeting says whether they are heard, until they expire.

A token is the signed text `consent1.ROOM.IDENTITY.EXPIRES` (`assistant.core.identity.signed_texts`), with the
identity in base64. It opens nothing else: its key is made for this kind alone.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from assistant.core.errors import RoomNameInvalid, TokenInvalid
from assistant.core.identity import signed_texts
from assistant.core.rooms import check_room_name

PREFIX = "consent1."
"""What every such token begins with; the digit changes when their form does."""

_SALT = b"meeting-assistant consent tokens 1"
_MAX_CHARACTERS = 2048  # platforms have identities of some hundred characters


@dataclass(frozen=True, slots=True)
class ConsentGrant:
    """Whose choice a token is.

    Attributes:
        room: The name of our room for the one meeting it is about.
        identity: The one person, as the meeting's platform names them.
        expires_at: POSIX seconds, from which on it opens nothing.
    """

    room: str
    identity: str
    expires_at: int


def derive_key(secret: str) -> bytes:
    """Return the key that signs the tokens of who knows that secret (takes about 50 ms and 16 MB)."""
    return signed_texts.derive_key(secret, _SALT)


def make_consent_token(grant: ConsentGrant, key: bytes) -> str:
    """Return the token of a grant.

    Raises:
        RoomNameInvalid: No room may have that name.
    """
    identity = base64.urlsafe_b64encode(grant.identity.encode()).decode().rstrip("=")
    return signed_texts.sign(f"{PREFIX}{check_room_name(grant.room)}.{identity}.{grant.expires_at}", key)


def read_consent_token(token: str, key: bytes, now: float) -> ConsentGrant:
    """Return whose choice `token` is.

    Args:
        token: What came from outside.
        key: From `derive_key`.
        now: POSIX seconds.

    Raises:
        TokenInvalid: It was not made with this key, was changed, or has expired.
    """
    signed = signed_texts.read_signed(token, key, _MAX_CHARACTERS)
    grant = _grant_of(signed) if signed else None
    if grant is None or now >= grant.expires_at:
        raise TokenInvalid
    return grant


def _grant_of(signed: str) -> ConsentGrant | None:
    """Return what the signed part says; None if it is not of this form."""
    named, _, expires_at = signed.removeprefix(PREFIX).rpartition(".")
    room, _, coded = named.rpartition(".")
    if not signed.startswith(PREFIX) or not expires_at.isdecimal() or not coded:
        return None
    try:
        identity = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
        return ConsentGrant(check_room_name(room), identity, int(expires_at))
    except (RoomNameInvalid, binascii.Error, UnicodeDecodeError):
        return None
