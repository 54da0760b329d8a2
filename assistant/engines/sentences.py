"""Sentences of a text, by sentencex (Rust; rules for each language, microseconds)."""

from __future__ import annotations

import unicodedata

import sentencex

from assistant.core.translation.sentences import join_pieces

_BLANK = frozenset(("Cc", "Cs", "Zs", "Zl", "Zp"))


def split_sentences(language: str, text: str) -> list[str]:
    """Return the sentences of `text`, each with the white space behind it; together they are the text.

    A `SentenceSplitter`. Of a language without rules, general ones are taken.
    """
    # Counted in bytes, white space beyond ASCII (French has it before "!") makes the library panic.
    plain = "".join(" " if _is_blank(letter) else letter for letter in text)
    pieces, begin = [], 0
    for piece in sentencex.segment(language, plain):
        pieces.append(text[begin : begin + len(piece)])
        begin += len(piece)
    # Whatever the library may leave out is not lost.
    pieces.append(text[begin:])
    return join_pieces(language, pieces)


def _is_blank(letter: str) -> bool:
    return letter != "\n" and unicodedata.category(letter) in _BLANK
