"""How deep JSON from outside may be nested, and how long its numbers are: told before anything is made of it.

A parser that recurses ends where the stack does, and what it made until then was for nothing. So a document
is looked through first, in passes that each cost what reading it costs.
"""

from __future__ import annotations

import re

from assistant.core.errors import MessageInvalid, NestedTooDeep

MOST_DEPTH = 64
"""Nothing that this service reads is nested more than eight times."""
MOST_DIGITS = 40

# Possessive, so that a text that never ends is left behind once and for all; escapes hide quotes.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NUMBER = re.compile(rb"[0-9]{%d}" % (MOST_DIGITS + 1))
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def check_json(document: bytes, most_depth: int = MOST_DEPTH) -> None:
    """Look through a document; what is no JSON is left to the parser.

    Args:
        document: The document as it came, UTF-8.
        most_depth: How many lists and objects may stand in each other.

    Raises:
        NestedTooDeep: There are more.
        MessageInvalid: A number has too many digits.
    """
    bare = _TEXT.sub(b"", document)
    if _NUMBER.search(bare):
        raise MessageInvalid(f"A number may have at most {MOST_DIGITS} digits.")
    brackets = bare.translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(most_depth):
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    if b"[]" in brackets or brackets.count(b"[") > most_depth:
        raise NestedTooDeep(f"Lists and objects may be nested at most {most_depth} deep.")
