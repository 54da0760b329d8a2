"""Links that open the captions of one room, for people who only read."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.core.errors import TokenInvalid
from assistant.core.reader_tokens import ReaderGrant, derive_key, make_reader_token, read_reader_token
from assistant.core.rooms import check_room_name
from assistant.ports import Clock

_HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class ReaderLink:
    """An address under which a room can be read.

    Attributes:
        url: It carries a reader's token where the service asks for one.
        expires_at: POSIX seconds from which on it opens nothing; None where no token is asked for.
    """

    url: str
    expires_at: int | None


class ReaderLinks:
    """Makes links for readers, and says what their tokens open."""

    def __init__(self, base_url: str, token: str, hours: float, clock: Clock) -> None:
        """Derive the key of the tokens (takes about 50 ms).

        Args:
            base_url: Under which people reach the service, without a slash at the end.
            token: That of the service; empty: none is asked for, and links carry none.
            hours: How long a link opens its room if nothing else is wanted.
            clock: Says when links expire.
        """
        self._base_url = base_url
        self._key = derive_key(token) if token else None
        self._hours = hours
        self._clock = clock

    def link(self, room: str) -> str:
        """Return the address where `room` can be read from now on; raises `RoomNameInvalid`."""
        return self.offer(room).url

    def offer(self, room: str, hours: float | None = None) -> ReaderLink:
        """Return a link to `room`.

        Args:
            room: Its name; the room need not be there yet.
            hours: How long it is to open the room; None: the usual time.

        Raises:
            RoomNameInvalid: No room may have that name.
        """
        url = f"{self._base_url}/rooms/{check_room_name(room)}"
        if self._key is None:
            return ReaderLink(url, None)
        expires_at = self._clock.now() + (self._hours if hours is None else hours) * _HOUR_SECONDS
        token = make_reader_token(room, self._key, expires_at=expires_at)
        return ReaderLink(f"{url}?token={token}", self.grant(token).expires_at)

    def grant(self, token: str) -> ReaderGrant:
        """Return what a reader's token opens.

        Raises:
            TokenInvalid: It is none of this service.
            TokenExpired: It was valid once.
        """
        if self._key is None:
            raise TokenInvalid("This service makes no tokens: it asks for none.")
        return read_reader_token(token, self._key, self._clock.now())
