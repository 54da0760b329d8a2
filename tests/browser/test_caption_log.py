"""One caption in two languages: the rules of the page's log, asked of its modules in a real browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser.readings import caption, module, partial, translation
from tests.browser.scripted_partner import Partner

pytestmark = pytest.mark.browser

_PLAY = """
const log = new m.CaptionLog();
const cell = (found) => found && [found.caption.text, found.waiting];
for (const message of %s) {
  if (message.type === 'hello') log.hello(message); else log.apply(message);
}
return {
  shown: log.statements.map((s) => [s.id, cell(s.original()), cell(s.reading(log.choice))]),
  marks: log.statements.map((s) => s.reading(log.choice)?.caption.untranslated ?? null),
  resume: log.resumeSeq,
  speaking: log.speaking().map((person) => person.speaker),
};
"""


@pytest.fixture
def page(browser: Chrome, partner: Partner) -> Chrome:
    """A page of the service's origin."""
    browser.get(partner.url)
    return browser


def _hello(lang: str, **fields: Any) -> dict[str, Any]:
    return {"type": "hello", "room": "r", "seq": 0, "lang": lang, "now": 0, "languages": ["source"]} | fields


def _play(page: Chrome, *messages: dict[str, Any]) -> dict[str, Any]:
    """Return what a log shows after messages: id, what was spoken, what is read (`[text, waiting]`)."""
    found: dict[str, Any] = module(page, "captions.js", _PLAY % json.dumps(messages))
    return found


def _portuguese(text: str, seq: int, **fields: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"lang": "pt", "source_lang": "pt", "start": 1.0}
    return caption("a", text, seq, **usual | fields)


SAID = _portuguese("Bom dia.", 4)
DRAFT = _portuguese("Bom", 2, final=False)


def test_a_translation_may_come_before_or_after_its_original(page: Chrome) -> None:
    """Side by side the two find each other by their id, whichever comes first."""
    pair = [SAID, translation(SAID, "Bonjour.", 5, "fr")]
    for order in (pair, pair[::-1]):
        shown = _play(page, _hello("source,fr"), *order)["shown"]
        assert shown == [["a", ["Bom dia.", False], ["Bonjour.", False]]]


def test_revisions_of_the_two_languages_are_counted_apart(page: Chrome) -> None:
    """A translation with a higher number does not keep out a revision of the original, nor the reverse."""
    refined = SAID | {"rev": 6, "seq": 6, "text": "Bom dia!", "refined": True}
    shown = _play(page, _hello("source,fr"), SAID, translation(SAID, "Bonjour.", 9, "fr"), refined)["shown"]
    assert shown == [["a", ["Bom dia!", False], ["Bonjour.", False]]]


def test_a_translation_of_an_older_revision_does_not_come_back(page: Chrome) -> None:
    """What renders an older original is dropped, even with a higher number of its own."""
    late = translation(DRAFT, "Bon", 8, "fr")
    shown = _play(page, _hello("fr"), translation(SAID, "Bonjour.", 7, "fr"), late)["shown"]
    assert shown == [["a", None, ["Bonjour.", False]]]


def test_a_translation_refined_later_replaces_the_first(page: Chrome) -> None:
    """Of two translations of one revision the one with the higher number holds."""
    first, second = (
        translation(SAID, "Bonjour.", 7, "fr"),
        translation(SAID, "Bonjour à", 8, "fr", refined=True),
    )
    for order in ([first, second], [second, first]):
        assert _play(page, _hello("fr"), *order)["shown"] == [["a", None, ["Bonjour à", False]]]


def test_a_language_guessed_wrongly_gives_way(page: Chrome) -> None:
    """When the final is in the reader's language, the translation of the guess goes, for good."""
    guess = translation(DRAFT, "Bonne", 3, "fr")
    final = SAID | {"lang": "fr", "source_lang": "fr", "text": "Bon."}
    for lang, original in (("fr", "Bon."), ("source,fr", "Bon.")):
        shown = _play(page, _hello(lang), guess, final, guess | {"rev": 6, "seq": 6})["shown"]
        assert shown == [["a", [original, False], ["Bon.", False]]]


def test_a_language_that_changes_into_a_third_one_waits_for_its_translation(page: Chrome) -> None:
    """The translation of what was guessed stays as waiting until that of the right language is there."""
    final = SAID | {"lang": "es", "source_lang": "es", "text": "Buenos días."}
    messages = [_hello("source,fr"), DRAFT, translation(DRAFT, "Bon", 3, "fr"), final]
    assert _play(page, *messages)["shown"] == [["a", ["Buenos días.", False], ["Bon", True]]]
    shown = _play(page, *messages, translation(final, "Bonjour.", 5, "fr"))["shown"]
    assert shown == [["a", ["Buenos días.", False], ["Bonjour.", False]]]


