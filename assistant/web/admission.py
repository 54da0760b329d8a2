"""Which connections there are, whose they are, and which one goes when there is room for no more.

A connection costs a descriptor, and the journal and the store need some as well. So the last ones are never
given away: where no others are left, connections that wait for a request go first, the oldest before the
others, then those whose requests still come, and only where all others do something is a new one refused. Who
talks is therefore never cut off by who only connects.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

import structlog

from assistant.core.errors import CapacityReached, TooManyConnections
from assistant.web.client_address import ClientAddresses, counted_as
from assistant.web.limits import Limits

_log = structlog.get_logger(__name__)

_FEWEST = 8
"""So many connections are served however few descriptors there are."""
_TALKERS_SHARE = 4
"""One part of so many is kept for who talks."""

Doing = Literal["waiting", "sending", "busy"]
"""A connection waits for a request, sends one, or is served."""


@dataclass(eq=False, slots=True)
class Place:
    """One connection.

    Attributes:
        transport: The connection itself.
        peer: The address of its other end.
        client: The address of who asks: that of the peer, or what a trusted proxy says.
        address: What the client is counted under; empty between the requests of a proxy.
        doing: What it is used for at the moment.
    """

    transport: asyncio.Transport
    peer: str
    client: str
    address: str = ""
    doing: Doing = "busy"


@dataclass(slots=True)
class _Of:
    """The connections of one address: how many, and which wait, the oldest first."""

    count: int = 0
    waiting: dict[Place, None] = field(default_factory=dict)


class Admission:
    """Counts all connections of one server; used by its event loop only."""

    def __init__(self, limits: Limits, most_descriptors: int) -> None:
        """Begin with none.

        Args:
            limits: How many there may be.
            most_descriptors: How many files this process may have open.
        """
        reserve = min(limits.reserved_descriptors, most_descriptors // 2)
        self._limits = limits
        self._usable = most_descriptors - reserve
        self._last_resort = most_descriptors - reserve // 2
        self.most = self._usable
        self.reserve(0)
        self._addresses = ClientAddresses(limits.trusted_proxies)
        self._places: dict[asyncio.Transport, Place] = {}
        self._waiting: dict[Place, None] = {}
        self._sending: dict[Place, None] = {}
        self._of: dict[str, _Of] = {}

    def __len__(self) -> int:
        """Return how many connections there are."""
        return len(self._places)

    @property
    def most_beside_talkers(self) -> int:
        """How many may read or ask at a time, so that who talks finds a place."""
        return max(1, self.most - self.most // _TALKERS_SHARE)

    def reserve(self, open_descriptors: int) -> None:
        """Note how many descriptors the service has in use beside connections, when all is loaded."""
        left = max(_FEWEST, self._usable - open_descriptors)
        self.most = min(self._limits.max_connections or left, left)

    def open(self, transport: asyncio.Transport) -> Place:
        """Give a new connection its place.

        Raises:
            TooManyConnections: Its address has as many as it may.
            CapacityReached: No descriptors are left for more.
        """
        peer = str((transport.get_extra_info("peername") or ("",))[0])
        place = self._places[transport] = Place(transport, peer, peer)
        try:
            if not self._addresses.is_proxy(peer):
                self._count(place, counted_as(peer))
            if len(self._places) > self.most or self._is_reserved(transport):
                self._make_room()
        finally:
            self.turn(place, "waiting")
        return place

    def place_of(self, transport: asyncio.Transport) -> Place | None:
        """Return the place of a connection that was opened and not closed."""
        return self._places.get(transport)

    def close(self, transport: asyncio.Transport) -> None:
        """Free a place; a second time does nothing."""
        place = self._places.pop(transport, None)
        if place is not None:
            self.turn(place, "busy")
            self._uncount(place)

    def turn(self, place: Place, doing: Doing) -> None:
        """Note what a connection is used for now."""
        of = self._of.get(place.address)
        self._waiting.pop(place, None)
        self._sending.pop(place, None)
        if of:
            of.waiting.pop(place, None)
        place.doing = doing
        if doing == "waiting":
            self._waiting[place] = None
            if of:
                of.waiting[place] = None
        elif doing == "sending":
            self._sending[place] = None

    def ask(self, place: Place, headers: list[tuple[bytes, bytes]]) -> None:
        """Note whose request came over a connection; raises TooManyConnections."""
        if not self._addresses.is_proxy(place.peer):
            return
        place.client = self._addresses.client_of(place.peer, headers)
        self._uncount(place)
        self._count(place, counted_as(place.client))

    def rest(self, place: Place) -> None:
        """Note that a request was answered: the next one over the same proxy is somebody else's, perhaps."""
        if self._addresses.is_proxy(place.peer):
            self._uncount(place)
        self.turn(place, "waiting")

    def _is_reserved(self, transport: asyncio.Transport) -> bool:
        """Whether a connection got one of the last descriptors: the lowest free one is always given first."""
        connected = transport.get_extra_info("socket")
        return connected is not None and connected.fileno() >= self._last_resort

    def _count(self, place: Place, address: str) -> None:
        place.address = address
        of = self._of.setdefault(address, _Of())
        of.count += 1
        most = self._limits.max_connections_per_address
        if of.count > most:
            if not of.waiting:
                raise TooManyConnections(f"One address may have at most {most} connections.")
            self._drop(next(iter(of.waiting)))

    def _uncount(self, place: Place) -> None:
        of = self._of.get(place.address)
        if of is None:
            return
        of.count -= 1
        of.waiting.pop(place, None)
        if not of.count:
            del self._of[place.address]
        place.address = ""

    def _make_room(self) -> None:
        for places in (self._waiting, self._sending):
            if places:
                self._drop(next(iter(places)))
                return
        _log.warning("connections_exhausted", connections=len(self._places), setting="max_connections")
        raise CapacityReached("This service has as many connections as it can carry. Try again later.")

    def _drop(self, place: Place) -> None:
        self.close(place.transport)
        place.transport.abort()
