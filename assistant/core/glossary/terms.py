"""One name or term: how it is written, how it is misheard, and what it is called in other languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from assistant.core.errors import GlossaryInvalid, LanguageUnknown
from assistant.core.language import parse_language

MOST_TERM_CHARACTERS = 60

_MOST_PARTS = 4
"""A letter with its marks, in decomposed form."""

MOST_SOUNDS = 10
"""How many misheard spellings one term may have."""

_COMMAND = "<|"
"""Begins what recognisers take for a command."""

_JOINERS = "\u200c\u200d"
"""Invisible, but part of the spelling in Persian and Indian languages."""

_SHOWN_CHARACTERS = 30


@dataclass(frozen=True, slots=True)
class Term:
    """A name or a term; `checked` makes one that may stand in a glossary.

    Attributes:
        spelling: How it is to be written.
        language: BCP-47 primary subtag of `spelling`; empty for a name, which has none.
        sounds_like: How a recogniser writes it when it mishears it.
        translations: What it is called in other languages: pairs of a code and a text, by code.
        keep: Whether it stays as it is in every language.
    """

    spelling: str
    language: str = ""
    sounds_like: tuple[str, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()
    keep: bool = False

    @classmethod
    def of(
        cls,
        spelling: str,
        *,
        language: str = "",
        sounds_like: Iterable[str] = (),
        translations: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        keep: bool = False,
    ) -> Term:
        """Return a checked term; see `checked`."""
        pairs = translations.items() if isinstance(translations, Mapping) else translations
        return cls(spelling, language, tuple(sounds_like), tuple(pairs), keep).checked()

    @property
    def bare(self) -> bool:
        """Whether nothing but the spelling is known of it."""
        return self == Term(self.spelling)

    def in_language(self, language: str) -> str:
        """Return what it is called in a language; empty where that is not known.

        A name is called the same everywhere, unless the glossary says otherwise.
        """
        if self.keep:
            return self.spelling
        if language and language == self.language:
            return self.spelling
        return dict(self.translations).get(language, "" if self.language and language else self.spelling)

    def misheard_in(self, language: str) -> tuple[str, ...]:
        """Return how a recogniser of that language mishears it: what is known of its own spelling."""
        return self.sounds_like if self.in_language(language) == self.spelling else ()

    def checked(self, place: str = "") -> Term:
        """Return the term in composed form with single spaces, blank and repeated parts left out.

        Args:
            place: What the error calls it, such as `Term 3 of the glossary`; else its spelling does.

        Raises:
            GlossaryInvalid: A text is too long or has characters that no word has, a language is not
                known, or there are too many misheard spellings.
        """
        place = place or f"“{self._shown}”"
        spelling = _checked(self.spelling, place)
        place = place if self.bare or not spelling else f"{place} (“{self._shown}”)"
        heard = {text.casefold(): text for text in (_checked(text, place) for text in self.sounds_like)}
        heard.pop("", None)
        if len(heard) > MOST_SOUNDS:
            raise GlossaryInvalid(f"{place} has more than {MOST_SOUNDS} misheard spellings.")
        if any("|" in text for text in heard.values()):
            raise GlossaryInvalid(f"{place}: a misheard spelling may not have a “|”.")
        language = _language(self.language, place) if self.language else ""
        called = {
            _language(tag, place): text
            for tag, text in ((tag, _checked(text, place)) for tag, text in self.translations)
            if text
        }
        if called.pop(language, spelling) != spelling:
            raise GlossaryInvalid(f"{place} is “{language}” itself and cannot be translated into it.")
        if not spelling and (heard or called):
            raise GlossaryInvalid(f"{place} says how it sounds or is translated, but not how it is written.")
        return replace(
            self,
            spelling=spelling,
            language=language,
            sounds_like=tuple(heard.values()),
            translations=tuple(sorted(called.items())),
        )

    @property
    def _shown(self) -> str:
        return "".join(letter for letter in self.spelling[:_SHOWN_CHARACTERS] if letter.isprintable())


def _checked(text: str, place: str) -> str:
    text = text.strip()
    # Before it is composed, which takes its time with many marks on one letter.
    if len(text) <= _MOST_PARTS * MOST_TERM_CHARACTERS:
        text = unicodedata.normalize("NFC", text)
    if len(text) > MOST_TERM_CHARACTERS:
        raise GlossaryInvalid(f"{place} has more than {MOST_TERM_CHARACTERS} characters.")
    if any(_is_control(character) for character in text) or _COMMAND in text:
        raise GlossaryInvalid(f"{place} has characters that no word has.")
    return " ".join(text.split())


def _language(tag: str, place: str) -> str:
    try:
        return parse_language(tag.strip())
    except LanguageUnknown as error:
        raise GlossaryInvalid(f"{place}: {error.message}") from error


def _is_control(character: str) -> bool:
    category = unicodedata.category(character)
    return (category.startswith("C") and character not in _JOINERS) or category in {"Zl", "Zp"}
