"""How LiveKit is reached."""

from __future__ import annotations

import pytest
from livekit import api

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


@pytest.mark.parametrize("visible", [False, True])
def test_a_listener_is_hidden_unless_it_is_to_be_seen(*, visible: bool) -> None:
    """It has a name for people either way, may set its own state, and publishes neither sound nor picture."""
    secret = "a-secret-for-tests-that-is-long-enough"  # noqa: S105 - guards nothing  # gitleaks:allow
    access = LiveKitAccess("ws://x", "key", secret, shown_name="Captions / Sous-titres", visible=visible)
    claims = api.TokenVerifier("key", secret).verify(access.meeting_token("council"))
    assert claims.video is not None
    assert (claims.video.hidden, claims.video.can_publish) == (not visible, False)
    assert claims.video.can_update_own_metadata
    assert (claims.name, claims.identity) == ("Captions / Sous-titres", "multi-user-transcriber-council")
