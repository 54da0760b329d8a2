"""Who sent a request, as far as an address tells: the one place that says so."""

from __future__ import annotations

import ipaddress

from starlette.types import Scope

_SHARED_PREFIX = 64
"""So many bits of an IPv6 address name a household; it has all addresses that begin alike."""


def client_address(scope: Scope) -> str:
    """Return the address that counts as one client; empty where the server does not know it."""
    client = scope.get("client")
    host = str(client[0]) if client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, _SHARED_PREFIX), strict=False))
    return host
