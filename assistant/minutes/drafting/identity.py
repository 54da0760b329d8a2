"""Ids of drafted statements and items, the same whenever they are drafted of the same words."""

from __future__ import annotations

from hashlib import blake2b


def id_of(kind: str, *parts: object) -> str:
    """Return an id that follows from what an element is and rests on."""
    text = "\0".join((kind, *map(str, parts)))
    return f"{kind[:1]}-{blake2b(text.encode(), digest_size=9).hexdigest()}"
