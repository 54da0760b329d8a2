"""The page of names and terms in a real browser, beside a scripted service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.chromium import chromium, chromium_path, resize
from tests.browser.readings import choose, click, module, shown, texts, until
from tests.browser.scripted_partner import Partner

pytestmark = pytest.mark.browser

KOWALSKI: dict[str, Any] = {"term": "Kowalski", "sounds_like": ["cova ski", "cow al ski"], "keep": True}
HALL: dict[str, Any] = {
    "term": "town hall",
    "language": "en",
    "translations": {"fr": "mairie", "pt": "câmara municipal"},
}
DIGIUM: dict[str, Any] = {"term": "Digium"}

_VALUES = """
return [...document.querySelectorAll(arguments[0])].map((e) => (e.type === 'checkbox' ? e.checked : e.value))
"""
_BUSY = "return document.querySelector('#form').ariaBusy"
_LEAVING = """
const leaving = new Event('beforeunload', { cancelable: true });
dispatchEvent(leaving);
return leaving.defaultPrevented;
"""
_UNNAMED = """
const named = (e) => e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.[0]?.textContent;
const all = [...document.querySelectorAll('input:not([type=file]), select, button, a')];
return all.filter((e) => e.offsetParent && !named(e)).length;
"""


def open_page(browser: Chrome, partner: Partner, path: str = "/rooms/council/glossary") -> None:
    browser.get(f"{partner.url}{path}")
    count = len(partner.terms)
    until(lambda: browser.execute_script(_BUSY) is None, "the terms")
    until(lambda: len(texts(browser, "#rows tr")) == count, "the rows")


def values(browser: Chrome, selector: str) -> list[Any]:
    """Return what stands in the fields that match."""
    found: list[Any] = browser.execute_script(_VALUES, selector)
    return found


def field(browser: Chrome, row: int, name: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, f"#rows tr:nth-child({row}) [name={name}]")


def save(browser: Chrome) -> None:
    click(browser, "#save")
    until(lambda: texts(browser, "#told") == ["Saved."], "the answer")


def test_everything_known_of_terms_is_shown_and_comes_back_as_it_was(
    browser: Chrome, partner: Partner
) -> None:
    """A row for each term, a column for each language; saving without a change changes nothing."""
    partner.terms = [KOWALSKI, HALL, DIGIUM]
    open_page(browser, partner, "/rooms/council/glossary?token=secret")
    until(lambda: texts(browser, "h1") == ["Names and terms of Council"], "the room's title")
    assert texts(browser, "#columns th")[:6] == [
        *("Name or term", "Sounds like", "Its language", "Keep"),
        *("French", "Portuguese"),
    ]
    assert values(browser, "[name=term]") == ["Kowalski", "town hall", "Digium"]
    assert values(browser, "[name=sounds]") == ["cova ski, cow al ski", "", ""]
    assert values(browser, "[name=language]") == ["", "en", ""]
    assert values(browser, "[name=keep]") == [True, False, False]
    assert values(browser, "[name=pt]") == ["", "câmara municipal", ""]
    assert [field(browser, row, "fr").is_enabled() for row in (1, 2, 3)] == [False, True, True]
    assert texts(browser, "#told") == ["3 terms"]
    assert not shown(browser, "#discard")
    save(browser)
    assert partner.terms == [KOWALSKI, HALL, DIGIUM]
    assert partner.bearers[-1] == "Bearer secret"


def test_rows_are_written_moved_and_removed_with_the_keyboard(browser: Chrome, partner: Partner) -> None:
    """Enter goes on and adds a row; Alt with arrows moves one, and the focus stays with it."""
    partner.terms = [HALL, DIGIUM]
    open_page(browser, partner)
    field(browser, 2, "term").send_keys(Keys.ENTER)
    assert browser.switch_to.active_element == field(browser, 3, "term")
    browser.switch_to.active_element.send_keys("  Ana   Ribeiro ", Keys.TAB, "anna ribero, ana ribeira,")
    assert texts(browser, "#told") == ["There are changes that are not saved."]
    ActionChains(browser).key_down(Keys.ALT).send_keys(Keys.ARROW_UP).key_up(Keys.ALT).perform()
    assert browser.switch_to.active_element == field(browser, 2, "sounds")
    assert "number 2 of 3" in texts(browser, "#told")[0]
    field(browser, 1, "remove").send_keys(Keys.ENTER)
    assert texts(browser, "#told") == ["town hall was removed."]
    assert browser.switch_to.active_element == field(browser, 1, "term")
    field(browser, 1, "down").send_keys(Keys.SPACE)
    field(browser, 2, "keep").send_keys(Keys.SPACE)
    ActionChains(browser).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()
    until(lambda: texts(browser, "#told") == ["Saved."], "the answer")
    assert partner.terms == [
        DIGIUM,
        {"term": "Ana Ribeiro", "sounds_like": ["anna ribero", "ana ribeira"], "keep": True},
    ]


def test_languages_are_columns_that_come_and_go(browser: Chrome, partner: Partner) -> None:
    """A term has none in its own language; what stood in a column that was removed is gone."""
    partner.terms = [HALL]
    open_page(browser, partner)
    choose(browser, "#add-language", "de")
    browser.switch_to.active_element.send_keys("Rathaus")
    assert texts(browser, "#add-language option[value=de]") == []
    click(browser, "[data-language=pt]")
    choose(browser, "#rows [name=language]", "fr")
    assert not field(browser, 1, "fr").is_enabled()
    save(browser)
    assert partner.terms == [{"term": "town hall", "language": "fr", "translations": {"de": "Rathaus"}}]


def test_what_is_wrong_is_marked_where_it_is_and_nothing_is_sent(browser: Chrome, partner: Partner) -> None:
    """The first fault has the focus and its reason; it goes away when it is mended."""
    partner.terms = [HALL, DIGIUM]
    open_page(browser, partner)
    field(browser, 2, "term").send_keys("x" * 60)
    click(browser, "#add")
    browser.switch_to.active_element.send_keys("TOWN  hall")
    choose(browser, "#rows tr:nth-child(3) [name=language]", "en")
    click(browser, "#add")
    field(browser, 4, "fr").send_keys("mairie")
    click(browser, "#save")
    assert texts(browser, "#problem") == ["3 rows are not right yet."]
    assert texts(browser, ".fault") == [
        "",
        "At most 60 characters each.",
        "This one is there twice.",
        "Write here how it is to be written.",
    ]
    wrong = browser.switch_to.active_element
    assert wrong == field(browser, 2, "term")
    assert wrong.get_attribute("aria-invalid") == "true"
    assert wrong.get_attribute("aria-describedby") == "fault-1"
    assert partner.terms == [HALL, DIGIUM]
    wrong.clear()
    wrong.send_keys("Digium")
    assert texts(browser, ".fault")[1] == ""
    for _ in range(2):
        click(browser, "#rows tr:nth-child(3) [name=remove]")
    save(browser)
    assert texts(browser, "#problem") == [""]


def test_a_refusal_keeps_what_was_typed_and_can_be_undone(browser: Chrome, partner: Partner) -> None:
    """The service's own sentence stands beside ours, marked as English."""
    partner.terms = [DIGIUM]
    open_page(browser, partner)
    field(browser, 1, "term").send_keys("s")
    partner.refuse_with = "glossary_invalid"
    click(browser, "#save")
    until(lambda: "Term 7 is wrong." in texts(browser, "#problem")[0], "the refusal")
    assert texts(browser, "#problem [lang=en]") == ["Term 7 is wrong."]
    assert values(browser, "[name=term]") == ["Digiums"]
    assert texts(browser, "#told") == ["There are changes that are not saved."]
    click(browser, "#discard")
    assert values(browser, "[name=term]") == ["Digium"]
    assert texts(browser, "#problem") == [""]
    assert not shown(browser, "#discard")


