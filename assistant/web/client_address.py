"""Whose connection it is: the peer's address, or what a proxy that the operator named says of its client."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PREFIX_V6 = 64
"""The bits that all IPv6 addresses of one customer begin with, so that they are counted as one client."""


class ClientAddresses:
    """Tells clients from proxies; anybody can write a header, so only named proxies are believed."""

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        """Take the networks of proxies, each an address or in CIDR notation; raises ValueError."""
        self._trusted = tuple(ipaddress.ip_network(network, strict=False) for network in trusted_proxies)

    def is_proxy(self, address: str) -> bool:
        """Return whether an address is that of a proxy whose word is taken."""
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._trusted)

    def client_of(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the address of who asks.

        Each proxy adds at the end whom it heard: so it is read from there, as far as proxies are trusted, and
        what stands before that may be made up. A proxy writes one of two headers and passes the other one on
        as it came: so where both are there and name two clients, neither is believed.

        Args:
            peer: The other end of the connection.
            headers: The headers of the request, names in small letters.
        """
        if not self._trusted or not self.is_proxy(peer):
            return peer
        clients = {self._last_of(heard, peer) for heard in _heard(headers) if heard}
        return clients.pop() if len(clients) == 1 else peer

    def _last_of(self, heard: Sequence[str], peer: str) -> str:
        client = peer
        for address in reversed(heard):
            if _parsed(address) is None:
                break
            client = address
            if not self.is_proxy(client):
                break
        return client


def client_address(scope: Scope) -> str:
    """Return what the client of a request is counted under; empty where the server does not know it."""
    client = scope.get("client")
    return counted_as(str(client[0])) if client else ""


def counted_as(address: str) -> str:
    """Return what an address is counted under."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address) and not parsed.is_loopback:
        return str(ipaddress.ip_network((parsed, _PREFIX_V6), strict=False))
    return str(parsed or address)


def _parsed(address: str) -> _Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def _heard(headers: Iterable[tuple[bytes, bytes]]) -> list[list[str]]:
    """Return the addresses that proxies wrote down, in order: in `Forwarded`, and in `X-Forwarded-For`."""
    forwarded: list[str] = []
    usual: list[str] = []
    for name, value in headers:
        if name == b"x-forwarded-for":
            usual += value.decode("latin-1").split(",")
        elif name == b"forwarded":
            for element in value.decode("latin-1").split(","):
                pairs = (pair.partition("=") for pair in element.split(";"))
                forwarded += [heard for key, _, heard in pairs if key.strip().lower() == "for"]
    return [[_bare(heard) for heard in line] for line in (forwarded, usual)]


def _bare(heard: str) -> str:
    """Return an address without quotes, brackets and port."""
    heard = heard.strip().strip('"')
    if heard.startswith("["):
        return heard[1:].partition("]")[0]
    return heard.partition(":")[0] if heard.count(":") == 1 else heard
