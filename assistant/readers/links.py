"""Links that open the public version of one room, for people who only read; each can be taken back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from assistant.core.errors import AssistantError, LinkUnknown, TokenInvalid
from assistant.core.identity.links import LinkRecord
from assistant.core.identity.reader_tokens import (
    ReaderGrant,
    derive_key,
    make_reader_token,
    read_reader_token,
)
from assistant.core.plain_text import one_line
from assistant.core.rooms import check_room_name
from assistant.ports.links import LinkStore
from assistant.ports.system import Clock

_HOUR_SECONDS = 3_600
_ID_BYTES = 9
_MOST_RECIPIENT_CHARACTERS = 200
_LEAST_LEFT = 0.5
"""A link that a meeting was told is told on while this much of its time is left."""

LetGo = Callable[[AssistantError], None]


@dataclass(frozen=True, slots=True)
class ReaderLink:
    """An address under which a room can be read.

    Attributes:
        url: It carries a reader's token where the service asks for one.
        id: The name by which it can be taken back; empty where no token is asked for.
        expires_at: When it ends, in POSIX seconds; None where no token is asked for.
    """

    url: str
    id: str
    expires_at: int | None


class ReaderLinks:
    """Makes links for readers, says what their tokens open, and takes them back."""

    def __init__(self, base_url: str, token: str, hours: float, clock: Clock, store: LinkStore) -> None:
        """Derive the key of the tokens (takes about 50 ms).

        Args:
            base_url: Under which people reach the service, without a slash at the end.
            token: That of the service; empty: none is asked for, and links carry none.
            hours: How long a link opens its room if nothing else is wanted.
            clock: Says when links expire.
            store: Where links are kept.
        """
        self._base_url = base_url
        self._key = derive_key(token) if token else None
        self._hours = hours
        self._clock = clock
        self._store = store
        self._reading: dict[str, set[LetGo]] = {}

    async def shared(self, room: str) -> str:
        """Return the address where all in a meeting can read `room`: the same while it is good for long.

        Raises:
            RoomUnknown: There is no such room (yet).
        """
        if self._key is None:
            return self._address(room)
        now, whole_seconds = self._clock.now(), self._hours * _HOUR_SECONDS
        for link in await self._store.links(room, now):
            if link.shared and link.expires_at - now >= _LEAST_LEFT * whole_seconds:
                return self._link(link, self._key).url
        return (await self.offer(room, shared=True)).url

    async def offer(
        self, room: str, hours: float | None = None, *, recipient: str = "", shared: bool = False
    ) -> ReaderLink:
        """Make a link to `room`.

        Args:
            room: The room's name.
            hours: How long it is to open the room; None: the usual time.
            recipient: Who gets numbered copies through it.
            shared: Whether everybody in a meeting is told it.

        Raises:
            RoomNameInvalid: No room may have that name.
            RoomUnknown: There is no such room, where links are kept.
        """
        if self._key is None:
            return ReaderLink(self._address(room), "", None)
        check_room_name(room)
        now = self._clock.now()
        expires_at = now + (self._hours if hours is None else hours) * _HOUR_SECONDS
        who = one_line(recipient)[:_MOST_RECIPIENT_CHARACTERS]
        record = LinkRecord(secrets.token_hex(_ID_BYTES), room, who, shared, now, int(-(-expires_at // 1)))
        await self._store.add_link(record, now)
        return self._link(record, self._key)

    async def links(self, room: str) -> Sequence[LinkRecord]:
        """Return the links to a room that open it now, the newest first."""
        return [] if self._key is None else await self._store.links(room, self._clock.now())

    async def revoke(self, room: str, id_: str) -> None:
        """Take a link back: whoever reads through it is let go at once.

        Raises:
            LinkUnknown: The room has no such link.
        """
        if not await self._store.revoke_link(room, id_):
            raise LinkUnknown("This room has no such link.")
        for let_go in list(self._reading.get(id_, ())):
            let_go(TokenInvalid())

    async def grant(self, token: str) -> ReaderGrant:
        """Return what a reader's token opens.

        Raises:
            TokenInvalid: It is none of this service, has expired, or was taken back.
        """
        if self._key is None:
            raise TokenInvalid
        grant = read_reader_token(token, self._key, self._clock.now())
        record = await self._store.link(grant.link)
        if record is None or record.room != grant.room:
            raise TokenInvalid
        return replace(grant, recipient=record.recipient)

    async def check(self, grant: ReaderGrant) -> None:
        """Raise `TokenInvalid` if the link of a grant was taken back since."""
        if await self._store.link(grant.link) is None:
            raise TokenInvalid

    @contextmanager
    def reading(self, grant: ReaderGrant, let_go: LetGo) -> Iterator[None]:
        """Call `let_go` with the reason when the link of a grant is taken back, until the block ends."""
        followers = self._reading.setdefault(grant.link, set())
        followers.add(let_go)
        try:
            yield
        finally:
            followers.discard(let_go)
            if not followers and self._reading.get(grant.link) is followers:
                del self._reading[grant.link]

    def _address(self, room: str) -> str:
        return f"{self._base_url}/rooms/{check_room_name(room)}"

    def _link(self, record: LinkRecord, key: bytes) -> ReaderLink:
        token = make_reader_token(record.room, key, link=record.id, expires_at=record.expires_at)
        return ReaderLink(f"{self._address(record.room)}?token={token}", record.id, record.expires_at)
