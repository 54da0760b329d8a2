"""Puts right in a final the names that the recogniser misheard.

Two things must come together: the words are close to something in the glossary, and the recogniser
was not sure of them. Of the words that Whisper base got right on the evaluation recordings nine in
ten had a probability above 0.72; of those it got wrong half were below 0.66. And a name that it does
not know it writes in pieces: with more tokens than a plain word of that length has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.phonetics import LONGER_WORD, WORDS_OF_A_TERM, PhoneticIndex, closeness, letters
from assistant.core.glossary.terms import Term
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word, capitalised
from assistant.core.speech.stabilisation import ends_clause, ends_sentence


@dataclass(frozen=True, slots=True)
class CorrectionRules:
    """When words are taken for a name.

    Attributes:
        close: Words must share so much of their sound with a name (see `phonetics.closeness`).
        doubtful: Words that are close to a name must be less likely than this.
        doubtful_pieces: Words with a capital that are close to a name and written in pieces must be less
            likely than this; plain words without a capital are not taken for what they are only close to.
        same: Plain words that sound like the name must be less likely than this.
        same_pieces: Words written in pieces that sound like the name must be less likely than this.
        letters_of_a_piece: Words with fewer letters per token than this are written in pieces.
        shortest: A name with fewer sounds is only found by its known misheard spellings.
    """

    close: float = 0.8
    doubtful: float = 0.6
    doubtful_pieces: float = 0.9
    same: float = 0.75
    same_pieces: float = 0.97
    letters_of_a_piece: float = 2.75
    shortest: int = 4


class _Form(NamedTuple):
    """One way in which something of the glossary sounds, and how that is written.

    A `name` is found by what is close to it, and so is a `part` of one that is said alone, which has
    to be in pieces: it is often a plain word (`Bridge`). A `known`
    form was listed as misheard. A `term` of small letters is found as it is written, but for blanks
    and marks: too many plain words are close to it.
    """

    kind: Literal["name", "part", "known", "term"]
    sound: str
    written: str


@dataclass(frozen=True, slots=True)
class _Heard:
    """Some words in a row; `before` and `after` surround their `text` and stay as they are."""

    start: int
    words: tuple[Word, ...]
    before: str
    text: str
    after: str

    @property
    def end(self) -> int:
        """The number of the word that follows."""
        return self.start + len(self.words)

    @property
    def probability(self) -> float:
        """The mean of the words by their length: an article between them says little."""
        lengths = [len(word.text) for word in self.words]
        likely = sum(length * word.probability for length, word in zip(lengths, self.words, strict=True))
        return likely / sum(lengths)

    def in_pieces(self, letters_of_a_piece: float) -> bool:
        """Whether the recogniser spelt the words from small pieces, as it does with names."""
        marks = bool(self.before.strip()) + bool(self.after)
        tokens = sum(len(word.tokens) for word in self.words) - marks
        return tokens > len(self.words) and len(_spelt(self.text)) < letters_of_a_piece * tokens


class _Match(NamedTuple):
    """What some heard words are to become; `rank` orders matches, the best first."""

    rank: tuple[float, int, int]
    heard: _Heard
    written: str


_RULES = CorrectionRules()
_NEAR = 0.4
"""What is less like in pairs of letters is never close."""

_PARTS = re.compile(
    r"(?P<before>\W*)(?P<elided>(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|un|[dn]ell|[ds]all|all|sull)['’])?"
    r"(?P<text>\w.*?)(?P<after>(?:['’]s)?\W*)",
    re.IGNORECASE | re.DOTALL,
)
_ENDINGS = ("es", "s", "x", "e")


def corrected(
    words: tuple[Word, ...], glossary: Glossary, language: str, rules: CorrectionRules = _RULES
) -> tuple[Word, ...]:
    """Return the words of a final with misheard names as the glossary writes them.

    One to three words in a row may become a term of one to three words. What stands around them
    stays, and so do the times of all other words. Corrected words have no tokens.

    Args:
        words: The recogniser's words with their probabilities and tokens.
        glossary: Names and terms.
        language: BCP-47 code of the words.
        rules: When words are taken for a name.
    """
    forms = [form for term in glossary.terms for form in _forms(term, language)]
    result: list[Word] = []
    done = 0
    for match in _best(_matches(words, forms, rules)):
        result += words[done : match.heard.start]
        result += _rewritten(match, begins=_begins_sentence(words, match.heard.start))
        done = match.heard.end
    return (*result, *words[done:])


def _forms(term: Term, language: str) -> Iterator[_Form]:
    written = term.in_language(language)
    if not 0 < len(written.split()) <= WORDS_OF_A_TERM:
        return
    name = written != written.lower() or written.upper() == written.lower()
    forms = [_Form("name" if name else "term", letters(written), written)]
    forms += [_Form("known", letters(text), written) for text in term.misheard_in(language)]
    if name and " " in written and not term.language:
        capitals = [word for word in written.split() if word != word.lower()]
        forms += [_Form("part", letters(word), word) for word in capitals if len(word) >= LONGER_WORD]
    yield from (form for form in forms if form.sound)


def _matches(words: tuple[Word, ...], forms: Sequence[_Form], rules: CorrectionRules) -> Iterator[_Match]:
    """Yield what words in a row may become; what is right already becomes itself."""
    index = PhoneticIndex([form.sound for form in forms])
    right = {form.written for form in forms if form.kind != "part"}
    for heard in _windows(words):
        if " ".join(heard.text.split()) in right:
            yield _Match((-2.0, -len(heard.text), 0), heard, heard.text)
        meant = any(not word.tokens for word in heard.words)  # what was written here was meant
        if meant or heard.probability >= rules.same_pieces:
            continue
        sound = letters(heard.text)
        for number, alike in index.near(sound) if sound else ():
            form = forms[number]
            close = _closeness(sound, form) if alike >= _NEAR or sound == form.sound else 0.0
            if close >= rules.close and _is_meant(heard, form, close, rules):
                yield _Match((-close, -len(form.sound), len(heard.words)), heard, form.written)


def _windows(words: tuple[Word, ...]) -> Iterator[_Heard]:
    """Yield one to three words in a row within a clause, with and without the article that is joined."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + WORDS_OF_A_TERM, len(words)) + 1):
            some = words[start:end]
            if any(ends_clause(word) for word in some[:-1]):
                break
            parts = _PARTS.fullmatch("".join(word.text for word in some))
            if not parts:
                continue
            before, elided, text, after = parts.groups(default="")
            yield _Heard(start, some, before + elided, text, after)
            if elided:
                yield _Heard(start, some, before, elided + text, after)


