"""The read page with a link for readers, and the panel that gives such links away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from assistant.core.identity.reader_tokens import derive_key, read_reader_token
from tests.browser.chromium import complaints
from tests.browser.council_service import council_service
from tests.browser.readings import HELLO, choose, click, open_room, shown, texts, until
from tests.browser.scripted_partner import Partner
from tests.captions import a_caption
from tests.waiting import PATIENCE_SECONDS
from tests.web.fakes import FakeCaptions
from tests.web.serving import Service, serving

pytestmark = pytest.mark.browser

_TOKEN = "s3cret"  # noqa: S105 - guards nothing
_COPIED = "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(`${e}`))"
_NEVER = 4_000_000_000.0


def _allow_clipboard(browser: Chrome, *, setting: str = "granted") -> None:
    for name in ("clipboard-read", "clipboard-write"):
        parameters = {"permission": {"name": name}, "setting": setting}
        browser.execute_cdp_cmd("Browser.setPermission", parameters)


def _copied(browser: Chrome) -> str:
    text = browser.execute_async_script(_COPIED)
    assert isinstance(text, str)
    return text


async def _with_service(visit: Callable[[Service], None]) -> None:
    """Let a browser visit the real service, with its gate, beside a scripted captions."""
    fake = FakeCaptions(finals={"weekly": [a_caption(3, "Bonjour.")]})
    async with serving(fake, token=_TOKEN) as service:
        await fake.rooms.create_room("weekly", "Weekly meeting", ["DINUM"])
        await asyncio.to_thread(visit, service)


def _open(browser: Chrome, service: Service, token: str, path: str = "/rooms/weekly") -> None:
    browser.get(f"http://{service.host}{path}?token={token}")


async def test_a_reader_link_shows_everything_that_reading_takes_and_nothing_that_would_fail(
    english_browser: Chrome, tmp_path: Path
) -> None:
    """Captions, title, languages and transcript are there; names and terms, microphone and list are not."""
    browser = english_browser
    download = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", download)

    def visit(service: Service) -> None:
        complaints(browser)
        _open(browser, service, service.fake.links.token(derive_key(_TOKEN)))
        until(lambda: texts(browser, ".stable") == ["Bonjour."], "the caption")
        until(lambda: texts(browser, "#room") == ["Weekly meeting"], "the title")
        choose(browser, "#language", "pt")
        until(lambda: len(service.fake.feeds) == 2, "the other language")
        for left_out in ("#terms-button", "#speak", "#empty-speak"):
            assert not shown(browser, left_out)
        reachable = [
            a
            for a in browser.find_elements(By.CSS_SELECTOR, "header a[href], main a[href]")
            if a.is_displayed()
        ]
        assert reachable == []
        click(browser, "#share-button")
        choose(browser, "#save-language", "source")
        click(browser, "[data-format=txt]")
        until(lambda: texts(browser, "#save-told") == ["The transcript was saved."], "the transcript")
        until(lambda: "Bonjour." in _content(tmp_path / "weekly.txt"), "the file")
        # A request that the service refused would be among them.
        assert complaints(browser) == []

    await _with_service(visit)


def _content(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


async def test_a_reader_passes_on_the_link_that_it_has(english_browser: Chrome) -> None:
    """What is copied opens the same room for the next one, in an address of this page."""
    browser = english_browser

    def visit(service: Service) -> None:
        token = service.fake.links.token(derive_key(_TOKEN))
        _open(browser, service, token)
        _allow_clipboard(browser)
        click(browser, "#share-button")
        assert not shown(browser, "#copy-hint")
        click(browser, "#copy")
        until(lambda: texts(browser, "#notice") == ["Link copied."], "the answer")
        assert _copied(browser) == f"http://{service.host}/rooms/weekly?token={token}"

    await _with_service(visit)


@pytest.mark.parametrize(
    ("room", "expires_at", "sentence"),
    [
        ("weekly", 1_000.0, "This link is not valid (any more). Ask for a new one."),
        ("other", _NEVER, "The link you were given opens one meeting, for reading only."),
    ],
)
async def test_a_link_that_opens_nothing_here_is_told_and_not_tried_again(
    english_browser: Chrome, room: str, expires_at: float, sentence: str
) -> None:
    """A link of yesterday and one to another meeting each have their own sentence."""
    browser = english_browser

    def visit(service: Service) -> None:
        _open(browser, service, service.fake.links.token(derive_key(_TOKEN), room, expires_at=expires_at))
        until(lambda: texts(browser, "#notice") == [sentence], "the sentence")
        until(lambda: texts(browser, "#state-text") == ["Disconnected"], "the end")
        assert service.fake.feeds == []

    await _with_service(visit)


async def test_who_holds_the_service_token_gives_a_reader_link_away(english_browser: Chrome) -> None:
    """What is copied opens the captions of this room; the token of the service is not in it."""
    browser = english_browser

    def visit(service: Service) -> None:
        _open(browser, service, _TOKEN)
        _allow_clipboard(browser)
        assert shown(browser, "#terms-button")
        assert shown(browser, "#speak")
        click(browser, "#share-button")
        button = browser.find_element(By.ID, "copy")
        assert browser.switch_to.active_element == button
        assert button.accessible_name == "Copy a link for readers"
        described = browser.find_element(By.ID, button.get_attribute("aria-describedby") or "")
        assert described.text == "It opens this meeting for reading only, for a limited time."
        button.click()
        begin = "Link copied. It opens this meeting for reading until "
        until(lambda: texts(browser, "#notice")[0].startswith(begin), "the answer")
        copied = _copied(browser)
        assert _TOKEN not in copied
        assert copied.startswith(f"http://{service.host}/rooms/weekly?token=")
        token = parse_qs(urlsplit(copied).query)["token"][0]
        assert read_reader_token(token, derive_key(_TOKEN), 0.0).room == "weekly"

    await _with_service(visit)


def test_the_link_keeps_how_the_page_is_shown(browser: Chrome, partner: Partner) -> None:
    """It leads to the address under which this page was reached, with its parameters, in any language."""
    open_room(browser, partner, "?token=secret&theme=dark&ui=fr")
    _allow_clipboard(browser)
    click(browser, "#share-button")
    assert texts(browser, "#copy") == ["Copier un lien de lecture"]
    click(browser, "#copy")
    until(lambda: texts(browser, "#notice")[0].startswith("Lien copié. Il ouvre"), "the answer")
    expected = f"{partner.url}/rooms/city-council?theme=dark&ui=fr&token=reader2.r.l1.1.s"
    assert _copied(browser) == expected
    assert partner.bearers[-1] == "Bearer secret"


def test_where_copying_is_refused_the_link_is_shown(browser: Chrome, partner: Partner) -> None:
    """The address stands in the notice, and it is the one for readers."""
    open_room(browser, partner, "?token=secret")
    browser.execute_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    click(browser, "#share-button")
    click(browser, "#copy")
    until(lambda: "city-council?token=reader2.r.l1.1.s" in texts(browser, "#notice")[0], "the address")


def test_a_link_that_cannot_be_made_is_no_link(browser: Chrome, partner: Partner) -> None:
    """A refusal is told, and nothing is copied that opens more or nothing."""
    open_room(browser, partner, "?token=secret")
    partner.refuse_with = "shutting_down"
    click(browser, "#share-button")
    click(browser, "#copy")
    until(lambda: "will be back soon" in texts(browser, "#notice")[0], "the refusal")


def test_without_a_token_the_link_is_that_of_the_page(browser: Chrome, partner: Partner) -> None:
    """A service that asks for no token is asked for no link."""
    open_room(browser, partner, "?theme=dark")
    _allow_clipboard(browser)
    click(browser, "#share-button")
    assert texts(browser, "#copy") == ["Copy the link to this page"]
    assert not shown(browser, "#copy-hint")
    click(browser, "#copy")
    until(lambda: texts(browser, "#notice") == ["Link copied."], "the answer")
    assert _copied(browser) == f"{partner.url}/rooms/city-council?theme=dark"


def test_before_the_meeting_the_page_waits_and_then_shows_it(browser: Chrome, partner: Partner) -> None:
    """Nothing is wrong, so nothing is complained of; the captions come by themselves once it has begun."""
    partner.refuse_with = "room_unknown"
    browser.get(f"{partner.url}/rooms/city-council?token=reader2.city-council.l1.1.s")
    until(lambda: texts(browser, "#state-text") == ["Not begun"], "the state")
    assert texts(browser, "#empty-title") == ["This meeting has not begun"]
    until(lambda: len(partner.readers) >= 3, "further attempts")
    assert texts(browser, "#notice") == [""]
    partner.refuse_with = ""
    partner.history = [HELLO]
    until(lambda: texts(browser, "#state-text") == ["Live"], "the meeting")
    until(lambda: texts(browser, ".stable") == ["Hello."], "the caption")


async def test_a_link_is_listed_and_taken_back(english_browser: Chrome) -> None:
    """Who holds the token of the service sees whom links were made for; who reads through one is let go."""
    browser = english_browser

    def visit(service: Service) -> None:
        _open(browser, service, _TOKEN)
        _allow_clipboard(browser)
        click(browser, "#share-button")
        browser.find_element(By.ID, "link-recipient").send_keys("Mme Roy")
        click(browser, "#copy")
        until(lambda: "For Mme Roy, until" in texts(browser, "#links-list")[0], "the link")
        (kept,) = service.fake.links.known.values()
        assert kept.recipient == "Mme Roy"
        click(browser, "#links-list button")
        until(lambda: texts(browser, "#links-list li") == [], "an empty list")
        assert service.fake.links.known == {}

    await _with_service(visit)


async def test_whose_link_is_taken_back_is_told_and_left_alone(english_browser: Chrome) -> None:
    """The page says so in a sentence, and asks no more."""
    browser = english_browser

    def visit(service: Service) -> None:
        token = service.fake.links.token(derive_key(_TOKEN))
        _open(browser, service, token)
        until(lambda: texts(browser, ".stable") == ["Bonjour."], "the caption")
        answer = httpx.delete(
            f"http://{service.host}/v1/rooms/weekly/links/{token.split('.')[2]}",
            headers={"Authorization": f"Bearer {_TOKEN}"},
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )
        assert answer.status_code == 204
        until(lambda: texts(browser, "#state-text") == ["Disconnected"], "the end")
        assert texts(browser, "#notice") == ["This link is not valid (any more). Ask for a new one."]

    await _with_service(visit)


def test_the_token_of_the_service_is_in_no_address_of_published_minutes(
    english_browser: Chrome, tmp_path: Path
) -> None:
    """Who holds it reads them through a link for readers that is made for that."""
    browser = english_browser
    with council_service(tmp_path, token=_TOKEN) as council:
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        minutes = "/v1/rooms/conseil/minutes"
        with httpx.Client(
            base_url=council.url, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
        ) as http:
            revision = http.post(minutes, json={"author": "Greffe"}).json()["revision"]
            for step in ("approve", "publish"):
                body = {"revision": revision, "author": "Greffe"}
                revision = http.post(f"{minutes}/{step}", json=body).json()["revision"]

        browser.get(f"{council.url}/rooms/conseil?token={_TOKEN}")
        until(lambda: shown(browser, "#published"), "the way to the minutes")
        own = browser.current_window_handle
        assert _TOKEN not in (browser.find_element(By.ID, "published").get_attribute("href") or "")
        click(browser, "#published")
        until(lambda: len(browser.window_handles) == 2, "the new tab")
        (other,) = set(browser.window_handles) - {own}
        browser.switch_to.window(other)
        until(lambda: "token=reader2.conseil." in browser.current_url, "the address")
        until(lambda: "cantine" in browser.page_source, "the minutes")
        assert _TOKEN not in browser.current_url
        browser.close()
        browser.switch_to.window(own)
