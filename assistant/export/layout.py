"""Breaks text into pairs of short lines, as subtitles need it.

Lines break at spaces. Scripts without spaces break between characters, but never inside one that is
made of several code points, nor before closing or after opening punctuation; so do words that are
longer than a line. Width is counted in columns: an East Asian wide character fills two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE_COLUMNS = 42
"""The usual width of a subtitle line (BBC and Netflix guidelines: 37 to 42)."""

MAX_LINES = 2
"""How many lines a viewer reads at a glance."""

_ZERO_WIDTH_JOINER = "\u200d"
_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")
_CLOSING_QUOTES = "\"'”’»)]』」）"


@dataclass(frozen=True, slots=True)
class LinePair:
    """Up to two lines that are shown together.

    Attributes:
        lines: The text; only the first may be empty, where the reserved columns leave no room.
        first_character: How many characters other than spaces come before this pair.
        end_character: How many characters other than spaces come before the end of this pair.
    """

    lines: tuple[str, ...]
    first_character: int
    end_character: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text that is not broken, and whether a space separates it from what comes before."""

    text: str
    spaced: bool


def columns(text: str) -> int:
    """Return how many columns `text` fills."""
    return sum(_width(character) for character in text)


def line_pairs(text: str, *, reserved_columns: int = 0) -> Iterator[LinePair]:
    """Break `text` into pairs of lines; all of it but spaces is in exactly one, in order.

    A pair ends early where a sentence ends on its last line.

    Args:
        text: One line without double spaces.
        reserved_columns: How much of the first line of each pair is taken by something else.
    """
    first_character = end_character = 0
    lines: list[str] = []
    for piece in _pieces(text):
        room = MAX_LINE_COLUMNS - (reserved_columns if len(lines) <= 1 else 0)
        joined = (lines[-1] + (" " if piece.spaced else "") if lines else "") + piece.text
        if columns(joined) <= room:
            lines[-1:] = [joined]
        else:
            if len(lines) == MAX_LINES:
                yield LinePair(tuple(lines), first_character, end_character)
                first_character, lines = end_character, []
            if reserved_columns and not lines and columns(piece.text) > MAX_LINE_COLUMNS - reserved_columns:
                lines.append("")
            lines.append(piece.text)
        end_character += len(piece.text)
        if len(lines) == MAX_LINES and _ends_sentence(piece.text):
            yield LinePair(tuple(lines), first_character, end_character)
            first_character, lines = end_character, []
    if lines:
        yield LinePair(tuple(lines), first_character, end_character)


def _pieces(text: str) -> Iterator[_Piece]:
    for word in text.split():
        spaced = True
        for part in _parts(word):
            yield _Piece(part, spaced)
            spaced = False


def _parts(word: str) -> Iterator[str]:
    """Yield what a line break may separate inside a word; a whole word where none may."""
    if columns(word) <= MAX_LINE_COLUMNS and not any(map(_breaks_anywhere, word)):
        yield word
        return
    part = ""
    for character in _characters(word):
        if part and not (_holds_together(part, character) and columns(part + character) <= MAX_LINE_COLUMNS):
            yield part
            part = ""
        part += character
    yield part


def _characters(word: str) -> Iterator[str]:
    """Yield what a reader takes for one character: a base with its marks, a joined emoji, a flag."""
    whole = ""
    for character in word:
        flag = _is_regional(character) and len(whole) == 1 and _is_regional(whole)
        if whole and not (flag or _extends(character) or whole.endswith(_ZERO_WIDTH_JOINER)):
            yield whole
            whole = ""
        whole += character
    yield whole


def _holds_together(before: str, character: str) -> bool:
    last, first = before[-1], character[0]
    if unicodedata.category(last) in ("Ps", "Pi") or unicodedata.category(first) in ("Pe", "Pf", "Po"):
        return True
    return not _breaks_anywhere(last) and not _breaks_anywhere(first)


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _breaks_anywhere(character: str) -> bool:
    """Tell Chinese and Japanese characters (and emoji) from Korean ones, which have spaces between words."""
    hangul = (
        "\u1100" <= character <= "\u11ff"
        or "\u3130" <= character <= "\u318f"
        or "\uac00" <= character <= "\ud7af"
    )
    return _width(character) > 1 and not hangul


def _ends_sentence(text: str) -> bool:
    return text.rstrip(_CLOSING_QUOTES).endswith(_SENTENCE_ENDS)
