"""The address under which people reach the service, from the settings to the links."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.prometheus_telemetry import PrometheusTelemetry
from assistant.adapters.sql_stores import SqlStores
from assistant.bootstrap import build_captions, build_links, build_meetings
from assistant.core.identity.reader_tokens import derive_key, read_reader_token
from assistant.settings import Settings
from tests.web.fakes import FakeLinkStore


async def test_links_lead_to_the_public_address_with_a_token_that_the_service_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Address, token and hours come from the environment."""
    monkeypatch.setenv("ASSISTANT_PUBLIC_URL", "https://captions.example.org/")
    monkeypatch.setenv("ASSISTANT_TOKEN", "s3cret")
    monkeypatch.setenv("ASSISTANT_READER_LINK_HOURS", "0.5")
    store = FakeLinkStore()
    links = build_links(Settings(), store)
    offer = await links.offer("council")
    assert offer.url.startswith("https://captions.example.org/rooms/council?token=reader2.")
    token = parse_qs(urlsplit(offer.url).query)["token"][0]
    grant = read_reader_token(token, derive_key("s3cret"), 0.0)
    assert grant == await links.grant(token)
    usual = await build_links(Settings(reader_link_hours=24.0), store).offer("council")
    assert grant.expires_at is not None
    assert usual.expires_at is not None
    assert abs(usual.expires_at - grant.expires_at - 23.5 * 3600) < 60


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),  # noqa: S104 - text
        ("::1", "http://[::1]:8123"),
    ],
)
async def test_without_a_public_address_links_lead_to_where_the_service_listens(host: str, base: str) -> None:
    """They work on this machine; without a token of the service they have none."""
    links = build_links(Settings(host=host, port=8123, token=""), FakeLinkStore())
    assert await links.shared("council") == f"{base}/rooms/council"


@pytest.mark.parametrize("public_url", ["", "https://captions.example.org"])
def test_who_listens_to_meetings_without_a_public_address_is_warned(public_url: str) -> None:
    """Links that are told in meetings would lead to nothing."""
    settings = Settings(
        livekit_url="ws://127.0.0.1:7880",
        livekit_api_key="key",
        livekit_api_secret="s" * 32,
        livekit_worker=False,
        public_url=public_url,
    )
    stores = SqlStores.at(settings.store_url)
    service = build_captions(settings, stores, FileAudioJournal(settings.journal_dir), PrometheusTelemetry())
    with capture_logs() as events:
        assert build_meetings(
            settings, service, stores.meetings, build_links(settings, FakeLinkStore())
        ).parts
    warned = [event["setting"] for event in events if event["event"] == "public_url_missing"]
    assert warned == ([] if public_url else ["ASSISTANT_PUBLIC_URL"])


@pytest.mark.parametrize(
    "url",
    [
        "captions.example.org",
        "ftp://captions.example.org",
        "https://",
        "https://ana:secret@captions.example.org",
        "https://captions.example.org/captions",
        "https://captions.example.org?x=1",
        "https://captions.example.org/#x",
        "https://captions.example.org:99999",
        "https://captions.example.org ",
        "https://captions.exa mple.org",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_of_a_site_is_refused(url: str) -> None:
    """Nothing of the setting can change what stands behind it in a link."""
    with pytest.raises(ValidationError, match="public_url"):
        Settings(public_url=url)


@pytest.mark.parametrize(
    "url", ["http://192.168.1.5:8000", "https://[2001:db8::1]:8443", "https://exämple.org"]
)
def test_addresses_of_sites_are_taken(url: str) -> None:
    """With a port, in IPv6, and with letters of any language; a slash at the end goes."""
    assert Settings(public_url=f"{url}/").public_url == url
    assert Settings(public_url=url).public_url == url


@pytest.mark.parametrize("hours", [0, -1, 10_000, float("inf"), float("nan")])
def test_links_open_rooms_for_a_while(hours: float) -> None:
    """Longer than no time and at most a year."""
    with pytest.raises(ValidationError, match="reader_link_hours"):
        Settings(reader_link_hours=hours)
