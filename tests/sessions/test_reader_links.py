"""Links for people who only read."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.core.errors import RoomNameInvalid, TokenExpired, TokenInvalid
from assistant.sessions.reader_links import ReaderLinks
from tests.fakes import ManualClock

_BASE = "https://captions.example.org"


def _token_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


def test_a_link_opens_its_room_for_the_hours_that_are_set_or_wanted() -> None:
    """The usual time, or another; then it has expired."""
    clock = ManualClock()
    links = ReaderLinks(_BASE, "s3cret", 24.0, clock)
    usual, short = links.link("council"), links.offer("council", 0.5)
    assert usual.startswith(f"{_BASE}/rooms/council?token=")
    assert "s3cret" not in usual
    assert short.expires_at == clock.now() + 1_800
    clock.seconds += 1_799
    assert links.grant(_token_of(short.url)).room == "council"
    clock.seconds += 1
    with pytest.raises(TokenExpired):
        links.grant(_token_of(short.url))
    clock.seconds += 24 * 3_600 - 1_801
    assert links.grant(_token_of(usual)).room == "council"
    clock.seconds += 1
    with pytest.raises(TokenExpired):
        links.grant(_token_of(usual))


def test_a_service_without_a_token_makes_links_without_one() -> None:
    """There, a link never expires, and no token is one of its."""
    links = ReaderLinks(_BASE, "", 24.0, ManualClock())
    offer = links.offer("council", 1)
    assert (offer.url, offer.expires_at) == (f"{_BASE}/rooms/council", None)
    guarded = ReaderLinks(_BASE, "s3cret", 24.0, ManualClock())
    with pytest.raises(TokenInvalid):
        links.grant(_token_of(guarded.link("council")))


@pytest.mark.parametrize("token", ["", "s3cret"])
def test_there_is_no_link_to_what_cannot_be_a_room(token: str) -> None:
    """Nothing of a name gets into an address that it could change."""
    with pytest.raises(RoomNameInvalid):
        ReaderLinks(_BASE, token, 24.0, ManualClock()).link("../admin?x=")
