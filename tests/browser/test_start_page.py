"""The start page in a real browser, beside a scripted service."""

from __future__ import annotations

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.readings import click, shown, texts, until
from tests.browser.scripted_partner import Partner

pytestmark = pytest.mark.browser


def _arrives(browser: Chrome, address: str) -> None:
    until(lambda: browser.current_url == address, f"{address}, from {browser.current_url}")


def test_a_name_as_people_write_it_becomes_a_room(browser: Chrome, partner: Partner) -> None:
    """Accents and blanks become a valid room name; what was typed is the room's title."""
    browser.get(partner.url)
    browser.find_element(By.ID, "room").send_keys("Conseil général, été")
    click(browser, "button[value=read]")
    _arrives(browser, f"{partner.url}/rooms/Conseil-general-ete")
    assert partner.created == [{"name": "Conseil-general-ete", "title": "Conseil général, été"}]


def test_no_name_makes_a_new_room(browser: Chrome, partner: Partner) -> None:
    """An empty field asks the service for a room with a random name."""
    browser.get(partner.url)
    click(browser, "button[value=speak]")
    _arrives(browser, f"{partner.url}/rooms/brave-otter/speak")


def test_a_name_without_letters_is_refused_with_a_sentence(browser: Chrome, partner: Partner) -> None:
    """What cannot become a room name is said beside the field."""
    browser.get(partner.url)
    browser.find_element(By.ID, "room").send_keys("???")
    click(browser, "button[value=read]")
    assert "at least one letter" in texts(browser, "#problem")[0]
    assert partner.created == []


def test_rooms_and_the_demonstration_are_offered(browser: Chrome, partner: Partner) -> None:
    """The list shows titles with ways to read and speak; the demonstration stands apart."""
    partner.rooms = [{"name": "demo", "title": "Demo"}, {"name": "board", "title": "Library board"}]
    browser.get(f"{partner.url}/?token=secret")
    until(lambda: texts(browser, "#rooms strong") == ["Library board"], "the list")
    assert partner.bearers == ["Bearer secret"]
    links = [link.get_attribute("href") for link in browser.find_elements(By.CSS_SELECTOR, "#rooms a")]
    assert links == [f"{partner.url}/rooms/board", f"{partner.url}/rooms/board/speak"]
    assert browser.find_element(By.ID, "demo").get_attribute("href") == f"{partner.url}/rooms/demo"
    assert browser.find_element(By.ID, "glossary").get_attribute("href") == f"{partner.url}/glossary"


def test_a_list_that_may_not_be_seen_is_left_out(browser: Chrome, partner: Partner) -> None:
    """Where the list of rooms is refused the page works without it."""
    partner.rooms = None
    browser.get(partner.url)
    until(lambda: partner.bearers, "the request")
    assert not shown(browser, "#rooms-section")
    assert texts(browser, "#problem") == [""]
