"""Tokens that open the captions of one room for reading, until they expire or are taken back.

A token is the signed text `reader2.ROOM.LINK.EXPIRES` (`assistant.core.identity.signed_texts`); nothing in it
is secret but the signature. What a link opens, and for whom, stands in the store under the id of the link
(`assistant.core.identity.links`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from assistant.core.errors import RoomNameInvalid, TokenInvalid
from assistant.core.identity import signed_texts
from assistant.core.rooms import check_room_name

PREFIX = "reader2."
"""What every such token begins with; the digit changes when their form does."""

_SALT = b"meeting-assistant reader tokens 2"
_MAX_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class ReaderGrant:
    """What a token opens.

    Attributes:
        room: The one room that may be read.
        link: The id of the link that it was made for.
        expires_at: POSIX seconds, from which on it opens nothing.
        recipient: Who the link was made for, as the store says; empty: for nobody by name.
    """

    room: str
    link: str
    expires_at: int
    recipient: str = ""


def derive_key(service_token: str) -> bytes:
    """Return the key that signs the tokens of a service (takes about 50 ms and 16 MB)."""
    return signed_texts.derive_key(service_token, _SALT)


def make_reader_token(room: str, key: bytes, *, link: str, expires_at: float) -> str:
    """Return the token of a link to `room` that expires at `expires_at`, in POSIX seconds rounded up.

    Raises:
        RoomNameInvalid: No room may have that name.
    """
    return signed_texts.sign(f"{PREFIX}{check_room_name(room)}.{link}.{math.ceil(expires_at)}", key)


def read_reader_token(token: str, key: bytes, now: float) -> ReaderGrant:
    """Return what `token` opens.

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


def _grant_of(signed: str) -> ReaderGrant | None:
    """Return what the signed part says; None if it is not of this form."""
    named, _, expires_at = signed.removeprefix(PREFIX).rpartition(".")
    room, _, link = named.rpartition(".")
    if not signed.startswith(PREFIX) or not expires_at.isdecimal() or not link:
        return None
    try:
        return ReaderGrant(check_room_name(room), link, int(expires_at))
    except RoomNameInvalid:
        return None