def test_a_file_is_shown_before_it_is_kept(browser: Chrome, partner: Partner, tmp_path: Path) -> None:
    """Known terms are replaced where they stand, others follow; a wrong file is told with its line."""
    partner.terms = [DIGIUM, HALL]
    open_page(browser, partner)
    partner.files = [[HALL | {"translations": {"fr": "hôtel de ville"}}, KOWALSKI]]
    for name, kind in (("a.csv", "text/csv"), ("b.TBX", "application/x-tbx+xml"), ("c.xlsx", "")):
        path = tmp_path / name
        path.write_text("term")
        browser.find_element(By.ID, "file").send_keys(str(path))
        if name == "a.csv":
            until(lambda: len(texts(browser, "#rows tr")) == 3, "the terms")
            told = "2 terms were read. 1 of them replaces one that was there. Save to keep them."
            assert texts(browser, "#told") == [told]
            assert values(browser, "[name=fr]") == ["", "hôtel de ville", ""]
        elif kind:
            until(lambda: "Line 3" in texts(browser, "#problem")[0], "the refusal")
        else:
            until(lambda: "CSV and TBX" in texts(browser, "#problem")[0], "the refusal")
        assert not kind or partner.kinds[-1] == kind
    assert partner.terms == [DIGIUM, HALL]
    save(browser)
    assert partner.terms == [DIGIUM, HALL | {"translations": {"fr": "hôtel de ville"}}, KOWALSKI]


