"""The names and terms of a meeting, as they are to be written.

Whisper spells as the text before it spells, so a list of terms in front of the audio is enough. Few
fit, hence those that sound like what the drafts heard come first.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.core.errors import GlossaryInvalid

MOST_TERMS = 200
"""Of one glossary."""

MOST_TERM_CHARACTERS = 60

_COMMENT = re.compile(r"(?:^|\s)#.*")  # “C#” is a term
_COMMAND = "<|"
"""Begins what recognisers take for a command."""

_SEPARATOR = ", "
_JOINERS = "\u200c\u200d"
"""Invisible, but part of the spelling in Persian and Indian languages."""

_SOUNDS = str.maketrans("cqwyz", "kkvis")
_MOST_HEARD_WORDS = 120
_WORDS_OF_A_TERM = 3


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms that were checked, in the order of their importance; `of` and `parse` make one."""

    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, terms: Iterable[str]) -> Glossary:
        """Return the glossary of `terms`; blank ones, and the same one in other case, are left out.

        Raises:
            GlossaryInvalid: There are too many, or one is too long or has control characters.
        """
        kept: dict[str, str] = {}
        for number, term in enumerate(terms, 1):
            checked = _checked(term, number)
            if checked:
                kept.setdefault(checked.casefold(), checked)
        if len(kept) > MOST_TERMS:
            raise GlossaryInvalid(
                f"A glossary may have at most {MOST_TERMS} terms; this one has {len(kept)}."
            )
        return cls(tuple(kept.values()))

    @classmethod
    def parse(cls, text: str) -> Glossary:
        """Return the glossary in a text of one term per line; a `#` begins a comment.

        Raises:
            GlossaryInvalid: As `of` does; a term is then called by the number of its line.
        """
        return cls.of(_COMMENT.sub("", line) for line in text.removeprefix("\ufeff").splitlines())

    def followed_by(self, other: Glossary) -> Glossary:
        """Return this glossary with the terms of a less important one behind it."""
        known = {term.casefold() for term in self.terms}
        return Glossary(self.terms + tuple(term for term in other.terms if term.casefold() not in known))

    def line(self, heard_words: Sequence[str], most_bytes: int) -> str:
        """Return the terms as one line of text, such as `Digium, Ana Ribeiro.`.

        Where not all fit, those most like `heard_words` do, the likest first.

        Args:
            heard_words: What a draft heard, with or without punctuation.
            most_bytes: Longest line in UTF-8: a recogniser's tokens are made of bytes, so this bounds
                them in every script.
        """
        line = _line(self.terms)
        if len(line.encode()) <= most_bytes:
            return line
        kept: list[str] = []
        for term in self._likest(heard_words):
            if len(_line([*kept, term]).encode()) <= most_bytes:
                kept.append(term)
        return _line(kept)

    def _likest(self, heard_words: Sequence[str]) -> list[str]:
        likeness = _likeness([_pairs(_letters(term)) for term in self.terms], heard_words)
        order = sorted(range(len(self.terms)), key=lambda number: -likeness[number])
        return [self.terms[number] for number in order]


def _checked(term: str, number: int) -> str:
    """Return the term in composed form with single spaces, or raise `GlossaryInvalid`."""
    term = unicodedata.normalize("NFC", term.strip())
    if len(term) > MOST_TERM_CHARACTERS:
        raise GlossaryInvalid(
            f"Term {number} of the glossary has more than {MOST_TERM_CHARACTERS} characters."
        )
    if any(_is_control(character) for character in term) or _COMMAND in term:
        raise GlossaryInvalid(f"Term {number} of the glossary has characters that no word has.")
    return " ".join(term.split())


def _is_control(character: str) -> bool:
    category = unicodedata.category(character)
    return (category.startswith("C") and character not in _JOINERS) or category in {"Zl", "Zp"}


def _line(terms: Sequence[str]) -> str:
    return f"{_SEPARATOR.join(terms)}." if terms else ""


def _likeness(terms: Sequence[frozenset[str]], heard_words: Sequence[str]) -> Mapping[int, float]:
    """Return for each term how like it is to the likest words in a row, 0..1 (Dice's coefficient).

    Pairs of letters find terms that were heard as other words (`Kowalski` as `cova ski`) and cost
    little: only terms that share a pair with the words are looked at.
    """
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for number, pairs in enumerate(terms):
        for pair in pairs:
            holders[pair].append(number)
    likeness: defaultdict[int, float] = defaultdict(float)
    for pairs in _windows(heard_words):
        for number, shared in Counter(holder for pair in pairs for holder in holders.get(pair, ())).items():
            likeness[number] = max(likeness[number], 2 * shared / (len(pairs) + len(terms[number])))
    return likeness


def _windows(heard_words: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield the pairs of letters of each one, two and three words in a row."""
    words = [letters for letters in map(_letters, heard_words[-_MOST_HEARD_WORDS:]) if letters]
    for start in range(len(words)):
        for end in range(start + 1, min(start + _WORDS_OF_A_TERM, len(words)) + 1):
            yield _pairs("".join(words[start:end]))


def _letters(text: str) -> str:
    """Return the letters and digits of a text as they sound, roughly: no case, accents, doubles."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("ph", "f").translate(_SOUNDS)
    letters = [letter for letter in plain if letter.isalnum()]
    return "".join(
        letter for letter, before in zip(letters, ["", *letters], strict=False) if letter != before
    )


def _pairs(letters: str) -> frozenset[str]:
    """Return neighbouring letters, and the first one with a mark, as a beginning says most."""
    marked = f"^{letters}"
    return frozenset(marked[start : start + 2] for start in range(len(letters)))