def test_an_empty_final_takes_both_languages_away(page: Chrome) -> None:
    """No speech after all: original and translation go, and what was late of them stays out."""
    nothing = SAID | {"text": ""}
    late = translation(DRAFT, "Bon", 6, "fr")
    found = _play(page, _hello("source,fr"), DRAFT, translation(DRAFT, "Bo", 3, "fr"), nothing, late, DRAFT)
    assert found["shown"] == []
    assert found["speaking"] == []


def test_an_empty_translation_takes_the_caption_away_where_nothing_else_is_read(page: Chrome) -> None:
    """A reader of one language gets the removal in that language."""
    gone = translation(SAID, "", 5, "fr")
    assert _play(page, _hello("fr"), translation(DRAFT, "Bon", 3, "fr"), gone)["shown"] == []


def test_what_is_shown_stays_until_its_translation_comes(page: Chrome) -> None:
    """After a switch the old text waits, caption by caption; nothing is empty in between."""
    other = caption("b", "Hello.", 6, start=2.0)
    said = [_hello("source"), SAID, other, _hello("fr")]
    assert _play(page, *said)["shown"] == [
        ["a", ["Bom dia.", True], ["Bom dia.", True]],
        ["b", ["Hello.", True], ["Hello.", True]],
    ]
    shown = _play(page, *said, translation(other, "Salut.", 7, "fr"))["shown"]
    assert [reading for _, _, reading in shown] == [["Bom dia.", True], ["Salut.", False]]


def test_switching_there_and_back_ends_where_it_began(page: Chrome) -> None:
    """Revisions that are shown already are taken again from the language switched to."""
    french = translation(SAID, "Bonjour.", 7, "fr")
    german = translation(SAID, "Guten Tag.", 5, "de")
    shown = _play(page, _hello("fr"), french, _hello("de"), german, _hello("fr"), french)["shown"]
    assert shown == [["a", None, ["Bonjour.", False]]]
    shown = _play(page, _hello("source"), SAID, _hello("fr"), french, _hello("source"), SAID)["shown"]
    assert shown == [["a", ["Bom dia.", False], ["Bom dia.", False]]]


def test_messages_from_before_the_switch_change_nothing_after_it(page: Chrome) -> None:
    """A translation into the language before, still under way when the hello came, is not shown."""
    late = translation(SAID, "Guten Tag.", 9, "de")
    shown = _play(page, _hello("de"), _hello("fr"), translation(SAID, "Bonjour.", 7, "fr"), late)["shown"]
    assert shown == [["a", None, ["Bonjour.", False]]]


def test_side_by_side_keeps_what_both_choices_share(page: Chrome) -> None:
    """Adding or leaving the second column makes nothing wait that stays as it is."""
    french = translation(SAID, "Bonjour.", 7, "fr")
    assert _play(page, _hello("source"), SAID, _hello("source,fr"))["shown"] == [
        ["a", ["Bom dia.", False], None]
    ]
    found = _play(page, _hello("source,fr"), SAID, french, _hello("fr"))
    assert found["shown"] == [["a", None, ["Bonjour.", False]]]
    found = _play(page, _hello("source,fr"), SAID, french, _hello("source"))
    assert found["shown"] == [["a", ["Bom dia.", False], ["Bom dia.", False]]]


@pytest.mark.parametrize("why", ["no_route", "failed", "follows", "too_late"])
@pytest.mark.parametrize("lang", ["fr", "source,fr"])
def test_what_cannot_be_translated_is_read_as_it_was_said(page: Chrome, lang: str, why: str) -> None:
    """The mark settles it, also on a revision that is shown already; a later success replaces it."""
    marked = SAID | {"untranslated": why}
    shown = _play(page, _hello(lang), *([SAID] if "source" in lang else []), marked)["shown"]
    assert shown == [["a", ["Bom dia.", False], ["Bom dia.", False]]]
    shown = _play(page, _hello(lang), marked, translation(SAID, "Bonjour.", 7, "fr"))["shown"]
    assert shown[0][2] == ["Bonjour.", False]


def test_after_a_switch_any_revision_replaces_what_is_old(page: Chrome) -> None:
    """What was shown in another language may have a higher number, and nothing of it keeps the new out."""
    ahead = SAID | {"rev": 9, "seq": 9, "untranslated": "no_route"}
    shown = _play(page, _hello("fr"), ahead, _hello("source"), SAID)["shown"]
    assert shown == [["a", ["Bom dia.", False], ["Bom dia.", False]]]
    german = translation(SAID, "Guten Tag.", 5, "de")
    assert _play(page, _hello("fr"), ahead, _hello("de"), german)["shown"] == [
        ["a", None, ["Guten Tag.", False]]
    ]
    assert _play(page, _hello("fr"), ahead, _hello("de"), SAID | {"untranslated": "failed"})["marks"] == [
        "failed"
    ]


