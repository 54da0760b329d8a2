"""Signatures of bundles: Ed25519 over the exact bytes of a bundle's index, which names every hash.

The signature is that of RFC 8032 without context, so `openssl pkeyutl -verify -rawin` checks it as well.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from assistant.core.errors import BundleUntrusted, KeyInvalid

SIGNATURE_BYTES = 64

_PEM_BEGINS, _PEM_ENDS = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
_KEY_BYTES = 32
_MOST_KEY_FILE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The public keys of those whose bundles are installed; any of them will do, so that keys can change."""

    keys: tuple[Ed25519PublicKey, ...]

    def check(self, content: bytes, signature: bytes) -> None:
        """Raise `BundleUntrusted` unless one of the keys made `signature` over `content`."""
        if not any(_made_by(key, content, signature) for key in self.keys):
            raise BundleUntrusted(
                "The bundle's signature is not one of a key in ASSISTANT_BUNDLE_PUBLIC_KEY, or the bundle"
                " was altered after it was signed; nothing of it was installed."
            )


def read_trusted_keys(setting: str) -> TrustedKeys | None:
    """Return the keys that a setting holds: PEM, base64 of 32 bytes, or the path of a file with either.

    Returns None where the setting is empty: then nothing is asked of bundles.

    Raises:
        KeyInvalid: There is no such file, or it is no public key of Ed25519.
    """
    text = setting.strip()
    if not text:
        return None
    if _PEM_BEGINS not in text and _raw_key(text) is None:
        text = _content_of(Path(text))
    keys = _keys_in(text)
    if not keys:
        raise KeyInvalid(
            "ASSISTANT_BUNDLE_PUBLIC_KEY is no public key of Ed25519; “assistant models keygen” makes one."
        )
    return TrustedKeys(tuple(keys))


def make_key(path: Path) -> str:
    """Write a new private key to `path`, for its owner only, and return the public one as PEM.

    Raises:
        KeyInvalid: There is a file of that name already, or it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise KeyInvalid(f"There is a file {path} already; a key is never written over another.") from None
    except OSError as error:
        raise KeyInvalid(f"The key {path} cannot be written ({error.strerror}).") from error
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file that only its owner can read.

    Raises:
        KeyInvalid: It is not there, is no such key, or others could read it.
    """
    try:
        with path.open("rb") as file:
            # Of the open file: what is judged is what is read.
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MOST_KEY_FILE_BYTES)
    except OSError as error:
        raise KeyInvalid(f"The key {path} cannot be read ({error.strerror}).") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise KeyInvalid(f"Others may read the key {path}: “chmod 600” it, or make a new one if they did.")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Whatever the library says of it may hold parts of it.
        raise KeyInvalid(f"{path} is no private key of Ed25519 without a passphrase.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyInvalid(f"{path} is a private key of another kind than Ed25519.")
    return key


def _content_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_KEY_FILE_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise KeyInvalid(
            f"ASSISTANT_BUNDLE_PUBLIC_KEY is neither a public key nor a file that can be read ({reason})."
        ) from error


def _keys_in(text: str) -> Sequence[Ed25519PublicKey]:
    raw = _raw_key(text)
    if raw is not None:
        return [Ed25519PublicKey.from_public_bytes(raw)]
    keys = []
    for block in text.split(_PEM_BEGINS)[1:]:
        body = block.partition(_PEM_ENDS)[0]
        try:
            key = load_pem_public_key(f"{_PEM_BEGINS}{body}{_PEM_ENDS}\n".encode())
        except (ValueError, UnsupportedAlgorithm):
            return []
        if not isinstance(key, Ed25519PublicKey):
            return []
        keys.append(key)
    return keys


def _raw_key(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == _KEY_BYTES else None


def _made_by(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
