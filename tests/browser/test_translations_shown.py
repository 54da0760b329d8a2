"""How translations look, alone and beside their originals, in a real browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.chromium import resize
from tests.browser.readings import (
    BOM_DIA,
    BONJOUR,
    HELLO,
    SALUT,
    caption,
    choose,
    click,
    module,
    open_room,
    partial,
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

_MARKS = ".mark-untranslated"

OFFERED = {"languages": ["source", "ar", "en", "fr"]}

_TOPS = """
return [...document.querySelectorAll(arguments[0])].map(e => {
  const box = e.getBoundingClientRect(); return [Math.round(box.left), Math.round(box.top)] })
"""
_SIDEWAYS = """
const region = document.getElementById('region');
return [document.documentElement.scrollWidth - innerWidth, region.scrollWidth - region.clientWidth];
"""
_DIRECTIONS = """
const turn = document.querySelector('.turn');
const box = (part) => turn.querySelector(part).getBoundingClientRect();
return {
  list: document.getElementById('captions').dir,
  turn: getComputedStyle(turn).direction,
  caption: turn.querySelector('.reading .caption').dir,
  lang: turn.querySelector('.reading .caption').lang,
  avatarRightOfText: box('.avatar').left > box('.reading .caption').left,
  nameRightOfTime: box('.name').left > box('.time').left,
  textAtTheRight: Math.abs(box('.reading').right - box('.reading .caption').right) < 12,
};
"""


def _until_marked(browser: Chrome, told: list[str], what: str) -> None:
    until(lambda: texts(browser, _MARKS) == told, what)


@pytest.fixture(autouse=True)
def _offer(partner: Partner) -> None:
    partner.hello = dict(OFFERED)


def test_two_columns_are_aligned_caption_by_caption(browser: Chrome, partner: Partner) -> None:
    """Original and translation of each caption begin at the same height; what is to come has a place."""
    long = portuguese("a", "Uma frase muito comprida sobre o orçamento. " * 6, 1, start=1.0, end=9.0)
    partner.history = [long, portuguese("b", "Obrigado.", 2, start=10.0)]
    partner.translations = [translation(long, "Courte.", 3, "fr")]
    open_room(browser, partner, "?lang=source,fr")
    until(lambda: readings(browser) == ["Courte.", ""], "the captions")
    assert len(texts(browser, ".turn")) == 1
    spoken = browser.execute_script(_TOPS, ".spoken .caption")
    reading = browser.execute_script(_TOPS, ".reading .caption")
    assert [top for _, top in spoken] == [top for _, top in reading]
    assert reading[0][0] == reading[1][0] > spoken[0][0] == spoken[1][0]
    assert texts(browser, ".reading .pending") == [""]
    partner.translate(translation(partner.history[1], "Merci.", 4, "fr"))
    until(lambda: readings(browser) == ["Courte.", "Merci."], "the rest")
    assert texts(browser, ".reading .pending") == []


def test_on_a_phone_the_translation_stands_below_its_original(browser: Chrome, partner: Partner) -> None:
    """Without room for two columns each turn shows what was said, then the translation, set apart."""
    resize(browser, 390, 844)
    partner.history, partner.translations = [BOM_DIA, HELLO], [BONJOUR, SALUT]
    open_room(browser, partner, "?lang=source,fr")
    until(lambda: readings(browser) == ["Bonjour.", "Salut."], "the captions")
    spoken = browser.execute_script(_TOPS, ".spoken .caption")
    reading = browser.execute_script(_TOPS, ".reading .caption")
    assert spoken[0][1] < reading[0][1] < spoken[1][1] < reading[1][1]
    assert reading[0][0] > spoken[0][0]


def test_what_was_said_in_the_readers_language_is_read_out_once(browser: Chrome, partner: Partner) -> None:
    """It stands in both columns, but only one of them is there for screen readers; a phone shows it once."""
    partner.history = [caption("a", "Bonsoir.", 1, lang="fr", source_lang="fr")]
    open_room(browser, partner, "?lang=source,fr")
    until(lambda: readings(browser) == ["Bonsoir."], "the caption")
    assert texts(browser, ".spoken .caption") == ["Bonsoir."]
    assert browser.execute_script("return document.querySelector('.reading').ariaHidden") == "true"
    resize(browser, 390, 844)
    until(lambda: not shown(browser, ".reading"), "one of them")


def test_a_running_translation_shows_what_is_settled_apart(browser: Chrome, partner: Partner) -> None:
    """Stable part and tail of a translated partial stand apart, and the final is all settled."""
    open_room(browser, partner, "?lang=fr")
    said = partial("a", "Bom dia a tod", 1, stable=7, lang="pt", source_lang="pt")
    partner.translate(translation(said, "Bonjour à to", 2, "fr", stable=7))
    until(lambda: texts(browser, ".tail") == ["à to"], "the tail")
    assert texts(browser, ".stable") == ["Bonjour"]
    assert texts(browser, "#now .chip-name") == ["Ana"]
    final = said | {"rev": 3, "seq": 3, "final": True}
    partner.translate(translation(final, "Bonjour à tous.", 4, "fr"))
    until(lambda: texts(browser, ".stable") == ["Bonjour à tous."], "the final")
    assert shown(browser, "#nobody")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "translated from Portuguese"),
        ({"via": ["en"]}, "translated from Portuguese, through English"),
        ({"how": "speech"}, "translated from Portuguese by the speech recogniser"),
    ],
)
def test_a_turn_says_how_it_was_translated(
    browser: Chrome, partner: Partner, fields: dict[str, Any], told: str
) -> None:
    """A small badge names the two languages; pointing at it or listening to it tells the whole."""
    partner.history = [BOM_DIA]
    partner.translations = [translation(BOM_DIA, "Bonjour.", 2, "fr", **fields)]
    open_room(browser, partner, "?lang=fr")
    until(lambda: texts(browser, ".badge [aria-hidden]") == ["PT → FR"], "the badge")
    assert texts(browser, ".badge .visually-hidden") == [told]
    assert browser.execute_script("return document.querySelector('.badge').title") == told


@pytest.mark.parametrize(
    ("interface", "shown_as", "told"),
    [
        ("en", "rough", "a rough machine translation: it may be wrong"),
        ("fr", "approximatif", "traduction automatique approximative : elle peut être fausse"),
    ],
)
@pytest.mark.parametrize("lang", ["fr", "source,fr"])
def test_a_rough_translation_is_marked(
    browser: Chrome, partner: Partner, lang: str, interface: str, shown_as: str, told: str
) -> None:
    """A word to see, a sentence to hear or to point at; other translations have neither."""
    partner.history = [BOM_DIA, HELLO]
    partner.translations = [translation(BOM_DIA, "Bonjour.", 2, "fr", rough=True), SALUT]
    open_room(browser, partner, f"?lang={lang}&ui={interface}")
    until(lambda: texts(browser, ".mark-rough [aria-hidden]") == [shown_as], "the mark")
    assert texts(browser, ".mark-rough .visually-hidden") == [told]
    assert browser.execute_script("return document.querySelector('.mark-rough').title") == told


@pytest.mark.parametrize("lang", ["fr", "source,fr"])
def test_what_cannot_be_translated_is_shown_as_spoken_and_says_why(
    browser: Chrome, partner: Partner, lang: str
) -> None:
    """A turn without a way into the reader's language names both; a failure is marked at its caption."""
    basque = caption("e", "Eskerrik asko.", 5, speaker="Ane", lang="eu", source_lang="eu")
    partner.history, partner.no_route = [basque], {"eu"}
    open_room(browser, partner, f"?lang={lang}")
    column = ".reading" if lang == "fr" else ".spoken"
    until(lambda: texts(browser, f"{column} .stable") == ["Eskerrik asko."], "the original")
    assert texts(browser, _MARKS) == ["no translation from Basque to French is installed"]
    assert waiting(browser) == []
    partner.say(BOM_DIA | {"seq": 6, "rev": 6, "start": 9.0, "untranslated": "failed"})
    until(lambda: texts(browser, _MARKS)[1:] == ["translation failed"], "the mark")
    assert texts(browser, f"{column} .stable")[-1] == "Bom dia."
    assert all(mark.is_displayed() for mark in browser.find_elements(By.CSS_SELECTOR, _MARKS))