@pytest.mark.parametrize("lang", ["fr", "source,fr"])
def test_a_mark_changes_without_a_new_revision(page: Chrome, lang: str) -> None:
    """What was to follow may fail; without a mark the translation is waited for again."""
    follows, failed = SAID | {"untranslated": "follows"}, SAID | {"seq": 9, "untranslated": "failed"}
    assert _play(page, _hello(lang), follows, failed)["marks"] == ["failed"]
    assert _play(page, _hello("source,fr"), follows, SAID)["shown"] == [["a", ["Bom dia.", False], None]]


@pytest.mark.parametrize("lang", ["fr", "source,fr"])
def test_a_mark_takes_no_translation_away(page: Chrome, lang: str) -> None:
    """A translation of the same revision stays, and one of a newer revision too; an older one goes."""
    for source, read in ((SAID, "Bonjour."), (SAID | {"rev": 8}, "Bonjour."), (DRAFT, "Bom dia.")):
        french = translation(source, "Bonjour.", 8, "fr")
        shown = _play(page, _hello(lang), french, SAID | {"seq": 9, "untranslated": "failed"})["shown"]
        assert shown[0][2] == [read, False]


def test_a_mark_holds_for_its_language_only(page: Chrome) -> None:
    """Beside its original, a caption waits for the language switched to, whatever was lacking before."""
    marked = SAID | {"untranslated": "no_route"}
    found = _play(page, _hello("source,fr"), marked, _hello("source,de"))
    assert found["shown"] == [["a", ["Bom dia.", False], None]]
    assert _play(page, _hello("source,fr"), marked, _hello("source,de"), marked)["marks"] == ["no_route"]


def test_a_translation_that_follows_is_asked_for_again(page: Chrome) -> None:
    """After a broken connection its caption is asked for, from before the number of its own revision."""
    follows = SAID | {"seq": 7, "untranslated": "follows"}
    assert _play(page, _hello("fr"), follows)["resume"] == 3
    assert _play(page, _hello("fr"), follows, translation(SAID, "Hello.", 8, "fr"))["resume"] == 8
    assert _play(page, _hello("fr"), follows | {"untranslated": "too_late"})["resume"] == 7


def test_after_a_broken_connection_only_what_is_missing_is_asked_for(page: Chrome) -> None:
    """`since` is the newest event, but from before what waits; in the middle of a switch, everything."""
    french = translation(SAID, "Bonjour.", 7, "fr")
    other = caption("b", "Hello.", 9, start=2.0)
    assert _play(page, _hello("source,fr"), SAID, french)["resume"] == 7
    assert _play(page, _hello("source,fr"), SAID, french, other)["resume"] == 8
    assert _play(page, _hello("source"), SAID, other, _hello("fr"), french)["resume"] is None
    assert _play(page, _hello("fr"), french, _hello("fr"), _hello("fr"))["resume"] == 7


def test_partials_that_ended_meanwhile_are_dropped_in_either_language(page: Chrome) -> None:
    """A hello names the utterances that go on; a final whose translation still runs is none of them."""
    final, running = SAID, partial("b", "Hel", 6, start=2.0)
    messages = [_hello("source,fr"), final, translation(DRAFT, "Bon", 5, "fr"), running]
    found = _play(page, *messages, _hello("source,fr", open=[]))
    assert [row[0] for row in found["shown"]] == ["a"]
    found = _play(page, *messages, _hello("source,fr", open=["b"]))
    assert found["speaking"] == ["Ana"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("source", "source"),
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("source,PT-br", "source,pt"),
        ("source,source", None),
        ("fr,pt", None),
        ("source,fr,pt", None),
        ("<b>", None),
        ("", None),
    ],
)
def test_choices_are_read_as_the_service_reads_them(page: Chrome, typed: str, read: str | None) -> None:
    """`source`, a tag, or both; regions do not count; anything else is no choice."""
    body = f"const c = m.parseChoice({json.dumps(typed)}); return c ? m.formatChoice(c) : null"
    assert module(page, "language-choice.js", body) == read


@pytest.mark.parametrize(
    ("tag", "runs"),
    [("ar", "rtl"), ("he", "rtl"), ("fa", "rtl"), ("ur", "rtl"), ("yi", "rtl"), ("fr", "ltr"), ("ja", "ltr")],
)
def test_scripts_run_their_own_way(page: Chrome, tag: str, runs: str) -> None:
    """Arabic, Hebrew, Persian, Urdu and Yiddish run from right to left."""
    assert module(page, "format.js", f"return m.direction('{tag}')") == runs
