"""Whether a translation says what was said, and how a text model is asked so that it does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from assistant.core.language import UNSPACED_LANGUAGES
from assistant.core.translation.capitals import is_shouted
from assistant.core.translation.chunking import LONGEST_WORD
from assistant.core.translation.figures import same_figures, written_in_digits
from assistant.core.translation.masking import CODES, Masked, Masker
from assistant.core.translation.names import given_names
from assistant.core.translation.replies import is_no_name
from assistant.core.translation.terminology import INVENTED_NAMES

_LONGEST_CALL = 10
"""Words of a sentence that ends with the name of who is spoken to; in longer ones it is a list or a place."""

_CALLED = re.compile(r",\s+([^\W\d_a-z][\w'’-]*(?:\s+[^\W\d_a-z][\w'’-]*)*)[.!?…]*$")
_ITEM = re.compile(r"(?<![(\w])\d*(?:\w|[ivx]{2,4})\)")
_LATIN = re.compile(r"[A-Za-z]")
_LEAST_REPEATED = 3
_STUTTER = re.compile(r"\b([^\W\d_]+)(?:,?\s\1\b)+", re.IGNORECASE)
_LONGEST_STUTTER = 4
"""Words in a row; what says one more often is a loop."""
_UNINFLECTED = frozenset(("en", "pt", "fr", "es", "de", "it", "ca", "gl", "nl", "da", "sv", "nb"))
"""Languages in which a given name is written as in the one where it was said."""
_JOINED_S = frozenset("de nl da sv nb".split())
_GROWTH = 3
"""A translation of more than so many times the words, and as many besides, says something else."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What has to come through a route between two languages.

    Args:
        source: BCP-47 primary subtag of the language of sentences.
        target: BCP-47 primary subtag of the language of their translations.
        letters: The characters that the models of the route know; empty where nobody can say.
    """

    source: str
    target: str
    letters: frozenset[str] = frozenset()

    def wordings(
        self,
        sentence: str,
        terms: Sequence[tuple[int, int]] = (),
        people: Sequence[tuple[int, int]] = (),
    ) -> Iterator[Masked]:
        """Yield ways to put a sentence to a model: try them until one `holds`.

        First without what no model knows; then without given names, if there are any; then with digits for
        numbers that are said in words; then without numbers, units and names of those who are spoken to as
        well, and with other stand-ins.

        Args:
            sentence: The sentence as it was said.
            terms: From where to where a glossary knows what to do.
            people: From where to where names of people stand that are known.
        """
        masker = Masker(self.source, self.letters)
        yield masker.masked(sentence, INVENTED_NAMES, terms=terms, people=people)
        named = [] if is_shouted(sentence) else list(given_names(sentence, self.source))
        if named:
            yield masker.masked(sentence, INVENTED_NAMES, terms=terms, people=people, more=named)
        digits = None if terms or people else written_in_digits(sentence, self.source)
        if digits is not None:
            yield masker.masked(digits, INVENTED_NAMES)
        called = _called(sentence, self.source, self.target)
        more = [called, *(place for place in named if not _within(called, place))] if called else named
        yield masker.masked(sentence, CODES, terms=terms, people=people, more=more, figures=True)

    def holds(self, sentence: str, kept: Sequence[str], translation: str) -> bool:
        """Return whether a translation has all that was kept out of it, the same figures, and who was called.

        Args:
            sentence: The sentence as it was said.
            kept: What no model saw of it.
            translation: With that put back.
        """
        if any(translation.count(said) < count for said, count in Counter(kept).items()):
            return False
        if _is_closed(sentence) and not _is_closed(translation):
            return False
        # “Nay (em inglês)” is a note of a dictionary; “alinéa a)” is paragraph (a).
        if translation.count("(") > max(sentence.count("(") + sentence.count("（"), sentence.count(")")):
            return False
        called = _called(sentence, self.source, self.target)
        # In another script a name is written otherwise.
        if called and _LATIN.search(translation):
            name = sentence[slice(*called)].rsplit(maxsplit=1)[-1]
            if name.casefold() not in translation.casefold():
                return False
        if not self._has_names(sentence, translation):
            return False
        return (
            _repeated(sentence) == _repeated(translation)
            and (
                self.source in UNSPACED_LANGUAGES
                or len(translation.split()) <= _GROWTH * (len(sentence.split()) + 1)
            )
            and same_figures(sentence, translation, self.source, self.target)
        )

    def unstuttered(self, sentence: str, translation: str) -> str:
        """Return a translation with each word once that its model says three or four times in a row.

        Small models do that to a word (“had had had”) or to several that they know one word for (“order,
        order, order”). What is longer is a loop; what was said so itself stays.

        Args:
            sentence: The sentence as it was said.
            translation: What became of it, as a whole.
        """
        return translation if _repeated(sentence) else _STUTTER.sub(_once, translation)

    def _has_names(self, sentence: str, translation: str) -> bool:
        """Return whether given names are as they were said; other languages inflect them."""
        if self.target not in _UNINFLECTED or is_shouted(sentence) or not _LATIN.search(translation):
            return True
        folded = translation.casefold()
        names = {sentence[slice(*place)].casefold() for place in given_names(sentence, self.source)}
        # An “s” may say whose something is: “Annas Haus”.
        behind = r"(?:s?\b)" if self.target in _JOINED_S else r"\b"
        return all(re.search(rf"\b{re.escape(name)}{behind}", folded) for name in names)


def _within(outer: tuple[int, int], place: tuple[int, int]) -> bool:
    return outer[0] <= place[0] and place[1] <= outer[1]


def _is_closed(text: str) -> bool:
    """Return whether brackets are closed; “a)”, “63b)” and “ii)” need no other."""
    plain = _ITEM.sub("", text)
    return plain.count("(") == plain.count(")")


def _called(sentence: str, source: str, target: str) -> tuple[int, int] | None:
    """Return from where to where a sentence ends with the name of somebody who is spoken to."""
    if len(sentence.split()) > _LONGEST_CALL or len(sentence) > _LONGEST_CALL * LONGEST_WORD:
        return None
    place = _CALLED.search(sentence)
    if place is None:
        return None
    before = sentence[: place.start()].split()
    # “in Berlin, Germany.” is a place; “Ann, Bob, Carl.” a list.
    if len(before) > 1 and before[-1][:1].isupper():
        return None
    words = place.group(1).split()
    if sentence.isupper() or not words[0][0].isupper() or is_no_name(words[-1], source, target):
        return None
    return place.start(1), place.start(1) + len(place.group(1).rstrip())


def _once(run: re.Match[str]) -> str:
    times = len(run[0].split())
    return run[1] if _LEAST_REPEATED <= times <= _LONGEST_STUTTER else run[0]


def _repeated(text: str) -> int:
    """Return how often a word is said in a row at most; 0 below three times."""
    words = re.findall(r"\w+(?:·\w+)*", text.casefold())  # as in Catalan
    longest = max((len(list(same)) for _, same in groupby(words)), default=0)
    return longest if longest >= _LEAST_REPEATED else 0