def test_the_reason_names_the_language_that_is_read(browser: Chrome, partner: Partner) -> None:
    """After a switch it is about the new language, also where it is the same reason."""
    partner.history, partner.no_route = [BOM_DIA], {"pt"}
    open_room(browser, partner, "?lang=fr")
    until(lambda: texts(browser, _MARKS) == ["no translation from Portuguese to French is installed"], "it")
    for press, language in (("", "Arabic"), ("#beside", "Arabic"), ("", "English")):
        if press:
            click(browser, press)
        else:
            choose(browser, "#language", "ar" if language == "Arabic" else "en")
        told = [f"no translation from Portuguese to {language} is installed"]
        _until_marked(browser, told, language)


@pytest.mark.parametrize(
    ("mark", "told"),
    [("follows", "translation follows"), ("too_late", "could only be translated while it was spoken")],
)
def test_what_only_the_recogniser_translates_says_so(
    browser: Chrome, partner: Partner, mark: str, told: str
) -> None:
    """The reason is told once in a paragraph, and no more where a translation came after all."""
    open_room(browser, partner, "?lang=fr")
    second = portuguese("b", "Obrigado.", 2, end=3.0)
    partner.say(BOM_DIA | {"untranslated": mark}, second | {"untranslated": mark})
    until(lambda: readings(browser)[1:] == ["Obrigado."], "the captions")
    assert texts(browser, _MARKS) == [told]
    assert texts(browser, f".turn-head {_MARKS}") == [told]
    partner.say(translation(BOM_DIA, "Bonjour.", 5, "fr", how="speech"))
    until(lambda: readings(browser)[0] == "Bonjour.", "the translation")
    assert texts(browser, f".turn-head {_MARKS}") == []
    assert texts(browser, _MARKS) == [told]


