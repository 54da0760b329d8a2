"""Words with which people say in a meeting's chat whether they are to be heard, such as “/captions off”."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from assistant.core.meetings.notice_words import WORDS

MOST_CHARACTERS = 80
"""A longer text is no such word."""

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_AROUND = " \t\r\n\"'`.!,;:“”„«»‹›‘’"
"""What people put around a word, or copy with it."""
_BETWEEN = re.compile("[:=,]")


@dataclass(frozen=True, slots=True)
class ChatWord:
    """What somebody wrote to the listener.

    Attributes:
        lang: BCP-47 code of the language it is in.
        heard: Whether they are to be heard; None where it was meant for us but says neither.
    """

    lang: str
    heard: bool | None


def read_chat_word(text: str) -> ChatWord | None:
    """Return what a line of the chat tells the listener; None for what people tell each other."""
    if len(text) > MOST_CHARACTERS:
        return None
    plain = _plain(text)
    for noun, lang in _NOUNS.items():
        if plain == f"/{noun}" or plain.startswith(f"/{noun} "):
            return ChatWord(lang, _ANSWERS.get(plain.removeprefix(f"/{noun}").strip(_AROUND)))
    return None


def _plain(text: str) -> str:
    """Return a text without accents, capitals, kinds of dashes and spaces, and what is not seen.

    Keyboards differ in them, and people copy them or put a colon where there is none.
    """
    letters = unicodedata.normalize("NFKD", _DASHES.sub("-", text)).casefold()
    bare = "".join(
        letter
        for letter in letters
        if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"
    )
    words = _BETWEEN.sub(" ", _DASHES.sub("-", bare).strip(_AROUND)).split()
    return " ".join(words).replace("/ ", "/", 1)


_NOUNS = {_plain(noun): lang for lang, words in WORDS.items() for noun in words.nouns}
_ANSWERS = {
    _plain(answer): heard
    for words in WORDS.values()
    for heard, answers in ((False, words.no), (True, words.yes))
    for answer in answers
}
"""Any language's answer goes with any language's noun: people mix them."""
