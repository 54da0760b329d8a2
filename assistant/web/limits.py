"""How much of the service one caller may have, and how long a request may take.

`docs/deployment.md` lists all limits with their settings.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What the doors of the service go by; the settings of the same names say what each is for.

    Attributes:
        trusted_proxies: Networks (CIDR) of proxies whose word on the client's address is taken.
        max_connections: In all; 0: as many as there are descriptors, but for those that are reserved.
        reserved_descriptors: For the journal, the store and what else the service opens itself.
        max_connections_per_address: Of one client address (IPv6: of one /64 network).
        max_connections_per_credential: Requests and sockets at a time of one token.
        max_readers_per_credential: Caption sockets and event streams of one token.
        max_tracks_per_credential: Audio sockets of one token.
        max_url_bytes: Of path and query together.
        max_headers: Of one request.
        max_header_bytes: Of all headers of one request together.
        max_query_parameters: Of one address.
        max_json_depth: Lists and objects that stand in each other.
        request_head_seconds: Within these all headers have come, and each such stretch of a body is as
            long as `min_upload_bytes_per_second` wants.
        min_upload_bytes_per_second: A body that comes slower, or an answer that is taken slower, is given up.
        keep_alive_seconds: A connection without a request is kept so long.
        answer_stall_seconds: An answer of which too little is taken for so long is given up.
        socket_ping_seconds: How often a WebSocket is asked whether it is still there.
        socket_pong_seconds: How long it may take to answer.
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