def test_beside_its_original_a_reason_stands_in_the_other_column(browser: Chrome, partner: Partner) -> None:
    """At the height of the first caption that it is about, once for those that follow each other."""
    partner.history, partner.no_route = [BOM_DIA, portuguese("b", "Obrigado.", 2, end=3.0)], {"pt"}
    open_room(browser, partner, "?lang=source,fr")
    until(lambda: len(texts(browser, _MARKS)) == 1, "the reason")
    assert texts(browser, f".reading [data-id=a] {_MARKS}") == texts(browser, _MARKS)
    [[spoken, top], _] = browser.execute_script(_TOPS, ".spoken .caption")
    [[reading, height], _] = browser.execute_script(_TOPS, ".reading .caption")
    assert reading > spoken + 200
    assert top == height


def test_on_a_phone_what_is_not_translated_is_as_large_as_a_translation(
    browser: Chrome, partner: Partner
) -> None:
    """Its original is all there is to read; beside a translation an original is smaller and paler."""
    resize(browser, 390, 844)
    basque = caption("e", "Eskerrik asko.", 5, speaker="Ane", lang="eu", source_lang="eu")
    partner.history, partner.translations = [BOM_DIA, basque], [BONJOUR]
    partner.no_route = {"eu"}
    open_room(browser, partner, "?lang=source,fr")
    until(lambda: len(texts(browser, _MARKS)) == 1, "the captions")
    look = """return [...document.querySelectorAll(arguments[0])].map((e) => {
      const { color, fontSize } = getComputedStyle(e.querySelector('.stable')); return [color, fontSize] })"""
    [translated] = browser.execute_script(look, ".reading [data-id=a]")
    assert browser.execute_script(look, ".spoken [data-id=e]") == [translated]
    assert browser.execute_script(look, ".spoken [data-id=a]") != [translated]


def test_a_correction_is_marked_in_the_translation_too(browser: Chrome, partner: Partner) -> None:
    """A clerk's correction comes in both languages with its mark."""
    partner.history, partner.translations = [BOM_DIA], [BONJOUR]
    open_room(browser, partner, "?lang=source,fr")
    corrected = BOM_DIA | {"rev": 7, "seq": 7, "text": "Boa tarde.", "edited": True}
    partner.speak(corrected)
    partner.translate(translation(corrected, "Bon après-midi.", 8, "fr"))
    until(lambda: texts(browser, ".stable") == ["Boa tarde.", "Bon après-midi."], "the correction")
    assert texts(browser, ".mark-edited") == ["corrected"] * 2


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("ar", "تبلغ ميزانية مدرسة Jean-Moulin نحو 1,2 مليون يورو."),
        ("he", "תקציב בית הספר Jean-Moulin הוא 1.2 מיליון אירו."),
        ("fa", "بودجهٔ مدرسه Jean-Moulin حدود ۱٫۲ میلیون یورو است."),
        ("ur", "اسکول Jean-Moulin کا بجٹ 1.2 ملین یورو ہے۔"),
    ],
)
def test_right_to_left_languages_turn_the_whole_column(
    browser: Chrome, partner: Partner, lang: str, text: str
) -> None:
    """Alignment, head line and faces all begin at the right; the same holds where it was spoken."""
    partner.history = [caption("a", "The budget of Jean-Moulin school.", 1)]
    partner.translations = [translation(partner.history[0], text, 2, lang)]
    open_room(browser, partner, f"?lang={lang}")
    until(lambda: readings(browser) == [text], "the translation")
    turned = {
        "turn": "rtl",
        "caption": "rtl",
        "lang": lang,
        "avatarRightOfText": True,
        "nameRightOfTime": True,
        "textAtTheRight": True,
    }
    assert browser.execute_script(_DIRECTIONS) == turned | {"list": "rtl"}
    partner.history = [caption("a", text, 1, lang=lang, source_lang=lang)]
    open_room(browser, partner, "?lang=source")
    until(lambda: readings(browser) == [text], "the original")
    assert browser.execute_script(_DIRECTIONS) == turned | {"list": ""}


