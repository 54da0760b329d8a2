"""How LiveKit is reached."""

from __future__ import annotations

import pytest

from assistant.adapters.livekit_platform import LiveKitAccess


@pytest.mark.parametrize(
    ("url", "named", "asked"),
    [
        ("wss://livekit.example.org", (), ["stun:livekit.example.org:3478"]),
        ("http://[::1]:7880", (), ["stun:[::1]:3478"]),
        ("wss://livekit.example.org", ("stun:a:1", "turn:b:2"), ["stun:a:1", "turn:b:2"]),
    ],
)
def test_only_named_servers_are_asked_for_a_way(url: str, named: tuple[str, ...], asked: list[str]) -> None:
    """LiveKit names foreign STUN servers by default, so its list is taken only where that is wanted."""
    access = LiveKitAccess(url, "key", "secret", ice_servers=named)
    config = access.room_options("").rtc_config
    assert config is not None
    assert [address for server in config.ice_servers for address in server.urls] == asked


def test_the_servers_list_is_taken_where_that_is_wanted() -> None:
    access = LiveKitAccess("wss://livekit.example.org", "key", "secret", ice_servers=("server",))
    assert access.room_options("").rtc_config is None
    assert access.room_options("shared").encryption is not None
