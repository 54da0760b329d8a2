"""What people write in a meeting's chat to be heard or not, as keyboards and copies of the notice have it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.meetings.chat_words import ChatWord, read_chat_word
from assistant.core.meetings.notice_words import WORDS
from assistant.core.meetings.notices import Means, listening_notices

_TOLD = re.compile(r"[“„«] ?(/[^”“»]+?) ?[”“»]")


@pytest.mark.parametrize("lang", WORDS)
def test_each_language_understands_what_it_tells(lang: str) -> None:
    """The words of the notice do what it says they do; so do all others of its list."""
    for heard in (True, False):
        notice = listening_notices([lang], Means(chat=True), heard=heard)[lang]
        (word,) = _TOLD.findall(notice)
        assert read_chat_word(word) == ChatWord(lang, not heard)
    words = WORDS[lang]
    for noun in words.nouns:
        for answers, wish in ((words.no, False), (words.yes, True)):
            assert {read_chat_word(f"/{noun} {answer}") for answer in answers} == {ChatWord(lang, wish)}


@pytest.mark.parametrize(
    ("text", "lang", "heard"),
    [
        (" /Captions OFF\n", "en", False),
        ("“/captions off”.", "en", False),
        ("／captions　on", "en", True),  # full width, as Japanese keyboards have it
        ("/sous-titres non !", "fr", False),
        ("/sous‑titres oui", "fr", True),  # a hyphen that does not break
        ("/sous titres non", "fr", False),
        ("« /sous-titres non »", "fr", False),
        ("/subtitulos si", "es", True),
        ("/sottotitoli sí", "it", True),
        ("/legendas nao", "pt", False),
        ("/legendas na\u0303o", "pt", False),
        ("/UNTERTITEL AUS", "de", False),
        ("/captions non", "en", False),
        ("/sous-titres : non", "fr", False),
        ("/captions=off", "en", False),
        ("/ captions off", "en", False),
        ("/captions\u200b off\u200e", "en", False),
    ],
)
def test_keyboards_differ(text: str, lang: str, *, heard: bool) -> None:
    """Capitals, accents, dashes, spaces and marks around a word make no difference, nor do languages."""
    assert read_chat_word(text) == ChatWord(lang, heard)


@pytest.mark.parametrize(
    "text", ["/captions", "/captions please", "/sous-titres stop", "/captions off please"]
)
def test_what_was_meant_for_us_but_says_neither(text: str) -> None:
    """Is answered with what would be understood."""
    word = read_chat_word(text)
    assert word
    assert word.heard is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "captions off",
        "Please turn the captions off",
        "/captionsoff",
        "/me waves",
        "/caption­s off" * 9,
    ],
)
def test_what_people_tell_each_other_is_left_alone(text: str) -> None:
    """Only a line that begins with one of our words is for us, and none that is long."""
    assert read_chat_word(text) is None


@given(st.text())
def test_any_text_can_come(text: str) -> None:
    """Nothing that people write makes it fail, and what it finds begins with a slash."""
    if read_chat_word(text):
        assert "/" in text or "／" in text
