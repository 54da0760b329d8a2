"""Addresses at which a room's captions can be read, with a token that opens nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.core.reader_tokens import make_reader_token
from assistant.ports import Clock


@dataclass(frozen=True, slots=True)
class ReaderLinks:
    """Makes links.

    Attributes:
        base_url: Under which people reach the service, without a slash at the end.
        token: The service's own; empty where none is asked for, then links have none either.
        hours: How long a link is good.
        clock: Tells when it is made.
    """

    base_url: str
    token: str
    hours: float
    clock: Clock

    def link(self, room: str) -> str:
        """Return the address where a room can be read."""
        return self.make(room)[0]

    def make(self, room: str, hours: float | None = None) -> tuple[str, float | None]:
        """Return that address, and until when it is good (POSIX seconds); None where it is good for ever."""
        address = f"{self.base_url}/rooms/{room}"
        if not self.token:
            return address, None
        expires_at = self.clock.now() + (self.hours if hours is None else hours) * 3600
        token = make_reader_token(room, expires_at, secret=self.token)
        return f"{address}?token={token}", float(int(expires_at))
