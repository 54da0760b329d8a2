"""The page on which somebody in a meeting says whether they are heard, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.bots.scripted_meeting import ScriptedPlatform
from tests.browser.chromium import complaints, resize
from tests.browser.readings import choose, shown, texts, until
from tests.web.serving import Service
from tests.web.test_consent import LINKS, TOKEN, a_meeting, listen, token_of
from tests.web.test_listeners import listening

pytestmark = pytest.mark.browser

_HEARD = ["You are heard: what you say is captioned and transcribed."]
_NOT_HEARD = ["You are not heard: nothing you say is captioned or transcribed."]


async def _visited(visit: Callable[[Service, ScriptedPlatform], None], *, listens: bool = True) -> None:
    """Let a browser visit the real service, whose listener is in a scripted meeting."""
    platform = a_meeting()
    async with listening(platform, consent=LINKS, token=TOKEN) as service:
        if listens:
            await listen(service, platform, TOKEN)
        await asyncio.to_thread(visit, service, platform)


def _open(browser: Chrome, service: Service, token: str, query: str = "") -> None:
    browser.get("about:blank")  # else another fragment of the same address would be no new page
    browser.get(f"http://{service.host}/consent{query}#{token}")


async def test_no_and_yes_again_by_keyboard(english_browser: Chrome) -> None:
    """The page says how it stands in a live region, and one button changes it; the focus stays there."""
    browser = english_browser

    def visit(service: Service, platform: ScriptedPlatform) -> None:
        complaints(browser)
        _open(browser, service, token_of("ana"))
        until(lambda: texts(browser, "#heard") == _HEARD, "how it stands")
        assert texts(browser, "#listening") == ["The meeting is being listened to."]
        status = browser.find_element(By.CSS_SELECTOR, "[role=status]")
        assert status.find_elements(By.ID, "heard")
        browser.find_element(By.CSS_SELECTOR, ".skip-link").send_keys(Keys.ENTER)
        assert browser.switch_to.active_element == browser.find_element(By.ID, "content")
        button = browser.find_element(By.ID, "choose")
        assert button.accessible_name == "Do not listen to me"
        described = browser.find_element(By.ID, button.get_attribute("aria-describedby") or "")
        assert described.text.startswith("It holds at once")
        browser.execute_script("arguments[0].focus()", button)
        button.send_keys(Keys.ENTER)
        until(lambda: texts(browser, "#heard") == _NOT_HEARD, "the no")
        assert not platform.meeting.hears("TR_ana")
        assert platform.meeting.hears("TR_bob")
        assert browser.switch_to.active_element == button
        assert button.accessible_name == "Listen to me again"
        button.send_keys(Keys.SPACE)
        until(lambda: texts(browser, "#heard") == _HEARD, "the yes")
        assert platform.meeting.hears("TR_ana")
        assert not shown(browser, "#problem")
        assert complaints(browser) == []

    await _visited(visit)


async def test_the_token_leaves_the_address_bar_and_outlives_a_reload(english_browser: Chrome) -> None:
    """It is sent in a header only: the server's own address of the page never has it."""
    browser = english_browser

    def visit(service: Service, _platform: ScriptedPlatform) -> None:
        _open(browser, service, token_of("ana"), "?ui=fr")
        until(lambda: texts(browser, "#heard")[0].startswith("Vous êtes entendu"), "how it stands")
        assert browser.current_url == f"http://{service.host}/consent?ui=fr"
        browser.refresh()
        until(lambda: texts(browser, "#choose") == ["Ne pas m’écouter"], "how it stands, after a reload")
        choose(browser, "#ui", "en")
        until(lambda: texts(browser, "#heard") == _HEARD, "the other language")
        assert browser.execute_script("return document.documentElement.lang") == "en"

    await _visited(visit)


async def test_on_a_phone_nothing_is_cut_off(english_browser: Chrome) -> None:
    """At 320 pixels the page is as wide as the screen, and its button as large as a finger."""
    browser = english_browser

    def visit(service: Service, _platform: ScriptedPlatform) -> None:
        try:
            resize(browser, 320, 640)
            for query in ("?ui=en", "?ui=fr"):
                _open(browser, service, token_of("ana"), query)
                until(lambda: shown(browser, "#choose"), "the button")
                assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
                assert browser.find_element(By.ID, "choose").size["height"] >= 44
        finally:
            resize(browser, 1280, 800)

    await _visited(visit)


async def test_a_link_that_opens_nothing_is_told(english_browser: Chrome) -> None:
    """With what to do; there is no button then. A whole one in the same tab is taken at once."""
    browser = english_browser

    def visit(service: Service, _platform: ScriptedPlatform) -> None:
        _open(browser, service, token_of("ana")[:-3])
        until(lambda: "This link has ended" in texts(browser, "#problem")[0], "the sentence")
        assert not shown(browser, "#choose")
        assert not shown(browser, "#heard")
        browser.execute_script("location.hash = arguments[0]", token_of("ana"))
        until(lambda: texts(browser, "#heard") == _HEARD, "how it stands")
        assert texts(browser, "#problem") == [""]

    await _visited(visit)


async def test_where_nobody_listens_the_page_says_so(english_browser: Chrome) -> None:
    """It is the sign of those whose client has none."""
    browser = english_browser

    def visit(service: Service, _platform: ScriptedPlatform) -> None:
        _open(browser, service, token_of("ana"))
        until(lambda: texts(browser, "#problem")[0].startswith("Nobody listens"), "the sentence")
        assert not shown(browser, "#choose")

    await _visited(visit, listens=False)
