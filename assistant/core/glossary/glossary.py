"""The names and terms of a meeting: one list that recognition, correction and translation go by.

Whisper spells as the text before it spells, so a list of terms in front of the audio is enough. Few
fit, so of a long list only those are told that sound like what the partials heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.core.errors import GlossaryInvalid
from assistant.core.glossary.phonetics import ALIKE, likeness
from assistant.core.glossary.terms import Term

MOST_TERMS = 200
"""How many terms one glossary may have."""

_COMMENT = re.compile(r"(?:^|\s)#.*")  # “C#” is a term
_SEPARATOR = ", "
_ECHO_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms that were checked, in the order of their importance; `of` and `parse` make one."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, terms: Iterable[Term | str]) -> Glossary:
        """Return the glossary of `terms`; a text is a term of which nothing else is known.

        Blank ones are left out, and the same one (of one language) in another case.

        Raises:
            GlossaryInvalid: There are too many, or one cannot be a term (see `Term.checked`).
        """
        kept: dict[tuple[str, str], Term] = {}
        for number, term in enumerate(terms, 1):
            given = Term(term) if isinstance(term, str) else term
            checked = given.checked(f"Term {number} of the glossary")
            if checked.spelling:
                kept.setdefault(_key(checked), checked)
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

    @property
    def spellings(self) -> tuple[str, ...]:
        """The terms as they are to be written."""
        return tuple(term.spelling for term in self.terms)

    def followed_by(self, other: Glossary) -> Glossary:
        """Return this glossary with the terms of a less important one behind it.

        A term that both have is this one's; where this one has no more than a spelling, the rest is
        the other's.
        """
        rest = {_key(term): term for term in other.terms}
        fuller: dict[str, Term] = {}
        for term in other.terms:
            fuller.setdefault(term.spelling.casefold(), term)
        first = []
        for term in self.terms:
            filled = fuller.get(term.spelling.casefold(), term) if term.bare else term
            first.append(replace(filled, spelling=term.spelling))
            rest.pop(_key(term), None)
            rest.pop(_key(filled), None)
        return Glossary((*first, *rest.values()))

    def line(self, heard_words: Sequence[str], most_bytes: int, language: str = "") -> str:
        """Return the terms as one line of text, such as `Digium, Ana Ribeiro.`.

        Where not all fit, only those like `heard_words` are told, the likest first: many terms that
        nobody says make short utterances worse.

        Args:
            heard_words: What the partials heard, with or without punctuation.
            most_bytes: Longest line in UTF-8: a recogniser's tokens are made of bytes, so this bounds
                them in every script.
            language: What is spoken; terms are told as they are called in it. Empty: not known.
        """
        told = self._told(language)
        line = _line([*told])
        if len(line.encode()) <= most_bytes:
            return line
        kept: list[str] = []
        for term in _likest(told, heard_words):
            if len(_line([*kept, term]).encode()) <= most_bytes:
                kept.append(term)
        return _line(kept)

    def is_echo(self, text: str, heard_words: Sequence[str], language: str = "") -> bool:
        """Whether a text is little but terms, and one of them is like nothing that was heard.

        Over noise Whisper writes its prompt; somebody who really says a name is heard saying it.
        """
        words = _words(text)
        covered: set[int] = set()
        written: list[tuple[str, ...]] = []
        for term, misheard in self._told(language).items():
            wanted = _words(term)
            places = [
                start
                for start in range(len(words) - len(wanted) + 1)
                if wanted and words[start : start + len(wanted)] == wanted
            ]
            covered.update(start + offset for start in places for offset in range(len(wanted)))
            written += [(term, *misheard)] * bool(places)
        alike = likeness(written, heard_words)
        unheard = any(alike.get(number, 0.0) < ALIKE for number in range(len(written)))
        return unheard and len(covered) >= _ECHO_SHARE * len(words)

    def _told(self, language: str) -> dict[str, tuple[str, ...]]:
        """Return the terms as they are called in a language, each with what is misheard for it."""
        told: dict[str, tuple[str, ...]] = {}
        for term in self.terms:
            called = term.in_language(language)
            if called:
                told[called] = told.get(called, ()) + term.misheard_in(language)
        return told


def _key(term: Term) -> tuple[str, str]:
    return term.spelling.casefold(), term.language


def _likest(told: dict[str, tuple[str, ...]], heard_words: Sequence[str]) -> list[str]:
    """Return the terms that are like what was heard, the likest first, equal ones in their order."""
    terms = list(told)
    alike = likeness([(term, *told[term]) for term in terms], heard_words)
    numbers = sorted(number for number in alike if alike[number] >= ALIKE)
    return [terms[number] for number in sorted(numbers, key=lambda number: -alike[number])]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _line(terms: Sequence[str]) -> str:
    return f"{_SEPARATOR.join(terms)}." if terms else ""
