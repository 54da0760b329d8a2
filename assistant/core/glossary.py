"""The names and terms of a meeting, as they are to be written.

Whisper spells as the text before it spells, so a list of terms in front of the audio is enough. Few
fit, so of a long list only those are told that sound like what the drafts heard.
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

_SPELLINGS = (
    (re.compile("ph"), "f"),
    (re.compile("qu"), "k"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("g(?=[eiy])"), "j"),
)
_SOUNDS = str.maketrans("cqwyz", "kkvis", "h")
_DOUBLE = re.compile(r"(.)\1+")
_MOST_HEARD_WORDS = 120
_WORDS_OF_A_TERM = 3
_ALIKE = 0.5
_ECHO_SHARE = 0.75
_LONGER_WORD = 5


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

        Where not all fit, only those like `heard_words` are told, the likest first: many terms that
        nobody says make short utterances worse.

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

    def is_echo(self, text: str, heard_words: Sequence[str]) -> bool:
        """Whether a text is little but terms, and one of them is like nothing that was heard.

        Over noise Whisper writes its prompt; somebody who really says a name is heard saying it.
        """
        words = _words(text)
        covered: set[int] = set()
        written: list[str] = []
        for term in self.terms:
            wanted = _words(term)
            places = [
                start
                for start in range(len(words) - len(wanted) + 1)
                if wanted and words[start : start + len(wanted)] == wanted
            ]
            covered.update(start + offset for start in places for offset in range(len(wanted)))
            written += [term] * bool(places)
        likeness = _likeness(written, heard_words)
        unheard = any(likeness.get(number, 0.0) < _ALIKE for number in range(len(written)))
        return unheard and len(covered) >= _ECHO_SHARE * len(words)

    def _likest(self, heard_words: Sequence[str]) -> list[str]:
        """Return the terms that are like what was heard, the likest first, equal ones in their order."""
        likeness = _likeness(self.terms, heard_words)
        alike = sorted(number for number in likeness if likeness[number] >= _ALIKE)
        return [self.terms[number] for number in sorted(alike, key=lambda number: -likeness[number])]


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


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _line(terms: Sequence[str]) -> str:
    return f"{_SEPARATOR.join(terms)}." if terms else ""


def _likeness(terms: Sequence[str], heard_words: Sequence[str]) -> Mapping[int, float]:
    """Return for each term how like it is to the likest words in a row, 0..1 (Dice's coefficient).

    Pairs of letters find terms that were heard as other words (`Kowalski` as `cova ski`) and cost
    little: only terms that share a pair with the words are looked at.
    """
    sounds = [(number, sound) for number, term in enumerate(terms) for sound in _sounds_of(term)]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for index, (_, sound) in enumerate(sounds):
        for pair in sound:
            holders[pair].append(index)
    likeness: defaultdict[int, float] = defaultdict(float)
    for heard in _windows(heard_words):
        for index, shared in Counter(holder for pair in heard for holder in holders.get(pair, ())).items():
            number, sound = sounds[index]
            # Short words are alike by chance: one pair less counts little for long ones only.
            likeness[number] = max(likeness[number], (2 * shared - 1) / (len(heard) + len(sound)))
    return likeness


def _sounds_of(term: str) -> list[frozenset[str]]:
    """Return the pairs of a term and, as names are heard one by one, of its longer words."""
    whole, words = _letters(term), [_letters(word) for word in term.split()]
    longer = [word for word in words if len(word) >= _LONGER_WORD and word != whole]
    return [_pairs(letters) for letters in (whole, *longer) if letters]


def _windows(heard_words: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield the pairs of letters of each one, two and three words in a row."""
    words = [letters for letters in map(_letters, heard_words[-_MOST_HEARD_WORDS:]) if letters]
    for start in range(len(words)):
        for end in range(start + 1, min(start + _WORDS_OF_A_TERM, len(words)) + 1):
            yield _pairs("".join(words[start:end]))


def _letters(text: str) -> str:
    """Return the letters and digits of a text as they sound, roughly: no case, accents, doubles, h."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    for spelling, sound in _SPELLINGS:
        plain = spelling.sub(sound, plain)
    return _DOUBLE.sub(r"\1", "".join(letter for letter in plain.translate(_SOUNDS) if letter.isalnum()))


def _pairs(letters: str) -> frozenset[str]:
    """Return neighbouring letters, and the first one with a mark, as a beginning says most."""
    marked = f"^{letters}"
    return frozenset(marked[start : start + 2] for start in range(len(letters)))
