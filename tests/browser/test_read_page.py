"""The read page in a real browser, beside a scripted service."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import HOW_TO_INSTALL, chromium, chromium_path, resize
from tests.browser.readings import caption, choose, click, open_room, partial, shown, texts, until
from tests.browser.scripted_partner import Partner

pytestmark = pytest.mark.browser

_AT_END = """
const region = document.getElementById('region');
return region.scrollHeight - region.clientHeight - region.scrollTop < 40;
"""
_SIDEWAYS = """
const region = document.getElementById('region');
return [document.documentElement.scrollWidth - innerWidth, region.scrollWidth - region.clientWidth];
"""
_LIST_IS_LIVE = """
const live = [...document.querySelectorAll('[aria-live], [role=log], [role=status], [role=alert]')];
return live.some((node) => node.contains(document.getElementById('captions')));
"""
_ANNOUNCED = """
const log = document.getElementById('announcements');
return [log.ariaLive, log.querySelector('span').lang];
"""
_LOOK = """
const root = document.documentElement;
return [root.dataset.theme, root.dataset.spacing, root.style.getPropertyValue('--caption-scale')];
"""


def _press(browser: Chrome, key: str) -> None:
    browser.switch_to.active_element.send_keys(key)


def test_a_running_caption_shows_what_is_settled_apart_and_becomes_a_final(
    browser: Chrome, partner: Partner
) -> None:
    """The stable part and the tail stand apart, revisions replace, and the final is all settled."""
    open_room(browser, partner)
    assert shown(browser, "#empty")
    partner.say(partial("a", "Good morning everyb", 1, stable=12))
    until(lambda: texts(browser, ".tail") == ["everyb"], "the tail")
    assert texts(browser, ".stable") == ["Good morning"]
    assert texts(browser, "#now .chip-name") == ["Ana"]
    partner.say(caption("a", "Good morning, everybody.", 3), partial("a", "Good mourning", 2))
    until(lambda: texts(browser, ".stable") == ["Good morning, everybody."], "the final")
    assert texts(browser, ".tail") == [""]
    assert not shown(browser, "#empty")
    until(lambda: shown(browser, "#nobody"), "silence")


def test_settled_characters_are_counted_as_the_service_counts(browser: Chrome, partner: Partner) -> None:
    """Characters outside the basic plane count as one, as in the service, and are never cut in half."""
    open_room(browser, partner)
    partner.say(partial("a", "😀😀 yes", 1, stable=2))
    until(lambda: texts(browser, ".stable") == ["😀😀"], "two whole characters")
    assert texts(browser, ".tail") == ["yes"]


def test_captions_of_two_speakers_stand_in_the_order_in_which_they_began(
    browser: Chrome, partner: Partner
) -> None:
    """A caption that arrives late takes its place, and each paragraph names its speaker and language."""
    open_room(browser, partner)
    partner.say(
        caption("b", "Second.", 1, speaker="Bruno", start=5.0, lang="pt", source_lang="pt"),
        caption("a", "First.", 2, start=1.0),
        caption("c", "Third.", 3, speaker="Bruno", start=7.0, lang="pt", source_lang="pt"),
    )
    until(lambda: texts(browser, ".caption") == ["First.", "Second.", "Third."], "the order")
    assert texts(browser, ".turn .name") == ["Ana", "Bruno"]
    assert texts(browser, ".turn .badge [aria-hidden]") == ["EN", "PT"]
    languages = browser.execute_script("return [...document.querySelectorAll('.caption')].map(e => e.lang)")
    assert languages == ["en", "pt", "pt"]


def test_a_final_without_text_takes_the_caption_away(browser: Chrome, partner: Partner) -> None:
    """What turned out to be no speech disappears, and an older revision does not bring it back."""
    open_room(browser, partner)
    partner.say(caption("a", "Hello.", 1), partial("b", "brrr", 2))
    until(lambda: texts(browser, ".caption") == ["Hello.", "brrr"], "both")
    partner.say(caption("b", "", 4), partial("b", "brrrr", 3), caption("c", "Go on.", 5))
    until(lambda: texts(browser, ".caption") == ["Hello.", "Go on."], "the noise to go")


def test_a_correction_is_shown_and_marked(browser: Chrome, partner: Partner) -> None:
    """A clerk's revision replaces the text and says that it is one."""
    open_room(browser, partner)
    partner.say(
        caption("a", "The bare minimum.", 1), caption("a", "The bear minimum.", 2, edited=True, start=1.0)
    )
    until(lambda: texts(browser, ".stable") == ["The bear minimum."], "the correction")
    assert texts(browser, ".mark-edited") == ["corrected"]


