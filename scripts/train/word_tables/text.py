"""Words of sentences, taken apart as far as they have counterparts in the other language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

Sentence = list[str]

_FRENCH = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*'?")
_PORTUGUESE = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

FRENCH_PRONOUNS = {
    "moi": "me", "toi": "te", "le": "o", "la": "a", "les": "os", "lui": "lhe", "leur": "lhes",
    "nous": "nós", "vous": "você", "y": "lá", "en": "disso", "je": "eu", "tu": "tu", "il": "ele",
    "elle": "ela", "on": "a gente", "ils": "eles", "elles": "elas", "ce": "isso", "ci": "", "là": "",
    "même": "mesmo", "mêmes": "mesmos", "t": "",
}  # fmt: skip
"""What follows a French verb or noun behind a hyphen, in Portuguese words; the `t` of `a-t-il` is none."""

_PORTUGUESE_PRONOUNS = frozenset("o a os as lo la los las no na nos nas se me te lhe lhes vos".split())
_INFINITIVES = {"á": "ar", "â": "ar", "é": "er", "ê": "er", "í": "ir", "i": "ir", "ô": "or"}
"""Endings of Portuguese infinitives before a pronoun that begins with l: amá-lo."""

FRENCH_CONTRACTIONS = {"du": "de le", "au": "à le", "aux": "à les"}


def _contractions() -> dict[str, str]:
    """Return what Portuguese contractions stand for: nesta = em esta."""
    found = {"ao": "a o", "aos": "a os", "à": "a a", "às": "a as", "num": "em um", "numa": "em uma"}
    found |= {"dum": "de um", "duma": "de uma", "disso": "de isso", "disto": "de isto", "nisso": "em isso"}
    for article in ("o", "a", "os", "as"):
        found |= {"d" + article: f"de {article}", "n" + article: f"em {article}"}
        found["pel" + article] = f"por {article}"
    for stem in ("est", "ess", "aquel"):
        for ending in ("e", "a", "es", "as"):
            word = stem + ending
            found |= {"d" + word: f"de {word}", "n" + word: f"em {word}"}
    for word in ("ele", "ela", "eles", "elas"):
        found |= {"d" + word: f"de {word}", "n" + word: f"em {word}"}
    return found


PORTUGUESE_CONTRACTIONS = _contractions()


def french_forms(sentence: str) -> Iterator[str]:
    """Yield the words of a French sentence as the tables have them: elisions apart, hyphens inside."""
    return (match[0] for match in _FRENCH.finditer(sentence.replace("’", "'")))


def french_words(sentence: str) -> Sentence:
    """Return the words of a French sentence: `au` as à le, `donne-moi` as two."""
    words: Sentence = []
    for form in french_forms(sentence):
        head, tail = parted(form)
        words += FRENCH_CONTRACTIONS.get(head.lower(), head).split()
        words += [word for word in tail if word != "t"]
    return words


def parted(form: str) -> tuple[str, list[str]]:
    """Return a French form without the pronouns behind its hyphens, and those: a-t-il is a, (t, il)."""
    parts = form.split("-")
    tail: list[str] = []
    while len(parts) > 1 and parts[-1].lower() in FRENCH_PRONOUNS:
        tail.insert(0, parts.pop())
    return "-".join(parts), tail


def portuguese_words(sentence: str) -> Sentence:
    """Return the words of a Portuguese sentence: `nesta` as em esta, `vê-lo` as ver lo."""
    words: Sentence = []
    for match in _PORTUGUESE.finditer(sentence):
        parts = match[0].split("-")
        tail: Sentence = []
        while len(parts) > 1 and parts[-1].lower() in _PORTUGUESE_PRONOUNS:
            tail.insert(0, parts.pop())
        head = "-".join(parts)
        if not tail:
            words += PORTUGUESE_CONTRACTIONS.get(head.lower(), head).split()
            continue
        if tail[0].lower() in {"lo", "la", "los", "las"} and head[-1] in _INFINITIVES:
            head = head[:-1] + _INFINITIVES[head[-1]]
        words += [head, *tail]
    return words


def settle_capitals(sentences: Sequence[Sentence]) -> None:
    """Put the first word of each sentence into small letters, unless it has a capital elsewhere too."""
    inside = Counter(word for sentence in sentences for word in sentence[1:])
    for sentence in sentences:
        first = sentence[0] if sentence else ""
        if first[:1].isupper() and inside[first] <= 2 * inside[first.lower()]:
            sentence[0] = first.lower()


def plain(word: str) -> str:
    """Return a word in small letters without accents."""
    parts = unicodedata.normalize("NFD", word.lower().replace("œ", "oe"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