def _closeness(sound: str, form: _Form) -> float:
    """Return how close heard words are to a form; to all but names they are close only as a whole."""
    if sound == form.sound or form.kind in {"known", "term"}:
        return float(sound == form.sound)
    return closeness(sound, form.sound)


def _is_meant(heard: _Heard, form: _Form, close: float, rules: CorrectionRules) -> bool:
    """Whether words were so unlikely that something of the glossary, close to them, was meant."""
    if len(heard.words) > len(form.written.split()) and close < 1.0:
        fewer = ("".join(word.text for word in some) for some in (heard.words[1:], heard.words[:-1]))
        if any(closeness(letters(text), form.sound) >= rules.close for text in fewer):
            return False  # one of the words is no part of it
    pieces = heard.in_pieces(rules.letters_of_a_piece)
    same_limit = rules.same_pieces if pieces else rules.same
    if form.kind == "known":
        return close == 1.0 and heard.probability < same_limit
    if form.kind == "term":
        return _spelt(heard.text) == _spelt(form.written) and heard.probability < same_limit
    if len(form.sound) < rules.shortest or _inflects(heard.text, form.written):
        return False
    only_case = _spelt(heard.text) == _spelt(form.written)
    if form.kind == "part" and (only_case or not pieces):
        return False
    if close == 1.0 and (pieces or not only_case):
        return heard.probability < same_limit
    if heard.text[0].isupper():
        return heard.probability < (rules.doubtful_pieces if pieces else rules.doubtful)
    return pieces and heard.probability < rules.doubtful


def _inflects(text: str, written: str) -> bool:
    """Whether a text is a plural or the like of the other: it was heard well."""
    first, second = _spelt(text), _spelt(written)
    shorter, longer = sorted((first, second), key=len)
    return shorter != longer and any(shorter + ending == longer for ending in _ENDINGS)


def _spelt(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _best(matches: Iterator[_Match]) -> list[_Match]:
    """Return the best matches that do not overlap, in the order of the words."""
    chosen: list[_Match] = []
    for match in sorted(matches, key=lambda match: match.rank):
        if all(
            match.heard.end <= other.heard.start or other.heard.end <= match.heard.start for other in chosen
        ):
            chosen.append(match)
    return sorted(chosen, key=lambda match: match.heard.start)


def _begins_sentence(words: tuple[Word, ...], index: int) -> bool:
    return index == 0 or ends_sentence(words[index - 1])


def _rewritten(match: _Match, *, begins: bool) -> tuple[Word, ...]:
    """Return the words of a match; those that were right are not touched."""
    heard, written = match.heard, match.written
    if written == heard.text:
        return heard.words
    if begins and heard.text[0].isupper():
        written = capitalised(written)
    texts = [f" {word}" for word in written.split()]
    texts[0] = heard.before + texts[0][1:]
    texts[-1] += heard.after
    if len(texts) == len(heard.words):
        return tuple(
            replace(word, text=text, tokens=()) for word, text in zip(heard.words, texts, strict=True)
        )
    return tuple(
        Word(text, span, heard.probability) for text, span in zip(texts, _spans(heard, texts), strict=True)
    )


def _spans(heard: _Heard, texts: Sequence[str]) -> list[Span]:
    """Share the time of the heard words out among others, by their length."""
    start, end = heard.words[0].span.start_samples, heard.words[-1].span.end_samples
    total = sum(map(len, texts))
    borders = [
        start + (end - start) * sum(map(len, texts[:count])) // total for count in range(len(texts) + 1)
    ]
    return [Span(first, last) for first, last in pairwise(borders)]