def test_a_late_title_leaves_what_the_page_said_of_a_file(
    browser: Chrome, partner: Partner, tmp_path: Path
) -> None:
    """The room is described after the file was read: headings change, the answer stays."""
    partner.room_gate.clear()
    open_page(browser, partner)
    partner.files = [[HALL]]
    path = tmp_path / "a.csv"
    path.write_text("term")
    browser.find_element(By.ID, "file").send_keys(str(path))
    until(lambda: len(texts(browser, "#rows tr")) == 1, "the term")
    told = texts(browser, "#told")
    assert told == ["1 term was read. Save to keep them."]
    partner.room_gate.set()
    until(lambda: texts(browser, "h1") == ["Names and terms of Council"], "the room's title")
    assert texts(browser, "#told") == told


_MERGED = """
const [rows, terms] = window.probe;
const { rows: result, replaced, kept } = m.merged(rows.map(m.rowOf), terms);
return [m.termsOf(result), replaced, kept];
"""
CABBAGE: dict[str, Any] = {"term": "cabbage juice"}
IN_ENGLISH = CABBAGE | {"language": "en", "translations": {"pt": "sumo de couve"}}
IN_PORTUGUESE = {"term": "Cabbage juice", "language": "pt"}


@pytest.mark.parametrize(
    ("rows", "terms", "result", "replaced", "kept"),
    [
        ([CABBAGE, DIGIUM], [IN_ENGLISH], [IN_ENGLISH, DIGIUM], 1, 0),
        ([IN_ENGLISH], [CABBAGE], [IN_ENGLISH], 0, 1),
        (
            [CABBAGE | {"language": "en"}],
            [CABBAGE | {"sounds_like": ["a", "b"], "keep": True}],
            [CABBAGE | {"sounds_like": ["a", "b"], "keep": True}],
            1,
            0,
        ),
        ([IN_ENGLISH], [IN_PORTUGUESE], [IN_ENGLISH, IN_PORTUGUESE], 0, 0),
        ([], [CABBAGE, IN_ENGLISH], [CABBAGE, IN_ENGLISH], 0, 0),
        ([CABBAGE, IN_ENGLISH], [CABBAGE, IN_ENGLISH], [CABBAGE, IN_ENGLISH], 2, 0),
    ],
)
def test_a_term_without_its_language_is_the_same_term(
    browser: Chrome,
    partner: Partner,
    rows: list[dict[str, Any]],
    terms: list[dict[str, Any]],
    result: list[dict[str, Any]],
    replaced: int,
    kept: int,
) -> None:
    """A file that names the language completes a row; one that does not takes nothing away."""
    browser.get(partner.url)
    browser.execute_script("window.probe = arguments[0]", [rows, terms])
    assert module(browser, "terms.js", _MERGED) == [result, replaced, kept]