def test_mixed_directions_keep_to_themselves(browser: Chrome, partner: Partner) -> None:
    """Beside Arabic, French stays left to right, and each text says its language and direction."""
    partner.history = [caption("a", "Le coût : 1,2 M€ (TTC).", 1, lang="fr", source_lang="fr")]
    partner.translations = [translation(partner.history[0], "التكلفة: 1,2 مليون يورو.", 2, "ar")]
    open_room(browser, partner, "?lang=source,ar")
    until(lambda: len(readings(browser)) == 1 and readings(browser)[0], "the translation")
    script = (
        "return [...document.querySelectorAll('.caption')].map(e => [e.lang, getComputedStyle(e).direction])"
    )
    assert browser.execute_script(script) == [["fr", "ltr"], ["ar", "rtl"]]
    spoken, reading = (
        browser.execute_script(_TOPS, f".{part} .caption")[0] for part in ("spoken", "reading")
    )
    assert spoken[0] > reading[0]


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
@pytest.mark.parametrize("query", ["size=200", "size=400", "embed=1"])
def test_two_languages_overflow_at_no_width(
    browser: Chrome, partner: Partner, width: int, query: str
) -> None:
    """From small phones to walls, in large letters and in a frame, the page never scrolls sideways."""
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk "
    partner.history = [
        caption("a", word * 2, 1, lang="de", source_lang="de", speaker="A" * 40),
        HELLO,
    ]
    partner.translations = [translation(partner.history[0], word * 3, 2, "fr")]
    resize(browser, width, 700)
    open_room(browser, partner, f"?lang=source,fr&{query}")
    until(lambda: len(readings(browser)) == 2, "both captions")
    assert browser.execute_script(_SIDEWAYS) == [0, 0]


_BURST = """
const [{ CaptionView }, { I18n }, { SpeakerColours }] = await Promise.all(
  ['caption-view', 'i18n', 'speakers'].map((name) => import(`/static/js/${name}.js`)));
const list = document.getElementById('captions');
const best = [];
for (let run = 0; run < 3; run += 1) {
  list.replaceChildren();
  const log = new m.CaptionLog();
  log.hello({ lang: 'source,fr', open: [] });
  const view = new CaptionView(list, { log: () => log, colours: new SpeakerColours(), i18n: new I18n('en') });
  const drawn = new Promise((done) => view.addEventListener('drawn', done, { once: true }));
  const began = performance.now();
  for (const message of %s) {
    const change = log.apply(message);
    view.take([...(change ? [change] : []), ...log.trim(500)]);
  }
  await drawn;
  void list.offsetHeight;
  best.push(performance.now() - began);
}
return [Math.min(...best), list.querySelectorAll('.reading .caption').length];
"""


def test_a_long_history_is_drawn_in_half_a_second(browser: Chrome, partner: Partner) -> None:
    """3000 captions and their translations, of which 500 stay, are taken and laid out once."""
    said = [
        portuguese(f"h{n}", f"Uma frase de um discurso longo, a número {n}.", 2 * n, speaker=f"P{n // 5 % 7}")
        for n in range(1, 3001)
    ]
    history = [
        m
        for s in said
        for m in (s, translation(s, f"Une phrase d’un long discours, la {s['seq']}e.", s["seq"] + 1, "fr"))
    ]
    open_room(browser, partner)
    body = "return (async () => {" + _BURST % json.dumps(history) + "})()"
    milliseconds, kept = module(browser, "captions.js", body)
    assert kept == 500
    assert milliseconds < 500