def test_a_broken_connection_goes_on_after_the_last_event(browser: Chrome, partner: Partner) -> None:
    """The page asks for what it missed, and drops partials whose utterance ended meanwhile."""
    open_room(browser, partner)
    partner.say(caption("a", "One.", 1), partial("b", "ended awa", 2), partial("c", "still", 3))
    until(lambda: len(texts(browser, ".caption")) == 3, "three captions")
    partner.hello = {"open": ["c"], "seq": 5}
    partner.history = [caption("d", "Missed.", 5)]
    partner.cut_readers()
    until(lambda: texts(browser, ".caption") == ["One.", "still", "Missed."], "the missed caption")
    assert partner.readers[-1].query["since"] == "3"
    assert texts(browser, "#state-text") == ["Live"]
    until(lambda: texts(browser, "#status") == ["Connected again."], "word of the reconnection")


def test_captions_come_over_events_where_sockets_are_refused(browser: Chrome, partner: Partner) -> None:
    """Behind a proxy without WebSockets the page falls back to server-sent events."""
    partner.refuse_sockets = True
    partner.history = [caption("a", "Through the proxy.", 1)]
    assert open_room(browser, partner).kind == "events"
    until(lambda: texts(browser, ".caption") == ["Through the proxy."], "the caption")


def test_how_late_captions_run_is_shown(browser: Chrome, partner: Partner) -> None:
    """A status that captions run late shows in the state, and its end takes that away."""
    open_room(browser, partner)
    partner.say({"type": "status", "behind_seconds": 4.2, "degraded": True})
    until(lambda: texts(browser, "#state-text") == ["4 s behind"], "the delay")
    partner.say({"type": "status", "behind_seconds": 0, "degraded": False})
    until(lambda: texts(browser, "#state-text") == ["Live"], "its end")


def test_scrolling_back_pauses_and_a_button_leads_back(browser: Chrome, partner: Partner) -> None:
    """While the reader looks back nothing moves under their eyes, and new captions are counted."""
    partner.history = [
        caption(f"h{n}", f"Sentence number {n}.", n, speaker=f"P{n % 3}") for n in range(1, 40)
    ]
    open_room(browser, partner)
    until(lambda: len(texts(browser, ".caption")) == 39 and browser.execute_script(_AT_END), "the end")
    assert not shown(browser, "#live")
    browser.execute_script("document.getElementById('region').scrollBy(0, -500)")
    until(lambda: shown(browser, "#live"), "the way back")
    top = browser.execute_script("return document.getElementById('region').scrollTop")
    partner.say(caption("n1", "New one.", 50), caption("n2", "New two.", 51))
    until(lambda: texts(browser, "#missed") == ["2 new captions"], "the count")
    assert browser.execute_script("return document.getElementById('region').scrollTop") == top
    click(browser, "#live")
    until(lambda: browser.execute_script(_AT_END), "the end again")
    assert not shown(browser, "#live")
    partner.say(caption("n3", "New three.", 52))
    until(lambda: "New three." in texts(browser, ".caption") and browser.execute_script(_AT_END), "following")


