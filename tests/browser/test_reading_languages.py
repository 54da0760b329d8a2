"""Reading in another language than the spoken one, in a real browser beside a scripted service."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.readings import (
    BOM_DIA,
    BONJOUR,
    HELLO,
    SALUT,
    caption,
    choose,
    click,
    open_room,
    portuguese,
    readings,
    shown,
    texts,
    translation,
    until,
    waiting,
)
from tests.browser.scripted_partner import Partner

pytestmark = pytest.mark.browser

OFFERED = {"languages": ["source", "ar", "en", "fr"]}

_PRESSED = "return document.getElementById('beside').ariaPressed"


def _until_found(browser: Chrome, look: str, name: str) -> None:
    until(lambda: name in browser.execute_script(look), "the caption")


@pytest.fixture(autouse=True)
def _offer(partner: Partner) -> None:
    partner.hello = dict(OFFERED)


def test_who_comes_late_sees_what_was_said_before(browser: Chrome, partner: Partner) -> None:
    """The page asks for everything at first, and after a broken connection for what it missed."""
    partner.history, partner.translations = [BOM_DIA, HELLO], [BONJOUR, SALUT]
    reader = open_room(browser, partner, "?lang=fr")
    until(lambda: readings(browser) == ["Bonjour.", "Salut."], "the history")
    assert (reader.query["lang"], reader.query["since"]) == ("fr", "0")
    partner.cut_readers()
    until(lambda: len(partner.readers) == 2, "another connection")
    assert partner.readers[1].query["since"] == "4"


def test_a_switch_shows_the_old_text_until_the_new_is_there(browser: Chrome, partner: Partner) -> None:
    """History is translated caption by caption; what is not there yet waits as it was, marked."""
    partner.history = [BOM_DIA, HELLO]
    reader = open_room(browser, partner)
    until(lambda: readings(browser) == ["Bom dia.", "Hello."], "the originals")
    choose(browser, "#language", "fr")
    until(lambda: reader.received == [{"type": "language", "lang": "fr"}], "the message")
    until(lambda: waiting(browser) == ["Bom dia.", "Hello."], "the mark")
    partner.translate(SALUT)
    until(lambda: readings(browser) == ["Bom dia.", "Salut."], "the first translation")
    assert waiting(browser) == ["Bom dia."]
    partner.translate(BONJOUR)
    until(lambda: readings(browser) == ["Bonjour.", "Salut."], "the other translation")
    assert waiting(browser) == []
    assert texts(browser, "#status") == ["Captions are shown in this language: French."]
    choose(browser, "#language", "source")
    until(lambda: readings(browser) == ["Bom dia.", "Hello."], "the originals again")


def test_over_events_a_switch_opens_another_stream(browser: Chrome, partner: Partner) -> None:
    """Where nothing can be sent the page connects anew in the other language, and asks for everything."""
    partner.refuse_sockets = True
    partner.history, partner.translations = [BOM_DIA], [BONJOUR]
    open_room(browser, partner)
    until(lambda: readings(browser) == ["Bom dia."], "the original")
    choose(browser, "#language", "fr")
    until(lambda: readings(browser) == ["Bonjour."], "the translation")
    query = partner.readers[-1].query
    assert (query["lang"], query["since"]) == ("fr", "0")


def test_a_break_in_the_middle_of_a_switch_loses_nothing(browser: Chrome, partner: Partner) -> None:
    """As long as something waits for its translation, everything is asked for again."""
    partner.history, partner.translations = [BOM_DIA, HELLO], [SALUT]
    open_room(browser, partner)
    choose(browser, "#language", "fr")
    until(lambda: readings(browser) == ["Bom dia.", "Salut."], "half of it")
    partner.translations = [BONJOUR, SALUT]
    partner.cut_readers()
    until(lambda: readings(browser) == ["Bonjour.", "Salut."], "all of it")
    assert partner.readers[-1].query["since"] == "0"


def test_languages_are_offered_under_their_own_names(browser: Chrome, partner: Partner) -> None:
    """The menu lists them by name; side by side is offered once a language is chosen."""
    open_room(browser, partner)
    assert texts(browser, "#language option") == ["As spoken", "English", "Français", "العربية"]
    names = browser.execute_script(
        "return [...document.querySelectorAll('#language option')].map(o => o.lang)"
    )
    assert names == ["", "en", "fr", "ar"]
    assert not shown(browser, "#beside")
    choose(browser, "#language", "fr")
    assert shown(browser, "#beside")


def test_side_by_side_is_remembered_and_the_address_overrules_it(browser: Chrome, partner: Partner) -> None:
    """A choice holds at the next visit; one in the address holds for that visit only."""
    reader = open_room(browser, partner)
    choose(browser, "#language", "fr")
    click(browser, "#beside")
    until(lambda: reader.lang == "source,fr", "both")
    assert open_room(browser, partner).query["lang"] == "source,fr"
    assert browser.execute_script(_PRESSED) == "true"
    assert open_room(browser, partner, "?lang=en").query["lang"] == "en"
    assert browser.execute_script(_PRESSED) == "false"
    assert open_room(browser, partner).query["lang"] == "source,fr"
    click(browser, "#beside")
    until(lambda: partner.readers[-1].lang == "fr", "one language")


def test_only_what_is_new_is_announced_in_the_readers_language(browser: Chrome, partner: Partner) -> None:
    """What was said before is history, whenever its translation comes; side by side is told once."""
    partner.history = [BOM_DIA]
    open_room(browser, partner, "?lang=source,fr")
    until(lambda: texts(browser, ".spoken .stable") == ["Bom dia."], "the history")
    partner.translate(BONJOUR)
    new = portuguese("n", "Obrigado.", 5)
    partner.speak(new, caption("f", "Très bien.", 6, lang="fr", source_lang="fr", speaker="Fabien"))
    until(lambda: len(texts(browser, ".spoken .stable")) == 3, "both")
    assert texts(browser, "#announcements p") == ["Fabien: Très bien."]
    partner.translate(translation(new, "Merci.", 7, "fr"), translation(new, "Merci !", 8, "fr", refined=True))
    until(lambda: "Merci !" in readings(browser), "the translation")
    assert texts(browser, "#announcements p") == ["Fabien: Très bien.", "Ana: Merci."]
    choose(browser, "#language", "source")
    until(lambda: "Obrigado." in readings(browser), "the originals")
    assert len(texts(browser, "#announcements p")) == 2


@pytest.mark.parametrize("lang", ["fr", "source,fr"])
def test_what_is_translated_later_is_announced_once(browser: Chrome, partner: Partner, lang: str) -> None:
    """A final whose translation follows is told when that comes, or as it was said when none comes."""
    open_room(browser, partner, f"?lang={lang}")
    first, second = portuguese("n", "Obrigado.", 5), portuguese("o", "Até já.", 6)
    late = portuguese("p", "Sim.", 7)
    both = [first, second] if lang == "source,fr" else []
    partner.say(*both, *(said | {"untranslated": "follows"} for said in (first, second)))
    partner.say(late | {"untranslated": "too_late"})
    until(lambda: "Ana: Sim." in texts(browser, "#announcements p"), "what is announced at once")
    assert texts(browser, "#announcements p") == ["Ana: Sim."]
    partner.say(translation(first, "Merci.", 8, "fr", how="speech"))
    partner.say(*[second | {"seq": 9, "untranslated": "failed"}] * 2)
    told = ["Ana: Sim.", "Ana: Merci.", "Ana: Até já."]
    until(lambda: texts(browser, "#announcements p") == told, "the others")
    partner.say(translation(second, "À bientôt.", 10, "fr", how="speech"))
    until(lambda: "À bientôt." in readings(browser), "a late success")
    assert texts(browser, "#announcements p") == told


def test_side_by_side_says_what_is_beside_what(browser: Chrome, partner: Partner) -> None:
    """The status tells what changed, there and back."""
    open_room(browser, partner, "?lang=fr")
    click(browser, "#beside")
    until(lambda: texts(browser, "#status") == ["Shown side by side: as spoken and French."], "the status")
    click(browser, "#beside")
    until(lambda: texts(browser, "#status") == ["Captions are shown in this language: French."], "and back")


def test_a_language_that_nobody_knows_is_called_that(browser: Chrome, partner: Partner) -> None:
    """A tag that is no language is not said to be missing here."""
    partner.refuse_languages = {"zzz"}
    browser.get(f"{partner.url}/rooms/city-council?lang=zzz")
    told = "“zzz” is not a language we know: captions are shown as spoken."
    until(lambda: texts(browser, "#notice") == [told], "the notice")


def test_speakers_have_the_same_colour_in_every_language(browser: Chrome, partner: Partner) -> None:
    """Whichever caption arrives first, at the first visit and at the next."""
    speakers = ("Ana", "Bruno", "Célia", "Dário", "Eva", "Filipe")
    said = [
        portuguese(f"h{n}", f"Frase {n}.", n, speaker=speaker, start=n * 9.0, end=n * 9 + 3.0)
        for n, speaker in enumerate(speakers, 1)
    ]
    look = """return Object.fromEntries([...document.querySelectorAll('.turn')].map(
      (e) => [e.querySelector('.name').textContent, e.dataset.speaker]))"""
    found = []
    for order, query in ((said, ""), (said[::-1], ""), (said[3:] + said[:3], "?lang=fr")):
        partner.history = []
        open_room(browser, partner, query)
        for one in order:
            partner.say(translation(one, "Une phrase.", 20 + one["seq"], "fr") if query else one)
            _until_found(browser, look, one["speaker"])
        found.append(browser.execute_script(look))
    assert found[0] == found[1] == found[2]
    assert len(set(found[0].values())) == len(speakers)


def test_what_the_reader_looks_at_stays_in_its_place(browser: Chrome, partner: Partner) -> None:
    """While the reader looks back, a switch of language changes the text but not the place of it."""
    partner.history = [
        portuguese(f"h{n}", f"Frase {n}.", n, speaker=f"P{n % 3}", start=n * 9.0, end=n * 9 + 3.0)
        for n in range(1, 60)
    ]
    partner.translations = [
        translation(said, f"{said['text']} " + "Une traduction beaucoup plus longue. " * 6, 100 + n, "fr")
        for n, said in enumerate(partner.history)
    ]
    open_room(browser, partner)
    until(lambda: len(readings(browser)) == 59, "the history")
    browser.execute_script("document.getElementById('region').scrollTop = 1500")
    until(lambda: shown(browser, "#live"), "the pause")
    top = """
    const region = document.getElementById('region').getBoundingClientRect().top;
    const captions = [...document.querySelectorAll('.reading .caption')];
    const first = captions.find((e) => e.getBoundingClientRect().bottom > region);
    return [first.dataset.id, Math.round(first.getBoundingClientRect().top - region)];
    """
    before = browser.execute_script(top)
    choose(browser, "#language", "fr")
    until(lambda: "longue" in readings(browser)[0], "the translation")
    after = browser.execute_script(top)
    assert after[0] == before[0]
    assert abs(after[1] - before[1]) <= 2
    click(browser, "#beside")
    until(lambda: texts(browser, ".spoken .caption")[:1] == ["Frase 1."], "both")
    assert browser.execute_script(top)[0] == before[0]
    assert shown(browser, "#live")


def test_a_language_that_is_not_offered_stays_the_wish(browser: Chrome, partner: Partner) -> None:
    """The page says so and shows what was spoken; it takes the language as soon as there is one."""
    partner.history, partner.translations = [BOM_DIA], [BONJOUR]
    partner.hello = {"languages": ["source", "en"]}
    partner.refuse_languages = {"fr"}
    browser.get(f"{partner.url}/rooms/city-council?lang=source,fr")
    until(lambda: texts(browser, ".stable") == ["Bom dia."], "what was spoken")
    assert texts(browser, "#notice") == ["French is not available here: captions are shown as spoken."]
    assert partner.readers[-1].query["lang"] == "source"
    chosen = "return document.querySelector('#language').selectedOptions[0].textContent"
    assert browser.execute_script(chosen) == "Français (not available)"
    partner.refuse_languages, partner.hello = set(), dict(OFFERED)
    partner.cut_readers()
    until(lambda: texts(browser, ".stable") == ["Bom dia.", "Bonjour."], "the wish")
    assert browser.execute_script(chosen) == "Français"


def test_a_refusal_is_not_repeated_for_ever(browser: Chrome, partner: Partner) -> None:
    """A service that lists a language and refuses it is asked once, not in a circle."""
    partner.refuse_languages = {"fr"}
    browser.get(f"{partner.url}/rooms/city-council?lang=fr")
    until(lambda: partner.open_readers, "the connection")
    partner.say(HELLO)
    until(lambda: texts(browser, ".stable") == ["Hello."], "what is spoken")
    assert [reader.query["lang"] for reader in partner.readers] == ["fr", "source"]
    assert partner.readers[-1].received == []


def test_the_transcript_is_saved_in_a_language(browser: Chrome, partner: Partner, tmp_path: Path) -> None:
    """The panel begins with the language that is read, offers all, and tells how it goes."""
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    open_room(browser, partner, "?lang=source,fr")
    click(browser, "#share-button")
    assert browser.execute_script("return document.getElementById('save-language').value") == "fr"
    choose(browser, "#save-language", "en")
    partner.transcript_gate.clear()
    click(browser, "[data-format=md]")
    until(lambda: texts(browser, "#save-told")[0].startswith("Translating"), "the busy state")
    busy = "return document.querySelector('.downloads').ariaBusy"
    assert browser.execute_script(busy) == "true"
    click(browser, "[data-format=txt]")
    partner.transcript_gate.set()
    saved = tmp_path / "city-council.en.md"
    until(lambda: saved.exists() and saved.read_text() == "transcript as md in en", "the file")
    until(lambda: texts(browser, "#save-told") == ["The transcript was saved."], "the answer")
    assert browser.execute_script(busy) == "false"
    assert [path.name for path in tmp_path.iterdir()] == ["city-council.en.md"]


def test_a_transcript_that_cannot_be_made_says_why(browser: Chrome, partner: Partner) -> None:
    """A refusal is told in the panel, or beside the captions when the panel was closed meanwhile."""
    open_room(browser, partner, "?lang=fr")
    click(browser, "#share-button")
    partner.refuse_with = "translation_failed"
    click(browser, "[data-format=txt]")
    until(lambda: "translation failed" in texts(browser, "#save-problem")[0], "the sentence")
    partner.transcript_gate.clear()
    click(browser, "[data-format=txt]")
    click(browser, "#share .panel-close")
    partner.transcript_gate.set()
    until(lambda: "translation failed" in texts(browser, "#notice")[0], "the notice")
