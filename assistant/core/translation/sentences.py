"""Where sentences end: what a splitter gets wrong, put together again."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ALWAYS = {
    "": "M MM Mme Mmes Mlle Mlles Mgr Dr Pr Mr Mrs Ms St Ste Sr Sra Srta Dra Prof Ph Ing Hr Fr pp cf vs",
    "fr": "Me Mtre art al p chap ann réf tél bd av env ex réu min. c.-à-d",
    "en": "p art sec fig no No Gen Col Capt Lt Sen Rep Gov Hon Rev Jr e.g i.e al approx dept",
    "pt": "art arts p pág págs n nº núm Exmo Exma V Ex Eng Arq al cap v.g",
    "es": "art p pág págs n núm Excmo Excma Ud Uds Vd Vds Lic al cap",
    "de": "z.B d.h bzw ca Abs Nr Art Str S u.a usw",
    "it": "art p pag pagg n sig dott ing avv es",
}
"""Abbreviations with which no sentence ends; those of the first line in every language."""

_BEFORE_DIGITS = {
    "": "h min sec no n art p vol janv févr avr juil sept oct nov déc jan feb mar apr jun jul aug sep dec "
    "fev abr mai ago set out dez ene may dic tel tél",
}
"""Abbreviations that may end a sentence, but do not where a number follows."""

_OPENING = "«»“”„‹›‘’\"'([{¿¡–—-"
"""What may stand before the first word; in some languages quotes point the other way."""
_CLOSING = "»”’\"')]}›"
_LAST_WORD = re.compile(r"([^\s«“„‘\"'’(\[]+)\.$")
_ENUMERATION = re.compile(r"\(?(\d{1,3}|[ivxIVX]{1,5}|[a-zA-Z])[.)]$")
_CLOSERS = re.compile(rf"[{re.escape(_CLOSING)}…]+(?=[\s.,;:!?…{re.escape(_CLOSING)}]|$)[.,;:!?…]*\s*")


def join_pieces(language: str, pieces: Iterable[str]) -> list[str]:
    """Return sentences made of pieces that a splitter cut too small; all together they are the same text.

    Put together is what was cut after an abbreviation, the number of an item or an initial, within a
    number, or before a small letter. Quotes that close go with the sentence before them, and no
    sentence is only white space, unless all is.

    Args:
        language: BCP-47 primary subtag; of others than those with rules, the rules for all hold.
        pieces: The pieces of a text in order, with the white space between them.
    """
    sentences: list[str] = []
    for piece in pieces:
        rest = piece
        if sentences and (closers := _CLOSERS.match(piece)):
            sentences[-1] += closers.group()
            rest = piece[closers.end() :]
        if not rest:
            continue
        if sentences and _belongs(language, sentences[-1], rest):
            sentences[-1] += rest
        else:
            sentences.append(rest)
    return sentences


def _belongs(language: str, before: str, after: str) -> bool:
    """Return whether no sentence ends between two pieces."""
    left, right = before.rstrip(), after.lstrip()
    if not right or not left:
        return True
    first = right.lstrip(_OPENING).lstrip()[:1]
    if first.islower() or not (first.isalnum() or right[0] in _OPENING):
        return _single_line(before, after)
    if "\n" in before[len(left) :]:
        return False
    word = _last_word(left)
    return (
        word in _abbreviations(_ALWAYS, language)
        or _ENUMERATION.fullmatch(left) is not None
        or (first.isdigit() and (word in _abbreviations(_BEFORE_DIGITS, language) or before == left))
        or (len(word) == 1 and word.isupper() and _is_name(left, right))
    )


def _single_line(before: str, after: str) -> bool:
    gap = before[len(before.rstrip()) :] + after[: len(after) - len(after.lstrip())]
    return "\n\n" not in gap


def _is_name(left: str, right: str) -> bool:
    """Return whether a capital with a dot is an initial: after another name, or at the beginning."""
    words = left.split()
    return right[:1].isupper() and (len(words) == 1 or words[-2][:1].isupper())


def _last_word(text: str) -> str:
    """Return the word that ends with the dot at the end of `text`, without it; empty if there is none."""
    match = _LAST_WORD.search(text)
    return match.group(1) if match else ""


def _abbreviations(table: dict[str, str], language: str) -> frozenset[str]:
    return frozenset(f"{table['']} {table.get(language, '')}".split())
