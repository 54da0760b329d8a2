"""Where links for readers are kept, as a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.core.identity.links import LinkRecord


class LinkStore(Protocol):
    """Links on disk. What a method wrote survives the process when it returns.

    Raises:
        StoreUnavailable: From any method, when the database cannot be used.
    """

    async def add_link(self, link: LinkRecord, now: float) -> None:
        """Store a link, and forget those of its room that have expired.

        Raises:
            RoomUnknown: There is no such room.
        """

    async def link(self, id_: str) -> LinkRecord | None:
        """Return a link, or None."""

    async def links(self, room: str, now: float) -> Sequence[LinkRecord]:
        """Return the links to a room that have not expired, the newest first."""

    async def revoke_link(self, room: str, id_: str) -> bool:
        """Forget a link of a room; return whether there was one."""
