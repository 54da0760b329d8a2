"""The clerk's desk in a real browser, on the real service after a council has met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from assistant.core.minutes.operations import parse_operations
from tests.browser.chromium import complaints, resize
from tests.browser.council_service import Council, council_service
from tests.browser.readings import steadily, until

pytestmark = pytest.mark.browser

AGENDA = ["Budget de la cantine", "Travaux rue du Moulin", "Divers"]
_NAME = "localStorage.setItem('assistant.clerk', 'Mme Greffe')"
_UNNAMED = """
const named = (e) => e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length;
const all = [...document.querySelectorAll('input, select, button, textarea')];
return all.filter((e) => e.offsetParent && !named(e)).length;
"""


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    """A council that has met."""
    with council_service(tmp_path) as running:
        yield running


@pytest.fixture
def desk(english_browser: Chrome, council: Council) -> Iterator[Chrome]:
    """The desk of that council, its minutes drafted."""
    browser = english_browser
    resize(browser, 1400, 900)
    browser.get(f"{council.url}/")
    browser.execute_script(_NAME)
    council.call(council.minutes.records.set_agenda("conseil", AGENDA))
    council.call(council.minutes.draft("conseil"))
    browser.get(f"{council.url}/rooms/conseil/minutes?ui=en")
    until(lambda: browser.execute_script("return document.documentElement.dataset.ready"), "the desk")
    yield browser
    assert complaints(browser, expected=["409", "400"]) == []
    browser.get("about:blank")


def one(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def _press(browser: Chrome, selector: str) -> None:
    until(lambda: one(browser, selector).is_enabled(), "the button")
    one(browser, selector).click()


def _until_said(browser: Chrome, word: str, lines: int) -> None:
    until(lambda: sum(word in text for text in texts(browser, ".line .words")) == lines, "it")


def texts(browser: Chrome, selector: str) -> list[str]:
    """Return the texts of what matches, in one look."""
    script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
    found: list[str] = browser.execute_script(script, selector)
    return found


def press(browser: Chrome, selector: str, text: str = "") -> None:
    """Click the first that matches and has this text."""

    def pressed() -> None:
        nodes = browser.find_elements(By.CSS_SELECTOR, selector)
        node = next((node for node in nodes if not text or node.text == text), None)
        assert node is not None, f"nothing to press: {selector} {text}"
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", node)
        node.click()

    steadily(pressed)


def line(browser: Chrome, number: int) -> WebElement:
    return browser.find_elements(By.CSS_SELECTOR, ".line")[number]


def choose_line(browser: Chrome, number: int) -> None:
    steadily(lambda: line(browser, number).click())


def double_click(browser: Chrome, find: Callable[[], WebElement]) -> None:
    steadily(lambda: ActionChains(browser).double_click(find()).perform())


def frozen(browser: Chrome) -> bool:
    """Whether the minutes can only be read, in one look."""
    return bool(browser.execute_script("return document.querySelector('#head-title').disabled"))


def revision(council: Council) -> int:
    version: Any = council.call(council.minutes.version("conseil"))
    return int(version.revision)


def test_the_minutes_are_made_here(english_browser: Chrome, council: Council) -> None:
    """Without minutes there is a place for the agenda and one button; hostile names are only text."""
    browser = english_browser
    complaints(browser)  # of pages that other tests left open
    browser.get(f"{council.url}/")
    browser.execute_script(_NAME)
    browser.get(f"{council.url}/rooms/conseil/minutes?ui=en")
    until(lambda: one(browser, "#start").is_displayed(), "the empty desk")
    one(browser, "#agenda").send_keys("\n".join(AGENDA))
    one(browser, "#make").click()
    until(lambda: len(texts(browser, ".item")) == 3, "the items")
    assert [title.partition(". ")[2] for title in texts(browser, ".item h3")] == AGENDA
    assert "Draft · version 1, revision 1" in one(browser, "#status").text
    assert any("<script>alert(1)</script>" in text for text in texts(browser, ".line .who"))
    assert browser.execute_script("return document.querySelectorAll('.line img, .line script').length") == 0
    assert [text for text in complaints(browser) if "404" not in text] == []


def test_a_statement_shows_its_lines(desk: Chrome) -> None:
    """A click on it marks what it rests on, and each line that statements rest on is marked."""
    press(desk, ".statement[data-kind=action] .text")
    shown = texts(desk, ".line.shown .words")
    assert shown == ["Je vous envoie le tableau des coûts d'ici vendredi."]
    assert len(texts(desk, ".line.told")) > 4


def test_a_text_is_edited_in_place_and_taken_back(desk: Chrome, council: Council) -> None:
    """Enter keeps it; Ctrl+Z brings the old words back, Ctrl+Y the new ones."""
    double_click(desk, lambda: one(desk, ".statement[data-kind=action] .text"))
    field = one(desk, ".editor")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("Envoyer les coûts.", Keys.ENTER)
    action = ".statement[data-kind=action] .text"
    until(lambda: texts(desk, action) == ["Envoyer les coûts."], "the edit")
    assert revision(council) == 2
    until(lambda: one(desk, "#undo").is_enabled(), "undo")
    one(desk, "#minutes").send_keys(Keys.CONTROL, "z")
    until(lambda: texts(desk, action) == ["Je vous envoie le tableau des coûts d'ici vendredi."], "the undo")
    one(desk, "#minutes").send_keys(Keys.CONTROL, "y")
    until(lambda: texts(desk, action) == ["Envoyer les coûts."], "the redo")


def test_a_caption_is_corrected_and_the_minutes_follow(desk: Chrome) -> None:
    """What rests on it changes; undo brings the old words back."""
    double_click(desk, lambda: line(desk, 2).find_element(By.CSS_SELECTOR, ".words"))
    field = one(desk, ".editor")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("Le coût du repas est passé à huit euros avec la hausse de l'énergie.", Keys.ENTER)
    until(lambda: any("huit euros" in text for text in texts(desk, ".statement .text")), "the minutes")
    one(desk, "#undo").click()
    until(lambda: any("neuf euros" in text for text in texts(desk, ".line .words")), "the undo")


def test_lines_are_split_merged_moved_and_renamed(desk: Chrome) -> None:
    """With the tools of the selection."""
    before = len(texts(desk, ".line"))
    choose_line(desk, 0)
    press(desk, "#selection button", "Split")
    until(lambda: len(texts(desk, ".line")) == before + 1, "the split")
    choose_line(desk, 0)
    press(desk, "#selection button", "Merge with the next")
    until(lambda: len(texts(desk, ".line")) == before, "the merge")
    choose_line(desk, 8)
    press(desk, "#selection button", "Rename the speaker everywhere")
    field = one(desk, "#ask-body input")
    field.clear()
    field.send_keys("Mme Blin-Dupont")
    one(desk, "#ask-yes").click()
    until(lambda: "Mme Blin-Dupont" in texts(desk, ".line .who"), "the name")
    choose_line(desk, 5)
    press(desk, "#selection button", "Give to another speaker")
    Select(one(desk, "#ask-body select")).select_by_visible_text("M. Petit")
    one(desk, "#ask-yes").click()
    until(lambda: texts(desk, ".line")[5].startswith("M. Petit"), "the speaker")


def test_marks_by_hand_and_by_key(desk: Chrome) -> None:
    """A selection of lines becomes a decision with them as evidence."""
    choose_line(desk, 10)
    ActionChains(desk).send_keys("k").key_down(Keys.SHIFT).send_keys("j").key_up(Keys.SHIFT).send_keys(
        "d"
    ).perform()
    decisions = ".statement[data-kind=decision] .text"
    until(lambda: any("annonce un retard" in text for text in texts(desk, decisions)), "the decision")
    chosen = next(text for text in texts(desk, decisions) if "annonce un retard" in text)
    assert "Passons au deuxième point" in chosen


def test_what_is_confidential_is_marked(desk: Chrome, council: Council) -> None:
    """A passage, a person and a statement; the public version has none of it."""
    choose_line(desk, 3)
    press(desk, "#selection button", "Confidential")
    until(lambda: len(texts(desk, ".line.withheld")) == 1, "the passage")
    choose_line(desk, 4)
    steadily(lambda: Select(one(desk, "#selection select")).select_by_visible_text("Restricted"))
    until(lambda: one(desk, "#level").text.lower() == "restricted", "the level")
    public: Any = council.call(council.minutes.views.transcript("conseil", public=True))
    assert not any("Je propose de porter" in caption.text for caption in public)


def another_edits(council: Council, operation: dict[str, object]) -> None:
    """Let another clerk change the minutes."""
    operations = parse_operations([operation])
    council.call(council.minutes.edit("conseil", revision(council), operations, author="M. Autre"))


def test_two_clerks_see_each_other(desk: Chrome, council: Council) -> None:
    """What another one does appears; who changes the same is asked whose words stay."""
    version: Any = council.call(council.minutes.version("conseil"))
    action = next(one for one in version.minutes.statements if one.kind == "action")
    another_edits(council, {"op": "set", "target": "meeting", "fields": {"place": "Salle B"}})
    place = "return document.querySelector('#head-place').value"
    until(lambda: desk.execute_script(place) == "Salle B", "the other's place")
    assert "M. Autre" in one(desk, "#notice").text
    steadily(lambda: one(desk, ".statement[data-kind=action] .text").send_keys(Keys.ENTER))
    field = one(desk, ".editor")
    theirs: dict[str, object] = {
        "op": "set",
        "target": f"statement:{action.id}",
        "fields": {"text": "Le sien."},
    }
    another_edits(council, theirs)
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("Le mien.", Keys.ENTER)
    until(lambda: one(desk, "#ask").get_attribute("open") is not None, "the question")
    assert "Le sien." in one(desk, "#ask-body").text
    one(desk, "#ask-yes").click()
    until(lambda: texts(desk, ".statement[data-kind=action] .text") == ["Le mien."], "mine")


SLOW_READING = """
const fetched = window.fetch;
window.fetch = async (resource, options = {}) => {
  if (!window.reading && !options.method && String(resource.url ?? resource).endsWith("/minutes")) {
    window.reading = true;
    await new Promise((resolve) => (window.readOn = resolve));
  }
  return fetched(resource, options);
};
"""


def test_who_writes_while_another_one_s_words_arrive_is_asked(desk: Chrome, council: Council) -> None:
    """The page is just reading what the other did when the clerk presses Enter; taking back asks as well."""
    version: Any = council.call(council.minutes.version("conseil"))
    action = next(one for one in version.minutes.statements if one.kind == "action")
    shown = ".statement[data-kind=action] .text"

    def other(text: str) -> None:
        another_edits(council, {"op": "set", "target": f"statement:{action.id}", "fields": {"text": text}})

    desk.execute_script(SLOW_READING)
    steadily(lambda: one(desk, shown).send_keys(Keys.ENTER))
    field = one(desk, ".editor")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("Le mien.")
    other("Le sien.")
    until(lambda: desk.execute_script("return window.reading"), "the reading")
    field.send_keys(Keys.ENTER)
    desk.execute_script("window.readOn()")
    until(lambda: one(desk, "#ask").get_attribute("open") is not None, "the question")
    assert "Le sien." in one(desk, "#ask-body").text
    one(desk, "#ask-yes").click()
    until(lambda: texts(desk, shown) == ["Le mien."], "mine")
    other("Encore le sien.")
    until(lambda: texts(desk, shown) == ["Encore le sien."], "theirs")
    one(desk, "#undo").click()
    until(lambda: one(desk, "#ask").get_attribute("open") is not None, "the question about taking back")
    one(desk, "#ask-no").click()
    until(lambda: one(desk, "#ask").get_attribute("open") is None, "the answer")
    assert texts(desk, shown) == ["Encore le sien."]


def test_find_and_replace_with_a_look_before(desk: Chrome) -> None:
    """The preview changes nothing."""
    one(desk, "#find-button").click()
    one(desk, "#find-text").send_keys("rue du moulin")
    one(desk, "#put-text").send_keys("rue du Canal")
    one(desk, "#find-look").click()
    until(lambda: one(desk, "#find-count").text == "Found 3 times", "the preview")
    assert not any("Canal" in text for text in texts(desk, ".line .words"))
    one(desk, "#find-go").click()
    until(lambda: sum("rue du Canal" in text for text in texts(desk, ".line .words")) == 3, "the words")
    one(desk, "#find button:not([type])").click()
    for button, count in (("#undo", 0), ("#redo", 3), ("#undo", 0)):
        _press(desk, button)
        _until_said(desk, "Canal", count)


def test_approved_and_published_minutes_are_only_read(desk: Chrome) -> None:
    """Approved ones can be reopened; after publication a new version begins."""
    one(desk, "#approve").click()
    until(lambda: one(desk, "#publish").is_displayed(), "approved")
    assert frozen(desk)
    one(desk, "#reopen").click()
    until(lambda: not frozen(desk), "reopened")
    one(desk, "#approve").click()
    until(lambda: one(desk, "#publish").is_displayed(), "approved again")
    one(desk, "#publish").click()
    until(lambda: "Published · version 1" in one(desk, "#status").text, "published")
    one(desk, "#draft").click()
    until(lambda: "Draft · version 2" in one(desk, "#status").text, "version 2")


def test_levels_and_downloads(desk: Chrome) -> None:
    """A level is shown; a numbered one asks who gets the copy, and says so where nobody is named."""
    steadily(lambda: Select(one(desk, ".head-fields select")).select_by_visible_text("Confidential"))
    until(lambda: one(desk, "#level").text.lower() == "confidential", "the level")
    one(desk, "#download-button").click()
    assert one(desk, "#recipient").is_displayed()
    one(desk, "#download-go").click()
    until(lambda: "numbered" in one(desk, "#download-problem").text, "the refusal")
    complaints(desk)  # the refused request


def test_rough_minutes_are_asked_for_expressly(english_browser: Chrome, tmp_path: Path) -> None:
    """A box to tick stands there for rough languages alone; without it the service refuses, and says why."""
    with council_service(tmp_path, rough=True) as council:
        resize(english_browser, 1400, 900)
        english_browser.get(f"{council.url}/")
        english_browser.execute_script(_NAME)
        council.call(council.minutes.draft("conseil"))
        english_browser.get(f"{council.url}/rooms/conseil/minutes?ui=en")
        ready = "return document.documentElement.dataset.ready"
        until(lambda: english_browser.execute_script(ready), "the desk")
        one(english_browser, "#download-button").click()
        assert not one(english_browser, "#rough-field").is_displayed()
        Select(one(english_browser, "#lang")).select_by_value("en")
        until(lambda: one(english_browser, "#rough-field").is_displayed(), "the question")
        one(english_browser, "#download-go").click()
        until(lambda: "rough" in one(english_browser, "#download-problem").text, "the refusal")
        complaints(english_browser)  # the refused request
        one(english_browser, "#rough").click()
        one(english_browser, "#download-go").click()
        until(lambda: not one(english_browser, "#download").is_displayed(), "the document")
        one(english_browser, "#download-button").click()
        Select(one(english_browser, "#what")).select_by_value("transcript")
        Select(one(english_browser, "#lang")).select_by_value("en")
        assert not one(english_browser, "#rough-field").is_displayed()
        one(english_browser, "#download form button.quiet").click()
        one(english_browser, "#approve").click()
        until(lambda: one(english_browser, "#publish").is_displayed(), "approved")
        one(english_browser, "#publish").click()
        until(lambda: one(english_browser, "#ask").is_displayed(), "the question of readers")
        one(english_browser, "#ask-no").click()
        assert "Approved" in one(english_browser, "#status").text
        one(english_browser, "#publish").click()
        until(lambda: one(english_browser, "#ask").is_displayed(), "the question again")
        one(english_browser, "#ask input[value=en]").click()
        one(english_browser, "#ask-yes").click()
        until(lambda: "Published" in one(english_browser, "#status").text, "published")
        version: Any = council.call(council.minutes.version("conseil"))
        assert version.minutes.rough_languages == ("en",)
        english_browser.get("about:blank")


def test_a_phone_shows_one_side_at_a_time(desk: Chrome) -> None:
    """With two buttons; nothing is wider than the screen, and everything has a name."""
    resize(desk, 390, 844)
    assert not one(desk, "#transcript").is_displayed()
    one(desk, "#tab-transcript").click()
    assert one(desk, "#transcript").is_displayed()
    assert desk.execute_script("return document.documentElement.scrollWidth") <= 390
    unnamed = desk.execute_script(_UNNAMED)
    assert unnamed == 0


def test_readers_are_led_to_published_minutes(desk: Chrome, council: Council) -> None:
    """From the captions' page, once there are any; the page shows the level of the room too."""
    desk.get(f"{council.url}/rooms/conseil?ui=en")
    until(lambda: "Conseil municipal" in one(desk, "#room").text, "the title")
    assert not one(desk, "#published").is_displayed()
    version: Any = council.call(council.minutes.approve("conseil", 1, "M. Maire"))
    council.call(council.minutes.publish("conseil", version.revision, "M. Maire"))
    council.call(council.minutes.records.set_room_level("conseil", "restricted", author="M. Maire"))
    desk.refresh()
    until(lambda: one(desk, "#published").is_displayed(), "the link")
    assert one(desk, "#protection").text.lower() == "restricted"
    published = one(desk, "#published").get_attribute("href")
    desk.get(f"{council.url}/rooms/conseil/glossary?ui=en")
    until(lambda: one(desk, "#protection").text.lower() == "restricted", "the level")
    assert published
    desk.get(published)
    until(lambda: "compte rendu" in one(desk, "body").text.lower(), "the minutes")
    assert "DIFFUSION RESTREINTE" in one(desk, ".level").text