def test_a_term_of_a_file_that_says_less_is_told(browser: Chrome, partner: Partner, tmp_path: Path) -> None:
    """The message counts what is replaced and what stays."""
    partner.terms, partner.files = [IN_ENGLISH], [[CABBAGE]]
    open_page(browser, partner)
    path = tmp_path / "a.csv"
    path.write_text("term")
    browser.find_element(By.ID, "file").send_keys(str(path))
    told = "1 term was read. 1 of them stays as it is here, where more is known of it."
    until(lambda: texts(browser, "#told") == [told], "the message")


def test_a_row_that_was_emptied_is_no_fault(browser: Chrome, partner: Partner) -> None:
    """Whichever of two is emptied, the complaint goes at once, and blank rows are left out."""
    partner.terms = [DIGIUM]
    for emptied in (1, 2):
        open_page(browser, partner)
        click(browser, "#add")
        browser.switch_to.active_element.send_keys("digium")
        click(browser, "#save")
        assert texts(browser, ".fault") == ["", "This one is there twice."]
        assert texts(browser, "#problem") == ["1 row is not right yet."]
        other = field(browser, 3 - emptied, "term").get_attribute("value")
        field(browser, emptied, "term").send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
        assert texts(browser, ".fault") == ["", ""]
        assert texts(browser, "#problem") == [""]
        click(browser, "#add")
        browser.switch_to.active_element.send_keys("  ")
        save(browser)
        assert partner.terms == [{"term": other}]


def test_a_file_can_be_dropped_anywhere(browser: Chrome, partner: Partner) -> None:
    """The page says where, and the browser does not leave it."""
    open_page(browser, partner, "/glossary")
    partner.files = [[KOWALSKI]]
    browser.execute_script(
        """
        const files = new DataTransfer();
        files.items.add(new File(['term'], 'names.csv'));
        window.drag = (kind) => document.body.dispatchEvent(
          new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
        drag('dragenter'); drag('dragover');
        """
    )
    assert shown(browser, "#drop")
    browser.execute_script("drag('drop')")
    until(lambda: values(browser, "[name=term]") == ["Kowalski"], "the terms")
    assert not shown(browser, "#drop")


def test_what_is_kept_is_saved_as_a_file(browser: Chrome, partner: Partner) -> None:
    """With the name of the room; what is not saved yet is not in it, and the page says so."""
    partner.terms = [DIGIUM]
    open_page(browser, partner)
    browser.execute_script(
        """
        window.saved = [];
        URL.createObjectURL = (blob) => (blob.text().then((text) => saved.push(text)), 'about:blank#file');
        HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
        """
    )
    click(browser, "#export-csv")
    until(lambda: len(browser.execute_script("return saved")) == 2, "the file")
    assert set(browser.execute_script("return saved")) == {"council.glossary.csv", "glossary as csv"}
    assert texts(browser, "#told") == ["The file was saved."]
    field(browser, 1, "term").send_keys("s")
    click(browser, "#export-tbx")
    until(lambda: "without the changes" in texts(browser, "#told")[0], "the warning")


def test_leaving_with_changes_asks_first(browser: Chrome, partner: Partner) -> None:
    """Without any it does not."""
    partner.terms = [DIGIUM]
    open_page(browser, partner)
    assert browser.execute_script(_LEAVING) is False
    field(browser, 1, "term").send_keys("s")
    assert browser.execute_script(_LEAVING) is True
    field(browser, 1, "term").send_keys(Keys.BACKSPACE)
    assert browser.execute_script(_LEAVING) is False


def test_a_room_that_nobody_used_is_made_with_its_terms(browser: Chrome, partner: Partner) -> None:
    """Its page is empty and helps; the organisation's page is another one."""
    partner.unknown_room = True
    open_page(browser, partner)
    assert shown(browser, "#empty")
    assert browser.find_element(By.ID, "house-link").get_attribute("href") == f"{partner.url}/glossary"
    assert browser.find_element(By.ID, "back").get_attribute("href") == f"{partner.url}/rooms/council"
    click(browser, "#add")
    browser.switch_to.active_element.send_keys("Digium")
    save(browser)
    assert partner.created == [{"name": "council"}]
    assert partner.terms == [DIGIUM]
    open_page(browser, partner, "/glossary")
    assert texts(browser, "h1") == ["Names and terms of the organisation"]
    assert [shown(browser, part) for part in ("#house", "#back")] == [False, False]


