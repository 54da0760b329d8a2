"""How much of the service one caller may have, and how long a request may take.

`docs/deployment.md` lists all limits with their settings.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What the doors of the service go by; the settings of the same names say what each is for.

    Attributes:
        trusted_proxies: The networks (CIDR) of proxies whose word on the client's address is taken.
        max_connections: How many connections there may be; 0: one for each descriptor that is not reserved.
        reserved_descriptors: How many descriptors are kept for the journal, the store and other files.
        max_connections_per_address: How many connections one client address may have (IPv6: one /64 network).
        max_connections_per_credential: How many requests and sockets one token may have at a time.
        max_readers_per_credential: How many caption sockets and event streams one token may have at a time.
        max_tracks_per_credential: How many audio sockets one token may have at a time.
        max_url_bytes: How long path and query may be together.
        max_headers: How many headers one request may have.
        max_header_bytes: How long all headers of one request may be together.
        max_query_parameters: How many parameters one address may have.
        max_json_depth: How many lists and objects may stand in each other.
        request_head_seconds: How long all headers may take to come, and over how long the pace of a body is
            measured.
        min_upload_bytes_per_second: How fast a body has to come and an answer to be taken; a slower one is
            given up.
        keep_alive_seconds: How long a connection without a request is kept.
        answer_stall_seconds: Over how long the pace at which an answer is taken is measured.
        socket_ping_seconds: How often a WebSocket is asked whether it is still there.
        socket_pong_seconds: How long a WebSocket may take to answer that it is still there.
    """

    trusted_proxies: tuple[str, ...] = ()
    max_connections: int = 0
    reserved_descriptors: int = 128
    max_connections_per_address: int = 2_000
    max_connections_per_credential: int = 4_000
    max_readers_per_credential: int = 2_000
    max_tracks_per_credential: int = 200
    max_url_bytes: int = 8_000
    max_headers: int = 100
    max_header_bytes: int = 32_768
    max_query_parameters: int = 64
    max_json_depth: int = 64
    request_head_seconds: float = 10.0
    min_upload_bytes_per_second: int = 500
    keep_alive_seconds: float = 5.0
    answer_stall_seconds: float = 30.0
    socket_ping_seconds: float = 20.0
    socket_pong_seconds: float = 60.0