def test_each_final_is_announced_once(browser: Chrome, partner: Partner) -> None:
    """Screen readers hear new finals once each: no history, no partials, no later revisions."""
    partner.history = [caption("old", "Before.", 1)]
    open_room(browser, partner)
    partner.say(
        partial("a", "Go", 2),
        partial("a", "Good", 3),
        caption("a", "Good.", 4, lang="fr", source_lang="fr"),
        caption("a", "Good!", 5, refined=True),
        caption("b", "Next.", 6, speaker="Bruno"),
    )
    until(lambda: texts(browser, ".stable")[-1:] == ["Next."], "the last caption")
    assert texts(browser, "#announcements p") == ["Ana: Good.", "Bruno: Next."]
    assert browser.execute_script(_ANNOUNCED) == ["polite", "fr"]
    assert browser.execute_script(_LIST_IS_LIVE) is False


def test_announcements_can_be_switched_off(browser: Chrome, partner: Partner) -> None:
    """With the switch off nothing is announced, and the choice is remembered."""
    open_room(browser, partner)
    click(browser, "#display-button")
    click(browser, "input[name=announce]")
    open_room(browser, partner)
    partner.say(caption("a", "Quiet.", 1))
    until(lambda: texts(browser, ".stable") == ["Quiet."], "the caption")
    assert texts(browser, "#announcements p") == []


def test_a_refused_token_is_told_in_words(browser: Chrome, partner: Partner) -> None:
    """A refusal that cannot end by itself is explained, and not tried again."""
    partner.refuse_with = "token_invalid"
    browser.get(f"{partner.url}/rooms/city-council?token=old")
    until(lambda: "not valid (any more)" in texts(browser, "#notice")[0], "the sentence")
    until(lambda: texts(browser, "#state-text") == ["Disconnected"], "the end")
    assert len(partner.readers) == 1
    assert partner.readers[0].query.get("token") == "old"


def test_the_token_leaves_the_address_and_goes_along(browser: Chrome, partner: Partner) -> None:
    """The token is kept for the tab, out of the address bar, and sent with every request."""
    open_room(browser, partner, "?token=secret&theme=dark")
    assert browser.current_url.endswith("/rooms/city-council?theme=dark")
    until(lambda: partner.bearers == ["Bearer secret"], "the title's request")
    assert open_room(browser, partner).query.get("token") == "secret"


def test_what_was_chosen_is_remembered(browser: Chrome, partner: Partner) -> None:
    """Text size, colours and spacing are the same at the next visit; damaged memory is no trouble."""
    open_room(browser, partner)
    assert browser.execute_script(_LOOK) == ["auto", "normal", "1"]
    click(browser, "#larger")
    click(browser, "#larger")
    click(browser, "#display-button")
    click(browser, "input[name=theme][value=contrast]")
    click(browser, "input[name=spacing][value=wide]")
    open_room(browser, partner)
    assert browser.execute_script(_LOOK) == ["contrast", "wide", "1.2"]
    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    assert browser.execute_script(ground) == "rgb(0, 0, 0)"
    browser.execute_script("localStorage.setItem('assistant.settings.v1', '{nonsense')")
    open_room(browser, partner)
    assert browser.execute_script(_LOOK) == ["auto", "normal", "1"]