def test_every_field_has_a_name_for_screen_readers(browser: Chrome, partner: Partner) -> None:
    """It says the column and the row; buttons say the term."""
    partner.terms = [KOWALSKI, HALL]
    open_page(browser, partner)
    assert browser.execute_script(_UNNAMED) == 0
    assert field(browser, 2, "pt").accessible_name == "Portuguese, row 2"
    assert field(browser, 2, "up").accessible_name == "Move town hall up"
    assert field(browser, 1, "keep").accessible_name == "Keep, row 1"
    assert not field(browser, 1, "up").is_enabled()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_overflows_at_any_width(browser: Chrome, partner: Partner, width: int) -> None:
    """A phone shows cards; a wide table scrolls within itself; the way to save is always in sight."""
    long = dict.fromkeys(
        ("de", "fr", "es", "it", "nl"), "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
    )
    partner.terms = [KOWALSKI, {"term": "x" * 60, "translations": long}]
    resize(browser, width, 700)
    open_page(browser, partner)
    overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(overflow) <= 0
    bottom = "return document.querySelector('#save').getBoundingClientRect().bottom <= innerHeight"
    assert browser.execute_script(bottom)
    choose(browser, "#ui", "fr")
    assert browser.execute_script(overflow) <= 0


def test_on_a_phone_the_bar_is_small_and_its_words_can_be_read(browser: Chrome, partner: Partner) -> None:
    """With changes, what there is to say has a whole line, and the bar takes a seventh of the screen."""
    partner.terms = [DIGIUM]
    resize(browser, 390, 844)
    open_page(browser, partner)
    height = "return document.querySelector('.bar').offsetHeight"
    assert browser.execute_script(height) < 70
    field(browser, 1, "term").send_keys("s")
    click(browser, "#export-tbx")
    until(lambda: "without the changes" in texts(browser, "#told")[0], "the longest sentence")
    assert browser.execute_script("return document.querySelector('#told').offsetWidth") > 300
    assert browser.execute_script(height) < 844 / 7
    click(browser, "#add")
    browser.switch_to.active_element.send_keys("digiums")
    click(browser, "#save")
    assert shown(browser, "#problem")
    assert browser.execute_script(height) < 844 / 5


def test_the_page_speaks_french_and_switches(partner: Partner) -> None:
    """Titles, fields and languages follow; what was typed stays."""
    if chromium_path() is None:
        pytest.skip("Chromium is not installed")
    partner.terms = [HALL]
    with chromium(languages="fr") as browser:
        open_page(browser, partner)
        assert texts(browser, "#columns th")[:5] == [
            "Nom ou terme",
            "Entendu comme",
            "Sa langue",
            "Garder",
            "Français",
        ]
        field(browser, 1, "term").send_keys("s")
        choose(browser, "#ui", "en")
        assert texts(browser, "#columns th")[0] == "Name or term"
        assert values(browser, "[name=term]") == ["town halls"]


@pytest.mark.parametrize(
    ("sounds", "typed"),
    [
        ([], ""),
        (["a b", "c"], "a b, c"),
        (["a, b"], "a, b |"),
        (["a, b", "c"], "a, b | c"),
    ],
)
def test_misheard_spellings_survive_their_field(
    browser: Chrome, partner: Partner, sounds: list[str], typed: str
) -> None:
    """Commas stand between them, or bars where one has a comma."""
    browser.get(partner.url)
    browser.execute_script("window.probe = arguments[0]", sounds)
    body = """
    const row = m.rowOf({ term: 'x', sounds_like: window.probe });
    return [row.sounds, m.termsOf([row])[0].sounds_like ?? []]
    """
    assert module(browser, "terms.js", body) == [typed, sounds]
