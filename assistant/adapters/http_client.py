"""HTTP clients for the addresses that the operator named."""

from __future__ import annotations

import ssl

import certifi
import httpx


def open_http_client(timeout: httpx.Timeout) -> httpx.AsyncClient:
    """Return a client that follows no redirect and uses no proxy of the environment.

    It trusts the certificates of this machine, so also those of an authority of the organisation's own.
    """
    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=trusted)
