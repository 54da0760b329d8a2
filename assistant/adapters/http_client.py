"""The one place where HTTP clients are built: what they trust, which proxies they use, where they are led.

Every client trusts the certificates of this machine and those of certifi, so also those of an authority of
the organisation's own. A proxy of the environment is used only where that is asked for, since no setting
names it (`docs/egress.md`), and redirects are followed only where hashes say what has to come. How long it
waits each caller says itself, since nothing suits a health check and an upload. What may be tried again is
given to `tasks.retries`.

LiveKit's library brings a client of its own (`livekit_platform`).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import certifi
import httpx


def open_http_client(
    timeout: httpx.Timeout | float,
    *,
    base_url: str = "",
    headers: Mapping[str, str] | None = None,
    proxies: bool = False,
) -> httpx.AsyncClient:
    """Return a client that follows no redirect.

    Args:
        timeout: How long to wait for each step, in seconds.
        base_url: What relative addresses begin with.
        headers: Sent with every request.
        proxies: Whether proxies of the environment are used.
    """
    return httpx.AsyncClient(
        timeout=timeout, base_url=base_url, headers=headers, trust_env=proxies, verify=_trusted()
    )


def open_blocking_http_client(
    timeout: httpx.Timeout | float,
    *,
    base_url: str = "",
    headers: Mapping[str, str] | None = None,
    proxies: bool = False,
    proxy: str = "",
    certificates: str = "",
    redirects: bool = False,
) -> httpx.Client:
    """Return a client whose requests block; the arguments are those of `open_http_client`, and more.

    Args:
        timeout: How long to wait for each step, in seconds.
        base_url: What relative addresses begin with.
        headers: Sent with every request.
        proxies: Whether proxies of the environment are used.
        proxy: The URL of the one that is used instead; empty for none.
        certificates: A file of further authorities; empty for none.
        redirects: Whether redirects are followed.
    """
    return httpx.Client(
        timeout=timeout,
        base_url=base_url,
        headers=headers,
        trust_env=proxies,
        proxy=proxy or None,
        verify=_trusted(certificates),
        follow_redirects=redirects,
    )


def _trusted(certificates: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if certificates:
        context.load_verify_locations(certificates)
    return context