def test_the_page_is_operated_by_keyboard(browser: Chrome, partner: Partner) -> None:
    """The first tab stop leads to the captions; shortcuts work, and stop when switched off."""
    open_room(browser, partner)
    _press(browser, Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the captions"
    _press(browser, Keys.ENTER)
    until(lambda: browser.switch_to.active_element.get_attribute("id") == "region", "the captions")
    scale = "return document.documentElement.style.getPropertyValue('--caption-scale')"
    _press(browser, "+")
    assert browser.execute_script(scale) == "1.1"
    click(browser, "#display-button")
    click(browser, "input[name=shortcuts]")
    _press(browser, Keys.ESCAPE)
    assert browser.switch_to.active_element.get_attribute("id") == "display-button"
    assert not shown(browser, "#display")
    _press(browser, "+")
    assert browser.execute_script(scale) == "1.1"


def test_a_long_meeting_keeps_the_page_light(browser: Chrome, partner: Partner) -> None:
    """The page keeps the newest 500 captions and says where the others are."""
    partner.history = [caption(f"h{n}", f"Sentence {n}.", n, speaker=f"P{n // 9 % 4}") for n in range(1, 801)]
    open_room(browser, partner)
    until(lambda: texts(browser, ".caption")[-1:] == ["Sentence 800."], "the newest")
    assert len(texts(browser, ".caption")) == 500
    assert shown(browser, "#earlier")
    partner.say(
        caption("h7", "Corrected long after.", 900, start=7.0, edited=True), caption("z", "End.", 901)
    )
    until(lambda: texts(browser, ".caption")[-1:] == ["End."], "the end")
    assert len(texts(browser, ".caption")) == 500
    assert "Corrected long after." not in texts(browser, ".stable")


def test_the_transcript_is_saved_with_the_token(browser: Chrome, partner: Partner, tmp_path: Path) -> None:
    """Saving fetches the transcript in the wanted format and stores it under the room's name."""
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    open_room(browser, partner, "?token=secret")
    click(browser, "#share-button")
    click(browser, "[data-format=srt]")
    saved = tmp_path / "city-council.srt"
    until(lambda: saved.exists() and saved.read_text() == "transcript as srt in source", "the file")
    assert partner.bearers[-1] == "Bearer secret"
    until(lambda: texts(browser, "#save-told") == ["The transcript was saved."], "the answer")


_TYPED = "return document.getElementById('terms-list').value"


def test_names_and_terms_are_shown_and_saved(browser: Chrome, partner: Partner) -> None:
    """The panel shows the room's terms, sends what was typed with the token, and shows what is kept."""
    known = {"term": "DINUM", "sounds_like": ["di noume"], "keep": True}
    partner.terms = [{"term": "Visio"}, known]
    open_room(browser, partner, "?token=secret")
    click(browser, "#terms-button")
    until(lambda: browser.execute_script(_TYPED) == "Visio\nDINUM", "the terms")
    field = browser.switch_to.active_element
    assert field.get_attribute("id") == "terms-list"
    field.send_keys(Keys.END, Keys.ENTER, Keys.ENTER, "  Ana Ribeiro ")
    click(browser, "#terms [type=submit]")
    until(lambda: texts(browser, "#terms-told") == ["Saved."], "the answer")
    assert partner.terms == [{"term": "Visio"}, known, {"term": "Ana Ribeiro"}]
    assert partner.bearers[-1] == "Bearer secret"
    assert browser.execute_script(_TYPED) == "Visio\nDINUM\nAna Ribeiro"


def test_the_plain_list_changes_spelling_and_order_and_nothing_else(
    browser: Chrome, partner: Partner
) -> None:
    """What is known of a term stays with it, also what somebody wrote meanwhile; more is a link away."""
    partner.terms = [
        {"term": "town hall", "translations": {"fr": "mairie"}},
        {"term": "OTAN"},
        {"term": "Docs"},
    ]
    open_room(browser, partner)
    click(browser, "#terms-button")
    until(lambda: browser.execute_script(_TYPED) == "town hall\nOTAN\nDocs", "the terms")
    partner.terms[1]["translations"] = {"en": "NATO"}
    field = browser.switch_to.active_element
    field.clear()
    field.send_keys("Otan", Keys.ENTER, "Town Hall")
    click(browser, "#terms [type=submit]")
    until(lambda: texts(browser, "#terms-told") == ["Saved."], "the answer")
    assert partner.terms == [
        {"term": "Otan", "translations": {"en": "NATO"}},
        {"term": "Town Hall", "translations": {"fr": "mairie"}},
    ]
    more = browser.find_element(By.ID, "terms-more").get_attribute("href")
    assert more == f"{partner.url}/rooms/city-council/glossary"


def test_terms_that_are_refused_stay_in_the_field(browser: Chrome, partner: Partner) -> None:
    """The reason is told beside it; what was typed survives closing, and what others saved is shown after."""
    open_room(browser, partner)
    click(browser, "#terms-button")
    until(lambda: shown(browser, "#terms-list"), "the field")
    browser.switch_to.active_element.send_keys("x" * 61)
    partner.refuse_with = "glossary_invalid"
    click(browser, "#terms [type=submit]")
    until(lambda: "60" in texts(browser, "#terms-problem")[0], "the problem")
    _press(browser, Keys.ESCAPE)
    assert not shown(browser, "#terms")
    click(browser, "#terms-button")
    assert browser.execute_script(_TYPED) == "x" * 61
    partner.refuse_with = ""
    click(browser, "#terms [type=submit]")
    until(lambda: partner.terms == [{"term": "x" * 61}], "the second attempt")
    until(lambda: texts(browser, "#terms-told") == ["Saved."], "the answer")
    assert texts(browser, "#terms-problem") == [""]
    partner.terms = [{"term": "Visio"}]
    _press(browser, Keys.ESCAPE)
    click(browser, "#terms-button")
    until(lambda: browser.execute_script(_TYPED) == "Visio", "what somebody else saved")


def test_words_taken_back_do_not_make_the_page_jump(browser: Chrome, partner: Partner) -> None:
    """A running paragraph keeps its height when its tail shrinks."""
    open_room(browser, partner)
    height = "return document.querySelector('.turn-body').offsetHeight"
    partner.say(partial("a", "many words " * 30, 1))
    until(lambda: len(texts(browser, ".caption")) == 1, "the caption")
    tall = until(lambda: browser.execute_script(height), "its height")
    partner.say(partial("a", "few words", 2, start=1.0))
    until(lambda: texts(browser, ".tail") == ["few words"], "the shorter text")
    assert browser.execute_script(height) == tall
    partner.say(caption("a", "Few words.", 3, start=1.0))
    until(lambda: browser.execute_script(height) < tall, "the final's own height")


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_nothing_overflows_at_any_width(browser: Chrome, partner: Partner, width: int) -> None:
    """From small phones to walls the page never scrolls sideways, even with long names and words."""
    partner.hello = {"languages": ["source", "fr", "pt"], "open": ["b"]}
    partner.history = [
        caption("a", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk " * 3, 1, speaker="A" * 60),
        partial("b", "and so", 2, speaker="Maria do Carmo Figueiredo e Silva"),
    ]
    resize(browser, width, 700)
    open_room(browser, partner, "?size=200")
    until(lambda: len(texts(browser, ".caption")) == 2, "both captions")
    assert browser.execute_script(_SIDEWAYS) == [0, 0]


def test_in_a_frame_only_a_slim_line_and_the_captions_are_shown(browser: Chrome, partner: Partner) -> None:
    """With `embed=1` the page has no title, sharing or speaking, but language and display remain."""
    open_room(browser, partner, "?embed=1&size=130&theme=dark")
    assert [shown(browser, part) for part in ("#room", "#terms-button", "#share-button", "#speak")] == [
        False
    ] * 4
    assert [shown(browser, part) for part in ("#language", "#display-button")] == [True] * 2
    open_room(browser, partner, "?embed=bare")
    assert not shown(browser, ".bar")


def test_a_french_browser_gets_a_french_page(partner: Partner) -> None:
    """The interface follows the browser's language, says so in `lang`, and can be switched."""
    if chromium_path() is None:
        pytest.skip(HOW_TO_INSTALL)
    with chromium(languages="fr-CA,fr,en") as browser:
        open_room(browser, partner)
        assert browser.execute_script("return document.documentElement.lang") == "fr"
        assert texts(browser, ".empty-title") == ["En attente d’une prise de parole"]
        assert browser.title.endswith("Sous-titres en direct")
        assert texts(browser, "#language option") == ["Langue d’origine"]
        click(browser, "#display-button")
        choose(browser, "#ui", "en")
        assert texts(browser, "#language option") == ["As spoken"]
        assert browser.execute_script("return document.documentElement.lang") == "en"
