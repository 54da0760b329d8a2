"""Texts that prove by themselves that this service wrote them.

What they say anybody can read; the signature behind the last full stop is an HMAC with SHA-256 (RFC 2104)
over all that stands before it. They need no escaping in addresses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

_SIGNATURE_BYTES = 24
"""How many of a signature's 32 bytes are kept: more than half (RFC 2104), and whole signs of base64."""


def derive_key(secret: str, salt: bytes) -> bytes:
    """Return a key that signs texts of one kind, which has a salt of its own (takes about 50 ms and 16 MB).

    People hold texts signed with it. So it is derived slowly (scrypt, RFC 7914): trying out which
    short secret may be behind a signature takes long for each guess.
    """
    return hashlib.scrypt(secret.encode(), salt=salt, n=1 << 14, r=8, p=1, dklen=32)


def sign(text: str, key: bytes) -> str:
    """Return `text` with its signature."""
    return f"{text}.{_signature(text, key)}"


def read_signed(signed: str, key: bytes, most_characters: int) -> str | None:
    """Return the text of a signed one; None where it is longer, or was not signed so with this key."""
    text, _, signature = signed.rpartition(".")
    # Texts are compared, not the bytes they stand for: no other spelling of a signature is one.
    genuine = (
        len(signed) <= most_characters
        and signed.isascii()
        and hmac.compare_digest(signature, _signature(text, key))
    )
    return text if genuine else None


def _signature(text: str, key: bytes) -> str:
    digest = hmac.digest(key, text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()
