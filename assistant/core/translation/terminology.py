"""Makes translations keep to the glossary, with text models that know nothing of one.

A model copies what it takes for a name, and words that are in its target language already. So a
sentence can be given to it with the wanted words in place of the terms, or with invented names that
are taken out again afterwards. Marks such as `<1>` or `#1` do not survive a small model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.term_matching import TermMatcher, places_of, words_of
from assistant.core.glossary.terms import Term
from assistant.core.speech.hypothesis import capitalised

INVENTED_NAMES = (
    *("Xylon", "Zarvok", "Quendil", "Bramvel", "Torvix", "Kelbrun", "Zandrel", "Norvax"),
    *("Plintor", "Vexmar", "Drolvin", "Gralbek", "Mirzok", "Fendrax", "Wolbrin", "Jaxvor"),
)
"""Names that nobody has; a sentence with more terms than that does without them."""

_INVENTED_TRIES = 3
_KEPT = 64
"""So many terminologies are kept: one for each pair of languages of the rooms that talk."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to have a sentence translated.

    Attributes:
        text: What the model is given.
        restored: Turns the model's answer into the translation.
    """

    text: str
    restored: Callable[[str], str]


class _Pair(NamedTuple):
    """What a term is called in the source language, and has to be called in the target language."""

    source: str
    target: str


class _Found(NamedTuple):
    """Where a term stands in a sentence."""

    start: int
    end: int
    target: str


class Terminology:
    """A glossary between two languages.

    What a term is called holds in both directions. Names without a translation that need not stay as
    they are, are left to the model.

    Args:
        glossary: Names and terms; of two that are written alike the first counts.
        source: BCP-47 primary subtag of the language of sentences.
        target: BCP-47 primary subtag of the language of their translations.
        names: Names of people besides, such as of those who speak.
    """

    def __init__(self, glossary: Glossary, source: str, target: str, names: Sequence[str] = ()) -> None:
        pairs: dict[str, _Pair] = {}
        for term in glossary.terms:
            pair = _pair(term, source, target)
            if pair:
                pairs.setdefault(pair.source.casefold(), pair)
        self._targets = [pair.target for pair in pairs.values()]
        self._matcher = TermMatcher([pair.source for pair in pairs.values()])
        self._names = TermMatcher(
            # A single word, such as “Mayor”, may be no name elsewhere.
            [name for name in (*glossary.spellings, *names) if " " in name and not name.isupper()]
        )

    @classmethod
    @lru_cache(_KEPT)
    def of(cls, glossary: Glossary, source: str, target: str, names: tuple[str, ...] = ()) -> Terminology:
        """Return what was made for the same before, or make it."""
        return cls(glossary, source, target, names)

    def attempts(self, sentence: str) -> tuple[Attempt, ...]:
        """Return ways to have a sentence translated: try them until nothing is `missing`.

        First the sentence as it is, which stands alone where no term occurs; then with the wanted
        words in place of the terms; then with invented names there, and with others, since a small model
        does not copy each.
        """
        found = self._found(sentence)
        if not found:
            return (Attempt(sentence, _unchanged),)
        targets = list(dict.fromkeys(term.target for term in found))
        in_case = partial(_in_case, targets)
        attempts = [Attempt(sentence, in_case)]
        wanted = _replaced(sentence, found, {target: target for target in targets})
        if wanted != sentence:
            attempts.append(Attempt(wanted, in_case))
        for invented in _lots(invented_names_beside(sentence), len(targets)):
            names = dict(zip(targets, invented, strict=True))
            attempts.append(Attempt(_replaced(sentence, found, names), partial(_restored, names)))
        return tuple(attempts)

    def places(self, sentence: str) -> list[tuple[int, int]]:
        """Return from where to where the terms stand in a sentence."""
        return [(term.start, term.end) for term in self._found(sentence)]

    def names(self, sentence: str) -> list[tuple[int, int]]:
        """Return from where to where names stand that the glossary does not translate."""
        return [(place.start, place.end) for place in self._names.find(sentence)]

    def missing(self, sentence: str, translation: str, *, inflected: bool = True) -> int:
        """Return how many of the terms in the sentence are not as the glossary wants them.

        A capital letter of a name has to be one.

        Args:
            sentence: What is translated.
            translation: What a model made of it.
            inflected: Whether words may have other endings. What a model was given to copy may have none but
                that of the plural: another one is a slip (“procs-verbal”).
        """
        missing = 0
        wanted = Counter(term.target for term in self._found(sentence))
        for target in sorted(wanted, key=len, reverse=True):
            fitting = [
                place
                for place in places_of(target, translation, inflected=inflected)
                if _fits(target, translation[slice(*place)])
            ][: wanted[target]]
            missing += wanted[target] - len(fitting)
            # What stands for one term stands for no other.
            translation = _rewritten(translation, [(start, end, "\0") for start, end in fitting])
        return missing

    def _found(self, sentence: str) -> list[_Found]:
        return [
            _Found(place.start, place.end, self._targets[place.number])
            for place in self._matcher.find(sentence)
        ]


def _pair(term: Term, source: str, target: str) -> _Pair | None:
    """Return how a term is to be translated; None where the glossary does not say."""
    if term.keep:
        return _Pair(term.spelling, term.spelling)
    told = {term.language, *(tag for tag, _ in term.translations)}
    pair = _Pair(term.in_language(source), term.in_language(target))
    return pair if all(pair) and told & {source, target} else None


def _fits(target: str, text: str) -> bool:
    """Whether the words of a target that have capitals stand in a text as they are to be written."""
    pairs = zip(words_of(target), words_of(text), strict=False)
    return all(written == found for written, found in pairs if written != written.lower())


def invented_names_beside(sentence: str) -> list[str]:
    """Return the invented names that do not occur in a sentence."""
    return [name for name in INVENTED_NAMES if name.casefold() not in sentence.casefold()]


def _lots(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """Return so many names each time, none of them twice."""
    return [names[start : start + size] for start in range(0, len(names) - size + 1, size)][:_INVENTED_TRIES]


def _replaced(sentence: str, found: Sequence[_Found], stand_ins: Mapping[str, str]) -> str:
    """Return a sentence with what stands for the terms in their place, with a capital at its beginning."""
    places = []
    for start, end, target in found:
        begins = _begins(sentence, start) and sentence[start].isupper()
        places.append((start, end, capitalised(stand_ins[target]) if begins else stand_ins[target]))
    return _rewritten(sentence, places)


def _restored(names: Mapping[str, str], answer: str) -> str:
    """Return the answer of a model with the wanted words in place of invented names."""
    for target, name in names.items():
        places = [place.span() for place in re.finditer(rf"\b{name}s?\b", answer, re.IGNORECASE)]
        stands = [(*place, capitalised(target) if _begins(answer, place[0]) else target) for place in places]
        answer = _rewritten(answer, stands)
    return answer


def _in_case(targets: Sequence[str], answer: str) -> str:
    """Return the answer of a model with names in their own case."""
    for target in targets:
        if target != target.lower():
            same = [place for place in places_of(target, answer) if _same(answer[slice(*place)], target)]
            answer = _rewritten(answer, [(*place, target) for place in same])
    return answer


def _same(text: str, target: str) -> bool:
    return text.casefold() == target.casefold()


def _rewritten(text: str, places: Sequence[tuple[int, int, str]]) -> str:
    """Return a text with something else from where to where; the places are in order and apart."""
    parts: list[str] = []
    done = 0
    for start, end, stands in places:
        parts += [text[done:start], stands]
        done = end
    return "".join((*parts, text[done:]))


def _unchanged(answer: str) -> str:
    return answer


def _begins(text: str, start: int) -> bool:
    """Whether a sentence begins at `start`, but for marks."""
    return not any(map(str.isalnum, text[:start]))
