"""What people are told when a listener comes: who tells it, what is done, and what they can do about it."""

from __future__ import annotations

import pytest

from assistant.core.meetings.notice_words import WORDS
from assistant.core.meetings.notices import (
    NOTICE_LANGUAGES,
    Means,
    chat_text,
    choice_notices,
    deaf_notices,
    help_notices,
    listening_notices,
    minutes_notices,
    sender_name,
)

URL, PAGE_URL = "https://a.example/rooms/x", "https://a.example/consent#t"
ALL = Means(page=True, chat=True, listed_as="Captions", recording_sign=True, panel=True)


def test_each_language_has_all_the_wording() -> None:
    """Whoever listens, whoever cannot hear, what was chosen, and where to read."""
    for notices in (
        listening_notices(NOTICE_LANGUAGES, ALL),
        listening_notices(NOTICE_LANGUAGES, ALL, heard=False),
        choice_notices(NOTICE_LANGUAGES, ALL, heard=False),
        choice_notices(NOTICE_LANGUAGES, ALL, heard=True),
        help_notices(NOTICE_LANGUAGES),
        deaf_notices(NOTICE_LANGUAGES),
        minutes_notices(NOTICE_LANGUAGES),
    ):
        assert set(notices) == NOTICE_LANGUAGES
        assert len(set(notices.values())) == len(NOTICE_LANGUAGES)
    for lang in NOTICE_LANGUAGES:
        text = chat_text(listening_notices([lang], ALL), URL, PAGE_URL)
        assert URL in text
        assert PAGE_URL in text
        assert "{" not in text


def test_the_notice_is_in_the_languages_of_the_meeting() -> None:
    """In their order, each once, without those that there is no wording for."""
    assert list(listening_notices(["fr", "ja", "en", "fr"], Means())) == ["fr", "en"]


def test_english_is_what_is_left() -> None:
    """Nobody is left without a notice."""
    assert list(listening_notices(["ja"], Means())) == ["en"]
    assert list(deaf_notices([])) == ["en"]


@pytest.mark.parametrize("lang", sorted(NOTICE_LANGUAGES))
def test_nothing_is_promised_that_does_not_work(lang: str) -> None:
    """Each way to refuse, and each sign, stands in the notice of those who have it, and in no other."""
    words = WORDS[lang]
    parts = {
        "page": words.on_page,
        "chat": f"/{words.nouns[0]} {words.no[0]}",
        "listed_as": words.sign_name.format(name="Captions"),
        "recording_sign": words.sign_recording,
        "panel": words.panel,
    }
    nothing = {"page": False, "chat": False, "listed_as": "", "recording_sign": False, "panel": False}
    bare = listening_notices([lang], Means(**nothing))[lang]  # type: ignore[arg-type]
    assert bare == words.listening
    for name, part in parts.items():
        value = "Captions" if name == "listed_as" else True
        notice = listening_notices([lang], Means(**nothing | {name: value}))[lang]  # type: ignore[arg-type]
        assert part in notice
        assert [other for other, text in parts.items() if text in notice] == [name]
    assert words.sign_page in listening_notices([lang], Means(page=True))[lang]
    assert words.refuse not in bare


def test_who_refused_is_told_that_and_how_to_be_heard() -> None:
    """Not how to refuse once more."""
    notice = listening_notices(["en"], Means(page=True), heard=False)["en"]
    assert "You are not heard, as you asked" in notice
    assert "To be heard again: your personal page (link below) or “/captions on” in this chat." in notice
    assert "/captions off" not in notice
    assert "You are heard again" in choice_notices(["en"], Means(), heard=True)["en"]


def test_each_notice_begins_with_who_tells_it_and_addresses_stand_below() -> None:
    """One text, a line for each language, then a line for each address, labelled in all of them."""
    notices = listening_notices(["de", "fr"], Means())
    assert chat_text(notices, URL, PAGE_URL).splitlines() == [
        f"[Untertitel] {notices['de']}",
        f"[Sous-titres] {notices['fr']}",
        f"Untertitel in anderen Sprachen / Sous-titres en d’autres langues : {URL}",
        f"Ihre persönliche Seite, nur für Sie / Votre page personnelle, pour vous seul : {PAGE_URL}",
    ]
    assert chat_text(notices).splitlines() == [
        f"[Untertitel] {notices['de']}",
        f"[Sous-titres] {notices['fr']}",
    ]


def test_where_the_listener_is_seen_it_has_a_name() -> None:
    """In the languages of the notices."""
    assert sender_name(["en", "fr"]) == "Captions / Sous-titres"
    assert sender_name(["ja"]) == "Captions"
